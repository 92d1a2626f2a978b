import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AcrState, Ticket } from './acr.ts';
import { granted } from './grants.ts';

/** What a request asks of which repository. */
interface Operation {
  repository: string;
  actions: string[];
  /** Behind the repository's name. */
  rest: string;
}

const ROUTE = /^\/v2\/([a-z0-9][a-z0-9._/-]*?)\/((?:tags\/list|manifests\/|blobs\/).*)$/;

/** The registry protocol below `/v2/`, with the answers of Azure. */
export function serveData(
  state: AcrState,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  ticket: Ticket | undefined,
): void {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  const operation = operationOf(decodeURIComponent(url.pathname), request.method ?? '');
  if (!operation && url.pathname !== '/v2/') {
    return void response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }
  if (!ticket || (operation && !isGranted(operation, ticket))) return challenge(url.host, operation, ticket, response);
  if (!operation) return send(response, 200, {});
  if (request.method === 'DELETE') response.setHeader('x-ms-ratelimit-remaining-calls-per-second', '8.000000');
  if (operation.rest.startsWith('blobs/uploads/')) return serveUpload(state, operation, request, url, response);
  serveContent(state, operation, request, response);
}

function operationOf(path: string, method: string): Operation | undefined {
  const [, repository, rest = ''] = ROUTE.exec(path) ?? [];
  if (!repository) return undefined;
  if (rest.startsWith('blobs/uploads/')) return { repository, rest, actions: ['pull', 'push'] };
  return { repository, rest, actions: [method === 'DELETE' ? 'delete' : 'pull'] };
}

/** By the token's own access; a login sent as it is, by that of its account. */
function isGranted({ repository, actions }: Operation, { account, access }: Ticket): boolean {
  const own = access.length > 0 || !account ? access : granted(account, [`repository:${repository}:${actions.join(',')}`]);
  return actions.every((action) => own.some((entry) => entry.name === repository && entry.actions.includes(action)));
}

/** 401 for whoever may not, known or not; never 403. */
function challenge(host: string, operation: Operation | undefined, ticket: Ticket | undefined, response: ServerResponse): void {
  const scope = operation ? `,scope="repository:${operation.repository}:${operation.actions.join(',')}"` : '';
  const error = ticket ? ',error="insufficient_scope"' : '';
  response.setHeader('www-authenticate', `Bearer realm="https://${host}/oauth2/token",service="${host}"${scope}${error}`);
  const detail = operation
    ? operation.actions.map((action) => ({ Type: 'repository', Name: operation.repository, Action: action }))
    : null;
  const message = 'authentication required, visit https://aka.ms/acr/authorization for more information.';
  send(response, 401, { errors: [{ code: 'UNAUTHORIZED', message, detail }] });
}

/** A push makes its repository. */
function serveUpload(
  { uploads, repositories }: AcrState,
  { repository, rest }: Operation,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
): void {
  if (request.method === 'POST') {
    const session = randomUUID();
    uploads.set(session, repository);
    return sendUpload(response, 202, repository, session, '0-0');
  }
  const session = rest.slice('blobs/uploads/'.length);
  if (uploads.get(session) !== repository) return refuse(response, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  if (request.method === 'PATCH') {
    return sendUpload(response, 202, repository, session, `0-${Number(request.headers['content-length'] ?? 1) - 1}`);
  }
  uploads.delete(session);
  if (request.method === 'DELETE') return void response.writeHead(204).end();
  const digest = url.searchParams.get('digest') ?? '';
  const known = (repositories[repository] ??= {});
  known.blobs = [...(known.blobs ?? []), digest];
  response.writeHead(201, {
    'docker-content-digest': digest,
    location: `/v2/${repository}/blobs/${digest}`,
    'content-length': '0',
  });
  response.end();
}

/** The state that an upload has reached changes with each chunk. */
function sendUpload(response: ServerResponse, status: number, repository: string, session: string, range: string): void {
  response.writeHead(status, {
    'docker-upload-uuid': session,
    location: `/v2/${repository}/blobs/uploads/${session}?_nouploadcache=false&_state=${randomUUID()}`,
    range,
    'content-length': '0',
  });
  response.end();
}

function serveContent(
  { repositories }: AcrState,
  { repository, rest }: Operation,
  { method }: IncomingMessage,
  response: ServerResponse,
): void {
  const found = Object.hasOwn(repositories, repository) ? repositories[repository] : undefined;
  if (!found) return refuse(response, 'NAME_UNKNOWN', 'repository name not known to registry', { name: repository });
  if (rest.startsWith('tags/list')) return send(response, 200, { name: repository, tags: ['latest'] });
  const [, kind, digest = ''] = /^(manifests|blobs)\/(.+)$/.exec(rest) ?? [];
  const list = (kind === 'blobs' ? found.blobs : found.manifests) ?? [];
  if (!list.includes(digest)) {
    if (kind === 'blobs') return refuse(response, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return refuse(response, 'MANIFEST_UNKNOWN', method === 'DELETE' ? `manifest ${digest} is not found` : 'manifest unknown');
  }
  if (method === 'DELETE') {
    list.splice(list.indexOf(digest), 1);
    return void response.writeHead(202).end();
  }
  response.setHeader('docker-content-digest', digest);
  if (kind === 'manifests') return send(response, 200, { schemaVersion: 2 });
  // Layers come from storage, at a signed address of another host.
  const location = `https://storage.example/${encodeURIComponent(digest)}?sig=signed`;
  response
    .writeHead(307, { location, 'content-type': 'text/html; charset=utf-8' })
    .end('<a href="#">Temporary Redirect</a>.\n\n');
}

function refuse(response: ServerResponse, code: string, message: string, detail?: object): void {
  send(response, 404, { errors: [{ code, message, ...(detail && { detail }) }] });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(body)}\n`);
}
