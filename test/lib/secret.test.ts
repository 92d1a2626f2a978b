import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../shared/lib/errors.ts';
import { runInvocation } from '../../shared/lib/invocation.ts';
import { log } from '../../shared/lib/log.ts';
import { Secret } from '../../shared/lib/secret.ts';

const VALUE = 'correct-horse-battery';

describe('a Secret', () => {
  const secret = new Secret(VALUE);
  const holder = { name: 'CI', secret, list: [secret] };

  test.for<[string, () => string]>([
    ['as text', () => String(secret)],
    ['joined', () => [secret].join()],
    ['as JSON', () => JSON.stringify(holder)],
    ['inspected', () => inspect(holder, { depth: 9, showHidden: true })],
    ['formatted', () => inspect(Object.entries(holder))],
    ['copied', () => JSON.stringify(Object.assign({}, secret))],
    ['in the message of an error', () => new AppError('INTERNAL', `It was ${String(secret)}`).message],
    ['with an error', () => inspect(new Error('It failed', { cause: secret }))],
  ])('does not show %s', ([, show]) => {
    expect(show()).not.toContain(VALUE);
  });

  test('gives its value to whoever asks for it, and tells its length', () => {
    expect(secret.reveal()).toBe(VALUE);
    expect(secret.length).toBe(VALUE.length);
  });

  test('is not cloned into something that can be read', () => {
    expect(JSON.stringify(structuredClone(secret))).not.toContain(VALUE);
  });
});

const linesOf = (run: () => void): string => {
  const lines: string[] = [];
  runInvocation({ requestId: 'r-1', write: (_level, line) => lines.push(line) }, run);
  return lines.join('\n');
};

describe('a log line', () => {
  test('is JSON with the request, and without the secrets that passed through it', () => {
    const text = linesOf(() => {
      const secret = new Secret(VALUE);
      const cause = new Error(`the registry said ${secret.reveal()}`);
      log('error', 'check.failed', { detail: `Basic ${btoa(`ci:${VALUE}`)}`, error: new Error('It failed', { cause }) });
    });

    expect(JSON.parse(text)).toMatchObject({
      level: 'error',
      event: 'check.failed',
      requestId: 'r-1',
      error: { message: 'It failed' },
    });
    expect(text).toContain('the registry said [redacted]');
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain(btoa(`ci:${VALUE}`).slice(4, -4));
  });

  test('hides a short secret by the name of its field', () => {
    const text = linesOf(() =>
      log('info', 'x', { deep: [{ Password: 'abc', client_secret: 'def', 'X-Functions-Key': 'ghi' }], name: 'abc' }),
    );

    expect(JSON.parse(text)).toMatchObject({
      deep: [{ Password: '[redacted]', client_secret: '[redacted]', 'X-Functions-Key': '[redacted]' }],
      name: 'abc',
    });
  });
});
