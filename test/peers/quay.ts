import { basicLogin, type Handler } from './http-peer.ts';
import type { Account } from './grants.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

export interface QuayOptions {
  /** By whole name: the token, and actions by repository if not all. */
  robots?: Record<string, { token: string } & Account>;
  /** OAuth 2 tokens (`$oauthtoken`) and application-specific ones (`$app`), by value. */
  applications?: Record<string, { kind: '$oauthtoken' | '$app'; hasExpired?: boolean }>;
  repositories?: string[];
  host?: string;
}

export interface Quay extends NamedHosts {
  robots: NonNullable<QuayOptions['robots']>;
}

/** A Quay: robots and tokens of applications, and the token service at `/v2/auth`, which says no more than it must. */
export async function startQuay({ robots = {}, applications = {}, repositories, host = 'quay.io' }: QuayOptions): Promise<Quay> {
  const applicationOf = (login: { username: string; password: string }) => {
    const application = Object.hasOwn(applications, login.password) ? applications[login.password] : undefined;
    return application?.kind === login.username ? application : undefined;
  };
  const { handle } = registryHandler({
    auth: 'bearer',
    tokenPath: '/v2/auth',
    bareTokens: true,
    knownActions: ['pull', 'push', '*'],
    repositories,
    signIn: (login) => {
      const robot = Object.hasOwn(robots, login.username) ? robots[login.username] : undefined;
      return robot?.token === login.password ? robot : applicationOf(login) && {};
    },
  });
  const serve: Handler = (request, response) => {
    const login = basicLogin(request);
    if (!login || !applicationOf(login)?.hasExpired) return handle(request, response);
    const errors = [{ code: 'UNAUTHORIZED', detail: {}, message: 'OAuth access token has expired' }];
    response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
  };
  return Object.assign(await startNamedHosts({ [host]: serve }), { robots });
}
