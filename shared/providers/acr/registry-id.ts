import { z } from 'zod';
import type { FieldMeta } from '../fields.ts';
import { readGuid } from './guid.ts';

/** A registry as a resource of Azure. */
export interface RegistryId {
  subscription: string;
  group: string;
  name: string;
}

/** Its letters may be of either case; a group has no slashes, a name only letters and digits. */
const REGISTRY_ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([\w().-]{1,90})\/providers\/Microsoft\.ContainerRegistry\/registries\/([a-z0-9]{5,50})$/i;

/** The resource id of a registry, in one spelling but for the case of group and name, which Azure keeps as they were given. */
export function registryIdField() {
  return z
    .string()
    .max(300)
    .meta({
      label: 'Resource id of the registry',
      group: 'details',
      order: 20,
      description: 'What this service may touch is listed by resource ids; it must be that of the registry above.',
      obtain: 'Azure portal > the registry > Overview > JSON View, or "az acr show --name contoso --query id"',
      example:
        '/subscriptions/9a8b7c6d-5e4f-4321-8765-43210fedcba9/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/contoso',
    } satisfies FieldMeta)
    .transform((text, context) => {
      const parsed = parse(text.trim().replace(/\/+$/, ''));
      if (parsed) return formatRegistryId(parsed);
      context.addIssue({
        code: 'custom',
        message: 'is not the resource id of a container registry',
        params: {
          code: 'NOT_A_REGISTRY_ID',
          hint: 'It is /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerRegistry/registries/NAME.',
        },
      });
      return z.NEVER;
    });
}

/** Of an id as the field makes it. Throws RangeError for another. */
export function parseRegistryId(text: string): RegistryId {
  const parsed = parse(text);
  if (!parsed) throw new RangeError('That is no resource id of a registry.');
  return parsed;
}

function parse(text: string): RegistryId | undefined {
  const [, given = '', group = '', name = ''] = REGISTRY_ID.exec(text) ?? [];
  const subscription = readGuid(given);
  return subscription === undefined ? undefined : { subscription, group, name };
}

function formatRegistryId({ subscription, group, name }: RegistryId): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
}
