import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The spellings of a secret that a program may leave behind, by name. */
function spellingsOf(secret: string): Map<string, string> {
  const json = jsonText(secret);
  const url = encodeURIComponent(secret);
  const hex = Buffer.from(secret).toString('hex');
  const ascii = json.replaceAll(/[^\0-\x7f]/g, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const spellings = new Map([
    ['raw', secret],
    ['JSON', json],
    ['JSON in JSON', jsonText(json)],
    ['JSON in ASCII', ascii],
    ['URL', url],
    ['URL, lower case', url.replaceAll(/%../g, (code) => code.toLowerCase())],
    ['form', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['HTML', secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')],
    ['hex', hex],
    ['hex, upper case', hex.toUpperCase()],
    ['UTF-8 read as Latin-1', Buffer.from(secret).toString('latin1')],
    ['printed bytes', [...Buffer.from(secret)].join(',')],
  ]);
  for (const offset of [0, 1, 2]) {
    const inner = innerBase64(secret, offset);
    spellings.set(`base64, ${offset} bytes in`, inner);
    spellings.set(`base64 for URLs, ${offset} bytes in`, inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return spellings;
}

/** Where the secrets are found in this text or these bytes: one line each, which names the spelling and not the secret. */
export function findSecrets(secrets: Record<string, string>, where: string, content: string | Uint8Array): string[] {
  const bytes = Buffer.from(content);
  return Object.entries(secrets).flatMap(([name, secret]) =>
    [...spellingsOf(secret)]
      .filter(([, spelling]) => bytes.includes(spelling))
      .map(([spelling]) => `${where}: ${name} as ${spelling}`),
  );
}

/** As `findSecrets`, in every file of a folder, whatever its kind. */
export async function findSecretsInFolder(secrets: Record<string, string>, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (file) => findSecrets(secrets, file, await readFile(file))));
  return found.flat();
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What of the base64 text of a longer text depends on the secret alone, if the secret begins `offset` bytes (mod 3) in. */
function innerBase64(secret: string, offset: number): string {
  const bytes = Buffer.from(secret);
  const whole = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(3)]).toString('base64');
  return whole.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
}
