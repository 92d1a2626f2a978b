import type { Aws } from './aws.ts';
import { audienceClaim, createEntra, issuerOf, type Entra } from './entra.ts';
import type { Google } from './google.ts';

const TENANT = '9a8b7c6d-5e4f-4321-8765-43210fedcba9';
/** What is asked for, and what the token then says. */
export const AUDIENCE = 'api://AzureADTokenExchange';
export const AUDIENCE_CLAIM = audienceClaim(AUDIENCE);
/** regcred itself, as an app of that tenant: the subject of its tokens is the object id. */
export const OWN_APP = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
export const OWN_SECRET = 'abc8Q~a-client-secret-of-regcred-itself-00';
export const OWN_OBJECT = '5e6f7a8b-1c2d-4e3f-9a0b-1c2d3e4f5a6b';
export const ISSUER = issuerOf({ id: TENANT }, AUDIENCE);

/** What the environment of the service says, outside Azure, so that it is this app. */
export const OWN_ENVIRONMENT = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: OWN_APP, AZURE_CLIENT_SECRET: OWN_SECRET };

/** Entra ID with the tenant of regcred. For named-hosts.ts, as `login.microsoftonline.com`. */
export function createOwnEntra(): Entra {
  return createEntra([{ id: TENANT, apps: { [OWN_APP]: { secrets: [{ value: OWN_SECRET }], objectId: OWN_OBJECT } } }]);
}

/** Has AWS know regcred by its tokens, as this role. To AWS the audience is who asked for the token, where it says so. */
export function trustInAws(aws: Aws, entra: Entra, roleArn: string): void {
  aws.oidcProviders.set(ISSUER, { audiences: [OWN_APP], keys: () => entra.keys() });
  aws.addRole(roleArn, { trusts: [{ issuer: ISSUER, audience: OWN_APP, subject: OWN_OBJECT }] });
}

/** Has Google know regcred by its tokens: answers the principal that it is then. */
export function trustInGoogle(google: Google, entra: Entra, identityProvider: string): string {
  google.identityProviders.set(identityProvider, { issuer: ISSUER, audiences: [AUDIENCE_CLAIM], keys: () => entra.keys() });
  return `principal://iam.googleapis.com/${identityProvider.split('/providers/')[0]}/subject/${OWN_OBJECT}`;
}
