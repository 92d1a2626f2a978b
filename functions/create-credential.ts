import { z } from 'zod';
import { route } from '../shared/app.ts';
import { createCredential } from '../shared/domain/create-credential.ts';
import { viewCredential } from '../shared/domain/credential-view.ts';
import { etagOf } from '../shared/domain/etag.ts';
import { CheckOption } from '../shared/http/check-option.ts';
import { createSchema } from '../shared/http/credential-schema.ts';
import { idempotencyKey } from '../shared/http/headers.ts';

route({
  name: 'create-credential',
  method: 'POST',
  path: 'projects/{project}/credentials',
  summary: 'Checks a login against its registry, then stores it.',
  description:
    'The fields of the method stand beside the common ones. Provider and method are inferred where they are left out; a registry that takes user name and password is understood from `username` and `password`.',
  role: 'admin',
  query: CheckOption,
  body: z.unknown(),
  bodySchema: createSchema,
  requestHeaders: { 'Idempotency-Key': 'For 24 hours a repeated request with this key answers what the first one made.' },
  reply: { 201: { schema: 'Credential' } },
  errors: [
    'NAME_TAKEN',
    'CREDENTIAL_REJECTED',
    'ADDRESS_BLOCKED',
    'PLAIN_HTTP_NOT_ALLOWED',
    'REGISTRY_MISCONFIGURED',
    'IDEMPOTENCY_CONFLICT',
    'REGISTRY_UNREACHABLE',
    'REGISTRY_THROTTLED',
  ],
  run: async ({ project, query, body, caller, request }, app) => {
    const key = idempotencyKey(request);
    const { credential, status } = await createCredential(
      app,
      { project, caller, ...query, ...(key && { idempotencyKey: key }) },
      body,
    );
    const location = `/api/projects/${project}/credentials/${credential.id}`;
    return { status: 201, headers: { location, etag: etagOf(credential) }, body: viewCredential(app, credential, status) };
  },
});
