import { projectOf, secretStoreName, type App } from './app.ts';
import { externalIdOf } from './external-id.ts';
import type { SecretStoreName } from './policy.ts';

/** What a portal needs to know of a project before it draws a form. */
export interface ProjectView {
  name: string;
  environments: string[];
  /** Where the material of new credentials goes. */
  secretStore: SecretStoreName;
  /** Where regcred's own identity may act for it. */
  upstreams: string[];
  aws: { externalId: string; roleArn: string | null };
}

/** Throws NOT_FOUND for a project that the policy does not declare. */
export async function viewProject(app: App, name: string): Promise<ProjectView> {
  const project = projectOf(app, name);
  const { environments, upstreams } = project;
  return {
    name,
    environments,
    secretStore: secretStoreName(app, project),
    upstreams,
    aws: { externalId: await externalIdOf(app, name), roleArn: app.settings.awsRoleArn ?? null },
  };
}
