import { route } from '../shared/app.ts';
import { viewCredential } from '../shared/domain/credential-view.ts';
import { listCredentials, ListQuery } from '../shared/domain/list-credentials.ts';
import { nextLink } from '../shared/http/headers.ts';

route({
  name: 'list-credentials',
  method: 'GET',
  path: 'projects/{project}/credentials',
  summary: 'Lists credentials; every filter given must fit.',
  description: 'A filter that rarely fits may give a short page with a nextLink.',
  role: 'reader',
  query: ListQuery,
  reply: { 200: { schema: 'CredentialPage' } },
  errors: [],
  run: async ({ project, caller, query, request }, app) => {
    const page = await listCredentials(app, { project, caller }, query);
    return {
      body: {
        value: page.value.map(({ credential, status }) => viewCredential(app, credential, status)),
        ...nextLink(request, page.nextPageToken),
      },
    };
  },
});
