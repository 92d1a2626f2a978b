import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { BeginCall } from './call-counter.ts';
import type { Call } from './crash-plan.ts';

/** A request, whichever library sends it. */
interface Sent {
  method: string;
  path: string;
  header: (name: string) => string | undefined;
}

/**
 * Tells of each request to a remote store: when it is made and not yet sent, and when the answer has come and nobody has
 * seen it. Both HTTP clients of this process say so on channels of their own.
 *
 * https://nodejs.org/api/diagnostics_channel.html#http and https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export function watchRemote(begin: BeginCall): void {
  const answered = new WeakMap<object, () => void>();
  const onMade = (request: object, sent: Sent) => {
    const call = callOf(sent);
    if (call) answered.set(request, begin(call));
  };
  const onAnswer = (message: unknown) => answered.get((message as { request: object }).request)?.();

  // Azure Storage.
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: ClientRequest };
    onMade(request, { method: request.method, path: request.path, header: (name) => request.getHeader(name)?.toString() });
  });
  subscribe('http.client.response.finish', onAnswer);
  // The operator's door: Key Vault and Secrets Manager.
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: { method: string; path: string; headers: string[] } };
    const { method, path, headers } = request;
    onMade(request, { method, path, header: (name) => headers[headers.findIndex((text) => text.toLowerCase() === name) + 1] });
  });
  subscribe('undici:request:headers', onAnswer);
}

/** Undefined for what only opens a way: the making of a table or queue that is there, tokens, a challenge. */
function callOf({ method, path, header }: Sent): Call | undefined {
  const action = header('x-amz-target')?.split('.')[1];
  if (action) return { name: action, changes: !/^(?:Get|List|Describe)/.test(action) };
  const [, first = '', ...rest] = path.split('?')[0]?.split('/') ?? [];
  const changes = method !== 'GET';
  if (first === 'secrets' || first === 'deletedsecrets') {
    if (!header('authorization')) return undefined;
    return { name: [method, [first, ...rest.map(withoutId)].join('/')].join(' '), changes };
  }
  // In a storage account of Azurite the first part is the account.
  const place = rest.join('/');
  if (place === '$batch' || place.startsWith('regcred(') || place.endsWith('/messages')) {
    return { name: `${method} ${place.replace(/\(.*/, '')}`, changes };
  }
  return undefined;
}

function withoutId(part: string): string {
  return ['versions', 'recover'].includes(part) ? part : '*';
}
