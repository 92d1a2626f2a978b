import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { redactFields, redactText } from '../../shared/lib/redact.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');

/** Ways in which a text with a secret in it is written down. */
const SPELLINGS: Record<string, (before: string, secret: string, after: string) => string> = {
  'as it is': (before, secret, after) => before + secret + after,
  'as JSON': (before, secret, after) => JSON.stringify({ text: before + secret + after }),
  'as JSON within JSON': (before, secret, after) => JSON.stringify(JSON.stringify({ text: before + secret + after })),
  'in a path': (before, secret, after) => encodeURIComponent(before + secret + after),
  'in a path, in lower case': (before, secret, after) =>
    encodeURIComponent(before + secret + after).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  'in a form': (before, secret, after) => new URLSearchParams({ text: before + secret + after }).toString(),
  'in a query': (before, secret, after) =>
    new URL(`https://example.com/?text=${encodeURIComponent(before + secret + after)}`).href,
  'in base64': (before, secret, after) => base64(before + secret + after),
  'in base64 for URLs': (before, secret, after) => base64url(before + secret + after),
  'as JSON in base64': (before, secret, after) => base64(JSON.stringify({ text: before + secret + after })),
};

/** What a reader could learn: the secret itself after every decoding that could bring it out. */
function isReadable(text: string, secret: string): boolean {
  const pieces = text.match(/[\w+/=-]{8,}/g) ?? [];
  const once = [text, ...tryAll(text), ...pieces.map((piece) => Buffer.from(piece, 'base64').toString('utf8'))];
  const twice = once.flatMap((one) =>
    (one.match(/[\w+/=-]{8,}/g) ?? []).map((piece) => Buffer.from(piece, 'base64').toString('utf8')),
  );
  return [...once, ...once.flatMap(tryAll), ...twice, ...twice.flatMap(tryAll)].some((one) => one.includes(secret));
}

function tryAll(text: string): string[] {
  const found: string[] = [];
  for (const decode of [decodeURIComponent, (one: string) => decodeURIComponent(one.replaceAll('+', ' ')), parsed, unescaped]) {
    try {
      found.push(decode(text));
    } catch {
      // Not written that way.
    }
  }
  return found;
}

function parsed(text: string): string {
  const value: unknown = JSON.parse(text);
  return typeof value === 'string' ? value : Object.values(value as object).join('\n');
}

const unescaped = (text: string) =>
  text.replaceAll('\\\\', '\\').replaceAll('\\"', '"').replaceAll('\\\\', '\\').replaceAll('\\"', '"');

describe('redactText', () => {
  test.for(Object.keys(SPELLINGS))('takes a secret out that is written %s, at every offset', (spelling) => {
    for (const secret of ['correct-horse', `a"b\\c d+e/f=g&h`, 'passwörd→9', '12345678'])
      for (const before of ['', 'c', 'ci', 'ci:', 'user:'])
        for (const after of ['', '\n', '==', 'xyz']) {
          const text = SPELLINGS[spelling]?.(before, secret, after) ?? '';
          expect(isReadable(text, secret)).toBe(true);

          expect(isReadable(redactText(text, [secret]), secret)).toBe(false);
        }
  });

  test('takes random secrets out, wherever they stand', () => {
    for (let round = 0; round < 300; round += 1) {
      const secret = randomBytes(randomInt(6, 40)).toString(round % 2 ? 'base64' : 'hex');
      const [before, after] = [
        randomBytes(randomInt(0, 20)).toString('latin1'),
        randomBytes(randomInt(0, 20)).toString('latin1'),
      ];
      for (const [name, write] of Object.entries(SPELLINGS)) {
        const clean = redactText(write(before, secret, after), [secret]);
        expect(isReadable(clean, secret), `${name}: ${JSON.stringify([before, secret, after])}`).toBe(false);
      }
    }
  });

  test('takes out every one of several, also where one is part of another', () => {
    const text = 'first-secret-long and first-secret and second-secret';

    expect(redactText(text, ['first-secret', 'first-secret-long', 'second-secret'])).toBe(
      '[redacted] and [redacted] and [redacted]',
    );
  });

  test('takes out a secret that is no Unicode, instead of throwing in the middle of a log', () => {
    const secret = 'correct\ud800horse';

    expect(redactText(JSON.stringify({ text: secret }), [secret])).toBe('{"text":"[redacted]"}');
  });

  test('leaves a text without secrets as it is', () => {
    const text = JSON.stringify({ event: 'request', function: 'create-credential', status: 201, host: 'registry.example.com' });

    expect(redactText(text, ['correct-horse'])).toBe(text);
  });

  // As imports bring them: each has more than a megabyte of forms.
  test('does not fill the memory with large secrets', async () => {
    const program = `
      import { redactText } from ${JSON.stringify(new URL('../../shared/lib/redact.ts', import.meta.url).href)};
      for (let each = 0; each < 80; each += 1) redactText('a line', [String(each).padEnd(25_000, '"')]);
      console.log('done');`;
    const options = ['--max-old-space-size=64', '--input-type=module', '--eval', program];

    const { stdout } = await promisify(execFile)(process.execPath, options);

    expect(stdout).toBe('done\n');
  });

  test('leaves secrets of fewer than eight characters, which would blank out innocent text', () => {
    expect(redactText('status 200 at 12:00', ['200', 'at'])).toBe('status 200 at 12:00');
  });

  test.for([
    `ghp_${'a'.repeat(36)}`,
    `github_pat_${'A1'.repeat(20)}`,
    `glpat-${'x'.repeat(20)}`,
    `dckr_pat_${'x'.repeat(27)}`,
    'AKIAIOSFODNN7EXAMPLE',
    `${base64url('{"alg":"ES256"}')}.${base64url('{"sub":"x"}')}.c2lnbmF0dXJl`,
    `Basic ${btoa('ci:secret')}`,
    'Bearer abcdefgh12345678',
    '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----\nMIGHAgEAMBMG',
  ])('knows %s by its shape', (secret) => {
    expect(redactText(`before ${secret} after`, [])).not.toContain(secret.slice(12));
  });
});

describe('redactFields', () => {
  test('blanks fields by name, at any depth, and leaves the rest', () => {
    const given = {
      auths: { 'registry.example.com': { username: 'ci', password: 'x', auth: 'y' } },
      list: [{ accessToken: 'z' }],
      count: 3,
      none: null,
    };

    expect(redactFields(given)).toEqual({
      auths: { 'registry.example.com': { username: 'ci', password: '[redacted]', auth: '[redacted]' } },
      list: [{ accessToken: '[redacted]' }],
      count: 3,
      none: null,
    });
  });

  test('ends in what refers to itself', () => {
    const loop: Record<string, unknown> = { name: 'x' };
    loop['self'] = loop;

    expect(JSON.stringify(redactFields(loop))).toContain('[deep]');
  });
});
