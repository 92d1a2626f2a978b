import type { IncomingMessage, ServerResponse } from 'node:http';
import { openOwnIdentity, type OwnIdentity } from '../../shared/identity/own-identity.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { operatorNetwork } from '../../shared/net/operator.ts';
import type { Entra } from './entra.ts';
import { startHttpPeer, type Handler, type HttpPeer } from './http-peer.ts';

export interface ManagedIdentityOptions {
  entra: Entra;
  /** Client ids of the user-assigned identities of the machine. */
  identities: string[];
}

/** What only the function app itself knows, as IDENTITY_HEADER. */
export const IDENTITY_HEADER = 'a-header-of-the-platform';

/** A function app with managed identities. */
export interface Platform extends HttpPeer {
  /** What the function app finds in its environment. */
  environment: { IDENTITY_ENDPOINT: string; IDENTITY_HEADER: string };
  /** regcred as it runs there, with AZURE_CLIENT_ID as given. */
  identityOf(clientId: string): OwnIdentity;
}

/**
 * Plain http on this machine, as the platform has it. The library finds it in the environment of this process, which is put
 * back at the end, and once: a process has one platform.
 */
export async function startPlatform(options: ManagedIdentityOptions): Promise<Platform> {
  const peer = await startHttpPeer(managedIdentityHandler(options));
  const before = { ...process.env };
  const environment = { IDENTITY_ENDPOINT: `${peer.url}/msi/token`, IDENTITY_HEADER };
  Object.assign(process.env, environment);
  // Managed identities go past it.
  const operator = operatorNetwork({ inAzure: true });
  const settings = { inAzure: true, tokenAudience: 'api://regcred-aws' };
  return {
    ...peer,
    environment,
    identityOf: (AZURE_CLIENT_ID) =>
      openOwnIdentity({ ...environment, AZURE_CLIENT_ID }, settings, { operator, clock: systemClock }),
    async [Symbol.asyncDispose]() {
      process.env = before;
      await operator[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
    },
  };
}

/** One way in which machines of Azure ask for their tokens. */
interface Dialect {
  mayAsk(request: IncomingMessage): boolean;
  clientId: string;
  /** How the end of a token is written. */
  end(seconds: number): Record<string, string>;
  refuse(isKnown: boolean): object;
}

const LIFE = 86_400;

/**
 * By `api-version`: App Service in two versions, and the metadata service of virtual machines, which was recorded.
 *
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
const DIALECTS: Record<string, Dialect> = {
  '2019-08-01': {
    mayAsk: ({ headers }) => headers['x-identity-header'] === IDENTITY_HEADER,
    clientId: 'client_id',
    end: (seconds) => ({ expires_on: String(seconds) }),
    refuse: (isKnown) => ({
      statusCode: 400,
      message: isKnown ? 'Bad request.' : 'No User Assigned or Delegated Managed Identity found for specified ClientId.',
    }),
  },
  '2017-09-01': {
    mayAsk: ({ headers }) => headers['secret'] === IDENTITY_HEADER,
    clientId: 'clientid',
    end: (seconds) => ({ expires_on: new Date(seconds * 1000).toUTCString() }),
    refuse: () => ({ ExceptionMessage: 'AADSTS', StatusCode: '400' }),
  },
  '2018-02-01': {
    mayAsk: ({ headers }) => headers['metadata'] === 'true',
    clientId: 'client_id',
    end: (seconds) => ({
      expires_in: String(LIFE),
      expires_on: String(seconds),
      ext_expires_in: String(LIFE),
      not_before: String(seconds - LIFE),
    }),
    refuse: (isKnown) => ({
      error: 'invalid_request',
      error_description: isKnown ? 'Required metadata header not specified' : 'Identity not found',
    }),
  },
};

export function managedIdentityHandler({ entra, identities }: ManagedIdentityOptions): Handler {
  return (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const dialect = DIALECTS[searchParams.get('api-version') ?? ''];
    if (!dialect) return send(response, 404, {});
    const clientId = searchParams.get(dialect.clientId) ?? identities[0] ?? '';
    const isAssigned = identities.includes(clientId);
    if (!dialect.mayAsk(request) || !isAssigned) return send(response, 400, dialect.refuse(isAssigned));
    const resource = searchParams.get('resource') ?? '';
    send(response, 200, {
      access_token: entra.tokenFor(clientId, resource),
      client_id: clientId,
      resource,
      token_type: 'Bearer',
      ...dialect.end(Math.floor(Date.now() / 1000) + LIFE),
    });
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
