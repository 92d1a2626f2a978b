import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE } from '../../shared/lib/clock.ts';
import type { RequestHandler } from './http.ts';

export interface Listener {
  port: number;
  /** Says who answers; requests that came before have waited for it. */
  serve(handler: RequestHandler): void;
  /** Takes no more connections, and waits until those that are open have their answers. */
  close(): Promise<void>;
  /** Ends every connection now. */
  cut(): void;
}

/** Listens on this machine alone. Throws Node's error, with `code` EADDRINUSE if the port is taken. 0 asks the system for one. */
export async function listen(wanted: number): Promise<Listener> {
  const handler = Promise.withResolvers<RequestHandler>();
  const unanswered = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    unanswered.add(response);
    response.on('close', () => unanswered.delete(response));
    // A busy client would keep its connection, and the host with it, for as long as it likes.
    if (!server.listening) response.setHeader('connection', 'close');
    void handler.promise.then((handle) => handle(request, response));
  });
  // A request may bring 100 MB over a slow line, but must end.
  server.requestTimeout = 5 * MINUTE;
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    serve: (handle) => handler.resolve(handle),
    async close() {
      const closed = once(server, 'close');
      server.close();
      // Else each client would keep its connection for some seconds after its answer.
      for (const response of unanswered) if (!response.headersSent) response.setHeader('connection', 'close');
      await closed;
    },
    cut() {
      server.close();
      server.closeAllConnections();
    },
  };
}
