import { z } from 'zod';
import { AppError, invalidInput } from '../lib/errors.ts';
import { parseInput } from '../lib/parse-input.ts';
import { AddressError, formatRegistryAddress, parseRegistryAddress } from '../oci/address.ts';
import type { Candidate } from './import-entry.ts';

/** What docker, podman and skopeo write. Further members, such as `HttpHeaders`, are theirs alone. */
export const DockerConfig = z.looseObject({
  auths: z.record(z.string(), z.unknown()).default({}),
  credHelpers: z.record(z.string(), z.unknown()).default({}),
  credsStore: z.string().optional(),
});
type DockerConfig = z.output<typeof DockerConfig>;

/** https://github.com/docker/cli/blob/master/cli/config/types/authconfig.go */
const Auth = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
type Auth = z.output<typeof Auth>;

/** The logins of a docker config, one for each registry that it names: fields of a create request, or why there is no login. */
export function dockerConfigLogins(config: DockerConfig): Candidate[] {
  const helped = Object.keys(config.credHelpers).filter((key) => !Object.hasOwn(config.auths, key));
  return [
    ...Object.entries(config.auths).map(([key, auth]) => candidateOf(config, { member: 'auths', key, auth })),
    ...helped.map((key) => candidateOf(config, { member: 'credHelpers', key, auth: {} })),
  ];
}

function candidateOf(config: DockerConfig, { member, key, auth }: { member: string; key: string; auth: unknown }): Candidate {
  const address = addressOf(key);
  // Such a key may have a password in it: it is repeated nowhere.
  if (address instanceof AppError) return { pointer: `/${member}`, failure: address };
  // Whole, unlike that of a field: an address is known to be no secret.
  const known = { pointer: `/${member}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, name: address.name };
  try {
    return { ...known, wanted: { url: address.url, ...loginOf(parseInput(Auth, auth), config, key) } };
  } catch (error) {
    if (error instanceof AppError) return { ...known, failure: error };
    throw error;
  }
}

function addressOf(key: string): { name: string; url: string } | AppError {
  try {
    const address = parseRegistryAddress(key);
    const plainHttp = address.plainHttp || (!key.includes('://') && isLocal(address.host));
    const name = formatRegistryAddress({ ...address, plainHttp: false });
    return { name, url: plainHttp ? `http://${name}` : name };
  } catch (error) {
    if (error instanceof AddressError) return mistake(error.code, `A key ${error.message}.`, error.hint);
    throw error;
  }
}

/** Docker takes these for plain http unless told otherwise: https://docs.docker.com/reference/cli/dockerd/#insecure-registries */
function isLocal(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?$/.test(host);
}

/** What docker leaves of a login by browser, beside the login itself: https://github.com/docker/cli/pull/5344 */
const HUB_SESSION = /^https:\/\/index\.docker\.io\/v1\/(?:access|refresh)-token$/;

/** Throws INVALID_INPUT that says why there is no login to take. */
function loginOf(auth: Auth, config: DockerConfig, key: string): { username: string; password: string } {
  if (auth.identitytoken || auth.registrytoken || HUB_SESSION.test(key)) {
    throw mistake(
      'IDENTITY_TOKEN',
      'It is the token of a session, which ends, and not a login.',
      'Give a login that lasts, such as a token or a service principal, with POST .../credentials.',
    );
  }
  const { username, password } = auth.auth ? decode(auth.auth) : auth;
  if (username && password) return { username, password };
  throw elsewhere(config, key);
}

/** As docker reads it: NUL characters at the end do not count. */
function decode(auth: string): { username: string; password: string } {
  const text = utf8(auth.trim());
  const colon = text.indexOf(':');
  if (colon < 0) throw mistake('NO_COLON', 'Its auth has no colon between user name and password.', AUTH_HINT);
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

const AUTH_HINT = 'It is base64 of user:password. Log in again with docker login, or give username and password instead.';

function utf8(base64: string): string {
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length % 4 === 0;
  try {
    if (isBase64) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    // What is no text is no login: told below, without what it says.
  }
  throw mistake('NOT_BASE64', 'Its auth is not base64 of a text.', AUTH_HINT);
}

/** Docker leaves an empty entry behind where the login lies with a helper program. */
function elsewhere({ credHelpers, credsStore }: DockerConfig, key: string): AppError {
  if (Object.hasOwn(credHelpers, key)) return mistake('CREDENTIAL_HELPER', 'A credential helper makes its login.', HELPER_HINT);
  if (credsStore !== undefined) {
    return mistake('CREDENTIAL_STORE', 'Its login lies in the credential store of the machine, not in this file.', STORE_HINT);
  }
  return mistake('NO_LOGIN', 'It has no user name, or no password.', 'Log in again with docker login, and import the file anew.');
}

const HELPER_HINT = 'Such logins are made anew each time: give what they are made from, with POST .../credentials.';
export const STORE_HINT =
  'Log in where no credential store is set (docker --config FOLDER login), and import the config.json of that folder.';

function mistake(code: string, detail: string, hint: string): AppError {
  return invalidInput('', code, detail, hint);
}
