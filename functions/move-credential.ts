import { route } from '../shared/app.ts';
import { viewCredential } from '../shared/domain/credential-view.ts';
import { etagOf } from '../shared/domain/etag.ts';
import { moveCredential, MoveRequest } from '../shared/domain/move-credential.ts';
import { ifMatch } from '../shared/http/headers.ts';

route({
  name: 'move-credential',
  method: 'POST',
  path: 'projects/{project}/credentials/{id}/move',
  summary: 'Moves the secret of a credential to another secret store.',
  description:
    'It is written there, read back and compared; then the credential points to it, and the old one is removed. The login, its standing and everything else stay as they are. One that is there already, or has no secret (active.store is null), is answered unchanged.',
  role: 'admin',
  body: MoveRequest,
  requestHeaders: { 'If-Match': 'Optional: the ETag of the credential as you read it.' },
  reply: { 200: { schema: 'Credential' } },
  errors: ['ETAG_MISMATCH', 'SECRET_MISSING', 'SECRET_UNUSABLE'],
  run: async ({ project, caller, params, body, request }, app) => {
    const { credential, status } = await moveCredential(app, {
      project,
      caller,
      id: params['id'] ?? '',
      ifMatch: ifMatch(request),
      ...body,
    });
    return { headers: { etag: etagOf(credential) }, body: viewCredential(app, credential, status) };
  },
});
