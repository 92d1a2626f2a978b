import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../peers/need.ts';
import { startRealRegistry, type RealRegistry } from '../peers/real-registry.ts';
import { eventually, startService, TEST_POLICY, type Reply, type Service } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';

const run = promisify(execFile);

/** Milliseconds for one run of a client. */
const CLIENT_LIMIT = 30_000;

const USERS = { ci: 'p/ush+er="pass"&ü:x', second: 'second-password' };

describe('logins of a real registry', { ...needs('registry', 'skopeo', 'podman'), timeout: 60_000 }, () => {
  let service: Service;
  let registry: RealRegistry;
  let project = 0;
  beforeAll(async () => {
    const projects = Array.from({ length: 10 }, (_, number) => ({ name: `p${number}`, environments: ['dev', 'prod'] }));
    service = await startService({ policy: { projects: [...TEST_POLICY.projects, ...projects] } });
    registry = await startRealRegistry({ auth: { users: USERS } });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  /** Posts a file as it is into a project that is empty, and answers the report. */
  async function importFile(text: string): Promise<{ name: string; report: Reply['json'] }> {
    const name = `p${(project += 1)}`;
    const as = { project: name };
    const reply = await service.post(`/api/projects/${name}/imports`, undefined, { raw: text, as });
    expect(reply.status).toBe(202);
    const report = await eventually(async () => {
      const { json } = await service.get(reply.headers.get('location') ?? '', { as });
      return json.status === 'ended' && json;
    }, 30_000);
    return { name, report };
  }

  async function handedOut(name: string, id: string, query = ''): Promise<Reply> {
    return service.post(`/api/projects/${name}/credentials/${id}/login${query}`, query ? { format: 'docker-config' } : {}, {
      as: { project: name },
    });
  }

  test.for(['skopeo', 'podman'])('come from the file that %s login writes', async (program) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'auth.json');
    const login = ['login', '--tls-verify=false', '--authfile', file, '-u', 'ci', '--password-stdin', registry.host];
    const running = run(program, login, { timeout: CLIENT_LIMIT, env: { ...process.env, HOME: folder.path } });
    running.child.stdin?.end(USERS.ci);
    await running;

    const { name, report } = await importFile(await readFile(file, 'utf8'));

    expect(report.entries).toMatchObject([{ name: registry.host, status: 'created' }]);
    const login2 = await handedOut(name, report.entries[0].id);
    expect(login2.json.value).toEqual({ username: 'ci', password: USERS.ci });
  });

  test('come from the docker config that regcred hands out', async () => {
    const body = { name: 'CI', url: registry.url, username: 'ci', password: USERS.ci };
    const { json } = await service.post('/api/projects/p0/credentials', body, { as: { project: 'p0' } });
    const config = await handedOut('p0', json.id, '?raw=true');

    const { name, report } = await importFile(config.text);

    expect(report.counts).toMatchObject({ total: 1, created: 1 });
    expect((await handedOut(name, report.entries[0].id, '?raw=true')).text).toBe(config.text);
  });

  test('come from an export whose secrets were filled in', async () => {
    for (const [username, password] of Object.entries(USERS)) {
      const body = {
        name: `Of ${username}`,
        url: registry.url,
        username,
        password,
        environments: ['prod'],
        labels: { username },
      };
      await service.post('/api/projects/p9/credentials', body, { as: { project: 'p9' } });
    }
    const exported = await service.get('/api/projects/p9/export', { as: { project: 'p9' } });
    const { credentials } = exported.json as { credentials: { username: keyof typeof USERS }[] };
    const filled = credentials.map((one) => ({ ...one, password: USERS[one.username] ?? null }));

    const { name, report } = await importFile(JSON.stringify({ ...exported.json, credentials: filled }));

    expect(report.counts).toEqual({ total: filled.length, created: filled.length, failed: 0, pending: 0 });
    expect((await service.get(`/api/projects/${name}/export`, { as: { project: name } })).text).toBe(exported.text);
  });
});
