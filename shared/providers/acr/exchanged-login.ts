import type { Secret } from '../../lib/secret.ts';
import type { Login } from '../../oci/login.ts';
import type { Wire } from '../../oci/wire.ts';
import type { MethodContext } from '../provider.ts';
import { narrowToken } from './exchange.ts';
import { NULL_GUID } from './guid.ts';
import { readClaims } from './token-claims.ts';

/** The registry takes its own tokens as passwords, under the null GUID: the one that may do all, until its own end. */
export function exchangedLogin(refreshToken: Secret): Login {
  const { exp } = readClaims(refreshToken);
  return {
    username: NULL_GUID,
    password: refreshToken,
    ...(exp !== undefined && { expiresAt: new Date(exp * 1000) }),
    scope: 'unrestricted',
  };
}

/** Or one that is made from it, for some repositories. Throws Refusal, and NetError. */
export async function narrowedLogin(
  wire: Wire,
  refreshToken: Secret,
  { repositories, actions }: NonNullable<MethodContext['scope']>,
): Promise<Login> {
  // Who pushes must also see what is there already: the registry itself asks for both.
  const rights = actions.includes('push') ? 'pull,push' : 'pull';
  const scopes = repositories.map((name) => `repository:${name}:${rights}`);
  const { value, expiresAt } = await narrowToken(wire, refreshToken, scopes);
  return { username: NULL_GUID, password: value, expiresAt, scope: 'restricted' };
}
