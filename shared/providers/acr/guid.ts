const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** In place of a user name where a token is the password: https://learn.microsoft.com/azure/container-registry/container-registry-authentication */
export const NULL_GUID = '00000000-0000-0000-0000-000000000000';

/** A GUID in its one spelling, from what people paste: in any case, or in braces. Undefined if it is none. */
export function readGuid(text: string): string | undefined {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^\{(.*)\}$/, '$1');
  return GUID.test(bare) ? bare : undefined;
}
