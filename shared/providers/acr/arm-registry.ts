import type { Registry } from '@azure/arm-containerregistry';
import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { AZURE_CLIENT_OPTIONS, azureHttpClient } from '../../net/azure-http-client.ts';
import type { Answer } from '../../net/exchange.ts';
import { assertInService } from '../../oci/refusals.ts';
import { Refusal } from '../../oci/stages.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';
import { parseRegistryId } from './registry-id.ts';
import { readClaims } from './token-claims.ts';

/** A registry as Azure Resource Manager has it. */
export type ArmRegistry = Pick<
  Registry,
  'name' | 'loginServer' | 'adminUserEnabled' | 'anonymousPullEnabled' | 'roleAssignmentMode'
>;

/** What the client is known to understand. */
const ArmAnswer = z.object({ name: z.string(), properties: z.object({ loginServer: z.string() }) });

/** Who asks which host for which registry. */
interface Question {
  host: string;
  registryId: string;
  /** Of Entra ID, for that host. */
  token: Secret;
}

/**
 * Asks Resource Manager for a registry. Throws Refusal, and NetError.
 *
 * https://learn.microsoft.com/rest/api/containerregistry/registries/get
 */
export async function readArmRegistry(
  { http, clock, signal }: Pick<MethodContext, 'http' | 'clock' | 'signal'>,
  { host, registryId, token }: Question,
): Promise<ArmRegistry> {
  const { subscription, group, name } = parseRegistryId(registryId);
  const { ContainerRegistryManagementClient } = await import('@azure/arm-containerregistry');
  const client = new ContainerRegistryManagementClient({ getToken: async () => asAccessToken(token) }, subscription, {
    ...AZURE_CLIENT_OPTIONS,
    endpoint: `https://${host}`,
    // Judged before the client has it, whose errors hold the request with the token. Asked once: a person waits.
    httpClient: azureHttpClient(
      {
        async request(url, options) {
          const answer = await http.request(url, { ...options, signal });
          assertInService(answer, host, clock);
          if (answer.status !== 200 || !readAnswer(ArmAnswer, answer)) throw armRefusal(answer, host, token);
          return answer;
        },
      },
      [],
    ),
  });
  return client.registries.get(group, name, { abortSignal: signal });
}

/** The client only sends it: whoever asked for it knows when it ends. */
function asAccessToken(token: Secret): { token: string; expiresOnTimestamp: number } {
  return { token: token.reveal(), expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
}

function armRefusal({ status }: Answer, host: string, token: Secret): Refusal {
  if (status === 403) {
    return new Refusal(
      'insufficient_permission',
      'ARM_NO_ROLE',
      `${host} does not let this service read the registry (403).`,
      `Give its identity${objectId(token)} the role Reader on the registry, beside the one for images. It can take ten minutes to work.`,
    );
  }
  if (status === 404) {
    return new Refusal(
      'misconfigured',
      'REGISTRY_NOT_FOUND',
      `${host} has no registry with this resource id (404).`,
      'Copy the resource id again; the registry may have been moved or deleted.',
    );
  }
  return new Refusal(
    'misconfigured',
    'ARM_UNCLEAR',
    `${host} answered ${status} when asked for the registry, and not with one.`,
    'Try again later.',
  );
}

/** Of whom a token is for, as roles are given to it; empty if the token does not say. */
export function objectId(token: Secret): string {
  const { oid } = readClaims(token);
  return oid === undefined ? '' : ` (object id ${oid})`;
}
