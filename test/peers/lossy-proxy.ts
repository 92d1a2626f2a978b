import { request as send } from 'node:http';
import { startHttpPeer, type HttpPeer } from './http-peer.ts';

/** What happens to the next transaction: its answer is lost, or it is refused before it gets through. */
export type Fault = 'lose-answer' | 'break-before' | 503 | 429;

export interface LossyProxy extends HttpPeer {
  /** The faults of the next transactions, in order; those behind them go through. */
  faults: Fault[];
  /** Runs when a transaction was applied whose answer is then lost. */
  beforeLoss?: () => Promise<unknown>;
}

/** Stands in front of a port of Azurite and fails as networks and busy services do. */
export async function startLossyProxy(port: number): Promise<LossyProxy> {
  const faults: Fault[] = [];
  const peer = await startHttpPeer((request, response) => {
    const { method, url = '', headers } = request;
    const fault = url.includes('$batch') ? faults.shift() : undefined;
    if (fault === 'break-before') return void request.socket.destroy();
    if (typeof fault === 'number') {
      request.resume();
      return void response.writeHead(fault).end();
    }
    const onward = send({ host: '127.0.0.1', port, method, path: url, headers }, (reply) => {
      if (fault !== 'lose-answer') return void reply.pipe(response.writeHead(reply.statusCode ?? 500, reply.headers));
      // Applied, as the whole answer is here.
      reply.resume().once('end', () => void (proxy.beforeLoss?.() ?? Promise.resolve()).finally(() => request.socket.destroy()));
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  const proxy: LossyProxy = Object.assign(peer, { faults });
  return proxy;
}
