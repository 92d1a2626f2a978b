import { describe, expect, test } from 'vitest';
import { chooseChallenge, parseChallenges } from '../../shared/oci/challenge.ts';

const choose = (header: string) => chooseChallenge(parseChallenges(header));

describe('a challenge', () => {
  test.for([
    [
      'Bearer realm="https://r/t",service="s",scope="repository:a/b:pull,push"',
      { scheme: 'bearer', realm: 'https://r/t', service: 's', scope: 'repository:a/b:pull,push' },
    ],
    ['bearer Realm="https://r/t", Service=s', { scheme: 'bearer', realm: 'https://r/t', service: 's' }],
    ['BEARER   realm = "https://r/t"  ,  service = "s" ,', { scheme: 'bearer', realm: 'https://r/t', service: 's' }],
    ['Bearer realm=https://r/t?a=b,service=gcr.io', { scheme: 'bearer', realm: 'https://r/t?a=b', service: 'gcr.io' }],
    [
      'Basic realm="https://x/", Bearer realm="https://r/t",service="s"',
      { scheme: 'bearer', realm: 'https://r/t', service: 's' },
    ],
    ['Bearer realm="https://r/t", Basic realm="x"', { scheme: 'bearer', realm: 'https://r/t' }],
    [
      String.raw`Bearer realm="https://r/t\"q",service="a\\b"`,
      { scheme: 'bearer', realm: 'https://r/t"q', service: String.raw`a\b` },
    ],
    ['Bearer realm="https://r/t",error="invalid_token"', { scheme: 'bearer', realm: 'https://r/t', error: 'invalid_token' }],
    // An empty service is none.
    ['Bearer realm="https://r/t",service=""', { scheme: 'bearer', realm: 'https://r/t' }],
    ['Negotiate, Basic realm="x"', { scheme: 'basic' }],
    ['Negotiate YII==, NTLM TlRM, Basic realm="x"', { scheme: 'basic' }],
    ['Digest qop="auth, auth-int", nonce=abc==, Basic realm="Bearer realm=x"', { scheme: 'basic' }],
    ['Basic', { scheme: 'basic' }],
    [', ,Basic', { scheme: 'basic' }],
    ['Negotiate', undefined],
    ['', undefined],
  ] as const)('%s', ([header, expected]) => {
    expect(choose(header)).toEqual(expected);
  });

  test.for([
    'Bearer realm="https://r/t',
    'Bearer realm="https://r/t\\',
    'Bearer realm="https://r/t" service="s"',
    'Bearer realm="https://r/t"x',
    'Bearer service="s"',
    'Bearer realm=""',
    'Bearer realm=',
    'Bearer',
    'realm="x"',
    '="x"',
    'Bearer realm="https://a/",realm="https://b/"',
    'Bearer"x"',
    `Basic realm="${'x'.repeat(9000)}"`,
  ])('%s is malformed', (header) => {
    expect(() => choose(header)).toThrow(expect.objectContaining({ name: 'ChallengeError' }));
  });

  test('hostile text gets an answer or the error of its own', () => {
    const random = generator(20_261_121);
    const pieces = [
      'Bearer ',
      'Basic',
      'realm',
      '=',
      '"',
      '\\',
      ',',
      ' ',
      '\t',
      'https://r/t',
      'scope="a:b:c,d"',
      '\u00e9',
      'x'.repeat(50),
      '==',
      '\u0001',
    ];
    const mixed = Array.from({ length: 200 }, () =>
      Array.from({ length: 1 + random(40) }, () => pieces[random(pieces.length)]).join(''),
    );
    // What makes patterns go back and forth most: one piece over and over, as long as a header may be.
    const repeated = [...pieces, 'a ', 'a="', 'a=b,', 'a="\\', '\t,'].map(
      (piece) => `Bearer ${piece.repeat(Math.floor(8000 / piece.length))}`,
    );

    const outcomes = new Set([...mixed, ...repeated].map(outcome));

    expect(outcomes).toEqual(new Set(['read', 'ChallengeError']));
  });
});

function outcome(header: string): string {
  try {
    parseChallenges(header);
    return 'read';
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
}

/** The same numbers in every run: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}
