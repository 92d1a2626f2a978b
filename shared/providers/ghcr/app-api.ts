import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import { z } from 'zod';
import { after, MINUTE } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import type { Answer } from '../../net/exchange.ts';
import { Refusal } from '../../oci/stages.ts';
import { readAnswer } from '../read-answer.ts';
import { askGitHub, unreadable } from './github-api.ts';
import type { GitHubContext } from './github-api.ts';

export interface GitHubApp {
  /** Where the API is: see `gitHubApi`. */
  api: string;
  /** Its number, or its client id. */
  appId: string;
  installationId: string;
  /** PKCS #8. */
  privateKey: Secret;
}

export type PackagesPermission = 'read' | 'write';

const Minted = z.object({ token: z.string().min(1), expires_at: z.coerce.date() });

const Installation = z.object({
  account: z.object({ login: z.string() }).nullish(),
  permissions: z.record(z.string(), z.string()).catch({}),
});

/**
 * An installation token that may do no more than read or write packages; it lives an hour. Throws Refusal and NetError.
 *
 * https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
export async function mintInstallationToken(
  context: GitHubContext,
  app: GitHubApp,
  packages: PackagesPermission,
): Promise<{ token: Secret; expiresAt: Date }> {
  const answer = await askAsApp(context, app, '/access_tokens', { permissions: { packages } });
  if (answer.status === 422) throw missingPermission(packages);
  const minted = readAnswer(Minted, answer);
  if (answer.status !== 201 || !minted) throw unreadable(answer);
  return { token: new Secret(minted.token), expiresAt: minted.expires_at };
}

/** Whose packages the installation reaches, and all that the app may do there. Throws Refusal and NetError. */
export async function readInstallation(
  context: GitHubContext,
  app: GitHubApp,
): Promise<{ owner?: string; permissions: Record<string, string> }> {
  const answer = await askAsApp(context, app, '');
  const installation = readAnswer(Installation, answer);
  if (answer.status !== 200 || !installation) throw unreadable(answer);
  const { account, permissions } = installation;
  return { ...(account && { owner: account.login }), permissions };
}

async function askAsApp(context: GitHubContext, app: GitHubApp, path: string, body?: object): Promise<Answer> {
  const token = await signAssertion(app, context.clock.now());
  const { api, installationId } = app;
  const question = { api, path: `/app/installations/${installationId}${path}`, token };
  const answer = await askGitHub(context, body ? { ...question, body } : question);
  if (answer.status === 401) throw keyRefused(answer);
  if (answer.status === 404) throw noInstallation();
  if (answer.status === 403) throw suspended();
  return answer;
}

/**
 * Says who the app is. GitHub takes ten minutes at most, and advises to begin a minute ago, for clocks that differ.
 *
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
async function signAssertion({ appId, privateKey }: GitHubApp, now: Date): Promise<Secret> {
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(appId)
    .setIssuedAt(after(now, -MINUTE))
    .setExpirationTime(after(now, 9 * MINUTE))
    .sign(createPrivateKey(privateKey.reveal()));
  return new Secret(assertion);
}

function keyRefused({ body }: Answer): Refusal {
  if (/'(?:Expiration time|Issued at)' claim/i.test(body)) {
    return new Refusal(
      'misconfigured',
      'CLOCK_SKEW',
      "GitHub's clock and that of this service differ by more than a minute.",
      'Let the operator set the clock of this service.',
    );
  }
  return new Refusal(
    'invalid_credentials',
    'APP_KEY_REFUSED',
    'GitHub refuses the private key for this app.',
    "Check that the key is one of this app's, and was not deleted there: GitHub > the app > General > Private keys.",
  );
}

function noInstallation(): Refusal {
  return new Refusal(
    'invalid_credentials',
    'NO_INSTALLATION',
    'The app has no such installation.',
    'Take the number at the end of the address of the installation: Settings > GitHub Apps > Configure.',
  );
}

function suspended(): Refusal {
  return new Refusal(
    'insufficient_permission',
    'INSTALLATION_SUSPENDED',
    'The installation is suspended, or may not do this.',
    'Let an owner of the organization take the suspension back: Settings > GitHub Apps > Configure.',
  );
}

function missingPermission(packages: PackagesPermission): Refusal {
  return new Refusal(
    'insufficient_permission',
    'MISSING_PERMISSION',
    `The installation does not have the permission "Packages: ${packages}".`,
    'Add it under Permissions of the app, and let an owner of the organization accept the change.',
  );
}
