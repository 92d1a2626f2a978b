import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { App } from '../../shared/domain/app.ts';
import { readCredential, type Credential } from '../../shared/domain/credential.ts';
import { handOut } from '../../shared/domain/hand-out.ts';
import { findCredential, findStatus } from '../../shared/domain/read-credential.ts';
import { credentialRow, projectPartition } from '../../shared/domain/rows.ts';
import { updateCredential } from '../../shared/domain/update-credential.ts';
import { Secret } from '../../shared/lib/secret.ts';
import { ADMIN, createIn, openApp } from './open-app.ts';

const LOGIN = { format: 'login', fresh: false } as const;
const PARTITION = projectPartition('default');

/** Changes a record as somebody would who may write to the table. */
async function tamper(app: App, id: string, change: (credential: Credential) => object): Promise<void> {
  const row = await app.records.get(PARTITION, credentialRow(id));
  if (!row) throw new Error('There is no such record');
  const fields = { ...row.fields, ...change(readCredential(row).credential) };
  await app.records.write(PARTITION, [{ kind: 'put', row: row.row, fields }]);
}

/** Puts another document in the place of the secret, as somebody would who may write to the store and to the table. */
async function replaceSecret(app: App, id: string, change: (document: Record<string, unknown>) => object): Promise<void> {
  const secrets = await app.secretStore('local');
  const { credential } = await findCredential(app, { project: 'default', id, caller: ADMIN });
  const { name = '', version = '' } = credential.active.secret ?? {};
  const text = (await secrets.get(name, version))?.reveal() ?? '{}';
  const document = new Secret(JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)));
  const written = await secrets.put(name, document, { operationId: randomUUID(), tags: {} });
  await tamper(app, id, ({ active }) => ({ active: { ...active, secret: { store: 'local', name, ...written } } }));
}

describe('a secret that does not fit its record', () => {
  test.for<[string, (app: App, id: string) => Promise<void>]>([
    [
      'sent to another host',
      (app, id) => tamper(app, id, ({ registry }) => ({ registry: { ...registry, host: 'evil.example' } })),
    ],
    ['sent to another token service', (app, id) => tamper(app, id, () => ({ tokenRealm: 'https://evil.example/token' }))],
    ['sent without TLS', (app, id) => tamper(app, id, () => ({ tls: 'skip-verify' }))],
    ['bound to something else', (app, id) => replaceSecret(app, id, (document) => ({ ...document, binding: 'another' }))],
    ['of another version of regcred', (app, id) => replaceSecret(app, id, (document) => ({ ...document, schemaVersion: 2 }))],
    ['that is none', (app, id) => replaceSecret(app, id, () => ({ password: 'right-password' }))],
  ])('%s is not handed out, and the credential says so', async ([, doHarm]) => {
    await using opened = await openApp();
    const { app } = opened;
    const { credential } = await createIn(app);
    const address = { project: 'default', id: credential.id, caller: ADMIN };

    await doHarm(app, credential.id);
    const refused = [
      await handOut(app, address, LOGIN).catch((error: unknown) => error),
      await handOut(app, address, LOGIN).catch((error: unknown) => error),
    ];

    for (const error of refused) {
      expect(error).toMatchObject({ code: 'SECRET_UNUSABLE', status: 500, details: { hint: expect.stringContaining('PATCH') } });
      expect(JSON.stringify(error) + String(error)).not.toContain('right-password');
    }
    const found = await findCredential(app, address);
    expect(await findStatus(app, found)).toMatchObject({ standing: 'rejected', warnings: [{ code: 'SECRET_UNUSABLE' }] });
  });

  test('can be given again, and is then handed out', async () => {
    await using opened = await openApp();
    const { app } = opened;
    const { credential } = await createIn(app);
    const address = { project: 'default', id: credential.id, caller: ADMIN };
    await replaceSecret(app, credential.id, (document) => ({ ...document, schemaVersion: 2 }));
    await handOut(app, address, LOGIN).catch(() => undefined);

    await updateCredential(app, { ...address, ifMatch: '*', check: 'skip' }, { password: 'new-password' });

    expect(await handOut(app, address, LOGIN)).toMatchObject({ value: { password: 'new-password' } });
    expect(await findStatus(app, await findCredential(app, address))).toMatchObject({ warnings: [] });
  });
});
