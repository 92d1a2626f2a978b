/** Of GitLab's own service; images there are named by the first. */
export const GITLAB_COM = { registry: 'registry.gitlab.com', host: 'gitlab.com' };

/** Where GitLab itself answers: as given, or known for gitlab.com. Undefined: nobody said. */
export function gitlabSite(registryHost: string, gitlabUrl: unknown): string | undefined {
  if (typeof gitlabUrl === 'string') return gitlabUrl;
  return registryHost === GITLAB_COM.registry ? `https://${GITLAB_COM.host}` : undefined;
}
