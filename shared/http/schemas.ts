import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../lib/errors.ts';
import { PURPOSES, SecretStoreName } from '../domain/policy.ts';
import { STAGES } from '../oci/stages.ts';
import { ProviderList, ProviderView } from './catalog-schemas.ts';
import { DriftCheckView, ExportView, ImportView } from './job-schemas.ts';

/** What replies look like, for the documentation; the tests hold every reply that they see against these. */

const time = z.iso.datetime();
const Actor = z.strictObject({ issuer: z.string(), subject: z.string() });
const Warning = z.strictObject({ code: z.string(), detail: z.string(), hint: z.string() });
const Verdict = z.enum([
  'valid',
  'indeterminate',
  'invalid_credentials',
  'expired',
  'insufficient_permission',
  'blocked_by_policy',
  'misconfigured',
  'unreachable',
  'rate_limited',
]);
const Standing = z.enum(['unverified', 'accepted', 'rejected', 'expired']);

const Stage = z.strictObject({
  stage: z.enum(STAGES),
  outcome: z.enum(['ok', 'failed', 'skipped', 'warning']),
  code: z.string().optional(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  milliseconds: z.number().optional(),
});

const yesNo = z.enum(['yes', 'no', 'unknown']).optional();
const Capability = z.strictObject({
  repository: z.string(),
  pull: yesNo,
  push: yesNo,
  delete: yesNo,
  reason: z.string().optional(),
});

/** Settings of the method stand beside these, under their own names. */
const CredentialView = z
  .looseObject({
    id: z.string(),
    project: z.string(),
    name: z.string(),
    description: z.string().optional(),
    provider: z.string(),
    providerTitle: z.string(),
    method: z.string(),
    registry: z.strictObject({ host: z.string(), repositoryPrefix: z.string().optional() }),
    purpose: z.enum(PURPOSES),
    environments: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    tls: z.enum(['verify', 'custom-ca', 'skip-verify', 'plain-http']),
    ca: z.string().optional(),
    tokenRealm: z.string().optional(),
    enabled: z.boolean(),
    default: z.boolean(),
    defaultIn: z.array(z.string()),
    rotationPolicy: z.strictObject({ everyDays: z.number(), graceHours: z.number(), issuer: z.string() }).optional(),
    expiresAt: time.optional(),
    active: z.strictObject({
      since: time.meta({ description: 'Since when this login is in use here.' }),
      issuedAt: time.nullable().meta({ description: 'When the provider made it; null if it does not say.' }),
      expiresAt: time.nullable(),
      upstreamId: z.string().nullable(),
      store: SecretStoreName.nullable().meta({ description: 'Where its secret lies; null if it has none.' }),
    }),
    status: z.strictObject({
      standing: Standing,
      lastCheck: z.strictObject({ at: time, verdict: Verdict, stages: z.array(Stage) }).optional(),
      capabilities: z.array(Capability).optional(),
      lastUsedAt: time.optional(),
    }),
    warnings: z.array(Warning),
    revision: z.int(),
    createdAt: time,
    createdBy: Actor,
    updatedAt: time,
    updatedBy: Actor,
    deletedAt: time.optional(),
  })
  .meta({ id: 'Credential' });

const CredentialPage = z
  .strictObject({ value: z.array(CredentialView), nextLink: z.string().optional() })
  .meta({ id: 'CredentialPage' });

const CheckView = z
  .strictObject({
    verdict: Verdict,
    stages: z.array(Stage),
    warnings: z.array(Warning),
    capabilities: z.array(Capability).optional(),
    leavesBehind: z
      .array(z.string())
      .optional()
      .meta({ description: 'Repositories with an upload session that lapses by itself. Empty: nothing is left there.' }),
    retryAfterSeconds: z.number().optional(),
  })
  .meta({ id: 'Check' });

const StoredCheckView = z.strictObject({ ...CheckView.shape, standing: Standing }).meta({ id: 'StoredCheck' });

const HandOutView = z
  .strictObject({
    format: z.enum(['login', 'docker-config', 'kubernetes-secret', 'helm-values']),
    value: z.union([
      z.strictObject({ username: z.string(), password: z.string() }),
      z.strictObject({
        auths: z.record(z.string(), z.strictObject({ username: z.string(), password: z.string(), auth: z.string() })),
      }),
      z.string().meta({ description: 'YAML' }),
    ]),
    expiresAt: time.optional(),
    refreshAfter: time.optional(),
    scope: z.enum(['restricted', 'unrestricted']),
    tls: z.enum(['verify', 'custom-ca', 'skip-verify', 'plain-http']),
    ca: z.string().optional(),
    warnings: z.array(Warning),
  })
  .meta({ id: 'HandOut' });

const ActivityPage = z
  .strictObject({
    value: z.array(
      z.strictObject({
        at: time,
        type: z.string(),
        credentialId: z.string(),
        by: Actor,
        data: z.record(z.string(), z.unknown()),
      }),
    ),
    nextLink: z.string().optional(),
  })
  .meta({ id: 'ActivityPage' });

const ProjectView = z
  .strictObject({
    name: z.string(),
    environments: z.array(z.string()),
    secretStore: z.string(),
    upstreams: z.array(z.string()),
    aws: z.strictObject({ externalId: z.string(), roleArn: z.string().nullable() }),
  })
  .meta({ id: 'Project' });

const HealthView = z
  .strictObject({
    status: z.enum(['ready', 'not-ready']),
    parts: z
      .array(z.strictObject({ part: z.string(), status: z.enum(['ready', 'not-ready']), detail: z.string().optional() }))
      .optional(),
  })
  .meta({ id: 'Health' });

const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    hint: z.string().optional(),
    errors: z
      .array(z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string(), hint: z.string().optional() }))
      .optional(),
    verdict: Verdict.optional(),
    stages: z.array(Stage).optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });

/** By the name that the documentation gives them. */
export const schemas = {
  Credential: CredentialView,
  CredentialPage,
  Check: CheckView,
  StoredCheck: StoredCheckView,
  HandOut: HandOutView,
  ActivityPage,
  Export: ExportView,
  Import: ImportView,
  DriftCheck: DriftCheckView,
  Provider: ProviderView,
  ProviderList,
  Project: ProjectView,
  Health: HealthView,
  Problem,
} satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof schemas;
