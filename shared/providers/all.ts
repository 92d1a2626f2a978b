import { acrAdmin } from './acr/admin.ts';
import { acrManagedIdentity } from './acr/managed-identity.ts';
import { acr } from './acr/provider.ts';
import { acrRepositoryToken } from './acr/repository-token.ts';
import { acrServicePrincipal } from './acr/service-principal.ts';
import { acrWorkloadIdentity } from './acr/workload-identity.ts';
import { dockerHubOrganizationToken } from './docker-hub/organization-token.ts';
import { dockerHub } from './docker-hub/provider.ts';
import { dockerHubToken } from './docker-hub/token.ts';
import { ecrAccessKey } from './ecr/access-key.ts';
import { ecrAssumeRole } from './ecr/assume-role.ts';
import { ecrNodeRole } from './ecr/node-role.ts';
import { ecr } from './ecr/provider.ts';
import { ecrPublicAccessKey } from './ecr-public/access-key.ts';
import { ecrPublicAssumeRole } from './ecr-public/assume-role.ts';
import { ecrPublic } from './ecr-public/provider.ts';
import { ghcrGitHubApp } from './ghcr/github-app.ts';
import { ghcr } from './ghcr/provider.ts';
import { ghcrToken } from './ghcr/token.ts';
import { generic } from './generic/provider.ts';
import { genericPassword } from './generic/password.ts';
import { gitlab } from './gitlab/provider.ts';
import { gitlabToken } from './gitlab/token.ts';
import { google } from './google/provider.ts';
import { googleServiceAccountKey } from './google/service-account-key.ts';
import { googleWorkloadIdentity } from './google/workload-identity.ts';
import { quay } from './quay/provider.ts';
import { quayRobot } from './quay/robot.ts';
import { quayApplication } from './quay/application.ts';
import { harbor } from './harbor/provider.ts';
import { harborRobot } from './harbor/robot.ts';
import { harborUser } from './harbor/user.ts';
import { artifactory } from './artifactory/provider.ts';
import { artifactoryToken } from './artifactory/token.ts';
import type { Method, Provider } from './provider.ts';

/** Every provider, in the order in which a portal shows them. */
export const providers: Provider[] = [dockerHub, ghcr, gitlab, acr, ecr, ecrPublic, google, quay, harbor, artifactory, generic];

/** Every method. */
export const methods: Method[] = [
  dockerHubToken,
  dockerHubOrganizationToken,
  ghcrToken,
  ghcrGitHubApp,
  gitlabToken,
  acrServicePrincipal,
  acrAdmin,
  acrRepositoryToken,
  acrManagedIdentity,
  acrWorkloadIdentity,
  ecrAccessKey,
  ecrAssumeRole,
  ecrNodeRole,
  ecrPublicAccessKey,
  ecrPublicAssumeRole,
  googleServiceAccountKey,
  googleWorkloadIdentity,
  quayRobot,
  quayApplication,
  harborRobot,
  harborUser,
  artifactoryToken,
  genericPassword,
];
