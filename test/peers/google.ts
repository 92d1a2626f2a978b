import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { createAuthority } from './certificates.ts';
import { newGoogleKey } from './google-key.ts';
import { exchangeTokens, generateAccessTokens, type GoogleFederation } from './google-federation.ts';
import type { GoogleKey, GoogleKeyFile } from './google-key.ts';
import { startNamedHosts } from './named-hosts.ts';
import type { NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

export const GOOGLE_HOSTS = {
  registry: 'europe-west1-docker.pkg.dev',
  tokens: 'oauth2.googleapis.com',
  certificates: 'www.googleapis.com',
  exchange: 'sts.googleapis.com',
  accounts: 'iamcredentials.googleapis.com',
};

/** A key that Google knows. */
interface KnownKey extends GoogleKey {
  notAfter: Date;
}

export interface Google extends GoogleFederation, AsyncDisposable {
  hosts: NamedHosts;
  /** By their id; one that is taken out is deleted. */
  keys: Map<string, KnownKey>;
  addKey(notAfter?: Date): GoogleKey;
  /** Milliseconds by which Google's clock is ahead. */
  clock: { ahead: number };
}

type State = Pick<Google, 'keys' | 'clock' | keyof GoogleFederation>;

/** What keys without an end have. */
const NEVER = new Date('9999-12-31T23:59:59Z');

/** A registry, the token service, which verifies what it is given, and the list of public keys. */
export async function startGoogle(): Promise<Google> {
  const state: State = {
    keys: new Map(),
    tokens: new Map(),
    identityProviders: new Map(),
    accounts: new Map(),
    principals: new Map(),
    disabled: new Set(),
    clock: { ahead: 0 },
  };
  const registry = registryHandler({
    auth: 'bearer',
    realm: `https://${GOOGLE_HOSTS.registry}/v2/token`,
    signIn: (login) => signIn(state, login),
    repositories: ['my-project/app'],
  });
  const hosts = await startNamedHosts({
    [GOOGLE_HOSTS.registry]: (request, response) => {
      request.url = request.url?.replace(/^\/v2\/token\b/, '/token');
      registry.handle(request, response);
    },
    [GOOGLE_HOSTS.tokens]: (request, response) => void giveToken(state, request, response),
    [GOOGLE_HOSTS.exchange]: (request, response) => void exchangeTokens(state, request, response),
    [GOOGLE_HOSTS.accounts]: (request, response) => void generateAccessTokens(state, request, response),
    [GOOGLE_HOSTS.certificates]: (request, response) => listCertificates(state, request, response),
  });
  const addKey = (notAfter = NEVER) => {
    const key = newGoogleKey();
    state.keys.set(key.file.private_key_id, { ...key, notAfter });
    return key;
  };
  return Object.assign(state, { hosts, addKey, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() });
}

/** https://cloud.google.com/artifact-registry/docs/docker/authentication */
function signIn(state: State, { username, password }: { username: string; password: string }) {
  if (username === 'oauth2accesstoken') return (state.tokens.get(password) ?? 0) > Date.now() ? {} : undefined;
  const file = username === '_json_key_base64' ? Buffer.from(password, 'base64').toString('utf8') : password;
  return username.startsWith('_json_key') && isKnownFile(state, file) ? {} : undefined;
}

function isKnownFile({ keys }: State, document: string): boolean {
  const file = JSON.parse(document) as GoogleKeyFile;
  const known = keys.get(file.private_key_id);
  if (!known || known.notAfter.getTime() < Date.now()) return false;
  return createPublicKey(createPrivateKey(file.private_key)).equals(known.publicKey);
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
async function giveToken(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(request));
  const problem = await problemOf(state, form.get('assertion') ?? '');
  response.setHeader('content-type', 'application/json');
  if (problem) {
    response.writeHead(400).end(JSON.stringify({ error: 'invalid_grant', error_description: problem }));
    return;
  }
  const token = `ya29.${randomUUID()}${randomUUID()}`;
  state.tokens.set(token, Date.now() + 3_599_000);
  response.end(JSON.stringify({ access_token: token, expires_in: 3599, token_type: 'Bearer' }));
}

/** What is wrong with an assertion, in Google's words; undefined: nothing. */
async function problemOf({ keys, clock }: State, assertion: string): Promise<string | undefined> {
  const { kid = '' } = decodeProtectedHeader(assertion);
  const key = keys.get(kid);
  if (!key || key.notAfter.getTime() < Date.now()) return 'Invalid JWT Signature.';
  const now = Date.now() + clock.ahead;
  try {
    const { payload } = await jwtVerify(assertion, key.publicKey, {
      algorithms: ['RS256'],
      audience: 'https://oauth2.googleapis.com/token',
      requiredClaims: ['iss', 'iat', 'exp', 'scope'],
      currentDate: new Date(now),
    });
    return payload.iss === key.file.client_email ? undefined : 'Invalid grant: account not found';
  } catch (error) {
    const isTime = error instanceof Error && 'claim' in error && (error.claim === 'exp' || error.claim === 'iat');
    return isTime
      ? 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'
      : 'Invalid JWT Signature.';
  }
}

function listCertificates({ keys }: State, request: IncomingMessage, response: ServerResponse): void {
  const email = decodeURIComponent(request.url?.replace('/robot/v1/metadata/x509/', '') ?? '');
  const authority = createAuthority();
  const listed = [...keys].filter(([, { file }]) => file.client_email === email);
  const certificates = listed.map(([id, { file, notAfter }]) => {
    const { cert } = authority.issue({ hosts: [email], notAfter, key: createPrivateKey(file.private_key) });
    return [id, cert];
  });
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(Object.fromEntries(certificates)));
}
