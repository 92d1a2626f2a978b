import { z } from 'zod';
import { route } from '../shared/app.ts';
import { handOut } from '../shared/domain/hand-out.ts';
import { HandOutRequest, RAW_CONTENT_TYPES } from '../shared/domain/login-format.ts';

route({
  name: 'hand-out-login',
  method: 'POST',
  path: 'projects/{project}/credentials/{id}/login',
  summary: 'Hands the login out, in the form that is asked for, and records who got it.',
  role: 'consumer',
  query: z.strictObject({ raw: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false) }),
  body: HandOutRequest.prefault({}),
  reply: { 200: { schema: 'HandOut' } },
  errors: [
    'CREDENTIAL_DISABLED',
    'NOTHING_TO_HAND_OUT',
    'HAND_OUT_LIMIT',
    'SECRET_MISSING',
    'SECRET_UNUSABLE',
    'AUDIT_UNAVAILABLE',
    // Of providers that mint.
    'CREDENTIAL_REJECTED',
    'ADDRESS_BLOCKED',
    'REGISTRY_MISCONFIGURED',
    'REGISTRY_UNREACHABLE',
    'REGISTRY_THROTTLED',
  ],
  run: async ({ project, caller, params, query, body }, app) => {
    const handed = await handOut(app, { project, caller, id: params['id'] ?? '' }, body);
    if (!query.raw) return { body: handed };
    const text = typeof handed.value === 'string' ? handed.value : JSON.stringify(handed.value);
    return { headers: { 'content-type': RAW_CONTENT_TYPES[handed.format] }, text };
  },
});
