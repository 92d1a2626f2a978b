import { createAuthority } from './certificates.ts';
import { startHttpPeer } from './http-peer.ts';
import type { Handler, HttpPeer } from './http-peer.ts';
import type { Oddity } from './registry.ts';

/** Hosts of the real world on one port of this machine: a product whose parts have names of their own. */
export interface NamedHosts extends HttpPeer {
  names: string[];
  /** For `network` of the policy: leads the names here, and trusts their certificates. */
  network: { connectTo: Record<string, string>; ca: string };
  /** What a host does in place of its own answers, by name, until it is deleted. See oddities.ts. */
  moods: Map<string, Oddity>;
}

/** Starts a server that answers for each name as its handler does, over TLS under an authority of its own. */
export async function startNamedHosts(hosts: Record<string, Handler>): Promise<NamedHosts> {
  const names = Object.keys(hosts);
  // Named, because a client that trusts several tells them apart by name.
  const authority = createAuthority(`Authority of ${names.join(', ')}`.slice(0, 64));
  const moods = new Map<string, Oddity>();
  const peer = await startHttpPeer(
    (request, response) => {
      const name = request.headers.host ?? '';
      if (moods.get(name)?.(request, response)) return;
      const handle = hosts[name];
      if (handle) handle(request, response);
      else response.writeHead(421).end();
    },
    authority.issue({ hosts: names }),
  );
  const connectTo = Object.fromEntries(names.map((name) => [`${name}:443`, peer.host]));
  return Object.assign(peer, { names, moods, network: { connectTo, ca: authority.pem } });
}
