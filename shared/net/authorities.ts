import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A private key, or anything else, has no place in a list of authorities. */
const OTHER_BLOCK = /-----BEGIN (?!CERTIFICATE-----)/;

/**
 * The certificates of authorities in a PEM text, at least one. Throws RangeError, whose message completes "The CA ...",
 * if there is none, if one cannot be read, or if one is not that of an authority.
 */
export function parseAuthorities(pem: string): X509Certificate[] {
  if (OTHER_BLOCK.test(pem)) throw new RangeError('holds something other than certificates');
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new RangeError('is not a certificate in PEM form');
  const certificates = blocks.map(readCertificate);
  if (!certificates.every(({ ca }) => ca)) throw new RangeError("is a server's certificate, not that of an authority");
  return certificates;
}

function readCertificate(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw new RangeError('is not a certificate that can be read');
  }
}
