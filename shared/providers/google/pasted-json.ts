import { parseJson } from '../../lib/parse-json.ts';

/** How often a text may be wrapped: quotes around base64 around JSON. */
const DEEPEST = 3;

/** JSON as people paste it: plain, in quotes, escaped, with line breaks inside its strings, or in base64. Undefined if it is none. */
export function parsePastedJson(pasted: string, depth = 0): unknown {
  const text = pasted.replace(/^\uFEFF/, '').trim();
  const value = parseJson(text) ?? parseJson(escapeLineBreaks(text));
  if (value !== undefined && typeof value !== 'string') return value;
  const inner = value ?? unwrapped(text);
  return inner === undefined || depth === DEEPEST ? undefined : parsePastedJson(inner, depth + 1);
}

function unwrapped(text: string): string | undefined {
  const [, , quoted] = /^(["'`])(.*)\1$/s.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  if (/^\{\s*\\"/.test(text)) return parseString(`"${text}"`);
  const isBase64 = text.length >= 8 && /^[A-Za-z0-9+/_\s-]+=*\s*$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64').toString('utf8') : undefined;
}

function parseString(text: string): string | undefined {
  const value = parseJson(text);
  return typeof value === 'string' ? value : undefined;
}

/** Line breaks inside of strings, where some tool has put them in place of `\n`. */
function escapeLineBreaks(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, (literal) => literal.replaceAll(/\r?\n/g, String.raw`\n`));
}
