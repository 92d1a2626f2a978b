import { defineProvider } from '../provider.ts';

/** Any registry that speaks the OCI distribution protocol. It is never inferred over a provider that knows the host. */
export const generic = defineProvider({
  id: 'generic',
  title: 'Another registry',
  aliases: ['other', 'docker-registry', 'custom'],
  recognises: () => false,
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  proof: ['ping'],
  defaultMethod: 'password',
});
