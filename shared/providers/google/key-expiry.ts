import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { NetError } from '../../net/net-error.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';
import type { ServiceAccountKey } from './key-file.ts';

/** From this year on, "never": keys without an end are valid until the last day that a certificate can say. */
const NEVER = 9999;

const Certificates = z.record(z.string(), z.string());

/**
 * When a key ends, by the certificates that Google publishes for each service account; nothing that is secret is sent.
 * `never` is Google's word, undefined: it cannot be told.
 *
 * https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys
 */
export async function keyExpiry(
  { http, signal }: Pick<MethodContext, 'http' | 'signal'>,
  { client_email: email, private_key_id: id, universe_domain: domain = 'googleapis.com' }: ServiceAccountKey,
): Promise<Date | 'never' | undefined> {
  if (domain !== 'googleapis.com') return undefined;
  try {
    const answer = await http.request(`https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`, {
      signal,
    });
    const certificate = answer.status === 200 ? readAnswer(Certificates, answer)?.[id] : undefined;
    return certificate === undefined ? undefined : endOf(certificate);
  } catch (error) {
    if (error instanceof NetError) return undefined;
    throw error;
  }
}

function endOf(pem: string): Date | 'never' | undefined {
  try {
    const end = new Date(new X509Certificate(pem).validTo);
    if (Number.isNaN(end.getTime())) return undefined;
    return end.getUTCFullYear() >= NEVER ? 'never' : end;
  } catch {
    // No certificate: then it does not tell.
    return undefined;
  }
}
