import { z } from 'zod';
import { CommonInput } from '../domain/common-input.ts';
import { PURPOSES } from '../domain/policy.ts';
import { CheckOption } from './check-option.ts';

/** Parameters rather than members of the body, so that a docker config is posted as it lies there. */
export const ImportOptions = z.strictObject({
  ...CheckOption.shape,
  purpose: z.enum(PURPOSES).optional().meta({ description: 'What all entries are for, whatever they say.' }),
  environments: z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(CommonInput.shape.environments.unwrap())
    .optional()
    .meta({ description: 'The environments of all entries, whatever they say, with commas between them.' }),
  labels: z
    .string()
    .max(4000)
    // A key of another kind is told here: the record would drop `__proto__` without a word.
    .regex(/^[a-z0-9][^:,]*:[^,]*(?:,[a-z0-9][^:,]*:[^,]*)*$/i, { message: 'must be key:value, with commas between several' })
    .transform((text) => Object.fromEntries(text.split(',').map(labelOf)))
    .pipe(CommonInput.shape.labels.unwrap())
    .optional()
    .meta({ description: 'Labels that all entries get beside their own, as key:value with commas between them.' }),
});

function labelOf(text: string): [string, string] {
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1)];
}
