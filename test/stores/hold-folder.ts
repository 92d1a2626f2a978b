import { openDataFolder } from '../../shared/stores/data-folder.ts';

/** A program that holds the data folder given until its input ends. */
try {
  await openDataFolder(process.argv[2] ?? '', {});
  console.log('held');
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exit(1);
}
process.stdin.resume();
