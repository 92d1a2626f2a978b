import { startDocumentedService } from '../documented-service.ts';
import type { NamedHosts } from '../peers/named-hosts.ts';
import type { Reply, Service } from '../service.ts';

export const CHECKS = '/api/projects/default/checks';
export const CREDENTIALS = '/api/projects/default/credentials';

/** The service in a world where the names of some products lead to their peers. */
export function startServiceFor(...products: NamedHosts[]): Promise<Service> {
  const connectTo = Object.assign({}, ...products.map(({ network }) => network.connectTo)) as Record<string, string>;
  return startDocumentedService({
    policy: { network: { connectTo, ca: products.map(({ network }) => network.ca).join('\n') } },
  });
}

/** Verdict of a check, and code of the stage that failed. */
export function outcomeOf({ json }: Reply): { verdict: unknown; code?: unknown } {
  const failed = (json.stages as { outcome: string; code?: string }[]).find(({ outcome }) => outcome === 'failed');
  return { verdict: json.verdict, ...(failed && { code: failed.code }) };
}

/** The codes of what a check warns of. */
export function warningCodes({ json }: Reply): string[] {
  return (json.warnings as { code: string }[]).map(({ code }) => code);
}

/** Pointer and code of each mistake in a request. */
export function mistakesOf({ status, json }: Reply): string[] {
  if (status !== 400) throw new Error(`The request was not refused: ${status}`);
  return (json.errors as { pointer: string; code: string }[]).map(({ pointer, code }) => `${pointer} ${code}`);
}

/** Stores a form unchecked, and answers the docker config that is handed out: user name and password by key. */
export async function dockerConfigOf(
  service: Service,
  form: object,
): Promise<Record<string, { username: string; password: string }>> {
  const name = `docker config ${crypto.randomUUID()}`;
  const created = await service.post(`${CREDENTIALS}?check=skip`, { name, ...form });
  const handed = await service.post(`${CREDENTIALS}/${created.json.id}/login`, { format: 'docker-config' });
  const { auths } = handed.json.value as { auths: Record<string, { username: string; password: string }> };
  return Object.fromEntries(Object.entries(auths).map(([key, { username, password }]) => [key, { username, password }]));
}
