import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JWK } from 'jose';
import { Policy, ROLES } from '../../shared/domain/policy.ts';
import { ConfigurationError } from '../../shared/domain/settings.ts';
import { LOCAL_AUDIENCE, LOCAL_ISSUER } from './issuer.ts';
import { readOrCreate } from './private-file.ts';

/** What the first start writes: a project to try things in, and a registry on this machine. */
const FIRST_POLICY = {
  projects: [{ name: 'default', environments: ['dev', 'staging', 'prod'] }],
  network: { relaxed: { 'localhost:5000': ['plain-http', 'loopback'], '127.0.0.1:5000': ['plain-http', 'loopback'] } },
};

/**
 * The operator's document: `source` (text or a file's path) if given, else policy.json in the data folder, which is made
 * if it is not there. Throws ConfigurationError.
 */
export async function readLocalPolicy(dataFolder: string, source: string | undefined): Promise<Policy> {
  const { where, text } = await readSource(dataFolder, source);
  const parsed = Policy.safeParse(parseDocument(text, where));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(parsed.error.issues.map(({ path, message }) => `${where}: /${path.join('/')}: ${message}`));
}

/** Adds the local issuer, and for each project and role the rules that take its tokens: for all environments, and for one. */
export function withLocalIssuer(policy: Policy, publicKey: JWK): Policy {
  const rules = policy.projects.flatMap(({ name: project, environments }) =>
    ROLES.flatMap((role) => [
      { issuer: LOCAL_ISSUER, match: { project, role, environment: '' }, project, roles: [role] },
      ...environments.map((environment) => ({
        issuer: LOCAL_ISSUER,
        match: { project, role, environment },
        project,
        environments: [environment],
        roles: [role],
      })),
    ]),
  );
  const issuer = { issuer: LOCAL_ISSUER, audience: LOCAL_AUDIENCE, jwks: { keys: [publicKey as { kty: string }] } };
  return { ...policy, issuers: [...policy.issuers, issuer], rules: [...policy.rules, ...rules] };
}

async function readSource(dataFolder: string, source: string | undefined): Promise<{ where: string; text: string }> {
  if (source?.trimStart().startsWith('{')) return { where: 'REGCRED_POLICY', text: source };
  if (source) return { where: source, text: await readGiven(source) };
  const path = join(dataFolder, 'policy.json');
  return { where: path, text: await readOrCreate(path, () => `${JSON.stringify(FIRST_POLICY, undefined, 2)}\n`) };
}

async function readGiven(path: string): Promise<string> {
  try {
    return await readFile(resolve(path), 'utf8');
  } catch (error) {
    throw new ConfigurationError([`REGCRED_POLICY: the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}

function parseDocument(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position \d+/.exec((error as Error).message)?.[0];
    throw new ConfigurationError([`${where}: is not valid JSON${position ? ` at ${position}` : ''}`]);
  }
}
