import { join } from 'node:path';
import type { JWK } from 'jose';
import { ROLES, type Policy } from '../../shared/domain/policy.ts';
import { parsePolicy, readPolicy } from '../../shared/domain/settings.ts';
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
  if (source) return readPolicy(source);
  const path = join(dataFolder, 'policy.json');
  return parsePolicy(await readOrCreate(path, () => `${JSON.stringify(FIRST_POLICY, undefined, 2)}\n`), path);
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
