import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { startService, type Reply, type Service, type StartOptions } from './service.ts';

interface Media {
  schema: object;
}

interface Operation {
  responses: Record<string, { content?: Record<string, Media> }>;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** Says what in a reply is not as documented; undefined: nothing. */
type Judge = (method: string, path: string, reply: Reply) => string | undefined;

/**
 * The real program as `startService` gives it, but a reply that the OpenAPI document does not describe makes its request
 * throw: a status that is not there, a content type, or a body that does not fit its schema.
 */
export async function startDocumentedService(options?: StartOptions): Promise<Service> {
  const service = await startService(options);
  const document = await service.get('/api/openapi.json', { as: null });
  const judge = judgeOf(document.json as OpenApi);
  const request: Service['request'] = async (method, path, body, options) => {
    const reply = await service.request(method, path, body, options);
    const complaint = judge(method, path, reply);
    if (complaint) throw new Error(`${method} ${path} answered ${reply.status}: ${complaint}`);
    return reply;
  };
  return {
    ...service,
    request,
    get: (path, options) => request('GET', path, undefined, options),
    post: (path, body, options) => request('POST', path, body, options),
    patch: (path, body, options) => request('PATCH', path, body, options),
    delete: (path, options) => request('DELETE', path, undefined, options),
  };
}

function judgeOf(document: OpenApi): Judge {
  // Not strict: the forms of the catalog carry keywords of their own, and the document is more than a schema.
  const ajv = new Ajv.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const problem = pointer('components', 'schemas', 'Problem');
  const templates = Object.keys(document.paths).map((path) => ({ path, pattern: patternOf(path) }));

  const fits = (schema: string, value: unknown) => {
    const validate = ajv.getSchema(`openapi${schema}`);
    if (!validate) return `the document has nothing at ${schema}`;
    return validate(value) === true ? undefined : ajv.errorsText(validate.errors);
  };
  return (method, path, reply) => {
    const { pathname } = new URL(path, 'http://localhost');
    const template = templates.find(({ pattern }) => pattern.test(pathname))?.path;
    const verb = method.toLowerCase();
    // No route: what `zz-no-route` answers is no operation of the document.
    if (template === undefined || !document.paths[template]?.[verb]) return fits(problem, reply.json);
    const response = document.paths[template][verb].responses[reply.status];
    if (!response) return `this status is not documented (${reply.text.slice(0, 200)})`;
    const type = reply.headers.get('content-type')?.split(';')[0];
    if (!response.content) return undefined;
    // `?raw=true` answers the login alone, in a type of its own.
    if (path.includes('raw=true') && reply.status === 200) return undefined;
    if (type === undefined || !response.content[type]) return `the content type ${type ?? ''} is not documented`;
    return fits(pointer('paths', template, verb, 'responses', String(reply.status), 'content', type, 'schema'), reply.json);
  };
}

/** `{id}` is one segment. */
function patternOf(template: string): RegExp {
  const parts = template.split('/').map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll('.', String.raw`\.`)));
  return new RegExp(`^${parts.join('/')}$`);
}

/** RFC 6901, as a fragment. */
function pointer(...parts: string[]): string {
  return `#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
}
