import type { Login } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { Warning } from '../../oci/stages.ts';
import { expiryWarnings } from '../expiry.ts';
import type { Identity } from '../provider.ts';
import { listHubTokens, signInToHub } from './hub-api.ts';
import type { HubContext, ListedToken } from './hub-api.ts';
import { pullLimitWarnings } from './pull-limit.ts';

const HUB_API_DOWN: Warning = {
  code: 'HUB_API_DOWN',
  detail: 'The API of Docker Hub could not be asked, so it is not known when the login ends.',
  hint: 'Check it again later.',
};

const EXPIRY_UNKNOWN: Warning = {
  code: 'EXPIRY_UNKNOWN',
  detail: 'Docker Hub does not tell of this token when it ends.',
  hint: 'If it has an end, give it as expiresAt.',
};

const MAY_ADMINISTER: Warning = {
  code: 'BROAD_SCOPES',
  detail: 'The token may delete: it has the scope repo:admin.',
  hint: 'To pull, "Read-only" is enough; to push, "Read & Write".',
};

/** What a login to Docker Hub is made of, as far as that can be seen. */
type HubSecret = 'personal-token' | 'organization-token' | 'password';

/**
 * What Docker Hub says of a login; of a personal token also which of its owner's it is, and when it ends. Only a clear no is
 * thrown, as a Refusal: without its API, Docker Hub's registry still knows a right login from a wrong one.
 */
export async function identifyAtHub(context: HubContext, login: Login, kind: HubSecret): Promise<Identity> {
  const { username } = login;
  const word = await askHub(context, login, kind);
  if (!word) return { username, provesNothing: true, warnings: [HUB_API_DOWN] };
  const { token } = word;
  const unknown = kind === 'password' ? [] : [EXPIRY_UNKNOWN];
  const pulls = await pullLimitWarnings(context, login);
  return {
    username,
    ...(token && { upstreamId: token.id }),
    ...(token?.expiresAt && { expiresAt: token.expiresAt }),
    warnings: [...(token ? tokenWarnings(token, context) : unknown), ...pulls],
  };
}

/** Undefined: it cannot be asked. */
async function askHub(context: HubContext, login: Login, kind: HubSecret): Promise<{ token?: ListedToken } | undefined> {
  try {
    const session = await signInToHub(context, login);
    const tokens = kind === 'personal-token' ? await listHubTokens(context, session) : undefined;
    const token = tokens && theOneThatWorks(tokens, context);
    return token ? { token } : {};
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal.verdict === 'invalid_credentials' || refusal.verdict === 'expired') throw refusal;
    return undefined;
  }
}

/** The list hides the values. Where only one token can be in use, it is ours; else it is not guessed. */
function theOneThatWorks(tokens: ListedToken[], { clock }: HubContext): ListedToken | undefined {
  const now = clock.now();
  const usable = tokens.filter(({ isActive, expiresAt }) => isActive && (!expiresAt || expiresAt > now));
  return usable.length === 1 ? usable[0] : undefined;
}

function tokenWarnings({ expiresAt, scopes }: ListedToken, { clock }: HubContext): Warning[] {
  return [...expiryWarnings(expiresAt, clock), ...(scopes.includes('repo:admin') ? [MAY_ADMINISTER] : [])];
}
