import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** A program that takes a database for itself alone, as far as the locks of others let it, and prints how it went. */
const url = pathToFileURL(process.argv[2] ?? '');
// It goes by locks and nothing else; the usual one also looks at who shares the memory, which older SQLites do not.
url.searchParams.set('vfs', 'unix-excl');
try {
  const database = new DatabaseSync(url, { timeout: 0 });
  database.exec('BEGIN IMMEDIATE');
  console.log('taken');
} catch (error) {
  console.log((error as Error).message);
}
