import { route } from '../shared/app.ts';
import { commonForm } from '../shared/domain/common-form.ts';
import { catalogView } from '../shared/providers/catalog.ts';

route({
  name: 'list-providers',
  method: 'GET',
  path: 'providers',
  summary:
    'Lists every provider and method, with the form that a portal draws for it, and the fields that all forms have in common.',
  role: 'any',
  reply: { 200: { schema: 'ProviderList' } },
  errors: [],
  run: async () => ({ body: { value: catalogView(), common: commonForm() } }),
});
