import { expect, test } from 'vitest';
import { credentialFields } from '../../shared/domain/credential.ts';
import { exportCredentials } from '../../shared/domain/export-credentials.ts';
import { credentialRow, projectPartition } from '../../shared/domain/rows.ts';
import { ADMIN, createIn, openApp } from './open-app.ts';

test('an export shows what there is to show of a method that a release dropped', async () => {
  await using opened = await openApp();
  const { credential, etag } = await createIn(opened.app);
  const fields = credentialFields({ ...credential, method: 'dropped' });
  const change = { kind: 'replace', row: credentialRow(credential.id), fields, etag } as const;
  await opened.app.records.write(projectPartition('default'), [change]);

  const { document } = await exportCredentials(opened.app, { project: 'default', caller: ADMIN }, { limit: 50 });

  expect(document.credentials).toMatchObject([{ name: 'CI', provider: 'generic', method: 'dropped', username: 'ci' }]);
});
