import { LRUCache } from 'lru-cache';

/** From this length on a secret is looked for by value; a shorter one would blank out innocent text. */
const SHORTEST_BY_VALUE = 8;

const MASK = '[redacted]';

/** Fields that hold secrets whatever their value, compared in lower case without separators. */
const SECRET_FIELDS = new Set([
  'password',
  'passwd',
  'secret',
  'clientsecret',
  'secretkey',
  'secretaccesskey',
  'secrettext',
  'token',
  'accesstoken',
  'refreshtoken',
  'identitytoken',
  'registrytoken',
  'idtoken',
  'auth',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'privatekey',
  'keyfile',
  'material',
  'dockerconfigjson',
  'xfunctionskey',
  'apikey',
]);

/** Shapes of well-known secrets, for those that came from elsewhere and were never wrapped. */
const SECRET_SHAPES =
  /\b(?:gh[opsur]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|gldt-[\w-]{16,}|dckr_(?:pat|oat)_[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)|-----BEGIN[ A-Z]*PRIVATE KEY-----[\s\S]*?(?:-----END[ A-Z]*PRIVATE KEY-----|$)|\b(?:Basic|Bearer) [\w+/=.~-]{8,}/g;

/** Takes out of `text` every secret given, in the forms it may have taken on its way, and everything that looks like one. */
export function redactText(text: string, secrets: Iterable<string>): string {
  const known = [...secrets].filter((secret) => secret.length >= SHORTEST_BY_VALUE);
  // Longest first, so that no form is cut in two by a shorter one.
  const all = [...new Set(known.flatMap(knownForms))].toSorted((a, b) => b.length - a.length);
  return all.reduce((clean, form) => clean.replaceAll(form, MASK), text).replace(SECRET_SHAPES, MASK);
}

/** Blanks out fields by name, at any depth. Strings inside are left to `redactText`. */
export function redactFields(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 8) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => redactFields(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isSecretField(name) ? MASK : redactFields(item, depth + 1)]),
  );
}

function isSecretField(name: string): boolean {
  return SECRET_FIELDS.has(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
}

/** Characters of forms in memory: a secret of a few lines has hundreds, one that holds others has half a million. */
const FORMS_KEPT = 10_000_000;

/** Making the forms costs more than looking for them, and one secret passes through many requests. */
const formsOf = new LRUCache<string, string[]>({
  maxSize: FORMS_KEPT,
  sizeCalculation: (made) => made.reduce((sum, form) => sum + form.length, 1),
  ttl: 10 * 60_000,
});

function knownForms(secret: string): string[] {
  const known = formsOf.get(secret);
  if (known) return known;
  const made = forms(secret);
  formsOf.set(secret, made);
  return made;
}

/** As text, in JSON once and twice, in URLs and forms, and each of the first three in base64. */
function forms(secret: string): string[] {
  const json = inJson(secret);
  const plain = [secret, json, inJson(json)];
  // What is no Unicode has no spelling in a URL, and the encoder throws: a log must not.
  const inUrls = [encodeURIComponent(secret.toWellFormed()), new URLSearchParams({ s: secret }).toString().slice(2)].flatMap(
    (form) => [form, form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
  );
  return [...plain, ...inUrls, ...plain.flatMap(base64Forms)].filter((form) => form.length >= SHORTEST_BY_VALUE);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * Base64 packs three bytes into four characters, so a secret inside a longer text has three spellings, by its offset.
 * The characters at both ends also depend on the neighbours and are left off.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const spellings = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const inner = text.slice(start, end);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set(spellings)];
}
