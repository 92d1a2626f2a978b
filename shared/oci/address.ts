import { domainToASCII } from 'node:url';

/** A registry, in one spelling. */
export interface RegistryAddress {
  /** Lower case, ASCII, with a port only if it is not the scheme's own. */
  host: string;
  /** The path below which a login works, such as `team/app`. */
  repositoryPrefix?: string;
  plainHttp: boolean;
}

/** An address or a name that cannot be meant. Message and hint are for the person who typed it; neither repeats what was typed. */
export class AddressError extends Error {
  /** Stable, for programs. */
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.name = 'AddressError';
    this.code = code;
    this.hint = hint;
  }
}

/** Distribution's grammar: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

const LONGEST_NAME = 255;

/** One host label (RFC 1123), or an IPv6 address in brackets, which `URL` has checked. */
const HOST = /^(?:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|\[[0-9a-f:.]+\])$/;

const EXAMPLE = 'Give the host, such as registry.example.com or registry.example.com:5000/team.';

/**
 * Reads what people paste: any case, quotes, a scheme, the API's `/v2/`, slashes and dots at the end. A numeric host comes out as
 * the address it means (`0x7f.1` is 127.0.0.1), for the guard to judge. Throws AddressError.
 */
export function parseRegistryAddress(text: string): RegistryAddress {
  const { scheme, rest } = splitScheme(unquoted(text.trim()));
  assertPlain(rest);
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash + 1);
  const plainHttp = scheme === 'http';
  const repositoryPrefix = parsePrefix(path);
  return { host: parseHost(authority, plainHttp), ...(repositoryPrefix && { repositoryPrefix }), plainHttp };
}

/** The one spelling, which parses to the same address. */
export function formatRegistryAddress({ host, repositoryPrefix, plainHttp }: RegistryAddress): string {
  return `${plainHttp ? 'http://' : ''}${host}${repositoryPrefix ? `/${repositoryPrefix}` : ''}`;
}

/** The name of a repository as the registry takes it, fit for a path. Throws AddressError. */
export function repositoryName(text: string): string {
  if (text.length <= LONGEST_NAME && REPOSITORY.test(text)) return text;
  throw new AddressError(
    'REPOSITORY_NAME',
    `is not a repository name of at most ${LONGEST_NAME} characters`,
    'Use lower-case letters, digits and . _ - / between them, without host, tag or digest.',
  );
}

function unquoted(text: string): string {
  return text.replaceAll(/^["'`“„‘]|["'`”“’]$/g, '').trim();
}

function splitScheme(text: string): { scheme: 'http' | 'https'; rest: string } {
  const [, scheme = 'https', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  const lower = scheme.toLowerCase();
  if (lower !== 'http' && lower !== 'https') throw new AddressError('SCHEME', 'has a scheme that is not https', EXAMPLE);
  if (rest.includes('://')) throw new AddressError('SCHEME', 'has more than one scheme', EXAMPLE);
  return { scheme: lower, rest };
}

/** What has a meaning in a URL but none in the address of a registry is a mistake, or a trick. */
function assertPlain(rest: string): void {
  if (rest.includes('@'))
    throw new AddressError('USER_INFO', 'has a user name or a digest in it', 'Give the login in its own fields, and no image.');
  if (/[?#]/.test(rest)) throw new AddressError('QUERY', 'has a query or a fragment', EXAMPLE);
  if (/[\p{Cc}\p{Cf}\p{Z}\\%]/u.test(rest))
    throw new AddressError('CHARACTERS', 'has a space, a control character, a backslash or a %', EXAMPLE);
}

function parseHost(authority: string, plainHttp: boolean): string {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const url = URL.parse(`${plainHttp ? 'http' : 'https'}://${toAscii(name)}${port ? `:${port}` : ''}`);
  // 253 characters: the longest name that DNS can carry (RFC 1035, section 2.3.4).
  if (!url || !HOST.test(url.hostname) || url.hostname.length > 253 || url.port === '0') {
    throw new AddressError('HOST', 'has no valid host, or no valid port', EXAMPLE);
  }
  return url.host;
}

function toAscii(name: string): string {
  return name.startsWith('[') ? name : domainToASCII(name.replace(/\.$/, ''));
}

function parsePrefix(path: string): string | undefined {
  const segments = path.toLowerCase().replace(/\/+$/, '').split('/');
  if (/^v[12]$/.test(segments[0] ?? '')) segments.shift();
  const prefix = segments.join('/');
  if (prefix === '') return undefined;
  if (prefix.length <= LONGEST_NAME && REPOSITORY.test(prefix)) return prefix;
  throw new AddressError(
    'PATH',
    'has a path that is no repository path',
    'Give the path without tag, with letters, digits and . _ - / between them.',
  );
}
