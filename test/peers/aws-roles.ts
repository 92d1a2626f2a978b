import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import type { AwsKey } from './aws-authentication.ts';
import type { Failure } from './aws-xml.ts';

/** A statement of a trust policy: all that it names must be so. */
type Trust =
  | { /** The ARN of a role or user, or `arn:aws:iam::ACCOUNT:root`. */ principal: string; externalId?: string }
  | { /** Of tokens. */ issuer: string; audience: string; subject: string };

export interface AwsRole {
  trusts: Trust[];
  /** Actions, such as `ecr:GetAuthorizationToken`. */
  allowed: Set<string>;
}

/** An OpenID Connect provider of IAM. */
interface OidcProvider {
  audiences: string[];
  keys: () => JSONWebKeySet;
}

export interface AwsRoles {
  /** By ARN. */
  roles: Map<string, AwsRole>;
  /** By the issuer's URL. */
  oidcProviders: Map<string, OidcProvider>;
  keys: Map<string, AwsKey>;
}

/** What STS gives, and as whom. */
interface Assumed {
  id: string;
  key: AwsKey & { sessionToken: string; endsAt: number };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole(state: AwsRoles, caller: AwsKey, form: URLSearchParams): Assumed | Failure {
  const arn = form.get('RoleArn') ?? '';
  const role = state.roles.get(arn);
  const isTrusted = role?.trusts.some(
    (trust) =>
      'principal' in trust &&
      [caller.arn, caller.role, `arn:aws:iam::${caller.account}:root`].includes(trust.principal) &&
      (trust.externalId === undefined || trust.externalId === form.get('ExternalId')),
  );
  // All of them look the same from outside.
  if (!role || !isTrusted || !caller.allowed.has('sts:AssumeRole')) {
    return denied(`User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`);
  }
  // A role that takes another one has it for an hour at most.
  return invalid(form, caller.role === undefined ? 43_200 : 3_600) ?? openSession(state, { arn, role, form });
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export async function assumeRoleWithWebIdentity(state: AwsRoles, form: URLSearchParams): Promise<Assumed | Failure> {
  const arn = form.get('RoleArn') ?? '';
  const verified = await verify(state, form.get('WebIdentityToken') ?? '');
  if ('code' in verified) return verified;
  const { claims, audience } = verified;
  const role = state.roles.get(arn);
  const isTrusted = role?.trusts.some(
    (trust) => 'issuer' in trust && trust.issuer === claims.iss && trust.audience === audience && trust.subject === claims.sub,
  );
  if (!role || !isTrusted) return denied('Not authorized to perform sts:AssumeRoleWithWebIdentity');
  return invalid(form, 43_200) ?? openSession(state, { arn, role, form });
}

async function verify({ oidcProviders }: AwsRoles, token: string): Promise<{ claims: JWTPayload; audience: string } | Failure> {
  const { iss = '' } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as JWTPayload;
  const provider = oidcProviders.get(iss);
  if (!provider) return badToken(`No OpenIDConnect provider found in your account for ${iss}`);
  try {
    const options = { issuer: iss, requiredClaims: ['exp', 'sub', 'aud'] };
    const { payload } = await jwtVerify<{ azp?: string }>(token, createLocalJWKSet(provider.keys()), options);
    // `azp` goes before: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    const audience = payload.azp ?? [payload.aud].flat().join(' ');
    return provider.audiences.includes(audience) ? { claims: payload, audience } : badToken('Incorrect token audience');
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { status: 400, code: 'ExpiredTokenException', message: 'Token expired' };
    return badToken('The ID Token provided is not a valid JWT.');
  }
}

function invalid(form: URLSearchParams, most: number): Failure | undefined {
  const seconds = Number(form.get('DurationSeconds') ?? 3600);
  const isNamed = /^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '');
  const isWellFormed = /^[\w+=,.@:/-]{2,1224}$/.test(form.get('ExternalId') ?? 'none');
  if (seconds >= 900 && seconds <= most && isNamed && isWellFormed) return undefined;
  return { status: 400, code: 'ValidationError', message: '1 validation error detected' };
}

interface Session {
  arn: string;
  role: AwsRole;
  form: URLSearchParams;
}

function openSession({ keys }: AwsRoles, { arn, role, form }: Session): Assumed {
  const account = arn.split(':')[4] ?? '';
  const id = `ASIA${randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()}`;
  const key = {
    secret: `${randomUUID()}/+${randomUUID()}`.slice(0, 40),
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${arn.split('/').at(-1)}/${form.get('RoleSessionName')}`,
    role: arn,
    isActive: true,
    allowed: role.allowed,
    sessionToken: `${randomUUID()}/${randomUUID()}==`,
    endsAt: Date.now() + Number(form.get('DurationSeconds') ?? 3600) * 1000,
  };
  keys.set(id, key);
  return { id, key };
}

/** As the answers of both calls have it. */
export function assumedXml({ id, key }: Assumed): string {
  const { secret, sessionToken, endsAt, arn } = key;
  const end = new Date(endsAt).toISOString();
  return [
    `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey>`,
    `<SessionToken>${sessionToken}</SessionToken><Expiration>${end}</Expiration></Credentials>`,
    `<AssumedRoleUser><Arn>${arn}</Arn><AssumedRoleId>AROAEXAMPLE:${arn.split('/').at(-1)}</AssumedRoleId></AssumedRoleUser>`,
  ].join('');
}

function denied(message: string): Failure {
  return { status: 403, code: 'AccessDenied', message };
}

function badToken(message: string): Failure {
  return { status: 400, code: 'InvalidIdentityToken', message };
}
