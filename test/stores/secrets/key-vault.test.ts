import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { SecretStore } from '../../../shared/domain/ports.ts';
import { Secret } from '../../../shared/lib/secret.ts';
import { operatorNetwork } from '../../../shared/net/operator.ts';
import { azureHttpClient } from '../../../shared/net/azure-http-client.ts';
import { openKeyVault } from '../../../shared/stores/secrets/key-vault.ts';
import { describeSecretStore, type SecretStoreUnderTest } from '../../contract/secret-store.ts';
import { freshName, listed, putValue, settled, valueOf } from '../../contract/secret-store/put-value.ts';
import type { KeyVault } from '../../peers/key-vault.ts';
import { startVault, VAULT, VAULT_TOKEN } from '../../peers/vault-hosts.ts';

const TRAITS = { purges: false, refusesRemoved: true, showsBytesAtRest: false };

describeSecretStore('key-vault', openOnPeer, TRAITS);

// Slow to delete and to recover, with empty pages in its lists.
describeSecretStore(
  'key-vault, slow',
  async () => {
    const subject = await openOnPeer();
    Object.assign(subject.vault.secrets.delays, { delete: 40, recover: 40 });
    subject.vault.mood.hasEmptyPages = true;
    return subject;
  },
  TRAITS,
);

describe('a version', () => {
  test('has its end, its operation and the tags of the name in the vault', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const operationId = randomUUID();
    const expiresAt = new Date('2030-01-31T12:00:00Z');

    await subject.store.put(name, new Secret('value'), { operationId, expiresAt, tags: { project: 'default' } });

    expect(subject.vault.secrets.find(name)?.versions).toMatchObject([
      { attributes: { exp: expiresAt.getTime() / 1000 }, tags: { project: 'default', 'regcred-operation': operationId } },
    ]);
    expect(await listed(subject.store, [name])).toMatchObject([{ tags: { project: 'default' } }]);
  });

  test('with an end that the client cannot count has none in the vault, rather than one in the past', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const put = (operationId: string, expiresAt: string) =>
      subject.store.put(name, new Secret('value'), { operationId, expiresAt: new Date(expiresAt), tags: {} });

    await put(randomUUID(), '2038-01-19T03:14:07Z');
    await put(randomUUID(), '2038-01-19T03:14:08Z');

    const ends = subject.vault.secrets.find(name)?.versions.map(({ attributes }) => attributes?.exp);
    expect(ends).toEqual([0x7fff_ffff, undefined]);
  });

  test('that an operator disabled is as one that is not there', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const version = await putValue(subject.store, name, 'value');

    disableByHand(subject.vault, name);

    expect(await subject.store.get(name, version)).toBeUndefined();
    expect(await listed(subject.store, [name])).toEqual([]);
  });

  test('that is retired is disabled, with what another program wrote for the same operation', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const operationId = randomUUID();
    const version = await putValue(subject.store, name, 'value', operationId);
    subject.vault.secrets.set(name, { value: 'value', tags: { 'regcred-operation': operationId } });
    const kept = await putValue(subject.store, name, 'kept');

    await subject.store.retire(name, version);

    expect(subject.vault.secrets.find(name)?.versions.map(({ attributes }) => attributes?.enabled ?? true)).toEqual([
      false,
      false,
      true,
    ]);
    expect(await valueOf(subject.store, name, kept)).toBe('kept');
  });

  test('that others wrote is not listed', async () => {
    await using subject = await openOnPeer();
    subject.vault.secrets.set('of-another-app', { value: 'value' });
    const name = freshName();
    await putValue(subject.store, name, 'value');

    expect(await listed(subject.store, ['of-another-app', name])).toMatchObject([{ name }]);
  });
});

describe('one operation', () => {
  test('of two programs at once can be read by both, and later found as one', async () => {
    await using subject = await openOnPeer();
    const other = await subject.reopen();
    const name = freshName();
    const operationId = randomUUID();
    subject.vault.mood.beforeWrite = barrier(2);

    const versions = await Promise.all([
      putValue(subject.store, name, 'value', operationId),
      putValue(other, name, 'value', operationId),
    ]);

    expect(subject.vault.secrets.find(name)?.versions).toHaveLength(2);
    for (const version of versions) expect(await valueOf(other, name, version)).toBe('value');
    const found = await subject.store.find(name, operationId);
    expect(await other.find(name, operationId)).toBe(found);
    expect(await putValue(other, name, 'value', operationId)).toBe(found);
  });

  test('whose answer was lost is found and not written again', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    // The first write of a client asks for the challenge; that one is not lost.
    await putValue(subject.store, freshName(), 'value');
    subject.vault.mood.unanswered = 1;

    const version = await putValue(subject.store, name, 'value');

    expect(await valueOf(subject.store, name, version)).toBe('value');
    expect(subject.vault.secrets.find(name)?.versions).toHaveLength(1);
  });

  test('that was cut off before the vault had it is an outage, and can be asked for again', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const operationId = randomUUID();
    await putValue(subject.store, freshName(), 'value');
    subject.hosts.moods.set(VAULT, ({ method }, response) => {
      if (method === 'PUT') response.destroy();
      return method === 'PUT';
    });

    await expect(putValue(subject.store, name, 'value', operationId)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    subject.hosts.moods.clear();
    const version = await putValue(subject.store, name, 'value', operationId);
    expect(await valueOf(subject.store, name, version)).toBe('value');
  });
});

describe('a name', () => {
  test('that an operator deleted is as one that is not there, and can be restored', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const version = await putValue(subject.store, name, 'value');

    deleteByHand(subject.vault, name);

    expect(await subject.store.get(name, version)).toBeUndefined();
    await settled(() => subject.store.restore(name));
    expect(await valueOf(subject.store, name, version)).toBe('value');
  });

  test('whose deletion goes on is restored later', async () => {
    await using subject = await openOnPeer();
    const { vault, store } = subject;
    const name = freshName();
    const version = await putValue(store, name, 'value');
    Object.assign(vault.secrets.delays, { delete: Infinity, recover: Infinity });
    await store.remove(name);
    await store.remove(name);

    await expect(store.restore(name)).rejects.toMatchObject(LATER);
    await expect(putValue(store, name, 'late')).rejects.toThrow(/is removed and takes no further version/);
    vault.secrets.finish();
    await expect(store.restore(name)).rejects.toMatchObject(LATER);
    await expect(store.restore(name)).rejects.toMatchObject(LATER);
    await expect(putValue(store, name, 'late')).rejects.toMatchObject(LATER);
    await expect(store.remove(name)).rejects.toMatchObject(LATER);
    vault.secrets.finish();

    await store.restore(name);
    expect(await valueOf(store, name, version)).toBe('value');
  });

  test('whose newest version is retired can be removed and restored', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    const kept = await putValue(subject.store, name, 'kept');
    const newest = await putValue(subject.store, name, 'newest');
    await subject.store.retire(name, newest);

    await subject.store.restore(name);
    await subject.store.remove(name);
    await subject.store.restore(name);

    expect(await valueOf(subject.store, name, kept)).toBe('kept');
  });

  test('that an operator purged is missing', async () => {
    await using subject = await openOnPeer();
    const name = freshName();
    await putValue(subject.store, name, 'value');
    await subject.store.remove(name);

    const secret = subject.vault.secrets.find(name);
    if (secret) subject.vault.secrets.purge(secret);

    await expect(subject.store.restore(name)).rejects.toMatchObject({ code: 'SECRET_MISSING' });
  });
});

describe('a vault that refuses', () => {
  test.for([
    ['by role', 'ForbiddenByRbac', 'the role "Key Vault Secrets Officer" on the vault'],
    ['by policy', 'ForbiddenByPolicy', 'uses access policies'],
    ['by policy, as older ones say it', 'AccessDenied', 'uses access policies'],
    ['by its firewall', 'ForbiddenByFirewall', 'private endpoint'],
    ['by its private link', 'ForbiddenByConnection', 'private endpoint'],
    ['for a reason of its own', 'ForbiddenForAnotherReason', 'the log has the reason'],
  ] as const)('%s says what to do, in every operation', async ([, code, hint]) => {
    await using subject = await openOnPeer();
    const { store, vault } = subject;
    const name = freshName();
    const version = await putValue(store, name, 'value');
    vault.mood.forbidden = code;

    const refused = { code: 'STORE_UNAVAILABLE', details: { hint: expect.stringContaining(hint) as string } };

    await expect(putValue(store, name, 'canary-of-a-value')).rejects.toMatchObject(refused);
    await expect(store.get(name, version)).rejects.toMatchObject(refused);
    await expect(store.find(name, randomUUID())).rejects.toMatchObject(refused);
    await expect(store.retire(name, version)).rejects.toMatchObject(refused);
    await expect(store.remove(name)).rejects.toMatchObject(refused);
    await expect(store.restore(name)).rejects.toMatchObject(refused);
    await expect(listed(store, [name])).rejects.toMatchObject(refused);
  });

  test('the write alone does not show the value', async () => {
    await using subject = await openOnPeer();
    await putValue(subject.store, freshName(), 'value');
    subject.hosts.moods.set(VAULT, ({ method }, response) => {
      if (method !== 'PUT') return false;
      const error = { code: 'Forbidden', message: 'No.', innererror: { code: 'ForbiddenByRbac' } };
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
      return true;
    });

    const error: unknown = await putValue(subject.store, freshName(), 'canary-of-a-value').catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('no role') as string });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
  });

  test('its token says whose identity is wrong', async () => {
    await using subject = await openOnPeer('a-token-of-nobody');

    await expect(subject.store.get(freshName(), '0'.repeat(32))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { hint: expect.stringContaining('AZURE_CLIENT_ID') as string },
    });
  });

  test.for([undefined, 0])('a few requests as too many is asked again (Retry-After %s)', async (retryAfter) => {
    await using subject = await openOnPeer();
    const name = freshName();
    Object.assign(subject.vault.mood, { throttled: 3, retryAfter });

    const version = await putValue(subject.store, name, 'value');

    expect(await valueOf(subject.store, name, version)).toBe('value');
    expect(subject.vault.secrets.find(name)?.versions).toHaveLength(1);
  });

  test.for([undefined, 0, 3600])('all requests as too many is an outage (Retry-After %s)', async (retryAfter) => {
    await using subject = await openOnPeer();
    Object.assign(subject.vault.mood, { throttled: Infinity, retryAfter });

    await expect(putValue(subject.store, freshName(), 'value')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { retryAfterSeconds: 10 },
    });
  });
});

describe('a vault that does not answer', () => {
  test.for<[string, (response: ServerResponse) => unknown]>([
    ['closes the connection', (response) => response.destroy()],
    ['fails', (response) => response.writeHead(500).end()],
    ['is another server', (response) => response.writeHead(404).end('<html>Not found</html>')],
  ])('but %s is an outage', async ([, odd]) => {
    await using subject = await openOnPeer();
    subject.hosts.moods.set(VAULT, (_request, response) => {
      odd(response);
      return true;
    });

    await expect(subject.store.get(freshName(), '0'.repeat(32))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('because nothing is there names the setting', async () => {
    const subject = await openOnPeer();
    await subject.hosts[Symbol.asyncDispose]();

    await expect(subject.store.get(freshName(), '0'.repeat(32))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { hint: expect.stringContaining('REGCRED_VAULT_URL') as string },
    });
    await subject[Symbol.asyncDispose]();
  });
});

const LATER = { code: 'STORE_UNAVAILABLE', details: { retryAfterSeconds: 20 } };

interface KeyVaultUnderTest extends SecretStoreUnderTest {
  vault: KeyVault;
  hosts: Awaited<ReturnType<typeof startVault>>['hosts'];
}

async function openOnPeer(token = VAULT_TOKEN): Promise<KeyVaultUnderTest> {
  const started = await startVault();
  const operator = operatorNetwork({ inAzure: false, ...started.hosts.network });
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const httpClient = azureHttpClient(operator, [0, 0, 0]);
  const open = (): Promise<SecretStore> => openKeyVault({ url: `https://${VAULT}`, credential, httpClient });
  return {
    store: await open(),
    reopen: open,
    vault: started.vault,
    hosts: started.hosts,
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
    },
  };
}

/** Lets nobody through until so many have come. */
function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    if (++arrived === count) resolve();
    return promise;
  };
}

function disableByHand({ secrets }: KeyVault, name: string): void {
  for (const version of secrets.find(name)?.versions ?? []) version.attributes = { ...version.attributes, enabled: false };
}

function deleteByHand({ secrets }: KeyVault, name: string): void {
  const secret = secrets.find(name);
  if (secret) secrets.delete(secret);
}
