import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REGISTRY, startAzure, TOKEN_PASSWORD, type Azure } from '../../peers/azure.ts';
import { startDocumentedService } from '../../documented-service.ts';
import type { Service } from '../../service.ts';

const CHECKS = '/api/projects/default/checks';
const CREDENTIALS = '/api/projects/default/credentials';
const PUBLIC = 'opentoall.azurecr.io';

let azure: Azure;
let service: Service;
beforeAll(async () => {
  azure = await startAzure({ others: { [PUBLIC]: { anonymousPull: true } } });
  service = await startDocumentedService({ policy: { network: azure.hosts.network } });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await azure[Symbol.asyncDispose]();
});

const plain = (more: object = {}) => ({ url: REGISTRY, username: 'ci-pull', password: TOKEN_PASSWORD, ...more });
const check = async (body: object) => (await service.post(CHECKS, body)).json;

describe('a repository-scoped token', () => {
  test.for([
    { what: 'a plain form', form: plain() },
    { what: 'its own fields', form: { url: REGISTRY, tokenName: 'ci-pull', password: TOKEN_PASSWORD } },
  ])('is known by $what, and handed out as it is', async ({ what, form }) => {
    const { status, json } = await service.post(CREDENTIALS, { name: `token by ${what}`, ...form });

    expect({ status, method: json.method, tokenName: json.tokenName }).toEqual({
      status: 201,
      method: 'repository-token',
      tokenName: 'ci-pull',
    });
    const handedOut = await service.post(`${CREDENTIALS}/${json.id}/login`, { format: 'docker-config' });
    expect(handedOut.json.value).toMatchObject({ auths: { [REGISTRY]: { username: 'ci-pull', password: TOKEN_PASSWORD } } });
  });

  test('may do what its scope map says', async () => {
    const repositories = [{ name: 'team/app', actions: ['pull', 'push'] }, { name: 'team/base' }];

    expect(await check({ ...plain(), repositories })).toMatchObject({
      verdict: 'valid',
      capabilities: [
        { repository: 'team/app', pull: 'yes', push: 'no' },
        { repository: 'team/base', pull: 'no' },
      ],
    });
  });

  test.for([{ password: 'another-password' }, { username: 'ci-push' }])(
    'is refused with a hint where it is wrong: %o',
    async (more) => {
      const { verdict, stages } = await check(plain(more));

      expect(verdict).toBe('invalid_credentials');
      expect(stages).toContainEqual(
        expect.objectContaining({ code: 'LOGIN_REFUSED', hint: expect.stringContaining('token is enabled') }),
      );
    },
  );

  test('is not proven by a registry from which anybody may pull, but refused there if it is wrong', async () => {
    expect(await check(plain({ url: PUBLIC }))).toMatchObject({ verdict: 'indeterminate' });
    expect(await check(plain({ url: PUBLIC, password: 'another-password' }))).toMatchObject({ verdict: 'invalid_credentials' });
  });
});

describe('bad input', () => {
  test.for([
    { what: 'no password', more: { password: undefined }, pointer: '/password', code: 'REQUIRED' },
    { what: 'quotes', more: { password: `"${TOKEN_PASSWORD}"` }, pointer: '/password', code: 'QUOTED' },
    { what: 'a header', more: { password: `Bearer ${TOKEN_PASSWORD}` }, pointer: '/password', code: 'HEADER' },
    { what: "GitLab's token", more: { password: 'glpat-0123456789abcdefghij' }, pointer: '/password', code: 'WRONG_TOKEN' },
    { what: 'a name with a colon', more: { username: 'ci:pull' }, pointer: '/username', code: 'COLON' },
  ])('$what is refused at $pointer, and not repeated', async ({ more, pointer, code }) => {
    const { status, json, text } = await service.post(CHECKS, plain(more));

    expect({ status, code: json.code }).toEqual({ status: 400, code: 'INVALID_INPUT' });
    expect(json.errors).toContainEqual(expect.objectContaining({ pointer, code, hint: expect.stringMatching(/\w/) }));
    const given = [more.password, more.username].filter((value) => value !== undefined);
    expect(given.filter((value) => text.includes(value.trim()))).toEqual([]);
  });
});
