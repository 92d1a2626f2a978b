import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import { Refusal } from '../../oci/stages.ts';
import { readToken } from '../../oci/token.ts';
import type { RegistryToken } from '../../oci/token.ts';
import type { Wire } from '../../oci/wire.ts';
import { readAnswer } from '../read-answer.ts';
import { postForm } from './post-form.ts';

/** What registries of every cloud take: https://learn.microsoft.com/azure/container-registry/container-registry-disable-authentication-as-arm */
export const REGISTRY_SCOPE = 'https://containerregistry.azure.net/.default';

const ExchangeAnswer = z.object({ refresh_token: z.string().min(1) });

/** A token of Entra ID for registries. */
interface EntraToken {
  token: Secret;
  /** That gave it. */
  tenantId: string | undefined;
  /** What to do where the registry does not let its owner in. */
  noRoleHint: string;
}

/**
 * The registry's own token for somebody whom Entra ID vouches for; it lives for hours and may do all that the principal
 * may. Throws Refusal ACR_NO_ROLE for a principal that the registry does not let in, others, and NetError.
 *
 * https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
 */
export async function exchangeToken(wire: Wire, { token, tenantId, noRoleHint }: EntraToken): Promise<Secret> {
  const url = new URL('/oauth2/exchange', wire.session.origin);
  const { host } = url;
  const form = { grant_type: 'access_token', service: host, ...(tenantId && { tenant: tenantId }), access_token: token.reveal() };
  const answer = await postForm(wire, url, new URLSearchParams(form));
  const { status } = answer;
  if (status === 401 || status === 403) {
    const detail = `Entra ID vouches for it, and ${host} does not let it in (${status}).`;
    throw new Refusal('insufficient_permission', 'ACR_NO_ROLE', detail, noRoleHint);
  }
  const exchanged = readAnswer(ExchangeAnswer, answer);
  if (status === 200 && exchanged) return new Secret(exchanged.refresh_token);
  throw new Refusal(
    'misconfigured',
    'EXCHANGE_UNCLEAR',
    `${host} answered ${status} without a token when asked to exchange that of Entra ID.`,
    'Try again later.',
  );
}

/**
 * A token that is good for these scopes alone, as far as the principal has them. Lives about 75 minutes. Throws Refusal,
 * and NetError.
 */
export async function narrowToken(wire: Wire, refreshToken: Secret, scopes: string[]): Promise<RegistryToken> {
  const url = new URL('/oauth2/token', wire.session.origin);
  const { host } = url;
  const form = new URLSearchParams({ grant_type: 'refresh_token', service: host, refresh_token: refreshToken.reveal() });
  for (const scope of scopes) form.append('scope', scope);
  return readToken(await postForm(wire, url, form), host, wire.clock.now());
}
