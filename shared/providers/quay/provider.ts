import { plainForm } from '../plain-form.ts';
import { defineProvider } from '../provider.ts';
import type { InferredMethod } from '../provider.ts';

/**
 * Quay, as a service and self-hosted.
 *
 * https://docs.projectquay.io/use_quay.html#robot-accounts
 */
export const quay = defineProvider({
  id: 'quay',
  title: 'Quay',
  aliases: ['quay.io', 'red-hat-quay', 'redhat-quay', 'project-quay'],
  recognises: (host) => host === 'quay.io',
  // Tokens come from /v2/auth of the registry itself.
  trustsRealm: () => false,
  dockerConfigKeys: ({ host }) => [host],
  // Whoever sends a login that is wrong gets no token, with or without a scope.
  proof: ['scopeless-token'],
  // Any other action than these makes it refuse the request: https://github.com/quay/quay/blob/master/endpoints/v2/v2auth.py
  scopeActions: 'pull,push,*',
  sharedUsernames: ['$oauthtoken', '$app'],
  defaultMethod: 'robot',
  inferMethod,
});

/** User names with a $ stand for tokens, all others that may be given here are robots. */
function inferMethod(fields: Record<string, unknown>): InferredMethod {
  const { username } = fields;
  const isNamed = username !== undefined || 'robot' in fields;
  if (!isNamed || (typeof username === 'string' && username.trim().startsWith('$'))) {
    return plainForm('application', fields, { password: 'token' });
  }
  return plainForm('robot', fields, { username: 'robot', password: 'token' });
}
