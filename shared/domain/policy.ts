// First, because every other schema of the domain is made after these.
import '../lib/interpreted-schemas.ts';
import { z } from 'zod';

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const slug = z.string().regex(SLUG, { message: 'must be 1 to 63 lower-case letters, digits and hyphens' });

export const PURPOSES = ['pull', 'push', 'admin'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** `admin` includes all; `operator` and `consumer` include `reader`. */
export const ROLES = ['reader', 'consumer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const SECRET_STORES = ['local', 'key-vault', 'secrets-manager'] as const;
export const SecretStoreName = z.enum(SECRET_STORES);
export type SecretStoreName = z.infer<typeof SecretStoreName>;

const GUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** What names a thing in a cloud, or what things lie in. */
const UPSTREAMS = [
  new RegExp(`^${GUID}$`),
  new RegExp(`^/subscriptions/${GUID}(?:/[^/*]+)*/?$`),
  /^arn:aws[a-z-]*:iam::\d{12}:role(?:\/[\w+=,.@-]+)*\/?$/,
  /^projects\/(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9](?:\/serviceAccounts\/[a-z0-9-]+@[a-z0-9.-]+)?$/,
];

const upstream = z.string().refine((text) => UPSTREAMS.some((form) => form.test(text)), {
  message:
    'must be an ARM id (/subscriptions/...), the client id of an Entra application or managed identity, the ARN of a role of AWS or of a path of roles (arn:aws:iam::123456789012:role/team), or projects/PROJECT of Google, alone or with /serviceAccounts/EMAIL',
});

const Project = z.strictObject({
  name: slug,
  environments: z.array(slug).min(1).max(20),
  secretStore: SecretStoreName.optional().meta({ description: "Where this project's material lives; else the app's default." }),
  networks: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .default([])
    .meta({ description: "Private ranges in which this project's registries may be." }),
  hosts: z
    .array(z.string().min(1))
    .optional()
    .meta({ description: 'If given, the only registries that the project may name; `*` stands for one or more labels.' }),
  upstreams: z.array(upstream).default([]).meta({
    description:
      "Where regcred's own identity may act for this project: each covers what lies below it. What is not listed, the project cannot make regcred touch.",
  }),
});

const Jwk = z.looseObject({ kty: z.string() });
const Issuer = z.strictObject({
  issuer: z.string().min(1),
  audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  jwks: z
    .union([z.url({ protocol: /^https?$/ }), z.strictObject({ keys: z.array(Jwk).min(1) })])
    .optional()
    .meta({ description: 'Address of the key set, or the keys themselves; else found by OIDC discovery.' }),
});

const Rule = z.strictObject({
  issuer: z.string().min(1),
  match: z
    .record(z.string(), z.string())
    .refine((match) => Object.keys(match).length > 0, {
      message: 'must name a claim: of a public issuer anybody can have a token; { "iss": "..." } fits all of them',
    })
    .meta({ description: 'Claims that a token must have. A `*` matches within one segment: it never crosses `/` or `:`.' }),
  project: z.union([slug, z.literal('*')]),
  environments: z.array(slug).min(1).optional().meta({ description: 'Absent: all.' }),
  purposes: z.array(z.enum(PURPOSES)).min(1).optional().meta({ description: 'Absent: all.' }),
  roles: z.array(z.enum(ROLES)).min(1),
  handOutsPerHour: z.int().positive().optional(),
});

const Relaxation = z.enum(['plain-http', 'loopback', 'skip-verify']);
const hostPort = z
  .string()
  .regex(/^(?:\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i, { message: 'must be host:port' })
  .refine(isReachable, { message: 'must have a port from 1 to 65535, and a host' });
const hostPorts = z
  .string()
  .regex(/^(?:\[[0-9a-f:.]+\]|[^\s:/]+):(?:\d{1,5}|\*)$/i, { message: 'must be host:port, or host:* for every port' })
  .refine((text) => isReachable(text.replace(/\*$/, '1')), { message: 'must have a port from 1 to 65535, and a host' });
const MISSPELLED = 'must have the host in lower case and ASCII, or the address in its shortest form: it would never fit';

const Network = z.strictObject({
  relaxed: z
    .record(hostPorts.refine(isSpelledAsCompared, MISSPELLED), z.array(Relaxation))
    .default({})
    .meta({ description: 'What is allowed at an address beyond https on port 443 to a public one. A listed port is allowed.' }),
  connectTo: z
    .record(hostPort.refine(isSpelledAsCompared, MISSPELLED), hostPort)
    .optional()
    .meta({ description: 'Connect elsewhere under the same name; for trying and testing, never in Azure.' }),
  ca: z.string().optional().meta({ description: 'PEM, or the path of a PEM file, with further trusted roots; never in Azure.' }),
});

const AcrSource = z.strictObject({
  resourceId: z.string().min(1),
  loginServer: z.string().min(1),
  webhookSecretSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/** The operator's document: what exists, who may do what, and where the network may be reached. */
export const Policy = z
  .strictObject({
    $schema: z.string().optional(),
    projects: z.array(Project).min(1),
    issuers: z.array(Issuer).default([]),
    rules: z.array(Rule).default([]),
    network: Network.default({ relaxed: {} }),
    acrSources: z.array(AcrSource).default([]),
  })
  .superRefine((policy, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const [index, name] of repeated(policy.projects.map(({ name }) => name)))
      complain(['projects', index, 'name'], `the project ${name} is declared twice`);
    for (const [index, issuer] of repeated(policy.issuers.map(({ issuer }) => issuer)))
      complain(['issuers', index, 'issuer'], `the issuer ${issuer} is declared twice`);
    for (const [index, rule] of policy.rules.entries()) {
      if (!policy.issuers.some(({ issuer }) => issuer === rule.issuer))
        complain(['rules', index, 'issuer'], `no issuer ${rule.issuer} is declared`);
      const projects = policy.projects.filter(({ name }) => rule.project === '*' || rule.project === name);
      if (projects.length === 0) complain(['rules', index, 'project'], `no project ${rule.project} is declared`);
      for (const [at, environment] of (rule.environments ?? []).entries()) {
        if (!projects.some(({ environments }) => environments.includes(environment)))
          complain(['rules', index, 'environments', at], `no environment ${environment} is declared there`);
      }
    }
  });
export type Policy = z.infer<typeof Policy>;
export type Project = z.infer<typeof Project>;
export type Rule = z.infer<typeof Rule>;
export type Issuer = z.infer<typeof Issuer>;

/** The schema that `GET /api/policy.schema.json` publishes. */
export function policyJsonSchema(): Record<string, unknown> {
  return { title: 'regcred policy', ...z.toJSONSchema(Policy, { io: 'input' }) };
}

function repeated(names: string[]): [number, string][] {
  return [...names.entries()].filter(([index, name]) => names.indexOf(name) !== index);
}

/** Else it would only be found when somebody's registry is asked. */
function isReachable(address: string): boolean {
  const url = URL.parse(`http://${address}`);
  return url !== null && url.port !== '0' && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
}

/** Addresses are compared with what `URL` makes of them. */
function isSpelledAsCompared(text: string): boolean {
  const host = text.slice(0, text.lastIndexOf(':'));
  return URL.parse(`http://${host}`)?.hostname === host;
}
