import { z } from 'zod';
import { route } from '../shared/app.ts';
import { checkLogin } from '../shared/domain/check-credential.ts';
import { checkSchema } from '../shared/http/credential-schema.ts';

route({
  name: 'check-login',
  method: 'POST',
  path: 'projects/{project}/checks',
  summary: 'Checks a login against its registry without storing anything.',
  description: 'Answers 200 with the verdict, also for a login that is refused. An address that is not allowed is an error.',
  role: 'operator',
  body: z.unknown(),
  bodySchema: checkSchema,
  reply: { 200: { schema: 'Check' } },
  errors: ['ADDRESS_BLOCKED', 'PLAIN_HTTP_NOT_ALLOWED'],
  run: async ({ project, caller, body }, app) => ({ body: await checkLogin(app, { project, caller }, body) }),
});
