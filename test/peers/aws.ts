import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { awsSignature, readAwsSignature } from './aws-signature.ts';
import { startNamedHosts } from './named-hosts.ts';
import type { NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

const HOUR = 3_600_000;

/** A key of an IAM user, and what its user may do. */
interface AwsKey {
  secret: string;
  account: string;
  arn: string;
  isActive: boolean;
  /** Actions, such as `ecr:GetAuthorizationToken`. */
  allowed: Set<string>;
}

export interface Aws extends AsyncDisposable {
  hosts: NamedHosts;
  /** By access key id. */
  keys: Map<string, AwsKey>;
  /** Passwords that were given out, and until when they are good, in milliseconds. */
  minted: Map<string, number>;
  /** Milliseconds by which the clock of AWS is ahead. */
  clock: { ahead: number };
  /** AWS throttles by 400 and a name, not by 429. */
  mood: { isThrottling: boolean };
  addKey(id: string, key?: Partial<AwsKey>): AwsKey;
  /** Names of the calls, in order. */
  calls: string[];
}

interface Place {
  account: string;
  region: string;
}

export function awsHosts({ account, region }: Place) {
  return {
    registry: `${account}.dkr.ecr.${region}.amazonaws.com`,
    ecr: `api.ecr.${region}.amazonaws.com`,
    sts: `sts.${region}.amazonaws.com`,
    publicRegistry: 'public.ecr.aws',
    ecrPublic: 'api.ecr-public.us-east-1.amazonaws.com',
    publicSts: 'sts.us-east-1.amazonaws.com',
  };
}

/**
 * STS, ECR and ECR Public as one account sees them, with signatures that are verified. For what moto does not know: keys that
 * are inactive, rights, ends of logins, ECR Public.
 */
export async function startAws(place: Place): Promise<Aws> {
  const state: Omit<Aws, 'hosts' | keyof AsyncDisposable> = {
    keys: new Map(),
    minted: new Map(),
    calls: [],
    clock: { ahead: 0 },
    mood: { isThrottling: false },
    addKey(id, key) {
      const added = { secret: SECRET, account: place.account, arn: arnOf(place), isActive: true, allowed: EVERYTHING, ...key };
      state.keys.set(id, added);
      return added;
    },
  };
  const names = awsHosts(place);
  const signIn = ({ username, password }: { username: string; password: string }) =>
    username === 'AWS' && (state.minted.get(password) ?? 0) > Date.now() ? {} : undefined;
  const api = (request: IncomingMessage, response: ServerResponse) => void serve(state, request, response);
  const hosts = await startNamedHosts({
    [names.registry]: registryHandler({ signIn, repositories: ['team/app'] }).handle,
    [names.publicRegistry]: registryHandler({ signIn, auth: 'bearer', anonymousEntry: true }).handle,
    [names.ecr]: api,
    [names.sts]: api,
    [names.ecrPublic]: api,
    [names.publicSts]: api,
  });
  return Object.assign(state, { hosts, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() });
}

export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const EVERYTHING = new Set(['ecr:GetAuthorizationToken', 'ecr-public:GetAuthorizationToken']);

function arnOf({ account }: Place): string {
  return `arn:aws:iam::${account}:user/ci`;
}

type State = Omit<Aws, 'hosts' | keyof AsyncDisposable>;

interface Failure {
  status: number;
  /** In the words of the JSON services; those of STS differ. */
  code: string;
  message: string;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = await request.toArray();
  const body = Buffer.concat(chunks).toString('utf8');
  const [service = '', action = ''] = callOf(request, body);
  state.calls.push(`${service}:${action}`);
  const known = authenticate(state, request, body, service);
  const refused = 'code' in known ? known : authorize(state, known, `${service}:${action}`);
  if (service === 'sts') return answerSts(response, refused, known);
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  if (refused)
    return void response.writeHead(refused.status).end(JSON.stringify({ __type: refused.code, message: refused.message }));
  const password = `${randomUUID()}${randomUUID()}`;
  const expiresAt = Date.now() + 12 * HOUR;
  state.minted.set(password, expiresAt);
  const data = { authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'), expiresAt: expiresAt / 1000 };
  const authorizationData = service === 'ecr' ? [{ ...data, proxyEndpoint: 'https://registry.example' }] : data;
  response.end(JSON.stringify({ authorizationData }));
}

/** Service and action, as the protocols of the three say them. */
function callOf({ headers }: IncomingMessage, body: string): string[] {
  const target = String(headers['x-amz-target'] ?? '');
  if (target === '') return ['sts', new URLSearchParams(body).get('Action') ?? ''];
  return [target.startsWith('SpencerFrontendService') ? 'ecr-public' : 'ecr', target.split('.')[1] ?? ''];
}

function authenticate(state: State, request: IncomingMessage, body: string, service: string): AwsKey | Failure {
  const signature = readAwsSignature(request);
  const key = signature && state.keys.get(signature.accessKeyId);
  if (!signature || !key?.isActive) {
    const code = service === 'sts' ? 'InvalidClientTokenId' : 'UnrecognizedClientException';
    return { status: service === 'sts' ? 403 : 400, code, message: 'The security token included in the request is invalid.' };
  }
  const wrong = {
    status: service === 'sts' ? 403 : 400,
    code: service === 'sts' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException',
  };
  const signedAt = Date.parse(signature.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  // A quarter of an hour either way.
  if (Math.abs(Date.now() + state.clock.ahead - signedAt) > HOUR / 4) {
    const now = new Date(Date.now() + state.clock.ahead).toISOString();
    return { ...wrong, message: `Signature expired: ${signature.date} is now earlier than ${now}` };
  }
  if (awsSignature(request, body, signature, key.secret) !== signature.signature) {
    return { ...wrong, message: `The request signature we calculated does not match: ${request.headers.authorization} ${body}` };
  }
  return key;
}

function authorize(state: State, key: AwsKey, action: string): Failure | undefined {
  if (state.mood.isThrottling) return { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: needs no permission.
  if (action === 'sts:GetCallerIdentity' || key.allowed.has(action)) return undefined;
  return { status: 400, code: 'AccessDeniedException', message: `User: ${key.arn} is not authorized to perform: ${action}` };
}

function answerSts(response: ServerResponse, refused: Failure | undefined, key: AwsKey | Failure): void {
  const space = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';
  response.setHeader('content-type', 'text/xml');
  if (refused || 'code' in key) {
    const { status = 500, code = '', message = '' } = refused ?? {};
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
    response.writeHead(status).end(`<ErrorResponse ${space}>${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`);
    return;
  }
  const result = `<Arn>${key.arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>${key.account}</Account>`;
  response.end(
    `<GetCallerIdentityResponse ${space}><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );
}
