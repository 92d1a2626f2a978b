import { expect } from 'vitest';
import type { Reply, Service } from '../service.ts';

export const CREDENTIALS = '/api/projects/default/credentials';

/** No registry is asked: what a crash leaves behind does not depend on it. */
const UNCHECKED = `${CREDENTIALS}?check=skip`;

export interface NewCredential {
  name: string;
  host: string;
  password: string;
  default?: boolean;
}

export function post(service: Service, { host, ...fields }: NewCredential, headers = {}): Promise<Reply> {
  return service.post(UNCHECKED, { ...fields, url: host, username: usernameOf(fields.password) }, { headers });
}

/** Each password has a user name of its own, so that a mix of an old and a new login shows. */
function usernameOf(password: string): string {
  return `user-of-${password}`;
}

/** Makes a credential and answers its id. */
export async function create(service: Service, credential: NewCredential): Promise<string> {
  const reply = await post(service, credential);
  expect(reply).toMatchObject({ status: 201 });
  return (reply.json as { id: string }).id;
}

/** Patches whatever revision is there. */
export function patch(service: Service, id: string, body: object): Promise<Reply> {
  return service.patch(`${CREDENTIALS}/${id}?check=skip`, body, { headers: { 'if-match': '*' } });
}

/** The password that is handed out; its user name must be the one that goes with it. Undefined for one that is not there. */
export async function passwordOf(service: Service, id: string): Promise<string | undefined> {
  const reply = await service.post(`${CREDENTIALS}/${id}/login`, {});
  if (reply.status === 404) return undefined;
  expect(reply).toMatchObject({ status: 200 });
  const { username, password } = (reply.json as { value: { username: string; password: string } }).value;
  expect(username).toBe(usernameOf(password));
  return password;
}

/** Whether a new credential could have this name. */
export async function isNameFree(service: Service, name: string): Promise<boolean> {
  const reply = await post(service, { name, host: 'names.example.com', password: 'a-password' });
  if (reply.status === 201) {
    await service.delete(`${CREDENTIALS}/${(reply.json as { id: string }).id}`);
    return true;
  }
  expect(reply.json).toMatchObject({ status: 409, code: 'NAME_TAKEN' });
  return false;
}

/** The ids of what is the default for a host, in every environment of the project. */
export async function defaultsOf(service: Service, host: string): Promise<string[]> {
  const found = await Promise.all(
    ['dev', 'staging', 'prod'].map((environment) =>
      service.get(`${CREDENTIALS}?host=${host}&environment=${environment}&default=true`),
    ),
  );
  const ids = found.flatMap(({ json }) => (json as { value: { id: string }[] }).value.map(({ id }) => id));
  return [...new Set(ids)];
}
