import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isAwsRegion, isRoleArn, partitionOfArn, partitionOfRegion } from '../lib/aws-partition.ts';
import type { StorageAccount } from '../lib/storage-account.ts';
import { Policy, SecretStoreName } from './policy.ts';

/** Of the public cloud, the one in China, and the one of the US government: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
const VAULT_URL = /^https:\/\/(?=[a-z0-9-]{3,24}\.)[a-z](?:-?[a-z0-9])*\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)\/?$/;

/** Also a client id. What is asked for is `/.default` of it. */
const TOKEN_AUDIENCE = /^(?!.*(?:\/|\/\.default)$)[!-~]+$/;

const Environment = z.object({
  REGCRED_RECORDS: z.enum(['sqlite', 'table']).default('sqlite'),
  REGCRED_QUEUE: z.enum(['sqlite', 'storage-queue']).default('sqlite'),
  REGCRED_SECRETS: SecretStoreName.default('local'),
  REGCRED_VAULT_URL: z
    .string()
    .regex(VAULT_URL, 'is not the address of a vault, such as https://NAME.vault.azure.net')
    .optional(),
  REGCRED_AWS_REGION: z.string().refine(isAwsRegion, 'is not a region of AWS, such as eu-west-1').optional(),
  REGCRED_AWS_ROLE_ARN: z
    .string()
    .refine(isRoleArn, 'is not the ARN of a role, such as arn:aws:iam::123456789012:role/regcred')
    .optional(),
  REGCRED_TOKEN_AUDIENCE: z
    .string()
    .max(512)
    .regex(TOKEN_AUDIENCE, 'is not the id URI of an application, such as api://AzureADTokenExchange')
    .default('api://AzureADTokenExchange'),
  REGCRED_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  REGCRED_RETENTION_DAYS: z.coerce.number().int().min(7).max(3650).default(90),
  REGCRED_DATA: z.string().min(1).default('.regcred'),
  REGCRED_POLICY: z.string().min(1),
  WEBSITE_SITE_NAME: z.string().optional(),
  AzureWebJobsStorage: z.string().optional(),
  AzureWebJobsStorage__accountName: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/)
    .optional(),
  AzureWebJobsStorage__credential: z.literal('managedidentity').optional(),
  AzureWebJobsStorage__clientId: z.guid().optional(),
});

/** What the platform's settings say; the policy is the operator's document. */
export interface Settings {
  records: 'sqlite' | 'table';
  queue: 'sqlite' | 'storage-queue';
  /** There if records or queue are in it. */
  storage?: StorageAccount;
  secrets: SecretStoreName;
  /** Of the Key Vault, if one is used. */
  vaultUrl?: string;
  /** Of the AWS Secrets Manager, if one is used. */
  awsRegion?: string;
  /** regcred's own role in AWS, which it assumes with a token of Entra ID. */
  awsRoleArn?: string;
  /** Of the tokens of Entra ID by which AWS and Google know regcred. */
  tokenAudience: string;
  publicUrl?: string;
  /** How long deleted credentials and activity are kept. */
  retentionDays: number;
  dataFolder: string;
  inAzure: boolean;
  policy: Policy;
}

/** A mistake in the configuration, one line each, naming the setting or the path in the policy. */
export class ConfigurationError extends Error {
  constructor(mistakes: string[]) {
    super(mistakes.join('\n'));
    this.name = 'ConfigurationError';
  }
}

/** Reads settings and policy. Throws ConfigurationError with every mistake that it finds. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    throw new ConfigurationError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  const values = parsed.data;
  const inAzure = values.WEBSITE_SITE_NAME !== undefined;
  const policy = readPolicy(values.REGCRED_POLICY);
  if (inAzure) requireCloudPolicy(policy);
  requireOnePartition(values);
  return {
    records: values.REGCRED_RECORDS,
    queue: values.REGCRED_QUEUE,
    ...readStorage(values),
    secrets: values.REGCRED_SECRETS,
    ...(values.REGCRED_VAULT_URL && { vaultUrl: values.REGCRED_VAULT_URL }),
    ...(values.REGCRED_AWS_REGION && { awsRegion: values.REGCRED_AWS_REGION }),
    ...(values.REGCRED_AWS_ROLE_ARN && { awsRoleArn: values.REGCRED_AWS_ROLE_ARN }),
    tokenAudience: values.REGCRED_TOKEN_AUDIENCE,
    ...(values.REGCRED_PUBLIC_URL && { publicUrl: values.REGCRED_PUBLIC_URL }),
    retentionDays: values.REGCRED_RETENTION_DAYS,
    dataFolder: values.REGCRED_DATA,
    inAzure,
    policy,
  };
}

/** A role is known in its own part of AWS alone. */
function requireOnePartition({ REGCRED_AWS_REGION: region, REGCRED_AWS_ROLE_ARN: role }: z.infer<typeof Environment>): void {
  const partition = role === undefined ? undefined : partitionOfArn(role);
  if (role !== undefined && !partition)
    throw new ConfigurationError(['REGCRED_AWS_ROLE_ARN: is of a partition that AWS does not have']);
  if (!partition || region === undefined || partitionOfRegion(region).name === partition.name) return;
  throw new ConfigurationError([`REGCRED_AWS_REGION: is not in ${partition.name}, the partition of REGCRED_AWS_ROLE_ARN`]);
}

/** The account of records and queues that are in one. Throws ConfigurationError if the settings name none. */
export function storageOf({ storage }: Pick<Settings, 'storage'>): StorageAccount {
  if (storage) return storage;
  throw new ConfigurationError([
    'AzureWebJobsStorage: is needed for REGCRED_RECORDS=table and REGCRED_QUEUE=storage-queue: a connection string or, in Azure, AzureWebJobsStorage__accountName',
  ]);
}

/** The account that the platform itself uses: by a connection string, or by an identity in Azure. */
function readStorage(values: z.infer<typeof Environment>): { storage?: StorageAccount } {
  if (values.REGCRED_RECORDS !== 'table' && values.REGCRED_QUEUE !== 'storage-queue') return {};
  const { AzureWebJobsStorage: connectionString, AzureWebJobsStorage__accountName: accountName } = values;
  if (connectionString) {
    requireConnectionString(connectionString);
    return { storage: { connectionString } };
  }
  const clientId = values.AzureWebJobsStorage__clientId;
  return { storage: storageOf(accountName ? { storage: { accountName, ...(clientId && { clientId }) } } : {}) };
}

/** The SDK's own complaint comes late, and may quote the text. */
function requireConnectionString(text: string): void {
  if (/^\s*UseDevelopmentStorage=true/i.test(text) || /(^|;)\s*(AccountKey|SharedAccessSignature)=/i.test(text)) return;
  throw new ConfigurationError(['AzureWebJobsStorage: is no connection string of a storage account']);
}

/** The policy from `source`, which is the document itself or a file's path. Throws ConfigurationError. */
export function readPolicy(source: string): Policy {
  const isText = source.trimStart().startsWith('{');
  return isText ? parsePolicy(source, 'REGCRED_POLICY') : parsePolicy(readText(source), source);
}

/** The policy in a text; `where` is what the mistakes name. Throws ConfigurationError. */
export function parsePolicy(text: string, where: string): Policy {
  const parsed = Policy.safeParse(parseDocument(text, where));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(parsed.error.issues.map(({ path, message }) => `${where}: /${path.join('/')}: ${message}`));
}

/** What is for trying things on one machine would open a way around the network guard in the cloud. */
function requireCloudPolicy({ network }: Policy): void {
  const { connectTo, ca, relaxed } = network;
  const loopback = Object.keys(relaxed).filter((address) => relaxed[address]?.includes('loopback'));
  const refused = [connectTo && 'connectTo', ca && 'ca', ...loopback.map((address) => `relaxed/${address}`)].filter(
    (path) => path !== undefined,
  );
  if (refused.length === 0) return;
  throw new ConfigurationError(
    refused.map((path) => `REGCRED_POLICY: /network/${path}: is for one machine and not honoured in Azure; remove it`),
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError([
      `REGCRED_POLICY: the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    ]);
  }
}

/** The engine's own message quotes the document, which may hold what a log should not; the position is enough. */
function parseDocument(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position \d+/.exec((error as Error).message)?.[0];
    throw new ConfigurationError([`${where}: is not valid JSON${position ? ` at ${position}` : ''}`]);
  }
}
