import { route } from '../shared/app.ts';
import { AppError } from '../shared/lib/errors.ts';
import { findProvider, providerView } from '../shared/providers/catalog.ts';

route({
  name: 'get-provider',
  method: 'GET',
  path: 'providers/{provider}',
  summary: 'Shows one provider, by its id or another of its names.',
  role: 'any',
  reply: { 200: { schema: 'Provider' } },
  errors: ['NOT_FOUND'],
  run: async ({ params }) => {
    const provider = findProvider(params['provider'] ?? '');
    if (!provider) throw new AppError('NOT_FOUND', 'No such provider.', { hint: 'GET /api/providers lists them.' });
    return { body: providerView(provider) };
  },
});
