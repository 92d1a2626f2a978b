import { route } from '../shared/app.ts';
import { health } from '../shared/http/health.ts';

route({
  name: 'health',
  method: 'GET',
  path: 'health',
  summary: 'Says whether the service is ready; which part is not, only to a token with the role admin.',
  role: 'public',
  reply: { 200: { schema: 'Health' }, 503: { schema: 'Health' } },
  errors: ['UNAUTHENTICATED', 'ISSUER_UNAVAILABLE'],
  run: async ({ request }, service) => {
    const view = await health(service, request);
    return { status: view.status === 'ready' ? 200 : 503, body: view };
  },
});
