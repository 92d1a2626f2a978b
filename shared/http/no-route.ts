import { AppError } from '../lib/errors.ts';
import { routes } from './route.ts';

/** Why a request reached no function. The platform's own answers have no body; these say what would work. */
export function noRoute(method: string, path: string): AppError {
  const allowed = [
    ...new Set(routes.filter((route) => templatePattern(route.path).test(path)).map((route) => route.method)),
  ].toSorted();
  if (allowed.length === 0) {
    return new AppError('NOT_FOUND', 'There is nothing at this address.', { hint: 'GET /api/openapi.json lists what there is.' });
  }
  return new AppError('METHOD_NOT_ALLOWED', `This address does not take ${method}.`, {
    hint: `It takes ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  });
}

/** `projects/{project}/credentials` as a pattern; literals match in any case, as the platform does. */
function templatePattern(template: string): RegExp {
  const parts = template
    .split('/')
    .map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll(/[\\^$.+?()[\]{}|*]/g, String.raw`\$&`)));
  return new RegExp(`^${parts.join('/')}/?$`, 'i');
}
