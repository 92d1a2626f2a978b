import { z } from 'zod';
import { dockerConfig } from '../oci/docker-config.ts';
import type { Login } from '../oci/login.ts';

const DNS_LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names */
const namespaceName = z
  .string()
  .max(63)
  .regex(new RegExp(`^${DNS_LABEL}$`), { message: 'must be lower-case letters, digits and hyphens' });
const objectName = z
  .string()
  .max(253)
  .regex(new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`), { message: 'must be lower-case letters, digits, hyphens and dots' });

const labelValue = z
  .string()
  .max(63)
  .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?$/, { message: 'is not a Kubernetes label value' });
const labelKey = z
  .string()
  .regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, {
    message: 'is not a Kubernetes label key',
  });

export const RepositoryName = z
  .string()
  .max(255)
  .regex(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/, {
    message: 'is not a repository name',
  });

const Asked = {
  environment: z
    .string()
    .max(63)
    .optional()
    .meta({ description: 'Where it will be used. May be left out if your rights cover every environment of the credential.' }),
  repositories: z
    .array(RepositoryName)
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'Narrow the login to these, where the provider can.' }),
  actions: z
    .array(z.enum(['pull', 'push']))
    .min(1)
    .optional(),
  fresh: z.boolean().default(false).meta({ description: 'Do not answer a login from memory.' }),
};

const Kubernetes = {
  secretName: objectName,
  namespace: namespaceName.optional(),
  labels: z.record(labelKey, labelValue).default({}),
};

const Format = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('login'), ...Asked }),
  z.strictObject({ format: z.literal('docker-config'), ...Asked }),
  z.strictObject({ format: z.literal('kubernetes-secret'), ...Asked, ...Kubernetes }),
  z.strictObject({ format: z.literal('helm-values'), ...Asked, ...Kubernetes }),
]);

/** What a hand-out may be asked for; `format` is `login` if it is left out. */
export const HandOutRequest = z.preprocess(
  (body) =>
    typeof body === 'object' && body !== null && !Array.isArray(body) && !('format' in body)
      ? { format: 'login', ...body }
      : body,
  Format,
);
export type HandOutRequest = z.output<typeof Format>;

export interface RenderedLogin {
  format: HandOutRequest['format'];
  value: { username: string; password: string } | { auths: Record<string, object> } | string;
}

/** Of what `?raw=true` answers. */
export const RAW_CONTENT_TYPES: Record<HandOutRequest['format'], string> = {
  login: 'application/json',
  'docker-config': 'application/json',
  'kubernetes-secret': 'application/yaml',
  'helm-values': 'application/yaml',
};

/** The login in the form that was asked for. `keys` are what docker and the kubelet look the registry up by. */
export async function renderLogin(request: HandOutRequest, keys: string[], login: Login): Promise<RenderedLogin> {
  switch (request.format) {
    case 'login':
      return { format: request.format, value: { username: login.username, password: login.password.reveal() } };
    case 'docker-config':
      return { format: request.format, value: dockerConfig([{ keys, login }]) };
    case 'kubernetes-secret':
      return { format: request.format, value: await kubernetesSecret(request, JSON.stringify(dockerConfig([{ keys, login }]))) };
    case 'helm-values':
      return { format: request.format, value: await helmValues(request, JSON.stringify(dockerConfig([{ keys, login }]))) };
  }
}

/** https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets */
function kubernetesSecret({ secretName, namespace, labels }: KubernetesRequest, config: string): Promise<string> {
  return yaml({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretName, ...(namespace && { namespace }), ...(Object.keys(labels).length > 0 && { labels }) },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
  });
}

/** Values for a chart that makes the Secret itself; the document is JSON in a string, in clear. */
function helmValues({ secretName, namespace, labels }: KubernetesRequest, config: string): Promise<string> {
  return yaml({
    name: secretName,
    ...(namespace && { namespace }),
    type: 'kubernetes.io/dockerconfigjson',
    labels,
    secrets: { data: [{ key: '.dockerconfigjson', value: config }] },
  });
}

type KubernetesRequest = Extract<HandOutRequest, { secretName: string }>;

/**
 * No folding: a long line stays one line, whoever reads it. kubectl and helm read YAML 1.1, too, where `on`, `y` and `012`
 * are no strings: those are quoted.
 */
async function yaml(document: object): Promise<string> {
  // The default export: a bundle knows no named ones of a CommonJS library that is loaded on first use.
  const { default: library } = await import('yaml');
  return library.stringify(document, { compat: 'yaml-1.1', lineWidth: 0, defaultStringType: 'PLAIN' });
}
