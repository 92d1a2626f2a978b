import { describe, expect, test } from 'vitest';
import { Secret } from '../../shared/lib/secret.ts';
import type { Answer } from '../../shared/net/exchange.ts';
import { guardedNetwork, type GuardedSession } from '../../shared/net/guarded.ts';
import type { AcrOptions } from './acr.ts';
import { APP, APP_SECRET, REGISTRY, startAzure, TENANT, type Azure } from './azure.ts';
import { needs } from './need.ts';
import { readRecording, shapeOf, type Exchange } from './recordings.ts';

/** What was in the registries when they were recorded, and how they were set up. */
const SETTINGS: Record<string, Partial<AcrOptions>> = {
  'acr-data/anonymous': { anonymousPull: true },
  'acr-data/blob-upload': {},
  'acr-data/challenge-per-operation': {},
  'acr-data/delete': {
    repositories: {
      repo26ab150f: { manifests: ['sha256:5122f6204b6a3596e048758cabba3c46b1c937a46b5be6225b835d091b90e46c'] },
    },
  },
  'acr-data/errors-404': { repositories: { repo93d41b55: {}, 'oci-artifact': {} } },
  'acr-data/ping-and-exchange': {},
  'acr-data/token-then-404': {},
};

describe('the peer answers as Azure Container Registry was recorded', needs('recordings'), () => {
  test.for(Object.entries(SETTINGS))('%s', async ([name, registry]) => {
    await using azure = await startAzure({ registry: { roles: { [APP]: {} }, ...registry } });
    await using session = open(azure);
    const secrets = await signIn(session);
    const exchanges = readRecording(name).filter(({ request }) => isServed(request.url));
    expect(exchanges.length).toBeGreaterThan(0);

    // An upload goes on where the answer before it says.
    let location = '';
    for (const { request, response } of exchanges) {
      const isUpload = request.url.includes('_state=');
      const answer = await replay(session, { request, response }, secrets, isUpload ? location : undefined);
      expect(seen(answer)).toEqual(recorded(response));
      location = answer.headers.get('location') ?? '';
    }
  });

  test('whom its network rules keep out', async () => {
    await using azure = await startAzure({ registry: { isClosed: true } });
    await using session = open(azure);
    const exchange = readRecording('reported/errors').find(({ request }) => request.url === 'https://{registry}/v2/');
    if (!exchange) throw new Error('It was reported once.');

    expect(seen(await replay(session, exchange, {}))).toEqual(recorded(exchange.response));
  });
});

/** What this peer has: the token service and the registry protocol, and nothing of Azure's own API. */
function isServed(url: string): boolean {
  return /^https:\/\/\{registry\}\/(?:v2|oauth2)\//.test(url);
}

function open({ hosts }: Azure): GuardedSession {
  return guardedNetwork({ inAzure: false, ...hosts.network }).open({ host: REGISTRY, tls: 'verify' });
}

/** In place of what the recordings leave out. */
interface Secrets {
  access_token?: string;
  refresh_token?: string;
  bearer?: string;
}

/** Tokens of an app that may do everything. */
async function signIn(session: GuardedSession): Promise<Secrets> {
  const scope = 'https://containerregistry.azure.net/.default';
  const principal = { grant_type: 'client_credentials', client_id: APP, client_secret: APP_SECRET, scope };
  const entra = await post(session, `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`, principal);
  const exchange = { grant_type: 'access_token', service: REGISTRY, access_token: entra['access_token'] ?? '' };
  const refresh = await post(session, `https://${REGISTRY}/oauth2/exchange`, exchange);
  const rights = ['oci-artifact:pull,push,delete', 'repo26ab150f:delete', 'repo93d41b55:delete'];
  const narrow = {
    grant_type: 'refresh_token',
    service: REGISTRY,
    refresh_token: refresh['refresh_token'] ?? '',
    scope: rights.map((right) => `repository:${right}`).join(' '),
  };
  const access = await post(session, `https://${REGISTRY}/oauth2/token`, narrow);
  return {
    access_token: entra['access_token'] ?? '',
    refresh_token: refresh['refresh_token'] ?? '',
    bearer: access['access_token'] ?? '',
  };
}

async function post(session: GuardedSession, url: string, form: Record<string, string>): Promise<Record<string, string>> {
  const body = new URLSearchParams(form).toString();
  return JSON.parse((await session.request(url, { method: 'POST', body })).body) as Record<string, string>;
}

/** Recorders drop the Authorization header: whoever was not refused has sent one. */
async function replay(
  session: GuardedSession,
  { request, response }: Exchange,
  secrets: Secrets,
  location = '',
): Promise<Answer> {
  const { method, url, body } = request;
  const path = url.replace('https://{registry}', '');
  const [, digest] = /[?&](digest=.*)$/.exec(path) ?? [];
  const target = location ? `${location}${digest ? `&${digest}` : ''}` : path;
  const isSent = secrets.bearer && response.status !== 401;
  return session.request(new URL(target, session.origin), {
    method,
    headers: { ...(isSent && { authorization: new Secret(`Bearer ${secrets.bearer}`) }) },
    ...(body !== null && { body: filledIn(body, secrets) }),
  });
}

function filledIn(body: Exchange['request']['body'], secrets: Secrets): string {
  if (typeof body !== 'string') return JSON.stringify(body);
  return body
    .replace(/^\((\d+) bytes\)$/, (_all, bytes: string) => 'x'.repeat(Number(bytes)))
    .replaceAll('{registry}', REGISTRY)
    .replaceAll('{tenant}', TENANT)
    .replace(/\b(access_token|refresh_token)=SANITIZED/, (_all, name: keyof Secrets) => `${name}=${secrets[name]}`);
}

function seen({ status, headers, body }: Answer) {
  return { status, ...headersOf((name) => headers.get(name) ?? undefined), body: shapeOf(parsed(body)) };
}

function recorded({ status, headers, body }: Exchange['response']) {
  const text = (name: string) => headers[name]?.replaceAll('{registry}', REGISTRY);
  return { status, ...headersOf(text), body: shapeOf(typeof body === 'string' ? parsed(body) : (body ?? '')) };
}

function headersOf(valueOf: (name: string) => string | undefined) {
  return {
    type: valueOf('content-type'),
    version: valueOf('docker-distribution-api-version'),
    challenge: valueOf('www-authenticate'),
    digest: valueOf('docker-content-digest'),
    range: valueOf('range'),
    // Ids and signatures differ.
    location: valueOf('location')?.replaceAll(/[0-9a-f-]{36}|(?<=_state=).*|https:.*/g, '*'),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
