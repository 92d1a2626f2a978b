import { findMethod } from '../providers/catalog.ts';
import { projectOf, type App } from './app.ts';
import { effectiveEnvironments, type Caller } from './caller.ts';
import type { Credential } from './credential.ts';
import { materialFields } from './credential-input.ts';
import { listCredentials, ListQuery } from './list-credentials.ts';
import { asInput } from './patch-input.ts';
import type { Project } from './policy.ts';

/** Which part of the export: the list's own pages. */
export const ExportQuery = ListQuery.pick({ limit: true, pageToken: true });

/** What an import takes back once the secrets were added. */
export interface ExportDocument {
  schemaVersion: 1;
  /** Each as the body of a create request, with null where a secret has to be filled in. */
  credentials: Record<string, unknown>[];
}

/** The live credentials that the caller may see, the oldest first. Throws INVALID_INPUT for a page token that is not one of a list. */
export async function exportCredentials(
  app: App,
  { project: name, caller }: { project: string; caller: Caller },
  query: { limit: number; pageToken?: string | undefined },
): Promise<{ document: ExportDocument; nextPageToken?: string }> {
  const project = projectOf(app, name);
  const { value, nextPageToken } = await listCredentials(app, { project: name, caller }, { ...query, deleted: false });
  return {
    document: { schemaVersion: 1, credentials: value.map(({ credential }) => exported(project, credential)) },
    ...(nextPageToken && { nextPageToken }),
  };
}

function exported(project: Project, credential: Credential): Record<string, unknown> {
  const method = findMethod(credential.provider, credential.method);
  // One of a method that a release dropped shows what there is to show.
  const missing = (method ? materialFields(method) : []).map((field) => [field, null]);
  return { ...asInput(credential), default: isWholeDefault(project, credential), ...Object.fromEntries(missing) };
}

/**
 * A create takes every environment. One that has lost some to another credential would take them back, so it is written
 * as no default: better none than the wrong one.
 */
function isWholeDefault(project: Project, credential: Credential): boolean {
  return effectiveEnvironments(project, credential).every((environment) => credential.defaultIn.includes(environment));
}
