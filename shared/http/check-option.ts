import { z } from 'zod';

/** `skip` stores without a request to the registry, as `unverified`. */
export const CheckOption = z.strictObject({
  check: z
    .enum(['live', 'skip'])
    .default('live')
    .meta({ description: 'skip: store it as unverified, without asking the registry' }),
});
