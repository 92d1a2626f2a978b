import { app } from '@azure/functions';
import { noRoute } from '../shared/http/no-route.ts';
import { problemOf } from '../shared/http/problem.ts';

// The platform tries routes in the order of the functions' names, so this one comes last.
app.http('zz-no-route', {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  route: '{*path}',
  authLevel: 'anonymous',
  handler: async (request, context) => problemOf(noRoute(request.method, request.params['path'] ?? ''), context.invocationId),
});
