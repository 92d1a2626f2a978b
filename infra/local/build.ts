import { join, resolve } from 'node:path';
import { bundleApp } from './bundle.ts';
import { main } from './main.ts';

/** `npm run build`: makes dist/, the folder that is deployed. */
await main(async () => {
  const project = resolve(import.meta.dirname, '../..');
  await bundleApp(project, join(project, 'dist'));
});
