import { route } from '../shared/app.ts';
import { catalogView } from '../shared/providers/catalog.ts';

route({
  name: 'list-providers',
  method: 'GET',
  path: 'providers',
  summary: 'Lists every provider and method, with the form that a portal draws for it.',
  role: 'any',
  reply: { 200: { schema: 'ProviderList' } },
  errors: [],
  run: async () => ({ body: { value: catalogView() } }),
});
