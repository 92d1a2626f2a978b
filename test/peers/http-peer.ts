import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Leaf } from './certificates.ts';

/** A request as a peer saw it: enough to tell whether a secret was sent. */
export interface SeenRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Host header. */
  host: string;
  /** `Basic` or `Bearer`; absent: as anybody. */
  authorization?: string;
}

export interface HttpPeer extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  port: number;
  /** `http://` or `https://`, without a slash at the end. */
  url: string;
  requests: SeenRequest[];
  /** Connections that are open now. */
  openConnections(): Promise<number>;
  /** Tells of each CONNECT, as a proxy gets it, and closes that connection. */
  onConnect(listen: (target: string) => void): void;
  /** Connections that were opened so far. */
  connectionCount(): number;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback, on a port of the system's choice, that keeps a list of what it was asked. */
export async function startHttpPeer(handle: Handler, tls?: Leaf): Promise<HttpPeer> {
  const requests: SeenRequest[] = [];
  let connections = 0;
  const listener: Handler = (request, response) => {
    requests.push(seen(request));
    handle(request, response);
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    connectionCount: () => connections,
    onConnect: (listen) => {
      server.on('connect', (request, socket) => {
        listen(request.url ?? '');
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
    },
    openConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/** User name and password of an Authorization header, if it has them. */
export function basicLogin(request: IncomingMessage): { username: string; password: string } | undefined {
  const [, encoded] = /^Basic (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (!encoded) return undefined;
  const [, username = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return { username, password };
}

function seen({ method = '', url = '', headers }: IncomingMessage): SeenRequest {
  const scheme = headers.authorization?.split(' ')[0];
  return { method, path: url, host: headers.host ?? '', ...(scheme && { authorization: scheme }) };
}
