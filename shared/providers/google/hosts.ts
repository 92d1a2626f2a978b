/**
 * Artifact Registry, with its regional endpoints, and the names of Container Registry, which it serves today.
 *
 * https://cloud.google.com/artifact-registry/docs/docker/names
 * https://cloud.google.com/artifact-registry/docs/transition/setup-gcr-repo
 */
const ARTIFACT_REGISTRY = /^(?:[a-z0-9-]+-docker\.pkg\.dev|docker\.[a-z0-9-]+\.rep\.pkg\.dev)$/;
const CONTAINER_REGISTRY = new Set(['gcr.io', 'us.gcr.io', 'eu.gcr.io', 'asia.gcr.io', 'marketplace.gcr.io']);

/** A cloud that is built with Google's software and run by somebody else has names and keys of its own. */
interface Universe {
  /** `universe_domain` of its keys. */
  domain: string;
  /** Where keys are exchanged for access tokens. */
  tokenUrl: string;
  /** Before the ids of its projects, as a domain is before those that it owns: `s3ns:my-project`. */
  scope?: string;
  hasRegistry: (host: string) => boolean;
}

const GOOGLE: Universe = {
  domain: 'googleapis.com',
  tokenUrl: 'https://oauth2.googleapis.com/token',
  hasRegistry: (host) => ARTIFACT_REGISTRY.test(host) || CONTAINER_REGISTRY.has(host),
};

const UNIVERSES: Universe[] = [
  GOOGLE,
  {
    domain: 's3nsapis.fr',
    tokenUrl: 'https://oauth2.s3nsapis.fr/token',
    scope: 's3ns',
    hasRegistry: (host) => host === 'docker.s3nsregistry.fr',
  },
];

/** The universe whose registry this is; undefined: none of them. */
export function universeOfHost(host: string): Universe | undefined {
  return UNIVERSES.find(({ hasRegistry }) => hasRegistry(host));
}

/** The universe with the projects of this scope: Google's own has those of no scope, and of domains. */
export function universeOfScope(scope: string | undefined): Universe {
  return UNIVERSES.find((universe) => scope !== undefined && universe.scope === scope) ?? GOOGLE;
}

/** By the `universe_domain` of a key; absent, it is Google's own. */
export function universeOfKey(domain = GOOGLE.domain): Universe | undefined {
  return UNIVERSES.find((universe) => universe.domain === domain);
}

/** Key files of earlier years name other addresses of Google's token service. The one of the universe is asked in any case. */
export function isKnownTokenUrl(url: string, { tokenUrl }: Universe): boolean {
  const earlier = ['https://accounts.google.com/o/oauth2/token', 'https://www.googleapis.com/oauth2/v4/token'];
  return url === tokenUrl || (tokenUrl === GOOGLE.tokenUrl && earlier.includes(url));
}
