import type { Secret } from '../../lib/secret.ts';
import { Refusal } from '../../oci/stages.ts';
import type { Warning } from '../../oci/stages.ts';
import { expiryWarnings } from '../expiry.ts';
import type { Identity, MethodContext } from '../provider.ts';
import { artifactoryTokenKind, endOf } from './token-kind.ts';
import { readToken } from './token-self.ts';

type ArtifactoryContext = Pick<MethodContext, 'http' | 'clock' | 'signal'>;

const PERSONAL_PASSWORD: Warning = {
  code: 'PERSONAL_PASSWORD',
  detail: "It looks like a person's password: it may do what the person may, and changing it breaks everything that uses it.",
  hint: 'Create a reference token for the user, and give that.',
};

/** https://jfrog.com/help/r/jfrog-platform-administration-documentation/jfrog-api-key-deprecation-process */
const API_KEY: Warning = {
  code: 'API_KEY_DEPRECATED',
  detail: 'It looks like an API key, which JFrog has announced to end.',
  hint: 'Create a reference token for the user, and give that.',
};

const ADMIN_TOKEN: Warning = {
  code: 'ADMIN_TOKEN',
  detail: 'The token has the rights of an administrator.',
  hint: 'Create a token for a group or a user with rights on the repositories that it is for.',
};

/**
 * What a secret shows by itself, and the platform says of a token. Throws Refusal for an access token whose own end is past;
 * all else the registry has to say.
 */
export async function identifyAtArtifactory(context: ArtifactoryContext, site: string, secret: Secret): Promise<Identity> {
  const kind = artifactoryTokenKind(secret.reveal());
  if (kind === undefined) return { provesNothing: true, warnings: [PERSONAL_PASSWORD] };
  if (kind === 'api-key') return { provesNothing: true, warnings: [API_KEY] };

  const ownEnd = kind === 'access' ? endOf(secret.reveal()) : undefined;
  if (ownEnd && ownEnd <= context.clock.now()) throw expiredAt(ownEnd);
  const told = await readToken(context, site, secret);
  if ('hint' in told) {
    const warnings = ownEnd ? expiryWarnings(ownEnd, context.clock) : [];
    return { provesNothing: true, ...(ownEnd && { expiresAt: ownEnd }), warnings: [...warnings, told] };
  }
  const expiresAt = told.expiresAt ?? ownEnd;
  return {
    upstreamId: told.id,
    ...(expiresAt && { expiresAt }),
    warnings: [...expiryWarnings(expiresAt, context.clock), ...(told.isAdmin ? [ADMIN_TOKEN] : [])],
  };
}

function expiredAt(end: Date): Refusal {
  return new Refusal(
    'expired',
    'ARTIFACTORY_TOKEN_EXPIRED',
    `The token says of itself that it ended at ${end.toISOString()}.`,
    'Create a new token and give it here.',
  );
}
