import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SecretStore } from '../../../shared/domain/ports.ts';
import { Secret } from '../../../shared/lib/secret.ts';
import { operatorNetwork } from '../../../shared/net/operator.ts';
import { awsHttpHandler } from '../../../shared/net/aws-http-handler.ts';
import { openSecretsManager } from '../../../shared/stores/secrets/secrets-manager.ts';
import { describeSecretStore, type SecretStoreUnderTest } from '../../contract/secret-store.ts';
import { freshName, listed, putValue, valueOf } from '../../contract/secret-store/put-value.ts';
import { needs } from '../../peers/need.ts';
import { AWS_REGION, SECRETS_MANAGER, startSecretsManager, type SecretsManagerHosts } from '../../peers/secrets-manager-hosts.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('a-secret-key-of-regcred') };

describe('Secrets Manager', needs('moto'), () => {
  let peer: SecretsManagerHosts;
  beforeAll(async () => {
    peer = await startSecretsManager();
  });
  afterEach(() => peer.hosts.moods.clear());
  afterAll(() => peer?.[Symbol.asyncDispose]());

  // moto writes to a removed name, and says of a new one only that it exists: AWS refuses both, as a test below has it.
  describeSecretStore('secrets-manager', () => openStore(peer), {
    purges: false,
    refusesRemoved: false,
    showsBytesAtRest: false,
  });

  describe('a version', () => {
    test('has a label of its own until it is retired, and no later one takes it', async () => {
      await using subject = await openStore(peer);
      const name = freshName();
      const first = await putValue(subject.store, name, 'first');
      const second = await putValue(subject.store, name, 'second');

      expect(await labelsOf(subject.aws, name)).toMatchObject({
        [first]: expect.arrayContaining([`regcred-${first}`]) as string[],
        [second]: expect.arrayContaining([`regcred-${second}`]) as string[],
      });
      await subject.store.retire(name, first);

      expect((await labelsOf(subject.aws, name))[first] ?? []).not.toContain(`regcred-${first}`);
      expect(await listed(subject.store, [name])).toMatchObject([{ version: second, tags: { project: 'default' } }]);
    });

    test('that others wrote is not listed', async () => {
      await using subject = await openStore(peer);
      const name = freshName();
      await subject.aws.createSecret({ Name: name, SecretString: 'value', Tags: [{ Key: 'regcred-managed-not', Value: 'x' }] });

      expect(await listed(subject.store, [name])).toEqual([]);
    });
  });

  describe('one operation', () => {
    test('whose answer was lost is an outage, and asked for again it is the same version', async () => {
      await using subject = await openStore(peer);
      const name = freshName();
      const operationId = randomUUID();
      peer.hosts.moods.set(SECRETS_MANAGER, loseAnswer('PutSecretValue', peer));

      await expect(putValue(subject.store, name, 'value', operationId)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

      peer.hosts.moods.clear();
      const version = await subject.store.find(name, operationId);
      expect(version).toBe(operationId);
      expect(await putValue(subject.store, name, 'value', operationId)).toBe(version);
      expect(await listed(subject.store, [name])).toHaveLength(1);
    });

    test('shows its value in no parameter but the one that AWS keeps out of its log', async () => {
      await using subject = await openStore(peer);
      const bodies: string[] = [];
      peer.hosts.moods.set(SECRETS_MANAGER, (request) => {
        request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
        return false;
      });

      await putValue(subject.store, freshName(), 'canary-of-a-value');
      peer.hosts.moods.clear();

      const sent = bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
      expect(sent.filter(({ SecretString: value }) => value === 'canary-of-a-value')).toHaveLength(1);
      expect(JSON.stringify(sent.map(({ SecretString: _value, ...logged }) => logged))).not.toContain('canary');
    });
  });

  describe('a name', () => {
    test.for([
      [1, 7],
      [14, 14],
      [3650, 30],
    ] as const)('that is removed with a retention of %s days is kept for %s', async ([retentionDays, days]) => {
      await using subject = await openStore(peer, { retentionDays });
      const name = freshName();
      await putValue(subject.store, name, 'value');

      await subject.store.remove(name);

      const { DeletedDate: end } = await subject.aws.describeSecret({ SecretId: name });
      expect(Math.round(((end?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(days);
    });

    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html: InvalidRequestException. moto takes both calls.
    test.for(['CreateSecret', 'PutSecretValue'])('that is removed takes no further version (%s)', async (action) => {
      await using subject = await openStore(peer);
      const name = freshName();
      await putValue(subject.store, name, 'value');
      await subject.store.remove(name);
      peer.hosts.moods.set(SECRETS_MANAGER, refuse(action, 400, 'InvalidRequestException'));

      await expect(putValue(subject.store, name, 'canary-late')).rejects.toThrow(/is removed and takes no further version/);
    });

    test('that is removed leaves its versions as they are', async () => {
      await using subject = await openStore(peer);
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');
      await subject.store.remove(name);

      await subject.store.retire(name, version);
      await subject.store.restore(name);

      expect(await listed(subject.store, [name])).toMatchObject([{ version }]);
    });
  });

  describe('a refusal', () => {
    test.for([
      ['AccessDeniedException', 400, 'secretsmanager:CreateSecret'],
      ['UnrecognizedClientException', 400, 'AWS_ACCESS_KEY_ID'],
      ['ExpiredTokenException', 400, 'AWS_SESSION_TOKEN'],
      ['DecryptionFailure', 400, 'KMS key'],
    ] as const)('%s says what to do, in every operation', async ([name, status, hint]) => {
      await using subject = await openStore(peer);
      peer.hosts.moods.set(SECRETS_MANAGER, refuse('', status, name));

      const refused = { code: 'STORE_UNAVAILABLE', details: { hint: expect.stringContaining(hint) as string } };
      const secret = freshName();
      for (const run of everyOperation(subject.store, secret)) await expect(run()).rejects.toMatchObject(refused);
    });

    test('of one secret too many says what to do', async () => {
      await using subject = await openStore(peer);
      peer.hosts.moods.set(SECRETS_MANAGER, refuse('CreateSecret', 400, 'LimitExceededException'));

      await expect(putValue(subject.store, freshName(), 'value')).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { hint: expect.stringContaining('larger quota') as string },
      });
    });

    test('holds nothing of what was sent', async () => {
      await using subject = await openStore(peer);
      peer.hosts.moods.set(SECRETS_MANAGER, refuse('PutSecretValue', 400, 'InvalidParameterException', 'canary-of-a-value'));

      const error: unknown = await putValue(subject.store, freshName(), 'canary-of-a-value').catch((reason: unknown) => reason);
      peer.hosts.moods.clear();

      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
    });

    test('of a few requests as too many is asked again', async () => {
      await using subject = await openStore(peer);
      const throttle = refuse('PutSecretValue', 400, 'ThrottlingException');
      let left = 2;
      peer.hosts.moods.set(SECRETS_MANAGER, (request, response) => left > 0 && throttle(request, response) && left-- > 0);
      const name = freshName();

      const version = await putValue(subject.store, name, 'value');
      peer.hosts.moods.clear();

      expect(left).toBe(0);
      expect(await valueOf(subject.store, name, version)).toBe('value');
    });

    test('of all requests as too many is an outage', async () => {
      await using subject = await openStore(peer);
      peer.hosts.moods.set(SECRETS_MANAGER, refuse('', 400, 'ThrottlingException'));

      await expect(subject.store.get(freshName(), randomUUID())).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { retryAfterSeconds: 10 },
      });
    });
  });

  describe('what does not answer as AWS', () => {
    test.for<[string, (response: ServerResponse) => unknown]>([
      ['closes the connection', (response) => response.destroy()],
      ['fails', (response) => response.writeHead(500).end()],
      ['is another server', (response) => response.writeHead(404).end('<html>Not found</html>')],
    ])('but %s is an outage', async ([, odd]) => {
      await using subject = await openStore(peer);
      peer.hosts.moods.set(SECRETS_MANAGER, (_request, response) => {
        odd(response);
        return true;
      });

      await expect(subject.store.get(freshName(), randomUUID())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    test('because nothing is there names the setting', async () => {
      await using operator = operatorNetwork({ inAzure: false, connectTo: { [`${SECRETS_MANAGER}:443`]: '127.0.0.1:1' } });
      const httpHandler = awsHttpHandler((url, options) => operator.request(url.href, options));
      const store = await openSecretsManager({ region: AWS_REGION, key: async () => KEY, httpHandler, retentionDays: 30 });

      await expect(store.get(freshName(), randomUUID())).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { hint: expect.stringContaining('REGCRED_AWS_REGION') as string },
      });
    });
  });
});

interface StoreUnderTest extends SecretStoreUnderTest {
  /** AWS's own client, past the store. */
  aws: SecretsManager;
}

async function openStore({ hosts }: SecretsManagerHosts, { retentionDays = 30 } = {}): Promise<StoreUnderTest> {
  const operator = operatorNetwork({ inAzure: false, ...hosts.network });
  const httpHandler = awsHttpHandler((url, options) => operator.request(url.href, options));
  const open = (): Promise<SecretStore> =>
    openSecretsManager({ region: AWS_REGION, key: async () => KEY, httpHandler, retentionDays });
  const credentials = { accessKeyId: KEY.accessKeyId, secretAccessKey: KEY.secretAccessKey.reveal() };
  return {
    store: await open(),
    reopen: open,
    aws: new SecretsManager({ region: AWS_REGION, credentials, requestHandler: httpHandler }),
    [Symbol.asyncDispose]: () => operator[Symbol.asyncDispose](),
  };
}

async function labelsOf(aws: SecretsManager, name: string): Promise<Record<string, string[]>> {
  return (await aws.describeSecret({ SecretId: name })).VersionIdsToStages ?? {};
}

function everyOperation(store: SecretStore, name: string): (() => Promise<unknown>)[] {
  return [
    () => putValue(store, name, 'canary-of-a-value'),
    () => store.get(name, randomUUID()),
    () => store.find(name, randomUUID()),
    () => store.retire(name, randomUUID()),
    () => store.remove(name),
    () => store.restore(name),
    () => listed(store, [name]),
  ];
}

type Mood = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Refuses one action, or every one, in AWS's format: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
function refuse(action: string, status: number, name: string, message = 'No.'): Mood {
  return (request, response) => {
    if (!isFor(action, request)) return false;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: name, Message: message }));
    return true;
  };
}

/** Lets moto do what is asked, and closes the connection in place of its answer. */
function loseAnswer(action: string, { moto }: SecretsManagerHosts): Mood {
  return (request, response) => {
    if (!isFor(action, request)) return false;
    response.writeHead = () => response.destroy();
    moto.handle(request, response);
    return true;
  };
}

function isFor(action: string, { headers }: IncomingMessage): boolean {
  return action === '' || headers['x-amz-target'] === `secretsmanager.${action}`;
}
