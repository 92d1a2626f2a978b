import type { ServerResponse } from 'node:http';
import type { Entra, Tenant } from './entra.ts';
import type { Handler } from './http-peer.ts';

const PATH = /^\/v1\.0\/applications\(appId='([0-9a-f-]{36})'\)$/;

/** Microsoft Graph, as far as an app reads its own secrets: https://learn.microsoft.com/graph/api/application-get */
export function createGraph({ entra, host }: { entra: Entra; host: string }): Handler {
  return ({ method, url = '', headers }, response) => {
    const { pathname } = new URL(url, `https://${host}`);
    const principal = entra.principalOf(headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (principal?.scope !== `https://${host}/.default`) {
      return fail(response, 401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.');
    }
    const [, clientId = ''] = PATH.exec(decodeURIComponent(pathname)) ?? [];
    if (method !== 'GET' || !clientId) return fail(response, 400, 'BadRequest', 'Resource not found for the segment.');
    const apps = entra.tenants.find(({ id }) => id === principal.tenantId)?.apps ?? {};
    if (!apps[principal.clientId]?.mayReadItself) {
      return fail(response, 403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
    }
    const app = apps[clientId];
    if (!app || app.homeTenant) {
      const text = `Resource '${clientId}' does not exist or one of its queried reference-property objects are not present.`;
      return fail(response, 404, 'Request_ResourceNotFound', text);
    }
    send(response, 200, {
      '@odata.context': `https://${host}/v1.0/$metadata#applications(passwordCredentials)/$entity`,
      passwordCredentials: app.secrets.map(passwordCredential),
    });
  };
}

/** Its value is told once, when it is made; later only how it begins. */
function passwordCredential({ value, keyId, endDateTime }: Tenant['apps'][string]['secrets'][number], index: number): object {
  return {
    customKeyIdentifier: null,
    displayName: `key${index + 1}`,
    endDateTime,
    hint: value.slice(0, 3),
    keyId,
    secretText: null,
    startDateTime: '2025-01-01T00:00:00Z',
  };
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  const innerError = { date: '2026-11-21T00:00:00', 'request-id': 'a-request', 'client-request-id': 'a-request' };
  send(response, status, { error: { code, message, innerError } });
}

function send(response: ServerResponse, status: number, body: object): void {
  const type = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}
