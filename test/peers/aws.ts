import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate, authorize, type AwsKey } from './aws-authentication.ts';
import { assumedXml, assumeRole, assumeRoleWithWebIdentity, type AwsRole, type AwsRoles } from './aws-roles.ts';
import { answerXml, failXml, type Failure } from './aws-xml.ts';
import { startNamedHosts } from './named-hosts.ts';
import type { NamedHosts } from './named-hosts.ts';
import { registryHandler } from './registry.ts';

const HOUR = 3_600_000;

export interface Aws extends AwsRoles, AsyncDisposable {
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
  addRole(arn: string, role: Partial<AwsRole>): AwsRole;
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
    iam: 'iam.amazonaws.com',
  };
}

/**
 * STS, ECR and ECR Public as one account sees them, with signatures that are verified. For what moto does not know: keys that
 * are inactive, rights, ends of logins, ECR Public.
 */
export async function startAws(place: Place): Promise<Aws> {
  const state: Omit<Aws, 'hosts' | keyof AsyncDisposable> = {
    keys: new Map(),
    roles: new Map(),
    oidcProviders: new Map(),
    minted: new Map(),
    calls: [],
    clock: { ahead: 0 },
    mood: { isThrottling: false },
    addKey(id, key) {
      const added = { secret: SECRET, account: place.account, arn: arnOf(place), isActive: true, allowed: EVERYTHING, ...key };
      state.keys.set(id, added);
      return added;
    },
    addRole(arn, role) {
      const added = { trusts: [], allowed: EVERYTHING, ...role };
      state.roles.set(arn, added);
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
    [names.iam]: api,
  });
  return Object.assign(state, { hosts, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() });
}

export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const EVERYTHING = new Set(['ecr:GetAuthorizationToken', 'ecr-public:GetAuthorizationToken', 'sts:AssumeRole']);

function arnOf({ account }: Place): string {
  return `arn:aws:iam::${account}:user/ci`;
}

type State = Omit<Aws, 'hosts' | keyof AsyncDisposable>;

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = await request.toArray();
  const body = Buffer.concat(chunks).toString('utf8');
  const form = new URLSearchParams(body);
  const [service = '', action = ''] = callOf(request, form);
  state.calls.push(`${service}:${action}`);
  if (action === 'AssumeRoleWithWebIdentity') {
    const assumed = await assumeRoleWithWebIdentity(state, form);
    return 'code' in assumed ? failXml(response, 'sts', assumed) : answerXml(response, 'sts', action, assumedXml(assumed));
  }
  const known = authenticate(state, request, body, service);
  const refused = 'code' in known ? known : authorize(state, known, `${service}:${action}`);
  if (service === 'sts' || service === 'iam') {
    const answer = refused ?? ('code' in known ? known : queryAnswer(state, known, action, form));
    return typeof answer === 'string' ? answerXml(response, service, action, answer) : failXml(response, service, answer);
  }
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  if (refused)
    return void response.writeHead(refused.status).end(JSON.stringify({ __type: refused.code, message: refused.message }));
  giveLogin(state, service, response);
}

function giveLogin({ minted }: State, service: string, response: ServerResponse): void {
  const password = `${randomUUID()}${randomUUID()}`;
  const expiresAt = Date.now() + 12 * HOUR;
  minted.set(password, expiresAt);
  const data = { authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'), expiresAt: expiresAt / 1000 };
  const authorizationData = service === 'ecr' ? [{ ...data, proxyEndpoint: 'https://registry.example' }] : data;
  response.end(JSON.stringify({ authorizationData }));
}

/** Service and action, as the protocols of the four say them. */
function callOf({ headers }: IncomingMessage, form: URLSearchParams): string[] {
  const target = String(headers['x-amz-target'] ?? '');
  if (target === '') return [form.get('Version') === '2010-05-08' ? 'iam' : 'sts', form.get('Action') ?? ''];
  return [target.startsWith('SpencerFrontendService') ? 'ecr-public' : 'ecr', target.split('.')[1] ?? ''];
}

/** The result of a call of STS or IAM, as XML. */
function queryAnswer(state: State, key: AwsKey, action: string, form: URLSearchParams): string | Failure {
  if (action === 'GetCallerIdentity') return `<Arn>${key.arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>${key.account}</Account>`;
  if (action === 'ListAccessKeys') return keysXml(state, key);
  if (action !== 'AssumeRole') return { status: 400, code: 'InvalidAction', message: `Could not find operation ${action}` };
  const assumed = assumeRole(state, key, form);
  return 'code' in assumed ? assumed : assumedXml(assumed);
}

/** The keys of the user that asks: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
function keysXml({ keys }: State, { arn }: AwsKey): string {
  const user = `<UserName>${arn.split('/').at(-1)}</UserName>`;
  const members = [...keys]
    .filter(([, key]) => key.arn === arn)
    .map(([id, { isActive, createdAt = new Date() }]) => {
      const status = `<Status>${isActive ? 'Active' : 'Inactive'}</Status>`;
      return `<member>${user}<AccessKeyId>${id}</AccessKeyId>${status}<CreateDate>${createdAt.toISOString()}</CreateDate></member>`;
    });
  return `<AccessKeyMetadata>${members.join('')}</AccessKeyMetadata><IsTruncated>false</IsTruncated>`;
}
