import { HOUR, SECOND } from '../../lib/clock.ts';
import { bearer } from '../../oci/enter.ts';
import type { Login } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { Warning } from '../../oci/stages.ts';
import { requestToken } from '../../oci/token.ts';
import type { HubContext } from './hub-api.ts';

/** Made for this question: a HEAD of it counts as no pull. */
const PREVIEW = 'ratelimitpreview/test';

const REALM = new URL('https://auth.docker.io/token');

/**
 * How many pulls the login has left, where it has a limit at all: a paid account has none. Nothing, too, if Docker Hub does
 * not say, for the login is as good without.
 *
 * https://docs.docker.com/docker-hub/usage/pulls/
 */
export async function pullLimitWarnings({ http, clock, signal }: HubContext, login: Login): Promise<Warning[]> {
  try {
    const wire = { session: http, clock, signal };
    const scopes = [`repository:${PREVIEW}:pull`];
    const token = await requestToken(wire, { realm: REALM, service: 'registry.docker.io', scopes, login });
    const { headers } = await http.request(new URL(`/v2/${PREVIEW}/manifests/latest`, http.origin), {
      method: 'HEAD',
      headers: { authorization: bearer(token) },
      signal,
    });
    return warningOf(readLimit(headers.get('ratelimit-limit')), readLimit(headers.get('ratelimit-remaining')));
  } catch (error) {
    asRefusal(error);
    return [];
  }
}

interface Limit {
  pulls: number;
  /** Length of the window in seconds, where it is told. */
  seconds?: number;
}

/** `100;w=21600`: pulls, and the window in seconds. */
function readLimit(header: string | null): Limit | undefined {
  const [, pulls, seconds] = /^(\d{1,9})(?:;w=(\d{1,9}))?$/.exec(header?.trim() ?? '') ?? [];
  if (pulls === undefined) return undefined;
  return { pulls: Number(pulls), ...(seconds !== undefined && { seconds: Number(seconds) }) };
}

function warningOf(limit: Limit | undefined, remaining: Limit | undefined): Warning[] {
  if (!limit || !remaining) return [];
  const hours = limit.seconds === undefined ? '' : ` in ${Number(((limit.seconds * SECOND) / HOUR).toFixed(1))} h`;
  return [
    {
      code: 'PULLS_LEFT',
      detail: `${remaining.pulls} pulls are left of the ${limit.pulls} that this account has${hours}.`,
      hint: 'Clusters that pull more need a paid account, an organization token, or a cache of their own.',
    },
  ];
}
