import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a signed request says of itself. */
export interface AwsSignature {
  accessKeyId: string;
  /** `20300131/eu-west-1/ecr/aws4_request` */
  scope: string;
  signedHeaders: string[];
  signature: string;
  /** `20300131T120000Z` */
  date: string;
}

const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

export function readAwsSignature(request: IncomingMessage): AwsSignature | undefined {
  const [, accessKeyId, scope, signedHeaders, signature] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
  if (!accessKeyId || !scope || !signedHeaders || !signature) return undefined;
  const date = String(request.headers['x-amz-date']);
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature, date };
}

/** The signature that the holder of `secret` makes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function awsSignature(
  request: IncomingMessage,
  body: string,
  { scope, signedHeaders, date }: AwsSignature,
  secret: string,
) {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const headers = signedHeaders.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const canonical = [request.method, path, query, headers, signedHeaders.join(';'), hash(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((signer, part) => hmac(signer, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
