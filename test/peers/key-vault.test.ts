import { describe, expect, test } from 'vitest';
import { Secret } from '../../shared/lib/secret.ts';
import type { Answer } from '../../shared/net/exchange.ts';
import { operatorNetwork } from '../../shared/net/operator.ts';
import { needs } from './need.ts';
import { readRecording, shapeOf, type Exchange } from './recordings.ts';
import { startVault, VAULT, VAULT_TENANT, VAULT_TOKEN } from './vault-hosts.ts';
import type { Draft } from './vault-secrets.ts';

interface Seed extends Draft {
  id?: string;
  isManaged?: boolean;
  state?: 'deleting' | 'deleted';
}

const BIG: Seed = {
  id: 'd0215295974a4da8ab877cb69fefd5ec',
  contentType: 'big secret',
  tags: { tag: 'value' },
  attributes: { enabled: true, nbf: 1893459661 },
};

/** What was in the vault when it was recorded. There is no backup here: regcred asks for none. */
const SEEDS: Record<string, Record<string, Seed>> = {
  'challenge-401': {},
  'delete-disabled': {
    'CRUDSecretName-cantgetadisabledsecret-': { attributes: { enabled: false } },
    'livekvtestcrud-secreta29715c1': { attributes: { enabled: false }, state: 'deleted' },
  },
  'delete-poll': { secret518723441: { ...BIG, attributes: { ...BIG.attributes, exp: 2208992461 } } },
  errors: { 'managed-secret': { isManaged: true } },
  'list-deleted-empty-page': { secret13245351623: { state: 'deleted' }, secret23245351623: { state: 'deleted' } },
  'list-paging': {
    listsecrets02663316706: {},
    listsecrets12663316706: {},
    listsecrets22663316706: {},
    listsecrets32663316706: {},
  },
  'list-versions-order': {},
  purge: {
    'recoverSecretName-canwaituntilakeyisdeleted-undefined': { state: 'deleting' },
    secret518723441: { state: 'deleted' },
  },
  recover: { secret422508987: { value: 'value422508987', state: 'deleted' } },
  'set-get-versions': {},
  'set-on-deleted-409': {},
  'update-disable': {
    secret1: { contentType: 'test type', tags: { test: 'foo', 'file-encoding': 'utf-8' } },
    secret518723441: BIG,
    'livekvtestcrud-secret236f14a1': { id: 'e33de8ac44064f6084980f6aad1a6aca', attributes: { nbf: 1422864000 } },
    'CRUDSecretName-canupdateadisabledsecret-': { attributes: { enabled: false } },
  },
};

/** What was still going on then, or had ended: recorders waited for it. */
const STILL_RUNNING = new Set([404, 409]);

describe('the peer answers as Azure Key Vault was recorded', needs('recordings'), () => {
  test.for(Object.entries(SEEDS))('%s', async ([name, seeds]) => {
    await using started = await startVault();
    const { vault, hosts } = started;
    await using operator = operatorNetwork({ inAzure: false, ...hosts.network });
    vault.mood.hasEmptyPages = name === 'list-deleted-empty-page';
    for (const [secret, seed] of Object.entries(seeds)) plant(vault.secrets, secret, seed);
    Object.assign(vault.secrets.delays, { delete: Infinity, recover: Infinity });

    // Ids and markers are the vault's own: later requests name those of this one.
    const own = new Map<string, string>();
    let nextLink = '';
    for (const { request, response } of readRecording(`key-vault/${name}`)) {
      if (!STILL_RUNNING.has(response.status) && request.method !== 'PUT' && request.url !== LIST_OF_DELETED)
        vault.secrets.finish();
      const url = request.url.includes('$skiptoken') ? nextLink : addressOf(request, own);
      const answer = await operator.request(url, {
        method: request.method,
        headers: response.status === 401 ? {} : { authorization: new Secret(`Bearer ${VAULT_TOKEN}`) },
        ...(request.body !== null && { body: JSON.stringify(request.body) }),
      });
      expect(seen(answer)).toEqual(recorded(response));
      const body = JSON.parse(answer.body || '{}') as { id?: string; nextLink?: string };
      own.set(versionIn((response.body as { id?: string } | null)?.id), versionIn(body.id));
      nextLink = body.nextLink ?? nextLink;
    }
  });

  test('whom it keeps out, and what is too much for it', async () => {
    await using started = await startVault();
    const { vault, hosts } = started;
    await using operator = operatorNetwork({ inAzure: false, ...hosts.network });
    const reported = readRecording('reported/errors').filter(({ request, response }) => isRefusal(request.url, response.status));
    expect(reported).toHaveLength(3);

    for (const { response } of reported) {
      vault.mood.forbidden = innerCodeOf(response.body);
      vault.mood.throttled = response.status === 429 ? 1 : 0;
      const headers = { authorization: new Secret(`Bearer ${VAULT_TOKEN}`) };
      const answer = await operator.request(`https://${VAULT}/secrets/any/?api-version=7.4`, { headers });
      expect(seen(answer)).toEqual(recorded(response));
    }
  });
});

function isRefusal(url: string, status: number): boolean {
  return url.startsWith('https://{vault}/') && (status === 403 || status === 429);
}

function innerCodeOf(body: unknown): string {
  return (body as { error: { innererror?: { code: string } } }).error.innererror?.code ?? '';
}

/** Asked in the same second as a deletion. */
const LIST_OF_DELETED = 'https://{vault}/deletedsecrets?api-version=7.4';

function plant(secrets: Awaited<ReturnType<typeof startVault>>['vault']['secrets'], name: string, seed: Seed): void {
  const { id, isManaged, state, ...draft } = seed;
  secrets.set(name, { value: 'value', ...draft }, { ...(id && { id }), ...(isManaged && { isManaged }) });
  const secret = secrets.find(name);
  if (!secret || !state) return;
  secrets.delays.delete = Infinity;
  secrets.delete(secret);
  if (state === 'deleted') Object.assign(secret, { state });
}

function addressOf({ url }: Exchange['request'], own: Map<string, string>): string {
  const address = url.replace('{vault}', VAULT);
  const version = versionIn(address.replace(/\?.*$/, ''));
  return version ? address.replace(version, own.get(version) ?? version) : address;
}

function versionIn(id = ''): string {
  return /\/secrets\/[^/]+\/([0-9a-f]{32})$/.exec(id)?.[1] ?? '';
}

function seen({ status, headers, body }: Answer) {
  return shown(status, headers.get('content-type'), headers.get('www-authenticate'), body ? JSON.parse(body) : null);
}

function recorded({ status, headers, body }: Exchange['response']) {
  return shown(
    status,
    headers['content-type'] ?? null,
    headers['www-authenticate']?.replace('{tenant}', VAULT_TENANT) ?? null,
    body,
  );
}

/** Entra ID had two names, and both are still in use. */
function shown(status: number, type: string | null, challenge: string | null, body: unknown) {
  return {
    status,
    type,
    challenge: challenge?.replace('login.windows.net', 'login.microsoftonline.com'),
    body: withoutOrder(shapeOf(body)),
  };
}

/** Versions are listed in the order of their ids, which are random: the peer's are in another one than those recorded. */
function withoutOrder(body: unknown): unknown {
  const { value } = Object(body) as { value?: unknown };
  return Array.isArray(value) ? { ...Object(body), value: value.map((item) => JSON.stringify(item)).toSorted() } : body;
}
