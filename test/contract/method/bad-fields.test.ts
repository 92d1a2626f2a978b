import { describe, expect, test } from 'vitest';
import { readCreateInput } from '../../../shared/domain/credential-input.ts';
import { AppError } from '../../../shared/lib/errors.ts';
import { parseRegistryAddress } from '../../../shared/oci/address.ts';
import { methods, providers } from '../../../shared/providers/all.ts';
import { findMethod, formSchema, recogniseProvider } from '../../../shared/providers/catalog.ts';
import type { Method } from '../../../shared/providers/provider.ts';
import { newGoogleKey } from '../../peers/google-key.ts';
import { exampleOf } from './examples.ts';

const PROJECT = { name: 'default', environments: ['dev'], networks: [], upstreams: [] };

/** One of each that carries its product's mark. */
const TOKENS: Record<string, string> = {
  'a classic token of GitHub': 'ghp_Example0Example0Example0Example0Exa0',
  'a fine-grained token of GitHub': 'github_pat_11EXAMPLE0_Example0Example0Example0',
  'a personal token of Docker Hub': 'dckr_pat_Example0Example0Example0Exa',
  'an organization token of Docker Hub': 'dckr_oat_Example0Example0Example0Exa',
  'a token of GitLab': 'glpat-Example0Example0Exa',
  'the id of a key of AWS': 'AKIAIOSFODNN7EXAMPLE',
  'a client secret of Entra': 'abc8Q~Example0Example0Example0Example0Ex',
  'an access token of Google': 'ya29.Example0Example0Example0',
  'a key file of Google': JSON.stringify(newGoogleKey().file),
  'a certificate': '-----BEGIN CERTIFICATE-----',
};

/** The fields that take one of them. */
const OWN: Record<string, string[]> = {
  'docker-hub/token.password': ['a personal token of Docker Hub'],
  'docker-hub/organization-token.token': ['an organization token of Docker Hub'],
  'ghcr/token.token': ['a classic token of GitHub'],
  'gitlab/token.token': ['a token of GitLab'],
  'acr/service-principal.clientSecret': ['a client secret of Entra'],
  'ecr/access-key.accessKeyId': ['the id of a key of AWS'],
  'ecr-public/access-key.accessKeyId': ['the id of a key of AWS'],
  'google/service-account-key.keyFile': ['a key file of Google'],
  // What a registry of an unknown product takes is not known.
  'generic/password.password': Object.keys(TOKENS),
};

type Fields = Record<string, unknown>;

interface Field {
  name: string;
  isRequired: boolean;
  example: string;
}

const known = new Map<Method, Field[]>();

/** The same each time: some examples are made. */
function fieldsOf(method: Method): Field[] {
  const { properties, required = [] } = formSchema(method);
  const fields =
    known.get(method) ??
    Object.entries(properties).map(([name, schema]) => ({
      name,
      isRequired: required.includes(name),
      example: String(exampleOf(schema)),
    }));
  known.set(method, fields);
  return fields;
}

/** What a request with these fields comes to: what would be stored, or where it is wrong. */
function outcomeOf({ provider, method }: Method, fields: Fields): unknown {
  return readOutcome({ name: 'CI', provider, method, ...fields });
}

function readOutcome(body: Fields): unknown {
  try {
    const { settings, material = {} } = readCreateInput(PROJECT, body);
    const secrets = Object.entries(material).map(([name, secret]) => [name, secret.reveal()]);
    return { settings, secrets };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { status: error.status, errors: error.details.errors };
  }
}

/** What each field comes to if it alone is changed, by its name. */
function outcomes(method: Method, fields: Field[], change: (field: Field) => unknown): Map<string, unknown> {
  const right = Object.fromEntries(fieldsOf(method).map(({ name, example }) => [name, example]));
  return new Map(fields.map((field) => [field.name, outcomeOf(method, { ...right, [field.name]: change(field) })]));
}

function refusedAt(name: string) {
  const error = { pointer: `/${name}`, code: expect.any(String), detail: expect.any(String), hint: expect.stringMatching(/\w/) };
  return { status: 400, errors: [error] };
}

describe.for(methods.map(({ provider, method }) => `${provider}/${method}`))('a form of %s', (key) => {
  const [provider = '', name = ''] = key.split('/');
  const method = findMethod(provider, name) as Method;
  const fields = fieldsOf(method);
  const right = () => outcomeOf(method, Object.fromEntries(fields.map((field) => [field.name, field.example])));

  test('is right with its examples', () => {
    expect(right()).toMatchObject({ settings: expect.any(Object) });
  });

  test.for<[string, (field: Field) => unknown]>([
    ['is empty', () => ''],
    ['is a number', () => 7],
    ['is a list', ({ example }) => [example]],
    ['is an object', ({ example }) => ({ value: example })],
    ['is null', () => null],
    ['is far too long', () => 'x'.repeat(40_000)],
  ])('says where the field is that %s', ([, change]) => {
    for (const [field, outcome] of outcomes(method, fields, change)) expect([field, outcome]).toEqual([field, refusedAt(field)]);
  });

  test('says which field is missing', () => {
    const required = fields.filter(({ isRequired }) => isRequired);
    const found = outcomes(method, required, () => undefined);

    expect([...found]).toEqual(required.map((field) => [field.name, refusedAt(field.name)]));
  });

  test.for<[string, (text: string) => string]>([
    ['in double quotes', (text) => `"${text}"`],
    ['in single quotes', (text) => `'${text}'`],
    ['in backticks', (text) => `\`${text}\``],
    ['in typographic quotes', (text) => `“${text}”`],
    ['between spaces', (text) => `  ${text} `],
    ['with a tab before it', (text) => `\t${text}`],
    ['with a line break after it', (text) => `${text}\n`],
    ['with a line break of Windows after it', (text) => `${text}\r\n`],
    ['with a line break in it', (text) => `${text.slice(0, 5)}\n${text.slice(5)}`],
    ['with a NUL after it', (text) => `${text}\0`],
    ['with a space that has no width', (text) => `${text}\u{200b}`],
  ])('puts a field right that was pasted %s, or says where it is', ([, paste]) => {
    for (const [field, outcome] of outcomes(method, fields, ({ example }) => paste(example)))
      expect([refusedAt(field), right()]).toContainEqual(outcome);
  });

  test.for(Object.keys(TOKENS))('says where %s is out of place', (title) => {
    const others = fields.filter((field) => !OWN[`${key}.${field.name}`]?.includes(title));

    for (const [field, outcome] of outcomes(method, others, () => TOKENS[title]))
      expect([field, outcome]).toEqual([field, refusedAt(field)]);
  });
});

/** An address of each product that is known by its address. */
const ADDRESSES = new Map(
  methods.flatMap((method) => {
    const { example } = fieldsOf(method).find(({ name }) => name === 'url') ?? {};
    const owner = example && recogniseProvider(parseRegistryAddress(example).host)?.id;
    return owner ? [[owner, example] as const] : [];
  }),
);

describe.for([...ADDRESSES])('the address of %s', ([owner, url]) => {
  const form = { name: 'CI', url, username: 'ci', password: 'a-password' };
  const others = providers.filter(({ id }) => id !== owner && id !== 'generic');

  test.for(others.map(({ id }) => id))('contradicts %s', (provider) => {
    const error = { pointer: '/provider', code: 'CONTRADICTION', hint: expect.stringContaining(owner) };

    expect(readOutcome({ ...form, provider })).toMatchObject({ status: 400, errors: [error] });
  });

  test('is one of any registry where somebody wants no special treatment', () => {
    expect(readOutcome({ ...form, provider: 'generic' })).toMatchObject({ settings: { username: 'ci' } });
  });
});
