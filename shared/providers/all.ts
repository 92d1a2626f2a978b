import { dockerHubOrganizationToken } from './docker-hub/organization-token.ts';
import { dockerHub } from './docker-hub/provider.ts';
import { dockerHubToken } from './docker-hub/token.ts';
import { generic } from './generic/provider.ts';
import { genericPassword } from './generic/password.ts';
import type { Method, Provider } from './provider.ts';

/** Every provider, in the order in which a portal shows them. */
export const providers: Provider[] = [dockerHub, generic];

/** Every method. */
export const methods: Method[] = [dockerHubToken, dockerHubOrganizationToken, genericPassword];
