import { route } from '../shared/app.ts';
import { policyJsonSchema } from '../shared/domain/policy.ts';

route({
  name: 'policy-schema',
  method: 'GET',
  path: 'policy.schema.json',
  summary: "The JSON Schema of the operator's policy.",
  role: 'public',
  reply: { 200: 'The schema.' },
  errors: [],
  run: async () => ({ headers: { 'content-type': 'application/schema+json' }, text: JSON.stringify(policyJsonSchema()) }),
});
