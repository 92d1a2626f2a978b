import { z } from 'zod';
import { invalidInput } from '../lib/errors.ts';
import { parseInput } from '../lib/parse-input.ts';
import { DockerConfig, dockerConfigLogins, STORE_HINT } from './docker-config-logins.ts';
import type { Candidate, ImportSource } from './import-entry.ts';

/** Each is a check at a registry, and a line of the report. */
const MOST_ENTRIES = 500;

/** What an export answers, a page or the whole; where the next page is says nothing here. */
const ExportDocument = z.strictObject({
  schemaVersion: z.literal(1),
  credentials: z.array(z.unknown()).min(1).max(MOST_ENTRIES),
  nextLink: z.string().optional(),
});

/** The entries of an import. Throws INVALID_INPUT for a body that is neither of the two documents, or has none. */
export function readImport(body: unknown): { source: ImportSource; candidates: Candidate[] } {
  const isDockerConfig =
    typeof body === 'object' && body !== null && ['auths', 'credHelpers', 'credsStore'].some((name) => name in body);
  if (isDockerConfig) return { source: 'docker-config', candidates: readDockerConfig(body) };
  const { credentials } = parseInput(ExportDocument, body);
  return {
    source: 'export',
    candidates: credentials.map((wanted, index) => ({ pointer: `/credentials/${index}`, wanted })),
  };
}

function readDockerConfig(body: unknown): Candidate[] {
  const config = parseInput(DockerConfig, body);
  // Before they are read: a body has room for a hundred thousand.
  const amount = new Set([...Object.keys(config.auths), ...Object.keys(config.credHelpers)]).size;
  if (amount === 0) {
    const hint = config.credsStore === undefined ? 'Log in with docker login first.' : STORE_HINT;
    throw invalidInput('/auths', 'TOO_SMALL', 'The docker config has no logins.', hint);
  }
  if (amount > MOST_ENTRIES) throw invalidInput('/auths', 'TOO_LARGE', `must be at most ${MOST_ENTRIES} entries`, 'Give less.');
  return dockerConfigLogins(config);
}
