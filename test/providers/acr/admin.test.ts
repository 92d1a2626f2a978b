import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_PASSWORD, REGISTRY, startAzure, type Azure } from '../../peers/azure.ts';
import { startDocumentedService } from '../../documented-service.ts';
import type { Service } from '../../service.ts';

const CHECKS = '/api/projects/default/checks';
const CREDENTIALS = '/api/projects/default/credentials';
const LABELLED = 'contoso-a1b2c3d4e5f6g7h8.azurecr.io';
const SWITCHED_OFF = 'fabrikam.azurecr.io';

let azure: Azure;
let service: Service;
beforeAll(async () => {
  azure = await startAzure({ names: [LABELLED], others: { [SWITCHED_OFF]: { adminPasswords: [] } } });
  service = await startDocumentedService({ policy: { network: azure.hosts.network } });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await azure[Symbol.asyncDispose]();
});

const form = (more: object = {}) => ({ url: REGISTRY, username: 'contoso', password: ADMIN_PASSWORD, ...more });
const check = async (body: object) => (await service.post(CHECKS, body)).json;

describe('the admin account', () => {
  test('is known by the name of its registry, and stored with a warning', async () => {
    const { status, json } = await service.post(CREDENTIALS, { name: 'Company ACR', ...form() });

    expect({ status, provider: json.provider, method: json.method }).toEqual({ status: 201, provider: 'acr', method: 'admin' });
    expect(json.warnings).toContainEqual(expect.objectContaining({ code: 'ADMIN_ACCOUNT' }));
    const handedOut = await service.post(`${CREDENTIALS}/${json.id}/login`, { format: 'docker-config' });
    expect(handedOut.json.value).toMatchObject({ auths: { [REGISTRY]: { username: 'contoso', password: ADMIN_PASSWORD } } });
  });

  test.for([
    { what: 'a domain name label', more: { url: LABELLED } },
    { what: 'a bare name', more: { provider: 'azure', url: 'contoso' } },
    { what: 'another case', more: { url: 'https://Contoso.azurecr.io/' } },
  ])('is known where the address has $what', async ({ more }) => {
    const result = await check(form(more));

    expect(result.verdict).toBe('valid');
    expect(result.warnings).toContainEqual(expect.objectContaining({ code: 'ADMIN_ACCOUNT' }));
  });

  test('is refused while it is switched off, with a hint to see whether it is', async () => {
    const { verdict, stages } = await check(form({ url: SWITCHED_OFF, username: 'fabrikam' }));

    expect(verdict).toBe('invalid_credentials');
    expect(stages).toContainEqual(
      expect.objectContaining({ stage: 'token', code: 'LOGIN_REFUSED', hint: expect.stringContaining('admin user is enabled') }),
    );
  });

  test('may do everything', async () => {
    const repositories = [{ name: 'team/app', actions: ['pull', 'push', 'delete'] }];

    expect(await check({ ...form(), repositories })).toMatchObject({
      capabilities: [{ repository: 'team/app', pull: 'yes', push: 'yes', delete: 'yes' }],
      leavesBehind: [],
    });
  });
});

describe('bad input', () => {
  test.for([
    { what: 'no password', more: { password: undefined }, pointer: '/password', code: 'REQUIRED' },
    { what: 'quotes', more: { password: `'${ADMIN_PASSWORD}'` }, pointer: '/password', code: 'QUOTED' },
    { what: 'a space', more: { password: ` ${ADMIN_PASSWORD}` }, pointer: '/password', code: 'SPACES' },
    { what: 'a line break', more: { password: `${ADMIN_PASSWORD}\n` }, pointer: '/password', code: 'SPACES' },
    {
      what: 'the client secret of an app',
      more: { password: 'abc8Q~0123456789abcdefghijABCDEFGHIJ0123' },
      pointer: '/password',
      code: 'WRONG_TOKEN',
    },
    { what: 'the id of a key of AWS', more: { password: 'AKIAIOSFODNN7EXAMPLE' }, pointer: '/password', code: 'WRONG_TOKEN' },
    {
      what: 'a user name with a password',
      more: { method: 'admin', username: 'contoso:x' },
      pointer: '/username',
      code: 'COLON',
    },
  ])('$what is refused at $pointer, and not repeated', async ({ more, pointer, code }) => {
    const { status, json, text } = await service.post(CHECKS, form(more));

    expect({ status, code: json.code }).toEqual({ status: 400, code: 'INVALID_INPUT' });
    expect(json.errors).toContainEqual(expect.objectContaining({ pointer, code, hint: expect.stringMatching(/\w/) }));
    const given = [more.password, more.username].filter((value) => value !== undefined);
    expect(given.filter((value) => text.includes(value.trim()))).toEqual([]);
  });
});
