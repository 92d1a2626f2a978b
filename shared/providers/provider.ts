import type { z } from 'zod';
import type { OwnIdentity } from '../identity/own-identity.ts';
import type { GuardedSession } from '../net/guarded.ts';
import type { RegistryAddress } from '../oci/address.ts';
import type { Login } from '../oci/login.ts';
import type { Proof } from '../oci/probe.ts';
import type { Warning } from '../oci/stages.ts';
import type { Clock } from '../lib/clock.ts';
import type { FieldError } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';

/** A registry product. */
export interface Provider {
  id: string;
  title: string;
  /** Other names that forms use for it: `azure` for `acr`. */
  aliases: string[];
  /** Whether an address (host, with a port that is not 443) is this product's. At most one provider says yes; `generic` never does. */
  recognises(host: string): boolean;
  /** Its known token services besides the registry's own origin; `settings` where a field names them, as GitLab's own address. */
  trustsRealm(registry: RegistryAddress, realm: URL, settings: Record<string, unknown>): boolean;
  /** The keys under which docker, the kubelet and containerd look a login for this registry up. */
  dockerConfigKeys(registry: RegistryAddress): string[];
  proof: Proof[];
  /** The actions to ask a token for, where its token service refuses a scope with `delete`: Quay. */
  scopeActions?: string;
  /** User names that stand for any token: they do not say whose it is. */
  sharedUsernames?: readonly string[];
  /** Method for a form that does not say, and of which `inferMethod` does not know more. */
  defaultMethod: string;
  /** The host that answers the registry protocol, where it is not the one that images are named by: Docker Hub. */
  apiHost?(registry: RegistryAddress): string;
  /**
   * The method that the fields of a form mean. A form that knows only `username` and `password` is understood by
   * `rename`: from the name given to the method's own. Undefined: the default method, as given.
   */
  inferMethod?(fields: Record<string, unknown>): InferredMethod | undefined;
}

export interface InferredMethod {
  method: string;
  rename?: Record<string, string>;
}

/** The provider's own word about a login. */
export interface Identity {
  username?: string;
  expiresAt?: Date;
  /** When the provider made this very material: its age counts from here. */
  issuedAt?: Date;
  /** The provider's id of this very material, by which it can be revoked. */
  upstreamId?: string;
  /** What works and yet should be looked at, in the provider's own terms: never expires, may push, rate limit. */
  warnings?: Warning[];
  /** Which right to give upstream, said beside the answer where a repository refuses an action. */
  rightsHint?: string;
  /** Nobody could be asked, or the answer could not be read: for proof this is as if there were no question. */
  provesNothing?: true;
}

/** What a method may do with regcred's own identity: nothing that its `upstreams` does not name. Throws Refusal. */
interface Cloud extends OwnIdentity {
  /** For which it acts. */
  project: string;
  /** By which the roles of AWS that trust regcred tell this project from others; made at first need, and never changed. */
  externalId(): Promise<string>;
}

export interface MethodContext<Settings = Record<string, unknown>, Material = Record<string, Secret>> {
  settings: Settings;
  material: Material;
  registry: RegistryAddress;
  http: GuardedSession;
  cloud: Cloud;
  clock: Clock;
  signal: AbortSignal;
  /** What a narrowed login should be good for; absent: everything. */
  scope?: { repositories: string[]; actions: ('pull' | 'push')[] };
}

/** New material as the provider issued it. */
interface Issued<Settings, Material> {
  settings: Settings;
  material: Material;
  upstreamId: string;
  expiresAt?: Date;
}

/** How a provider replaces material. The domain owns the order of these steps; see CONTRIBUTING.md, Decisions. */
interface Rotation<Settings, Material> {
  /** Whose rights may issue: the credential's own, another credential's, or regcred's own identity. */
  issuers: ('self' | 'credential' | 'service')[];
  /** How long new material takes until the registry accepts it everywhere. */
  propagationSeconds: number;
  issue(context: MethodContext<Settings, Material>, operationId: string): Promise<Issued<Settings, Material>>;
  /** Upstream ids that are there now and were not before: what a lost answer of `issue` left behind. */
  find(context: MethodContext<Settings, Material>, operationId: string, before: string[]): Promise<string[]>;
  /** Ends material for good. Idempotent. */
  revoke(context: MethodContext<Settings, Material>, upstreamId: string): Promise<void>;
}

/** A thing in a cloud that is touched as regcred itself, and the field that names it. */
export interface Upstream {
  /** Of the field, such as `/roleArn`. */
  pointer: string;
  /** An ARM id, the client id of an app or a managed identity, the ARN of a role, or `projects/P/serviceAccounts/EMAIL`. */
  name: string;
}

/** One way to log in to a provider. A capability that it does not have is absent. */
export interface Method<Settings extends z.ZodObject = z.ZodObject, Material extends z.ZodObject = z.ZodObject> {
  provider: string;
  method: string;
  title: string;
  description: string;
  /** Fields that are not secret; parsed values are stored in the record as they are. */
  settings: Settings;
  /** Secret fields, each made by `secretField`. An empty object: nothing to store. */
  material: Material;
  registry(settings: z.output<Settings>): RegistryAddress;
  /** The user name that the login will have, for lists and breakers; absent or undefined where only the provider tells. */
  username?(settings: z.output<Settings>): string | undefined;
  /** Absent: there is nothing to hand out. Throws Refusal. */
  login?(context: MethodContext<z.output<Settings>, z.output<Material>>): Promise<Login>;
  /** Absent: the provider has no such question. Throws Refusal. */
  identify?(context: MethodContext<z.output<Settings>, z.output<Material>>): Promise<Identity>;
  /** `identify` does not tell when the material ends: it has no end, or the provider keeps it to itself. */
  tellsNoEnd?: true;
  /** Absent: the provider cannot issue new material on demand. */
  rotation?: Rotation<z.output<Settings>, z.output<Material>>;
  /** What it touches as regcred itself: each must lie within the project's upstreams. Absent: it has material of its own. */
  upstreams?(settings: z.output<Settings>): Upstream[];
  /** What does not fit together of fields that are each fine. */
  contradictions?(settings: z.output<Settings>): FieldError[];
  /** What can be said of it without asking anybody: an admin account, a password of a person. */
  warnings?(settings: z.output<Settings>): Warning[];
  /** What to look at where the registry refuses the login without a reason. Absent: user name and password. */
  refusedHint?: string;
  /** The least rights to give upstream, in words, by what the credential is for. */
  privileges: Partial<Record<'pull' | 'push' | 'admin', string>>;
  /** A minted login is short-lived and made anew; `narrowing`: it can be limited to repositories. */
  mints: boolean;
  narrowing: boolean;
}

export function defineProvider(provider: Provider): Provider {
  return provider;
}

/** A method as its file writes it: the fields are made when they are first needed, because a start needs none of them. */
type MethodDefinition<Settings extends z.ZodObject, Material extends z.ZodObject> = Omit<
  Method<Settings, Material>,
  'settings' | 'material'
> & { settings: () => Settings; material: () => Material };

export function defineMethod<Settings extends z.ZodObject, Material extends z.ZodObject>(
  definition: MethodDefinition<Settings, Material>,
): Method<Settings, Material> {
  let settings: Settings | undefined;
  let material: Material | undefined;
  return {
    ...definition,
    get settings() {
      return (settings ??= definition.settings());
    },
    get material() {
      return (material ??= definition.material());
    },
  };
}
