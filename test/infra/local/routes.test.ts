import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture/start-fixture.ts';

describe('routes', () => {
  let app: Fixture;
  beforeAll(async () => {
    app = await startFixture();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const id = '0f8fad5b-d9cb-469f-a165-70867728950e';

  test.for([
    ['plain-name', 'plain-name', {}],
    ['PLAIN-Name', 'plain-name', {}],
    ['things/all', 'literal', {}],
    ['Things/ALL/', 'literal', {}],
    ['things/other', 'parameter', { name: 'other' }],
    ['things/one/parts/two', 'nested', { name: 'one', part: 'two' }],
    ['things/a%20b/parts/%C3%A9', 'nested', { name: 'a b', part: 'é' }],
    ['things/a%2Fb', 'parameter', { name: 'a%2Fb' }],
    ['things/%zz', 'parameter', { name: '%zz' }],
    ['numbers/-42', 'constrained', { n: '-42' }],
    [`guids/${id}`, 'guid', { id }],
    ['ranges/5', 'ranged', { n: '5' }],
    ['sized/abc', 'sized', { word: 'abc' }],
    ['bounded/abcd', 'bounded', { word: 'abcd' }],
    ['patterns/a12', 'pattern', { code: 'a12' }],
    ['flags/True', 'flag', { on: 'True' }],
    ['optional', 'optional', {}],
    ['optional/x', 'optional', { name: 'x' }],
    ['defaulted', 'defaulted', { name: 'anyone' }],
    ['defaulted/me', 'defaulted', { name: 'me' }],
    ['files/a/b%20c/d', 'zz-rest', { path: 'a/b c/d' }],
    ['files', 'zz-rest', {}],
  ] as const)('%s is for %s', async ([path, fn, params]) => {
    const reply = await fetch(`${app.url}/api/${path}`);

    expect(await reply.json()).toEqual({ fn, params });
  });

  test.for([
    'numbers/x',
    'numbers/2147483648',
    'guids/no',
    'ranges/6',
    'sized/a',
    'sized/abcd',
    'bounded/a',
    'bounded/abcde',
    'bounded/ab1',
    'patterns/b12',
    'flags/yes',
    'optional/x/y',
    'things',
    'things//parts/two',
    '',
    'unknown',
  ])('nothing answers to %s', async (path) => {
    const reply = await fetch(`${app.url}/api/${path}`);

    expect([reply.status, await reply.text()]).toEqual([404, '']);
  });

  test('outside the prefix nothing answers', async () => {
    expect((await fetch(`${app.url}/plain-name`)).status).toBe(404);
  });

  test('routes are tried by the names of their functions, as on the platform', async () => {
    const reply = await fetch(`${app.url}/api/order/specific`);

    expect(await reply.json()).toEqual({ fn: 'a-greedy', params: { any: 'specific' } });
  });

  test('a method that no function takes is not found, as on the platform', async () => {
    const reply = await fetch(`${app.url}/api/things/all`, { method: 'DELETE' });

    expect([reply.status, await reply.text()]).toEqual([404, '']);
  });
});
