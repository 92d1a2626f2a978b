import { expect, test } from 'vitest';
import { contractTables, type CaseResult } from './contract-table.ts';

test('the table of a contract shows what passed, what failed, and whatever did not run', () => {
  const put = { port: 'SecretStore', operation: 'put' };
  const purge = { port: 'SecretStore', operation: 'purge' };
  const results: CaseResult[] = [
    { ...put, implementation: 'local', name: 'once', outcome: 'passed' },
    { ...put, implementation: 'local', name: 'twice', outcome: 'passed' },
    { ...purge, implementation: 'local', name: 'ends it', outcome: 'passed' },
    { ...put, implementation: 'key-vault', name: 'once', outcome: 'passed' },
    { ...put, implementation: 'key-vault', name: 'twice', outcome: 'failed' },
    { ...purge, implementation: 'key-vault', name: 'ends it', outcome: 'skipped', missing: 'purges' },
    { ...put, implementation: 'secrets-manager', name: 'once', outcome: 'skipped', missing: 'moto' },
    { ...purge, implementation: 'secrets-manager', name: 'ends it', outcome: 'skipped' },
  ];

  expect(contractTables(results)).toBe(
    [
      '| SecretStore | key-vault          | local | secrets-manager                         |',
      '| ----------- | ------------------ | ----- | --------------------------------------- |',
      '| put         | 1, 1 FAILED        | 2     | 1 not run (moto), 1 not run (not there) |',
      '| purge       | 1 not run (purges) | 1     | 1 not run (left out)                    |',
      '',
    ].join('\n'),
  );
});

test('each port has a table of its own', () => {
  const tables = contractTables([
    { port: 'Queue', implementation: 'sqlite', operation: 'send', name: 'one', outcome: 'passed' },
    { port: 'RecordStore', implementation: 'sqlite', operation: 'get', name: 'one', outcome: 'passed' },
  ]);

  expect(tables).toContain('| send  | 1      |\n\n| RecordStore | sqlite |');
});
