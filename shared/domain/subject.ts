import { AppError } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';
import type { TlsMode } from '../net/guard.ts';
import type { SessionOptions } from '../net/guarded.ts';
import { hostPort, matchesHost } from '../net/network-policy.ts';
import type { RegistryAddress } from '../oci/address.ts';
import { findProvider } from '../providers/catalog.ts';
import type { Login } from '../oci/login.ts';
import type { Method, MethodContext, Provider } from '../providers/provider.ts';
import { methodOf, type Credential } from './credential.ts';
import type { CredentialInput } from './credential-input.ts';
import type { Project } from './policy.ts';
import type { Json } from './ports.ts';

/** All that a check or a login needs to know of a credential; from a request or from a record. */
export interface Subject {
  project: Project;
  provider: Provider;
  method: Method;
  registry: RegistryAddress;
  settings: Record<string, Json>;
  material: Record<string, Secret>;
  tls: TlsMode;
  ca?: string;
  tokenRealm?: string;
}

export function subjectOfInput(
  project: Project,
  { common, provider, method, settings, material = {} }: CredentialInput,
): Subject {
  const { tls, ca, tokenRealm } = common;
  return {
    project,
    provider,
    method,
    registry: method.registry(settings),
    settings,
    material,
    tls,
    ca,
    tokenRealm,
  };
}

export function subjectOfCredential(project: Project, credential: Credential, material: Record<string, Secret>): Subject {
  const method = methodOf(credential);
  const provider = findProvider(credential.provider);
  if (!provider) throw new AppError('INTERNAL', `This version of regcred does not know ${credential.provider}.`);
  const { active, registry, tls, ca, tokenRealm } = credential;
  return {
    project,
    provider,
    method,
    // As it was derived when it was stored; what opens the secret holds it to the settings.
    registry: { ...registry, plainHttp: tls === 'plain-http' },
    settings: active.settings,
    material,
    tls,
    ca,
    tokenRealm,
  };
}

/** How the network guard should reach it. */
export function targetOf({
  project,
  provider,
  registry,
  tls,
  ca,
}: Omit<Subject, 'method' | 'settings' | 'material'>): SessionOptions {
  const host = provider.apiHost?.(registry) ?? registry.host;
  return { host, tls, ca, networks: project.networks, hosts: hostsOf(project, registry, host) };
}

/** Whoever allows `docker.io` means the host that answers for it, too. */
function hostsOf({ hosts }: Project, registry: RegistryAddress, apiHost: string): string[] | undefined {
  const isNamed = hosts && matchesHost(hosts, hostPort(new URL(`https://${registry.host}`)));
  return isNamed ? [...hosts, apiHost] : hosts;
}

/** The method's login, or NOTHING_TO_HAND_OUT for one that has none. */
export async function loginOf(method: Method, context: MethodContext): Promise<Login> {
  if (method.login) return method.login(context);
  throw new AppError('NOTHING_TO_HAND_OUT', 'This method has no login to hand out.', {
    hint: 'Whoever uses the registry this way logs in by itself.',
  });
}
