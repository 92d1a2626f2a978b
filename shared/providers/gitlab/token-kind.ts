import type { Mistake } from '../fields.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';

/**
 * What a secret of GitLab is. `access`: a personal, project or group token. `deploy`: a deploy token. Undefined: neither
 * shows, because it is older than the prefixes, has the instance's own, or is a password.
 *
 * https://docs.gitlab.com/security/tokens/#token-prefixes
 */
export function gitlabTokenKind(username: string, token: string): 'access' | 'deploy' | undefined {
  if (token.startsWith('glpat-')) return 'access';
  // The name that GitLab makes up: https://docs.gitlab.com/user/project/deploy_tokens/
  if (token.startsWith('gldt-') || /^gitlab\+deploy-token-\d+$/.test(username)) return 'deploy';
  return undefined;
}

/** By prefix: what the registry does not take, or not for long. */
const OTHER_KINDS: Record<string, string> = {
  glcbt: 'is a token of a CI job, which ends with the job',
  glrt: 'is a token of a runner',
  gloas: 'is the secret of an OAuth application',
  glsoat: 'is a token for SCIM',
  glft: 'is a token for feeds',
  glptt: 'is a token that triggers pipelines',
};

/** Says what was pasted in place of a token of GitLab. */
export function findGitlabMistake(text: string): Mistake | undefined {
  const foreign = findForeignToken(text, ['gitlab']);
  if (foreign) return foreign;
  const pasted = text.includes('gl') ? findPasteMistake(text) : undefined;
  if (pasted) return pasted;
  const other = OTHER_KINDS[/^(gl[a-z]+)-/.exec(text)?.[1] ?? ''];
  if (other === undefined) return undefined;
  return {
    code: 'WRONG_TOKEN',
    message: other,
    hint: 'Give a personal, project or group access token, or a deploy token, with the scope read_registry.',
  };
}
