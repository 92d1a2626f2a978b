type JsonSchema = Record<string, unknown>;

/** The body of an import: what an export answers, with the secrets filled in, or a docker config. */
export function importSchema(): JsonSchema {
  return { oneOf: [exportDocument(), dockerConfig()] };
}

const ENTRY = {
  type: 'object',
  description: 'As the body of POST /api/projects/{project}/credentials; one whose secret is null fails, and the others go on.',
};

function exportDocument(): JsonSchema {
  return {
    title: 'export',
    type: 'object',
    properties: {
      schemaVersion: { const: 1 },
      credentials: { type: 'array', minItems: 1, maxItems: 500, items: ENTRY },
      nextLink: { type: 'string', description: 'Of the export; it is not followed.' },
    },
    required: ['schemaVersion', 'credentials'],
    additionalProperties: false,
  };
}

/** https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md */
function dockerConfig(): JsonSchema {
  const text = { type: 'string' };
  return {
    title: 'docker config',
    description: 'One credential for each entry of auths, named after its registry. Other members are ignored.',
    type: 'object',
    properties: {
      auths: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          properties: { auth: { ...text, description: 'base64 of user:password' }, username: text, password: text },
        },
      },
    },
    required: ['auths'],
  };
}
