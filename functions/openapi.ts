import { route } from '../shared/app.ts';
import { openApi } from '../shared/http/openapi.ts';

route({
  name: 'openapi',
  method: 'GET',
  path: 'openapi.json',
  summary: 'This documentation, as OpenAPI 3.1.',
  role: 'public',
  reply: { 200: 'The document.' },
  errors: [],
  run: async (_input, { app }) => ({
    headers: { 'content-type': 'application/json' },
    text: await openApi(app.settings.publicUrl),
  }),
});
