import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommonInput } from '../../../shared/domain/common-input.ts';
import { methods, providers } from '../../../shared/providers/all.ts';
import type { FieldSchema, FormSchema, MethodView, ProviderView } from '../../../shared/providers/catalog.ts';
import { startDocumentedService } from '../../documented-service.ts';
import type { Service } from '../../service.ts';
import { exampleOf, exampleUpstreams } from './examples.ts';

const CREDENTIALS = '/api/projects/default/credentials';
const COMMON = new Set([...Object.keys(CommonInput.shape), 'provider', 'method', 'check']);

/** Addresses that people paste, of every product and of none. */
const HOSTS = [
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
  'hub.docker.com',
  'ghcr.io',
  'docker.pkg.github.com',
  'containers.acme.ghe.com',
  'contoso.azurecr.io',
  'contoso-a1b2c3d4e5f6g7h8.azurecr.io',
  'contoso.westeurope.geo.azurecr.io',
  'contoso.azurecr.cn',
  'contoso.westeurope.data.azurecr.io',
  'contoso.azurecr.io.evil.example',
  'azurecr.io',
  'xn--contoso.azurecr.io',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  '123456789012.dkr-ecr.eu-west-1.on.aws',
  '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
  '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  '12345.dkr.ecr.us-east-1.amazonaws.com',
  'x123456789012.dkr.ecr.us-east-1.amazonaws.com',
  'public.ecr.aws',
  'ecr-public.aws.com',
  'europe-west1-docker.pkg.dev',
  'docker.europe-west1.rep.pkg.dev',
  'eu.gcr.io',
  'registry.gitlab.com',
  'gitlab.com',
  'harbor.example.com',
  'demo.goharbor.io',
  'acme.jfrog.io',
  'acme-docker.jfrog.io',
  'quay.io',
  'registry.example.com',
  'registry.example.com:5000',
  'localhost:5000',
  '127.0.0.1:5000',
];

test.for(HOSTS)('at most one provider says that %s is its own', (host) => {
  expect(providers.filter((provider) => provider.recognises(host)).length).toBeLessThan(2);
});

test('no two providers have a name in common', () => {
  const names = providers.flatMap(({ id, aliases }) => [id, ...aliases]);

  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test('every method that can log in has joined the contract', async () => {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.test.ts'));
  const text = (await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file), 'utf8')))).join('\n');
  const keys = methods.filter((method) => method.login !== undefined).map(({ provider, method }) => `${provider}/${method}`);

  expect(keys.filter((key) => !text.includes(`describeMethod('${key}'`))).toEqual([]);
});

describe('a form drawn from the catalog alone', () => {
  let service: Service;
  let catalog: Map<string, MethodView>;
  let common: FormSchema;
  beforeAll(async () => {
    const project = { name: 'default', environments: ['dev'], upstreams: methods.flatMap(exampleUpstreams) };
    service = await startDocumentedService({ policy: { projects: [project] } });
    const { json } = await service.get('/api/providers');
    const views = json.value as ProviderView[];
    common = json.common as FormSchema;
    catalog = new Map(views.flatMap(({ id, methods }) => methods.map((method) => [`${id}/${method.method}`, method])));
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const keys = methods.map(({ provider, method }) => `${provider}/${method}`);
  const formOf = (key: string) => {
    const view = catalog.get(key);
    if (!view) throw new Error(`The catalog has no ${key}`);
    return view.form;
  };

  test('has what every form has in common, each with what a portal shows', () => {
    expect(Object.keys(common.properties).toSorted()).toEqual(Object.keys(CommonInput.shape).toSorted());
    expect(common.required).toEqual(['name']);
    for (const field of Object.values(common.properties))
      expect(field).toMatchObject({
        label: expect.stringMatching(/\w/),
        group: expect.stringMatching(/^(metadata|details)$/),
        order: expect.any(Number),
      });
    expect(common.properties['ca']).toMatchObject({ revealedBy: { field: 'tls', value: 'custom-ca' } });
  });

  test.for(keys)('has for each field of %s what a portal shows, and a name of its own', (key) => {
    const { properties } = formOf(key);

    expect(Object.keys(properties).filter((name) => COMMON.has(name))).toEqual([]);
    for (const field of Object.values(properties)) {
      expect(field).toMatchObject({ label: expect.stringMatching(/\w/), group: 'details', order: expect.any(Number) });
      expect(field.description ?? field.obtain).toMatch(/\w/);
    }
    const orders = Object.values({ ...common.properties, ...properties }).map(({ group, order }) => `${group} ${order}`);
    expect(new Set(orders).size).toBe(orders.length);
  });

  test.for(keys)('creates %s with its examples, also with those of required fields alone', async (key) => {
    const [provider = '', method = ''] = key.split('/');
    const { properties, required = [] } = formOf(key);
    const whole = Object.entries(properties).map(([name, field]) => [name, exampleOf(field)] as const);
    const least = whole.filter(([name]) => required.includes(name));
    const beside = Object.fromEntries(Object.entries(common.properties).flatMap(([name, field]) => commonExample(name, field)));

    for (const [title, fields, more] of [['whole', whole, beside] as const, ['least', least, {}] as const]) {
      const body = { ...more, name: `${key}, ${title}`, provider, method, ...Object.fromEntries(fields) };
      const reply = await service.post(`${CREDENTIALS}?check=skip`, body);

      expect(reply).toMatchObject({ status: 201, json: { provider, method } });
      const isSecret = (name: string) => properties[name]?.writeOnly === true;
      expect(fields.filter(([name]) => !isSecret(name) && reply.json[name] === undefined)).toEqual([]);
      expect(fields.filter(([name, value]) => isSecret(name) && reply.text.includes(String(value)))).toEqual([]);
    }
  });
});

/** A field that another one reveals is left out, because the other's example does not; which environments there are, the project says. */
function commonExample(name: string, { example, revealedBy }: FieldSchema): [string, unknown][] {
  if (revealedBy) return [];
  return [[name, name === 'environments' ? ['dev'] : example]];
}
