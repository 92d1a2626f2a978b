import { z } from 'zod';
import type { FieldError } from '../../lib/errors.ts';
import { parseRegistryAddress } from '../../oci/address.ts';
import { addMistake, type FieldMeta, type Mistake } from '../fields.ts';
import { type Upstream } from '../provider.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';
import { universeOfHost, universeOfScope } from './hosts.ts';

/** https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#WorkloadIdentityPoolProvider */
const PROVIDER = /^projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/;

/** What consoles and configurations put before it. */
const BEFORE = /^(?:https:)?\/\/iam\.googleapis\.com\/(?:v1\/)?/;

const PROVIDER_HINT = 'It is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER.';

/**
 * Those that people make. After the id of the project comes what it is scoped to: a domain, or another universe.
 *
 * https://cloud.google.com/iam/docs/service-account-types
 * https://documentation.s3ns.fr/iam/docs/service-accounts-create
 */
const ACCOUNT =
  /^[a-z][a-z0-9-]{4,28}[a-z0-9]@((?!gcp-sa-)[a-z][a-z0-9-]{4,28}[a-z0-9])(?:\.([a-z0-9][a-z0-9.-]*))?\.iam\.gserviceaccount\.com$/;

export const identityProvider = () =>
  z
    .string()
    .trim()
    .max(300)
    .transform((text) => text.replace(BEFORE, '').replace(/\/$/, ''))
    .superRefine((text, context) => addMistake(context, findProviderMistake(text)))
    .meta({
      label: 'Workload identity provider',
      group: 'details',
      order: 20,
      description: 'The provider of a workload identity pool that trusts the tokens of this service.',
      example: 'projects/123456789012/locations/global/workloadIdentityPools/my-pool/providers/regcred',
      obtain:
        'Google Cloud console > IAM & Admin > Workload Identity Federation > the pool > the provider > Edit: its default audience.',
    } satisfies FieldMeta);

export const serviceAccount = () =>
  z
    .string()
    .trim()
    .max(120)
    .toLowerCase()
    .superRefine((text, context) => addMistake(context, findAccountMistake(text)))
    .meta({
      label: 'Service account',
      group: 'details',
      order: 30,
      description:
        'The account that logs in. This service must be a Workload Identity User of it, and the operator must have listed it, or its project, among the upstreams of the project.',
      example: 'image-pull@my-project.iam.gserviceaccount.com',
      obtain: 'Google Cloud console > IAM & Admin > Service Accounts: its email.',
    } satisfies FieldMeta);

export function accountUpstreams({ serviceAccount: email }: { serviceAccount: string }): Upstream[] {
  const [, id = '', scope] = ACCOUNT.exec(email) ?? [];
  const project = scope === undefined ? id : `${scope}:${id}`;
  return [{ pointer: '/serviceAccount', name: `projects/${project}/serviceAccounts/${email}` }];
}

/** An account is known in its own universe alone, and only that may see a token of this service. */
export function accountUniverseMistakes({ url, serviceAccount: email }: { url: string; serviceAccount: string }): FieldError[] {
  const [, , scope] = ACCOUNT.exec(email) ?? [];
  if (universeOfScope(scope) === universeOfHost(parseRegistryAddress(url).host)) return [];
  return [
    {
      pointer: '/serviceAccount',
      code: 'OTHER_UNIVERSE',
      detail: 'is an account of another cloud than the registry',
      hint: 'Check the address, and the end of the email.',
    },
  ];
}

function findProviderMistake(text: string): Mistake | undefined {
  if (PROVIDER.test(text)) return undefined;
  const mistake = findPasteMistake(text) ?? findForeignToken(text);
  if (mistake) return mistake;
  const code = 'IDENTITY_PROVIDER';
  if (/^projects\/[a-z][^/]*\//.test(text)) {
    return {
      code: 'PROJECT_NUMBER',
      message: 'names its project by id',
      hint: `Give the number of the project. ${PROVIDER_HINT}`,
    };
  }
  if (/\/workloadIdentityPools\/[^/]+$/.test(text)) {
    return { code, message: 'is a pool, and not a provider in it', hint: PROVIDER_HINT };
  }
  return { code, message: 'is not the name of a workload identity provider', hint: PROVIDER_HINT };
}

function findAccountMistake(text: string): Mistake | undefined {
  if (ACCOUNT.test(text)) return undefined;
  const mistake = findPasteMistake(text) ?? findForeignToken(text);
  if (mistake) return mistake;
  const code = 'SERVICE_ACCOUNT';
  if (/@(?:(?:developer|appspot|cloudbuild)\.)?gserviceaccount\.com$|@gcp-sa-/.test(text)) {
    return {
      code,
      message: "is an account of Google's own making",
      hint: 'Make a service account for this: NAME@PROJECT.iam.gserviceaccount.com.',
    };
  }
  return { code, message: 'is not the email of a service account', hint: 'It is NAME@PROJECT.iam.gserviceaccount.com.' };
}
