import { errorCode, NetError } from './net-error.ts';

interface Failure {
  code: string;
  says: string;
  hint: string;
}

const UNKNOWN_CA: Failure = {
  code: 'TLS_UNKNOWN_CA',
  says: 'shows a certificate of an authority that is not trusted',
  hint: 'If the registry has an authority of its own, give its certificate: tls "custom-ca" with "ca". Otherwise the server may not send its intermediate certificates.',
};

const NOT_TLS: Failure = {
  code: 'TLS_NOT_SPOKEN',
  says: 'does not answer with TLS; it may speak plain http on this port',
  hint: 'Check the port. Plain http must be asked for ("http://...") and allowed by the operator.',
};

const OLD_PROTOCOL: Failure = {
  code: 'TLS_PROTOCOL_VERSION',
  says: 'offers no version of TLS that is still safe',
  hint: 'Enable TLS 1.2 or newer on the registry.',
};

/** By the code that Node or OpenSSL gives: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const FAILURES: Record<string, Failure> = {
  CERT_HAS_EXPIRED: {
    code: 'TLS_EXPIRED',
    says: 'shows a certificate that has expired',
    hint: "Renew the registry's certificate.",
  },
  CERT_NOT_YET_VALID: {
    code: 'TLS_NOT_YET_VALID',
    says: 'shows a certificate that is not valid yet',
    hint: "Check the registry's clock and its certificate.",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'TLS_WRONG_HOST',
    says: 'shows a certificate for another name',
    hint: 'Use the name that is in the certificate, or add this name to it.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    code: 'TLS_SELF_SIGNED',
    says: 'shows a self-signed certificate',
    hint: 'Give the certificate as its own authority: tls "custom-ca" with "ca".',
  },
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  INVALID_CA: UNKNOWN_CA,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: OLD_PROTOCOL,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: OLD_PROTOCOL,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: OLD_PROTOCOL,
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: {
    code: 'TLS_NAME_NOT_SERVED',
    says: 'has no certificate for this name',
    hint: 'Check the spelling of the host.',
  },
};

/** What a failed handshake means, by the error of Node's TLS. */
export function tlsFailure(host: string, error: unknown): NetError {
  const code = errorCode(error);
  const known = FAILURES[code] ?? {
    code: 'TLS_FAILED',
    says: `broke the TLS handshake off (${code})`,
    hint: 'Check that a registry answers with TLS on this port, and whether it asks for a client certificate.',
  };
  return new NetError('tls', known.code, `${host} ${known.says}.`, known.hint);
}
