import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDurably } from '../../shared/stores/durable-file.ts';

/**
 * What is in `file`; if it is not there, it is made (0600) from what `make` answers, whole or not at all. Of several
 * processes that make it at once one wins, and all of them answer what is there then.
 */
export async function readOrCreate(file: string, make: () => string | Promise<string>): Promise<string> {
  if (!existsSync(file)) await create(file, await make());
  return await readFile(file, 'utf8');
}

async function create(file: string, text: string): Promise<void> {
  const scratch = await mkdtemp(join(dirname(file), '.new-'));
  try {
    await createDurably(file, Buffer.from(text), scratch);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(scratch, { recursive: true });
  }
}
