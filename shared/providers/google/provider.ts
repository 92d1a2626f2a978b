import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';
import { universeOfHost } from './hosts.ts';

/** Google Artifact Registry, and what was Container Registry. The token service is the registry's own, at `/v2/token`. */
export const google = defineProvider({
  id: 'google',
  title: 'Google Artifact Registry',
  aliases: ['gcp', 'gar', 'gcr', 'google-cloud', 'artifact-registry', 'google-artifact-registry'],
  recognises: (host) => universeOfHost(host) !== undefined,
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  proof: ['identify', 'ping'],
  defaultMethod: 'service-account-key',
  inferMethod: (fields) =>
    'identityProvider' in fields || 'serviceAccount' in fields
      ? { method: 'workload-identity' }
      : plainForm('service-account-key', fields, { username: 'loginAs', password: 'keyFile' }),
});
