import { randomUUID } from 'node:crypto';
import { AppError } from '../lib/errors.ts';
import type { App } from './app.ts';
import { RowConflict } from './ports.ts';
import { EXTERNAL_ID_ROW, projectPartition } from './rows.ts';

/**
 * What a role of AWS asks for that trusts regcred for this project alone: made at first need, and the same ever after. No
 * secret: it keeps one project from having regcred assume a role that trusts another one.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
 */
export async function externalIdOf(app: Pick<App, 'records'>, project: string): Promise<string> {
  const known = await read(app, project);
  if (known !== undefined) return known;
  const value = `regcred-${randomUUID()}`;
  try {
    await app.records.write(projectPartition(project), [
      { kind: 'insert', row: EXTERNAL_ID_ROW, fields: { schemaVersion: 1, value } },
    ]);
    return value;
  } catch (error) {
    if (!(error instanceof RowConflict)) throw error;
  }
  const made = await read(app, project);
  if (made === undefined) throw new AppError('INTERNAL', 'The external id of the project was removed while it was made.');
  return made;
}

async function read({ records }: Pick<App, 'records'>, project: string): Promise<string | undefined> {
  const row = await records.get(projectPartition(project), EXTERNAL_ID_ROW);
  const value = row?.fields['value'];
  return typeof value === 'string' ? value : undefined;
}
