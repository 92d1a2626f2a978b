import { startRegistry } from '../peers/registry.ts';
import type { Reply } from '../service.ts';
import type { CountingService, StoreCounts } from './counting-service.ts';

/** A call of the API, what it came to, and every request to the stores that it cannot do without. */
export interface CountedCall {
  what: string;
  counts: StoreCounts;
  needed: string[];
}

/** A change of a secret is framed by a row that puts right what a crash leaves. */
const FRAME = ['a row that tidies up after a crash', 'the record as it then stands', 'that row, no longer needed'];

/** Key Vault has no conditional write: the lists are what makes it one. */
const PUT = ['no version of this operation yet', 'the version', 'the elder of two, if there are'];

const COMMIT = ['the transaction', 'the message that tells of it'];
const STAYS = ['the secret in use is there', 'a version that nobody uses'];

/** One story that calls each route which works on the stores. Told twice, because the first time also opens connections. */
export async function countCalls(counting: CountingService): Promise<CountedCall[]> {
  await using registry = await startRegistry({ users: { ci: 'right-password' } });
  await tellStory(counting, 'the first', registry.url);
  return await tellStory(counting, 'the second', registry.url);
}

async function tellStory({ service, counts }: CountingService, name: string, url: string): Promise<CountedCall[]> {
  const calls: CountedCall[] = [];
  const count = async (what: string, needed: string[], reply: Reply): Promise<Reply> => {
    if (reply.status >= 300) throw new Error(`${what} was answered ${reply.status}: ${reply.text}`);
    calls.push({ what, needed, counts: await counts(reply) });
    return reply;
  };
  const project = '/api/projects/default';
  const anyRevision = { headers: { 'if-match': '*' } };
  const login = { url, username: 'ci', password: 'right-password' };

  const created = await count(
    'create-credential',
    ['the name is free', ...FRAME, ...PUT, 'the next check', ...COMMIT, ...STAYS, 'refusals of the account'],
    await service.post(`${project}/credentials`, { name, ...login }),
  );
  const { id } = created.json as { id: string };
  const path = `${project}/credentials/${id}`;
  const record = 'the record';
  await count(
    'hand-out-login, the first',
    [record, 'the secret', 'the audit row', 'the status', 'its last use'],
    await service.post(`${path}/login`, {}),
  );
  await count('hand-out-login, cached', [record, 'the audit row'], await service.post(`${path}/login`, {}));
  await count('get-credential', [record, 'the status'], await service.get(path));
  await count('list-credentials', ['the records', 'their statuses'], await service.get(`${project}/credentials`));
  await count('export-credentials', ['the records', 'their statuses'], await service.get(`${project}/export`));
  await count('get-activity, of one day', [record, 'events', 'hand-outs'], await service.get(`${path}/activity`));
  await count(
    'update-credential, a label',
    [record, 'the status', ...COMMIT],
    await service.patch(path, { labels: { team: 'a' } }, anyRevision),
  );
  await count(
    'update-credential, the secret',
    [record, 'the status', 'the old secret is there', ...FRAME, ...PUT, 'the next check', ...COMMIT, ...STAYS].concat([
      'versions of the old operation',
      'the old version disabled',
      'refusals of the account',
    ]),
    await service.patch(path, { password: login.password }, anyRevision),
  );
  await count('check-login', [], await service.post(`${project}/checks`, login));
  await count(
    'check-credential',
    [record, 'the secret', 'the status', 'what was learned', 'refusals of the account'],
    await service.post(`${path}/check`, {}),
  );
  await count(
    'delete-credential',
    [record, 'the end of its retention', ...FRAME, ...COMMIT, 'the removal', 'how far that is', 'a restore meanwhile'],
    await service.delete(path),
  );
  await count(
    'restore-credential',
    [record, ...FRAME, 'the secret is removed', 'the recovery', 'how far that is', 'the next check', ...COMMIT, ...STAYS],
    await service.post(`${path}/restore`),
  );
  await count(
    'move-credential, to a store without requests',
    [record, 'the status', 'the secret', ...FRAME, ...FRAME, ...COMMIT, 'the removal', 'how far that is', 'a restore meanwhile'],
    await service.post(`${path}/move`, { store: 'local' }),
  );
  await count('get-project', ["the project's external id"], await service.get(project));
  for (const [route, at] of Object.entries({ 'list-providers': '/api/providers', 'get-provider': '/api/providers/acr' }))
    await count(route, [], await service.get(at));
  return calls;
}
