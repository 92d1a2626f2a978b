import { BlockedError, NetError } from '../net/net-error.ts';
import type { Answer } from '../net/exchange.ts';
import type { Clock } from '../lib/clock.ts';
import { Refusal } from './stages.ts';

/** A day: what a registry asks for beyond that is a mistake. */
const LONGEST_PAUSE_SECONDS = 86_400;

/** What cloud registries and web application firewalls say to an address that they do not let in. */
const FIREWALL =
  /firewall|client with ip|ip address|not allowed access|access from .{0,100} is (?:not allowed|denied)|request blocked/i;

/** What an error of the network says of a login: nothing. Anything else is thrown on as it is. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof NetError)) throw error;
  const { code, message, hint } = error;
  if (error instanceof BlockedError) return new Refusal('blocked_by_policy', code, message, hint);
  const isTheirMistake = error.kind === 'protocol' || error.kind === 'too-large';
  return new Refusal(isTheirMistake ? 'misconfigured' : 'unreachable', code, message, hint);
}

/** Throws Refusal for the answers that mean the same wherever they come from: slow down, out of order, look elsewhere. */
export function assertInService({ status, headers, body }: Answer, host: string, clock: Clock): void {
  if (status === 429) {
    const seconds = retryAfterSeconds(headers, clock.now());
    throw new Refusal('rate_limited', 'THROTTLED', `${host} asks to slow down.`, 'Try again later.', {
      ...(seconds !== undefined && { retryAfterSeconds: seconds }),
    });
  }
  if (status >= 500) {
    throw new Refusal(
      'unreachable',
      'SERVER_ERROR',
      `${host} is out of order (${status}).`,
      "Try again; if it stays, see the registry's own status.",
    );
  }
  if (status >= 300 && status < 400) {
    throw new Refusal(
      'misconfigured',
      'REDIRECTED',
      `${host} redirects ${redirectTarget(headers)}, and logins are not sent on.`,
      'Use the address at which the registry itself answers.',
    );
  }
  if (status === 403 && FIREWALL.test(body)) {
    throw new Refusal(
      'unreachable',
      'FIREWALL',
      `${host} does not let this service in.`,
      "Allow this service's outgoing address in the registry's network rules.",
    );
  }
}

/** A page for people instead of an answer for programs: a login page, a proxy, a portal. */
export function assertNotHtml({ headers, body }: Answer, host: string): void {
  const isHtml = headers.get('content-type')?.toLowerCase().includes('html') === true || /^\s*<(?:!doctype|html)/i.test(body);
  if (!isHtml) return;
  throw new Refusal(
    'misconfigured',
    'HTML',
    `${host} answers with a web page.`,
    "Use the registry's address, not that of its web interface or of a proxy.",
  );
}

/** The registry or its token service said no to a login. */
export function loginRefused({ status, body }: Answer, host: string): Refusal {
  if (/\bexpired\b/i.test(body)) {
    return new Refusal(
      'expired',
      'LOGIN_EXPIRED',
      `${host} says that the login has expired.`,
      'Issue a new password or token and give it here.',
    );
  }
  return new Refusal(
    'invalid_credentials',
    'LOGIN_REFUSED',
    `${host} refused the user name or the password (${status}).`,
    'Check both. A person with two-factor sign-in needs a token in place of the password.',
  );
}

/** RFC 9110, section 10.2.3: seconds, or a date. Undefined if it is neither. */
function retryAfterSeconds(headers: Headers, now: Date): number | undefined {
  const text = headers.get('retry-after') ?? '';
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now.getTime()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 1), LONGEST_PAUSE_SECONDS);
}

/** The origin alone: the rest of a Location can hold secrets. */
function redirectTarget(headers: Headers): string {
  const location = URL.parse(headers.get('location') ?? '');
  return location ? `to ${location.protocol}//${location.host}` : 'elsewhere';
}
