import { z } from 'zod';
import { PURPOSES } from '../domain/policy.ts';

/** What the replies of the catalog look like; see schemas.ts. */

const Form = z.looseObject({ type: z.literal('object') });

const Method = z.strictObject({
  method: z.string(),
  title: z.string(),
  description: z.string(),
  form: Form.meta({ description: 'JSON Schema of the fields, with what a form needs beside it' }),
  privileges: z
    .partialRecord(z.enum(PURPOSES), z.string())
    .meta({ description: 'The least rights to give upstream, by purpose' }),
  capabilities: z.strictObject({
    login: z.boolean(),
    minting: z.boolean(),
    narrowing: z.boolean(),
    expiry: z.boolean(),
    rotation: z.boolean(),
  }),
});

export const ProviderView = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    aliases: z.array(z.string()),
    logo: z.string(),
    defaultMethod: z.string(),
    methods: z.array(Method),
  })
  .meta({ id: 'Provider' });

export const ProviderList = z
  .strictObject({
    value: z.array(ProviderView),
    common: Form.meta({ description: 'What every form has beside the fields of its method' }),
  })
  .meta({ id: 'ProviderList' });
