import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './http-peer.ts';
import { readBody } from './read-body.ts';
import { failed, type Answer } from './vault-answers.ts';
import { OPERATIONS } from './vault-operations.ts';
import { VaultSecrets, type Draft } from './vault-secrets.ts';

interface KeyVaultOptions {
  host: string;
  tenantId: string;
  isToken: (token: string) => boolean;
}

/** Azure Key Vault's secrets: https://learn.microsoft.com/rest/api/keyvault/secrets, as far as they were recorded. */
export interface KeyVault {
  handle: Handler;
  secrets: VaultSecrets;
  /** What it does wrong, until that is taken back. */
  mood: VaultMood;
}

interface VaultMood {
  /** The inner code with which everybody is kept out. */
  forbidden?: string;
  /** This many further requests are refused as too many. */
  throttled: number;
  /** Seconds; the real vault leaves it out. */
  retryAfter?: number;
  /** This many further writes are done, and never answered. */
  unanswered: number;
  /** An empty page follows each page. */
  hasEmptyPages: boolean;
  /** Runs before a write is done. */
  beforeWrite?: () => Promise<void>;
}

export function createKeyVault(options: KeyVaultOptions): KeyVault {
  const secrets = new VaultSecrets();
  const mood: VaultMood = { throttled: 0, unanswered: 0, hasEmptyPages: false };
  const handle: Handler = (request, response) => void respond(options, { secrets, mood }, request, response);
  return { handle, secrets, mood };
}

type State = Pick<KeyVault, 'secrets' | 'mood'>;

async function respond(
  options: KeyVaultOptions,
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const { mood } = state;
  const refusal = refuse(options, mood, request);
  const isWrite = request.method !== 'GET';
  if (isWrite && !refusal) await mood.beforeWrite?.();
  const answer = refusal ?? serve(options.host, state, request, body);
  if (isWrite && !refusal && mood.unanswered > 0) {
    mood.unanswered--;
    response.destroy();
    return;
  }
  const { status, headers } = answer;
  response.writeHead(status, { ...(answer.body && { 'content-type': 'application/json; charset=utf-8' }), ...headers });
  response.end(answer.body && JSON.stringify(answer.body));
}

function refuse({ tenantId, isToken }: KeyVaultOptions, mood: VaultMood, { headers }: IncomingMessage): Answer | undefined {
  const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (!token || !isToken(token)) {
    const challenge = `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="https://vault.azure.net"`;
    const text = token ? 'AKV10022: Invalid audience.' : 'AKV10000: Request is missing a Bearer or PoP token.';
    return { ...failed(401, 'Unauthorized', text), headers: { 'www-authenticate': challenge } };
  }
  if (mood.throttled > 0) {
    mood.throttled--;
    const text = 'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached';
    const after = mood.retryAfter;
    return { ...failed(429, 'Throttled', text), ...(after !== undefined && { headers: { 'retry-after': String(after) } }) };
  }
  return mood.forbidden
    ? failed(403, 'Forbidden', 'Caller is not authorized to perform action on resource.', mood.forbidden)
    : undefined;
}

function serve(host: string, { secrets, mood }: State, { method = '', url = '' }: IncomingMessage, body: string): Answer {
  const { pathname, searchParams } = new URL(url, `https://${host}`);
  const [, kind = '', name = '', rest] = PATH.exec(pathname) ?? [];
  const place = [kind, name && 'NAME', rest === undefined || KEYWORDS.has(rest) ? rest : 'VERSION'].filter(Boolean).join('/');
  const run = OPERATIONS[`${method} ${place}`];
  if (!run) return failed(400, 'BadParameter', 'The request URI contains an invalid name.');
  const page = { host, path: pathname, query: searchParams, hasEmptyPages: mood.hasEmptyPages };
  const secret = name === '' ? undefined : secrets.find(name);
  return run({ host, name, rest: rest ?? '', secret, draft: JSON.parse(body || '{}') as Draft, secrets, page });
}

const PATH = /^\/(secrets|deletedsecrets)(?:\/([0-9A-Za-z-]{1,127})(?:\/(.*))?)?$/;

const KEYWORDS = new Set(['versions', 'recover']);
