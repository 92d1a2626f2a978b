import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the linter, with the project's configuration, says of a file at this path; '' for nothing. */
async function complaint(path: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'regcred-layers-'));
  try {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    await writeFile(join(folder, path), content);
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    await promisify(execFile)(process.execPath, [oxlint, '--deny-warnings', path], { cwd: folder });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the linter holds the layers', () => {
  test.for<[string, string]>([
    ['shared/lib', '../net/guarded.ts'],
    ['shared/net', '../oci/probe.ts'],
    ['shared/oci', '../providers/catalog.ts'],
    ['shared/oci', '../identity/own-identity.ts'],
    ['shared/identity', '../providers/provider.ts'],
    ['shared/net', '../identity/own-identity.ts'],
    ['shared/providers', '../domain/app.ts'],
    ['shared/domain', '../http/route.ts'],
    ['shared/domain', '../stores/outage.ts'],
    ['shared/domain', '../app.ts'],
    ['shared/domain', '@azure/functions'],
    ['shared/stores', '../domain/credential.ts'],
    ['shared/stores', '../http/route.ts'],
    ['shared/http', '../stores/outage.ts'],
    ['shared/http', '../app.ts'],
    ['functions', '../shared/stores/outage.ts'],
    ['functions', '../shared/net/guarded.ts'],
  ])('%s may not import %s', async ([folder, target]) => {
    const content = `import * as planted from '${target}';\n\nexport const kept = planted;\n`;

    expect(await complaint(`${folder}/planted.ts`, content)).toContain('no-restricted-imports');
  });

  test.for(['shared/domain', 'shared/http', 'shared/providers', 'shared/identity', 'shared/oci', 'shared/stores', 'functions'])(
    '%s may not use fetch',
    async (folder) => {
      const content = "export const answer = () => fetch('https://registry.example.com/v2/');\n";

      expect(await complaint(`${folder}/planted.ts`, content)).toContain('no-restricted-globals');
    },
  );

  test('what may be imported is no complaint', async () => {
    const content = "import { AppError } from '../lib/errors.ts';\n\nexport const kept = AppError;\n";

    expect(await complaint(`shared/domain/planted.ts`, content)).toBe('');
  });
});
