import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';
import type { InferredMethod } from '../provider.ts';

/** https://goharbor.io/docs/main/working-with-projects/working-with-images/pulling-pushing-images/ */
export const harbor = defineProvider({
  id: 'harbor',
  title: 'Harbor',
  aliases: ['goharbor', 'vmware-harbor'],
  recognises: (host) => host === 'demo.goharbor.io',
  // Tokens come from /service/token of the registry itself.
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  // With a scope, a wrong login gets what anybody gets, and 200; without one it gets 401.
  // https://github.com/goharbor/harbor/blob/main/src/core/service/token/creator.go
  proof: ['scopeless-token'],
  defaultMethod: 'robot',
  inferMethod,
});

/** Robots have a prefix that ends in $ unless an administrator chose another, and project robots a + before their own name. */
function inferMethod(fields: Record<string, unknown>): InferredMethod {
  const { username } = fields;
  const isPerson = typeof username === 'string' && !/[$+]/.test(username);
  if (isPerson && !('secret' in fields)) return { method: 'user' };
  return plainForm('robot', fields, { username: 'robot', password: 'secret' });
}
