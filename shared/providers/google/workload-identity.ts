import { z } from 'zod';
import { parseRegistryAddress } from '../../oci/address.ts';
import type { Login } from '../../oci/login.ts';
import { defineMethod, type MethodContext } from '../provider.ts';
import { accountUniverseMistakes, accountUpstreams, identityProvider, serviceAccount } from './federation-fields.ts';
import { GOOGLE_PRIVILEGES, googleUrl } from './google-url.ts';
import { universeOfHost } from './hosts.ts';
import { impersonate } from './impersonation.ts';
import { exchangeToken } from './token-exchange.ts';

const settingsSchema = () =>
  z.strictObject({ url: googleUrl(), identityProvider: identityProvider(), serviceAccount: serviceAccount() });

/**
 * A service account that trusts regcred through workload identity federation: nothing is stored, and logins end when the
 * trust does.
 *
 * https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
 */
export const googleWorkloadIdentity = defineMethod({
  provider: 'google',
  method: 'workload-identity',
  title: 'Workload identity federation',
  description: 'A service account that trusts this service. Nothing secret is stored; logins are made as it, each for an hour.',
  settings: settingsSchema,
  material: () => z.strictObject({}),
  registry: ({ url }) => parseRegistryAddress(url),
  upstreams: accountUpstreams,
  contradictions: accountUniverseMistakes,
  // The login that comes next shows that it is so.
  identify: async ({ settings }) => ({ username: settings.serviceAccount }),
  login,
  privileges: GOOGLE_PRIVILEGES,
  mints: true,
  narrowing: false,
});

async function login(context: MethodContext<z.output<ReturnType<typeof settingsSchema>>>): Promise<Login> {
  const { identityProvider, serviceAccount } = context.settings;
  const domain = universeDomain(context);
  const own = await context.cloud.federationToken(context.signal);
  const token = await exchangeToken(context, { url: `https://sts.${domain}/v1/token`, identityProvider }, own);
  const [pool] = identityProvider.split('/providers/');
  const principal = `principal://iam.googleapis.com/${pool}/subject/${own.subject}`;
  return impersonate(context, { url: `https://iamcredentials.${domain}`, serviceAccount, principal }, token);
}

/** Throws RangeError for a record that was made under other rules. */
function universeDomain({ registry }: Pick<MethodContext, 'registry'>): string {
  const universe = universeOfHost(registry.host);
  if (!universe) throw new RangeError(`${registry.host} is no registry of Google.`);
  return universe.domain;
}
