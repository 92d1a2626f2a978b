import { Secret } from '../lib/secret.ts';
import type { Login } from './login.ts';

/**
 * `username:password` in base64 as HTTP Basic and docker configs have it: UTF-8, standard alphabet, padded (RFC 7617).
 * Throws RangeError, without the value, for a user name that is empty or has a colon, and for control characters, which
 * end headers and lines.
 */
export function encodeBasic({ username, password }: Login): Secret {
  const secret = password.reveal();
  if (username === '' || username.includes(':')) throw new RangeError('The user name is empty or has a colon.');
  if (/\p{Cc}/u.test(username + secret)) throw new RangeError('The user name or the password has a control character.');
  return new Secret(Buffer.from(`${username}:${secret}`, 'utf8').toString('base64'));
}

/** The value of an Authorization header. Throws as `encodeBasic` does. */
export function basicAuthorization(login: Login): Secret {
  return new Secret(`Basic ${encodeBasic(login).reveal()}`);
}
