import { route } from '../shared/app.ts';
import { exportCredentials, ExportQuery } from '../shared/domain/export-credentials.ts';
import { nextLink } from '../shared/http/headers.ts';

route({
  name: 'export-credentials',
  method: 'GET',
  path: 'projects/{project}/export',
  summary: 'Exports credentials as the document that an import takes, without their secrets.',
  description:
    'Each credential is written as the body of a create request, with null where a secret has to be filled in. Each page is a document of its own.',
  // It shows nothing that the list does not show: who keeps a copy need not be able to change anything.
  role: 'reader',
  query: ExportQuery,
  reply: { 200: { schema: 'Export' } },
  errors: [],
  run: async ({ project, caller, query, request }, app) => {
    const { document, nextPageToken } = await exportCredentials(app, { project, caller }, query);
    return { body: { ...document, ...nextLink(request, nextPageToken) } };
  },
});
