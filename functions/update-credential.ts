import { z } from 'zod';
import { route } from '../shared/app.ts';
import { viewCredential } from '../shared/domain/credential-view.ts';
import { etagOf } from '../shared/domain/etag.ts';
import { updateCredential } from '../shared/domain/update-credential.ts';
import { CheckOption } from '../shared/http/check-option.ts';
import { patchSchema } from '../shared/http/credential-schema.ts';
import { ifMatch } from '../shared/http/headers.ts';

route({
  name: 'update-credential',
  method: 'PATCH',
  path: 'projects/{project}/credentials/{id}',
  summary: 'Changes a credential by a JSON merge patch; a change of the login is checked first.',
  description:
    'A secret is bound to its registry, TLS settings and token service: change one of them and give the secret again. `username` and `password` are understood for every method; both together are a whole login, which may be one of another method.',
  role: 'admin',
  query: CheckOption,
  body: z.unknown(),
  bodySchema: patchSchema,
  requestHeaders: { 'If-Match': 'The ETag of the credential as you read it.' },
  reply: { 200: { schema: 'Credential' } },
  errors: [
    'NAME_TAKEN',
    'ETAG_REQUIRED',
    'ETAG_MISMATCH',
    'MATERIAL_REQUIRED',
    'CREDENTIAL_REJECTED',
    'ADDRESS_BLOCKED',
    'PLAIN_HTTP_NOT_ALLOWED',
    'REGISTRY_MISCONFIGURED',
    'REGISTRY_UNREACHABLE',
    'REGISTRY_THROTTLED',
    'SECRET_MISSING',
    'SECRET_UNUSABLE',
  ],
  run: async ({ project, caller, params, query, body, request }, app) => {
    const { credential, status } = await updateCredential(
      app,
      { project, caller, id: params['id'] ?? '', ifMatch: ifMatch(request), ...query },
      body,
    );
    return { headers: { etag: etagOf(credential) }, body: viewCredential(app, credential, status) };
  },
});
