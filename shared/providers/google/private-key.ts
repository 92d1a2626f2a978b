import { createPrivateKey } from 'node:crypto';

const PEM = /-----BEGIN\s*(RSA)?\s*PRIVATE\s*KEY-----(.*)-----END\s*(?:RSA)?\s*PRIVATE\s*KEY-----/s;

/**
 * A private key in PEM as it should stand. Some forms and tools drop all white space, also that of the header, or escape
 * line breaks twice. Undefined if it is no RSA key even then.
 */
export function repairPrivateKey(text: string): string | undefined {
  const [whole, rsa, body] = PEM.exec(text) ?? [];
  if (whole === undefined || body === undefined) return undefined;
  const base64 = body.replaceAll(/\\[nr]|\s/g, '');
  const label = `${rsa ? 'RSA ' : ''}PRIVATE KEY`;
  const lines = base64.match(/.{1,64}/g) ?? [];
  return canonical([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'));
}

/** Proves that it parses. The engine's error is dropped: there is nothing in it that a person could use. */
function canonical(pem: string): string | undefined {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'rsa') return undefined;
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    return undefined;
  }
}
