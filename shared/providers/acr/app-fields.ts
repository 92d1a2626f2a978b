import { z } from 'zod';
import { addMistake, secretField } from '../fields.ts';
import type { FieldMeta, Mistake } from '../fields.ts';
import { findForeignToken, findPasteMistake } from '../token-shapes.ts';
import { NULL_GUID, readGuid } from './guid.ts';

/** One of a tenant's domains, such as contoso.onmicrosoft.com. */
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

/** The id of an app or of a managed identity, in its one spelling. */
export function clientIdField(meta: Partial<FieldMeta> = {}) {
  return z
    .string()
    .max(100)
    .meta({
      label: 'Client id',
      group: 'details',
      order: 20,
      description: 'The application (client) id of the service principal.',
      obtain: 'Azure portal > Microsoft Entra ID > App registrations > the app > Overview',
      example: '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b',
      ...meta,
    } satisfies FieldMeta)
    .transform((text, context) => {
      const clientId = readGuid(text);
      if (clientId && clientId !== NULL_GUID) return clientId;
      addMistake(context, clientId ? SHORT_LIVED : NOT_A_GUID);
      return z.NEVER;
    });
}

/** The id of a tenant, or one of its domains. */
export function tenantIdField(meta: Partial<FieldMeta> = {}) {
  return z
    .string()
    .max(253)
    .meta({
      label: 'Tenant id',
      group: 'details',
      order: 30,
      description: 'The tenant that the registry belongs to.',
      obtain: 'Azure portal > Microsoft Entra ID > Overview',
      example: '9a8b7c6d-5e4f-4321-8765-43210fedcba9',
      // The secret is sent to whichever tenant this names.
      binding: true,
      ...meta,
    } satisfies FieldMeta)
    .transform((text, context) => {
      const tenantId = readGuid(text) ?? text.trim().toLowerCase();
      const token = findForeignToken(text);
      if (!token && (readGuid(tenantId) || DOMAIN.test(tenantId))) return tenantId;
      addMistake(context, token ?? NOT_A_TENANT);
      return z.NEVER;
    });
}

export function clientSecretField() {
  return secretField(
    {
      label: 'Client secret',
      order: 40,
      obtain: 'Azure portal > Microsoft Entra ID > App registrations > the app > Certificates & secrets. Its value, not its id.',
      example: 'abc8Q~an-example-of-a-client-secret-0000000',
    },
    1024,
    (text) => findPasteMistake(text) ?? findSecretId(text) ?? findForeignToken(text, ['entra-client-secret']),
  );
}

const NOT_A_GUID: Mistake = {
  code: 'NOT_A_GUID',
  message: 'is not the id of an app',
  hint: 'Give the application (client) id, which has the form 00000000-0000-0000-0000-000000000000, not a name or an address.',
};

const SHORT_LIVED: Mistake = {
  code: 'SHORT_LIVED',
  message: 'is what stands in place of a user name where the password is a token of some hours',
  hint: 'Give the client id of a service principal, and its client secret.',
};

const NOT_A_TENANT: Mistake = {
  code: 'NOT_A_TENANT',
  message: 'is neither the id of a tenant nor one of its domains',
  hint: 'Give the tenant (directory) id, which has the form 00000000-0000-0000-0000-000000000000.',
};

/** Entra ID shows the id of a secret beside its value for good, and the value only once. */
function findSecretId(text: string): Mistake | undefined {
  if (!readGuid(text)) return undefined;
  return { code: 'SECRET_ID', message: 'is an id, not a secret', hint: "Give the secret's value; its id does not log in." };
}
