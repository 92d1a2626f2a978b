/** One way to log in that a server offers, by RFC 7235. Names are in lower case, values as they came. */
export interface OfferedChallenge {
  scheme: string;
  parameters: Map<string, string>;
}

interface BearerChallenge {
  scheme: 'bearer';
  realm: string;
  service?: string;
  scope?: string;
  error?: string;
}

interface BasicChallenge {
  scheme: 'basic';
}

/** The one to answer. */
export type Challenge = BearerChallenge | BasicChallenge;

/** A header that breaks the grammar, or lacks what its scheme requires. */
export class ChallengeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ChallengeError';
  }
}

/** Longer ones are refused unread. Real ones have a few hundred characters. */
const LONGEST = 8 * 1024;

// Sticky patterns: each reads on where the last one stopped, and none can run over the same text twice.
const SEPARATORS = /[\s,]*/y;
const SCHEME = /[!#$%&'*+.^_`|~\w-]+/y;
const SPACE = /[ \t]+/y;
/** `Negotiate YII=`: what some schemes have in place of parameters. */
const TOKEN68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y;
/** The value quoted, with escapes, or bare. Servers leave more characters bare than the RFC allows, such as those of a URL. */
const PARAMETER = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))(?=[ \t]*(?:,|$))/y;

/**
 * All challenges of a WWW-Authenticate header, several lines joined by commas. A comma separates parameters as well as
 * challenges: a name that `=` follows belongs to the challenge before it. Throws ChallengeError.
 */
export function parseChallenges(header: string): OfferedChallenge[] {
  if (header.length > LONGEST) throw new ChallengeError(`The WWW-Authenticate header is longer than ${LONGEST} characters.`);
  const challenges: OfferedChallenge[] = [];
  let at = 0;
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };

  for (read(SEPARATORS); at < header.length; read(SEPARATORS)) {
    const parameter = read(PARAMETER);
    if (parameter) {
      addParameter(challenges.at(-1), parameter);
      continue;
    }
    const scheme = read(SCHEME);
    const isAlone = at === header.length || header[at] === ',';
    if (!scheme || (!isAlone && !read(SPACE))) throw malformed(at);
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters: new Map() });
    read(TOKEN68);
  }
  return challenges;
}

/** The challenge to answer: Bearer, else Basic. Undefined if there is neither. Throws ChallengeError for a Bearer without a realm. */
export function chooseChallenge(challenges: OfferedChallenge[]): Challenge | undefined {
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (!bearer) return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
  const { realm, service, scope, error } = Object.fromEntries(bearer.parameters);
  if (!realm) throw new ChallengeError('The Bearer challenge names no realm.');
  return { scheme: 'bearer', realm, ...(service && { service }), ...(scope && { scope }), ...(error && { error }) };
}

function addParameter(challenge: OfferedChallenge | undefined, [, name = '', quoted, bare = '']: RegExpExecArray): void {
  if (!challenge) throw new ChallengeError('The WWW-Authenticate header begins with a parameter.');
  const key = name.toLowerCase();
  // Two readers may take two different ones, so that what one has checked is not what the other uses.
  if (key === 'realm' && challenge.parameters.has(key)) throw new ChallengeError('A challenge names two realms.');
  if (!challenge.parameters.has(key)) challenge.parameters.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? bare);
}

function malformed(at: number): ChallengeError {
  return new ChallengeError(`The WWW-Authenticate header cannot be read from character ${at + 1} on.`);
}
