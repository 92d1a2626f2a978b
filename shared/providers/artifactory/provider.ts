import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';

/** One label: the name of an instance, or of an instance and a repository. */
const CLOUD_HOST = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.jfrog\.io$/;

/**
 * JFrog Artifactory. Images are named by path (`acme.jfrog.io/docker-local/app`), by subdomain (`acme-docker.jfrog.io/app`)
 * or by port (`artifactory.example.com:5001/app`).
 *
 * https://jfrog.com/help/r/jfrog-artifactory-documentation/the-repository-path-method-for-docker
 */
export const artifactory = defineProvider({
  id: 'artifactory',
  title: 'JFrog Artifactory',
  aliases: ['jfrog', 'jfrog-artifactory', 'jcr'],
  recognises: (host) => CLOUD_HOST.test(host),
  // All tenants share jfrog.io, so that no other host there is trusted.
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  // Where anonymous access is on, anybody gets tokens.
  proof: ['ping', 'identify'],
  defaultMethod: 'token',
  inferMethod: (fields) => plainForm('token', fields, { password: 'token' }),
});
