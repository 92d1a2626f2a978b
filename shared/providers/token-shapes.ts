import type { Mistake } from './fields.ts';

/** A secret that can be told by how it looks. */
interface TokenShape {
  /** For `own`. */
  kind: string;
  /** What a person calls it. */
  title: string;
  pattern: RegExp;
}

/**
 * Secrets that carry their product's mark. Lengths are left open: products change them, as GitHub did with `ghs_`.
 *
 * https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
 * https://docs.gitlab.com/security/tokens/#token-prefixes
 * https://docs.docker.com/enterprise/security/access-tokens/
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 * https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret
 */
const SHAPES: TokenShape[] = [
  { kind: 'github-fine-grained', title: 'a fine-grained token of GitHub', pattern: /^github_pat_\w{10,}$/ },
  { kind: 'github-refresh', title: 'a refresh token of GitHub', pattern: /^ghr_\w{10,}$/ },
  { kind: 'github-installation', title: 'an installation token of GitHub', pattern: /^ghs_[\w.-]{10,}$/ },
  { kind: 'github', title: 'a token of GitHub', pattern: /^gh[opu]_\w{10,}$/ },
  { kind: 'docker-hub-personal', title: 'a personal token of Docker Hub', pattern: /^dckr_pat_[\w-]{10,}$/ },
  { kind: 'docker-hub-organization', title: 'an organization token of Docker Hub', pattern: /^dckr_oat_[\w-]{10,}$/ },
  { kind: 'gitlab', title: 'a token of GitLab', pattern: /^gl(?:pat|dt|cbt|rt|oas|soat|ft|ptt)-[\w.-]{10,}$/ },
  { kind: 'artifactory-reference', title: 'a reference token of Artifactory', pattern: /^cmVmdGtu[\w-]{20,}$/ },
  { kind: 'aws-access-key-id', title: 'the id of an access key of AWS', pattern: /^(?:AKIA|ASIA)[A-Z0-9]{16}$/ },
  { kind: 'entra-client-secret', title: 'a client secret of Microsoft Entra ID', pattern: /^[\w.~-]{3}\dQ~[\w.~-]{30,}$/ },
  { kind: 'acr-password', title: 'a password of an Azure container registry', pattern: /^[\w+/]{42}\+ACR[\w+/]{6}$/ },
  { kind: 'google-access-token', title: 'an access token of Google', pattern: /^ya29\.[\w.-]{10,}$/ },
  { kind: 'google-key-file', title: 'a key file of Google', pattern: /^\s*\{.*"(?:private_key|client_email)"/s },
  { kind: 'private-key', title: 'a private key', pattern: /^\s*-----BEGIN[ A-Z]* KEY-----/ },
  { kind: 'certificate', title: 'a certificate', pattern: /^\s*-----BEGIN CERTIFICATE-----/ },
];

/** They end headers and lines (RFC 7617, section 2), or were pasted along unseen. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Which product's mark a secret carries; undefined: none that is known, as with passwords. */
export function tokenKind(text: string): string | undefined {
  return shapeOf(text)?.kind;
}

/** Says if a secret is one of another product; `own` are the kinds that the field takes. */
export function findForeignToken(text: string, own: string[] = []): Mistake | undefined {
  const shape = shapeOf(text);
  if (!shape || own.includes(shape.kind)) return undefined;
  return {
    code: 'WRONG_TOKEN',
    message: `is ${shape.title}`,
    hint: 'Check which product it belongs to, and whether it stands in the right field.',
  };
}

/** Says what else was copied with a token: tokens have no spaces and no quotes. Not for passwords, which may have both inside. */
export function findPasteMistake(text: string): Mistake | undefined {
  const wrapping = findWrapping(text);
  if (wrapping) return wrapping;
  if (/^(?:bearer|basic|token)\s/i.test(text)) {
    return { code: 'HEADER', message: 'begins with a word of a header', hint: 'Paste the token alone.' };
  }
  if (/\s/.test(text)) {
    return { code: 'SPACES', message: 'has a space in it', hint: 'Paste it again, and nothing around it.' };
  }
  return undefined;
}

/** Says what was copied around a value of one line, and belongs to no name and no secret. */
export function findWrapping(text: string): Mistake | undefined {
  if (isQuoted(text.trim())) return { code: 'QUOTED', message: 'stands in quotes', hint: 'Paste it without the quotes.' };
  if (text !== text.trim()) {
    return {
      code: 'SPACES',
      message: 'begins or ends with a space or a line break',
      hint: 'Paste it again, and nothing around it.',
    };
  }
  if (INVISIBLE.test(text)) {
    return {
      code: 'NOT_PRINTABLE',
      message: 'has a line break or another character that cannot be seen',
      hint: 'Paste it again, on one line; or type it by hand.',
    };
  }
  return undefined;
}

/** A token in quotes or between spaces is still the token that it is. */
function shapeOf(text: string): TokenShape | undefined {
  const bare = text.trim().replaceAll(/^["'`“„‘]|["'`”“’]$/g, '');
  return SHAPES.find(({ pattern }) => pattern.test(bare));
}

function isQuoted(text: string): boolean {
  return /^(?:(["'`]).*\1|[“„].*[”“]|‘.*’)$/s.test(text);
}
