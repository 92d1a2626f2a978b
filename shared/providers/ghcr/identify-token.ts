import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import type { RegistryAddress } from '../../oci/address.ts';
import { loginRefused } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Warning } from '../../oci/stages.ts';
import type { Identity } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';
import { gitHubApi } from './ghcr-url.ts';
import { askGitHub, unreadable } from './github-api.ts';
import type { GitHubContext } from './github-api.ts';
import { readTokenEnd } from './token-end.ts';

type Context = GitHubContext & { registry: RegistryAddress };

const User = z.object({ login: z.string().min(1) });

/** Those that let a token pull. Writing includes reading. */
const READING = ['read:packages', 'write:packages'];

/** What a token for packages may have; `repo` is needed for packages of private repositories that inherit their access. */
const USUAL = new Set([...READING, 'delete:packages', 'repo']);

const SHORT_LIVED: Warning = {
  code: 'SHORT_LIVED',
  detail: 'It is an installation token, which ends within an hour, or with its job.',
  hint: 'Store the GitHub App itself with method github-app, or a personal access token (classic).',
};

/**
 * Whose token it is, and when it ends. Throws Refusal for a token that is wrong, lacks the scope for packages, or is not
 * approved for single sign-on by the organization that the address names; NetError.
 *
 * https://docs.github.com/rest/users/users#get-the-authenticated-user
 */
export async function identifyPersonalToken(context: Context, token: Secret): Promise<Identity> {
  const api = gitHubApi(context.registry);
  const answer = await askGitHub(context, { api, path: '/user', token });
  if (answer.status === 401) throw loginRefused(answer, 'GitHub');
  if (answer.status === 403) throw notLetIn();
  const user = readAnswer(User, answer);
  if (answer.status !== 200 || !user) throw unreadable(answer);

  const scopes = readScopes(answer.headers);
  if (scopes && !scopes.some((scope) => READING.includes(scope))) throw missingScope();
  await requireSignOn(context, api, token, user.login);
  const { expiresAt, warnings } = readTokenEnd(answer.headers, context.clock);
  return { username: user.login, ...(expiresAt && { expiresAt }), warnings: [...warnings, ...scopeWarnings(scopes ?? [])] };
}

/**
 * Whether an installation token works; it says nothing of itself. Throws Refusal and NetError.
 *
 * https://docs.github.com/rest/apps/installations#list-repositories-accessible-to-the-app-installation
 */
export async function identifyInstallationToken(context: Context, token: Secret): Promise<Identity> {
  const answer = await askGitHub(context, {
    api: gitHubApi(context.registry),
    path: '/installation/repositories?per_page=1',
    token,
  });
  if (answer.status === 401) throw loginRefused(answer, 'GitHub');
  // 403: it is known, but may not list repositories.
  if (answer.status !== 200 && answer.status !== 403) throw unreadable(answer);
  if (answer.status === 200 && !readAnswer(z.object({}), answer)) throw unreadable(answer);
  return { warnings: [SHORT_LIVED] };
}

/** Asks for something of the organization that the address names: only then GitHub speaks of its single sign-on. */
async function requireSignOn(context: Context, api: string, token: Secret, login: string): Promise<void> {
  const [owner] = context.registry.repositoryPrefix?.split('/') ?? [];
  if (owner === undefined || owner === login.toLowerCase()) return;
  const path = `/orgs/${encodeURIComponent(owner)}/packages?package_type=container&per_page=1`;
  await askGitHub(context, { api, path, token });
}

/** Undefined: GitHub does not say, as for tokens of apps. */
function readScopes(headers: Headers): string[] | undefined {
  return headers
    .get('x-oauth-scopes')
    ?.split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
}

function scopeWarnings(scopes: string[]): Warning[] {
  const more = scopes.filter((scope) => !USUAL.has(scope));
  if (more.length === 0) return [];
  return [
    {
      code: 'BROAD_SCOPES',
      detail: `The token may do more than packages need: ${more.slice(0, 10).join(', ')}.`,
      hint: 'Issue one with read:packages to pull, or write:packages to push, and nothing else.',
    },
  ];
}

function missingScope(): Refusal {
  return new Refusal(
    'insufficient_permission',
    'MISSING_SCOPE',
    'The token is right, but lacks the scope read:packages.',
    'GitHub > Settings > Developer settings > Tokens (classic): add read:packages to it, or write:packages to push.',
  );
}

/** An allow list of addresses, or a pause after too many wrong logins: neither is about this token. */
function notLetIn(): Refusal {
  return new Refusal(
    'unreachable',
    'GITHUB_FORBIDDEN',
    'GitHub answers this service with 403.',
    "See the organization's IP allow list; after many wrong logins, wait and try again.",
  );
}
