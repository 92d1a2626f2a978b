import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import type { Login } from '../../oci/login.ts';
import { Refusal } from '../../oci/stages.ts';

/** What ECR and ECR Public call authorization data. */
const AuthorizationData = z.object({
  authorizationToken: z.string(),
  expiresAt: z.date().optional().catch(undefined),
});

/**
 * The login in an answer of GetAuthorizationToken: base64 of `AWS:password`, good for 12 hours. Throws Refusal if it holds
 * none.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
 */
export function readEcrLogin(data: unknown): Login {
  const { authorizationToken = '', expiresAt } = AuthorizationData.safeParse(data).data ?? {};
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(authorizationToken, 'base64').toString('utf8')) ?? [];
  if (!username || !password) {
    throw new Refusal(
      'misconfigured',
      'NO_LOGIN',
      'AWS answered without a login.',
      'Try again; if it stays, see the AWS Health Dashboard.',
    );
  }
  return { username, password: new Secret(password), ...(expiresAt && { expiresAt }), scope: 'unrestricted' };
}
