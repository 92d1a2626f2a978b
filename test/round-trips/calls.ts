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

const PROJECT = '/api/projects/default';
const RECORD = 'the record';
const ANY_REVISION = { headers: { 'if-match': '*' } };

/** Calls each route that works on the stores, all but the last twice: the first time opens connections, too. */
export async function countCalls(counting: CountingService): Promise<CountedCall[]> {
  await using registry = await startRegistry({ users: { ci: 'right-password' } });
  const login = { url: registry.url, username: 'ci', password: 'right-password' };
  await tellStory(counting, { name: 'the first', ...login });
  return [...(await tellStory(counting, { name: 'the second', ...login })), ...(await checkDrift(counting))];
}

type Entry = Record<'name' | 'url' | 'username' | 'password', string>;

async function tellStory(counting: CountingService, entry: Entry): Promise<CountedCall[]> {
  const counter = countWith(counting);
  const path = await use(counter, entry);
  await change(counter, path, entry);
  await remove(counter, path);
  await importAgain(counter, entry);
  for (const [route, at] of Object.entries({ 'list-providers': '/api/providers', 'get-provider': '/api/providers/acr' }))
    await counter.count(route, [], await counter.service.get(at));
  return counter.calls;
}

/** Makes a credential, and answers its path. */
async function use({ service, count }: Counter, entry: Entry): Promise<string> {
  const created = await count(
    'create-credential',
    ['the name is free', ...FRAME, ...PUT, 'the next check', ...COMMIT, ...STAYS, 'refusals of the account'],
    await service.post(`${PROJECT}/credentials`, entry),
  );
  const path = `${PROJECT}/credentials/${(created.json as { id: string }).id}`;
  await count(
    'hand-out-login, the first',
    [RECORD, 'the secret', 'the audit row', 'the status', 'its last use'],
    await service.post(`${path}/login`, {}),
  );
  await count('hand-out-login, cached', [RECORD, 'the audit row'], await service.post(`${path}/login`, {}));
  await count('get-credential', [RECORD, 'the status'], await service.get(path));
  await count('list-credentials', ['the records', 'their statuses'], await service.get(`${PROJECT}/credentials`));
  await count('export-credentials', ['the records', 'their statuses'], await service.get(`${PROJECT}/export`));
  await count('get-activity, of one day', [RECORD, 'events', 'hand-outs'], await service.get(`${path}/activity`));
  await count('get-project', ["the project's external id"], await service.get(PROJECT));
  return path;
}

async function change({ service, count }: Counter, path: string, { name: _own, ...login }: Entry): Promise<void> {
  await count(
    'update-credential, a label',
    [RECORD, 'the status', ...COMMIT],
    await service.patch(path, { labels: { team: 'a' } }, ANY_REVISION),
  );
  const ends = ['versions of the old operation', 'the old version disabled'];
  await count(
    'update-credential, the secret',
    [RECORD, 'the status', 'the old secret is there', ...FRAME, ...PUT, 'the next check', ...COMMIT, ...STAYS, ...ends].concat(
      'refusals of the account',
    ),
    await service.patch(path, { password: login.password }, ANY_REVISION),
  );
  await count('check-login', [], await service.post(`${PROJECT}/checks`, login));
  await count(
    'check-credential',
    [RECORD, 'the secret', 'the status', 'what was learned', 'refusals of the account'],
    await service.post(`${path}/check`, {}),
  );
}

async function remove({ service, count }: Counter, path: string): Promise<void> {
  const removal = ['the removal', 'how far that is', 'a restore meanwhile'];
  await count(
    'delete-credential',
    [RECORD, 'the end of its retention', ...FRAME, ...COMMIT, ...removal],
    await service.delete(path),
  );
  await count(
    'restore-credential',
    [RECORD, ...FRAME, 'the secret is removed', 'the recovery', 'how far that is', 'the next check', ...COMMIT, ...STAYS],
    await service.post(`${path}/restore`),
  );
  await count(
    'move-credential, to a store without requests',
    [RECORD, 'the status', 'the secret', ...FRAME, ...FRAME, ...COMMIT, ...removal],
    await service.post(`${path}/move`, { store: 'local' }),
  );
}

async function importAgain({ service, count }: Counter, entry: Entry): Promise<void> {
  const document = { schemaVersion: 1, credentials: [{ ...entry, name: `${entry.name}, imported` }] };
  const accepted = await count(
    'import-credentials, of one entry',
    ['imports under way', 'a row that watches over the job', ...PUT, 'the entries', 'the job', 'the message that begins it'],
    await service.post(`${PROJECT}/imports?check=skip`, document),
  );
  await count('get-import', ['the job', 'its entries'], await service.get(accepted.headers.get('location') ?? ''));
}

/** Which may be asked for once an hour. */
async function checkDrift(counting: CountingService): Promise<CountedCall[]> {
  const { service, calls, count } = countWith(counting);
  const accepted = await count(
    'start-drift-check',
    ['the last one', 'a row that watches over the job', 'the job', 'the message that begins it'],
    await service.post(`${PROJECT}/drift-checks`),
  );
  await count('get-drift-check', ['the job'], await service.get(accepted.headers.get('location') ?? ''));
  return calls;
}

type Counter = ReturnType<typeof countWith>;

/** Keeps what each call came to. Throws an Error for one that was refused. */
function countWith({ service, counts }: CountingService) {
  const calls: CountedCall[] = [];
  const count = async (what: string, needed: string[], reply: Reply): Promise<Reply> => {
    if (reply.status >= 300) throw new Error(`${what} was answered ${reply.status}: ${reply.text}`);
    calls.push({ what, needed, counts: await counts(reply) });
    return reply;
  };
  return { service, calls, count };
}
