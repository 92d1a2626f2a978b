import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { keyFileField } from '../../../shared/providers/google/key-file.ts';
import { newGoogleKey } from '../../peers/google-key.ts';

const { file } = newGoogleKey();
const PRETTY = JSON.stringify(file, null, 2);
const MINIFIED = JSON.stringify(file);

describe('a key file as people paste it', () => {
  test.for([
    ['pretty', PRETTY],
    ['minified', MINIFIED],
    ['with spaces around it', `\n\t ${PRETTY} \r\n`],
    ['with a byte order mark', `\uFEFF${PRETTY}`],
    ['with the line breaks of Windows', PRETTY.replaceAll('\n', '\r\n')],
    ['in single quotes', `'${PRETTY}'`],
    ['in double quotes', `"${MINIFIED}"`],
    ['in backticks', `\`${MINIFIED}\``],
    ['as a JSON string', JSON.stringify(PRETTY)],
    ['escaped, without quotes', JSON.stringify(MINIFIED).slice(1, -1)],
    ['in base64', Buffer.from(PRETTY).toString('base64')],
    [
      'in base64 with line breaks',
      (
        Buffer.from(PRETTY)
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\n'),
    ],
    ['in base64 for URLs', Buffer.from(PRETTY).toString('base64url')],
    ['in base64 in quotes', `"${Buffer.from(PRETTY).toString('base64')}"`],
    ['without any white space', PRETTY.replaceAll(/\s/g, '')],
    ['with line breaks in the key itself', PRETTY.replaceAll(String.raw`\n`, '\n')],
    ['with line breaks that are escaped twice', PRETTY.replaceAll(String.raw`\n`, String.raw`\\n`)],
    ['with spaces in place of line breaks in the key', PRETTY.replaceAll(String.raw`\n`, ' ')],
  ] as const)('is understood %s', ([, pasted]) => {
    const secret = keyFileField().parse(pasted);

    expect(JSON.parse(secret.reveal())).toEqual(file);
    expect(secret.reveal()).not.toMatch(/[\n\r]/);
  });

  test('keeps what else stands in it', () => {
    const secret = keyFileField().parse(JSON.stringify({ ...file, message: 'of the team' }));

    expect(JSON.parse(secret.reveal())).toEqual({ ...file, message: 'of the team' });
  });

  test('is taken with a key of the older kind, too', () => {
    const older = createPrivateKey(file.private_key).export({ type: 'pkcs1', format: 'pem' }).toString();

    const secret = keyFileField().parse(JSON.stringify({ ...file, private_key: older }).replaceAll(/\s/g, ''));

    expect(JSON.parse(secret.reveal())).toEqual(file);
  });

  test.for([
    ['cut off', PRETTY.slice(0, -40)],
    ['with a part of the key missing', JSON.stringify({ ...file, private_key: file.private_key.replace(/\n.{64}\n/, '\n') })],
    ['with a key of another kind', JSON.stringify({ ...file, private_key: file.private_key.replaceAll('PRIVATE', 'PUBLIC') })],
    ['wrapped without end', JSON.stringify(JSON.stringify(JSON.stringify(JSON.stringify(JSON.stringify(MINIFIED)))))],
    ['nested deep', '['.repeat(8000)],
  ] as const)('is refused %s, without a word of it', ([, pasted]) => {
    const { success, error } = keyFileField().safeParse(pasted);

    expect(success).toBe(false);
    const said = JSON.stringify(error?.issues);
    for (const line of file.private_key.split('\n').slice(1, -2)) expect(said).not.toContain(line);
  });
});
