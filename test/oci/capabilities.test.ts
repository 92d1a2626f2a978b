import { describe, expect, test } from 'vitest';
import type { Action } from '../../shared/oci/stages.ts';
import { createAuthority } from '../peers/certificates.ts';
import { oddities } from '../peers/oddities.ts';
import { startRegistry } from '../peers/registry.ts';
import type { Oddity, RegistryOptions } from '../peers/registry.ts';
import { probing } from './probing.ts';

const users = {
  alice: 'right',
  puller: { password: 'right', grants: { 'team/app': ['pull'] } },
  pusher: { password: 'right', grants: { 'team/app': ['pull', 'push'] } },
  stranger: { password: 'right', grants: {} },
};
const ALL: Action[] = ['pull', 'push', 'delete'];
const repositories = [{ name: 'team/app', actions: ALL }];

const start = (options: Partial<RegistryOptions> = {}) =>
  startRegistry({ users, auth: 'bearer', repositories: ['team/app'], ...options });

/** Answers requests of one method in place of the registry. */
const to =
  (method: string, odd: Oddity): Oddity =>
  (request, response) =>
    request.method === method && odd(request, response);

describe('capabilities in a repository', () => {
  test.for([
    ['alice', { pull: 'yes', push: 'yes', delete: 'yes' }],
    ['pusher', { pull: 'yes', push: 'yes', delete: 'no' }],
    ['puller', { pull: 'yes', push: 'no', delete: 'no' }],
    ['stranger', { pull: 'no', push: 'unknown', delete: 'unknown' }],
  ] as const)('of %s, by tokens', async ([username, expected]) => {
    await using registry = await start();

    const result = await probing(registry, { username, repositories });

    expect(result).toMatchObject({ verdict: 'valid', capabilities: [{ repository: 'team/app', ...expected }] });
  });

  test.for([
    ['alice', { pull: 'yes', push: 'yes', delete: 'unknown' }],
    ['puller', { pull: 'yes', push: 'no', delete: 'unknown' }],
    ['stranger', { pull: 'no', push: 'unknown', delete: 'unknown' }],
  ] as const)('of %s, by Basic', async ([username, expected]) => {
    await using registry = await start({ auth: 'basic' });

    const result = await probing(registry, { username, repositories });

    expect(result).toMatchObject({ verdict: 'valid', capabilities: [expected] });
  });

  test('of an opaque token say nothing about delete, and why', async () => {
    await using registry = await start({ opaqueTokens: true });

    const result = await probing(registry, { repositories });

    expect(result.capabilities).toMatchObject([
      { pull: 'yes', push: 'yes', delete: 'unknown', reason: expect.stringContaining('tokens') },
    ]);
  });

  test('that is not there are unknown, and no right to push is asked for', async () => {
    await using registry = await start();

    const result = await probing(registry, { repositories: [{ name: 'no/such', actions: ALL }] });

    expect(result.capabilities).toMatchObject([
      { pull: 'unknown', push: 'unknown', delete: 'unknown', reason: expect.stringContaining('not there') },
    ]);
    expect(registry.requests.filter(({ method, path }) => method !== 'GET' || path.includes('push'))).toEqual([]);
  });

  test('are those that were asked for', async () => {
    await using registry = await start();

    const result = await probing(registry, { repositories: [{ name: 'team/app', actions: ['delete'] }] });

    expect(result.capabilities).toEqual([{ repository: 'team/app', delete: 'yes' }]);
    expect(registry.requests.some(({ method }) => method !== 'GET')).toBe(false);
  });

  test('never change the verdict', async () => {
    await using registry = await start();

    const result = await probing(registry, {
      username: 'stranger',
      repositories: [...repositories, { name: 'no/such', actions: ALL }],
    });

    expect(result.verdict).toBe('valid');
    expect(result.capabilities).toHaveLength(2);
  });
});

describe('an upload session', () => {
  test('is cancelled', async () => {
    await using registry = await start();

    const result = await probing(registry, { repositories });

    expect(result.leavesBehind).toEqual([]);
    expect(registry.uploads.size).toBe(0);
  });

  test('that may not be cancelled is reported', async () => {
    await using registry = await start();

    const result = await probing(registry, { username: 'pusher', repositories });

    expect(result).toMatchObject({ verdict: 'valid', leavesBehind: ['team/app'] });
    expect(registry.uploads.size).toBe(1);
  });

  test('whose cancelling breaks off is reported', async () => {
    await using registry = await start({ odd: to('DELETE', oddities.hangUp()) });

    expect(await probing(registry, { repositories })).toMatchObject({
      capabilities: [{ push: 'yes' }],
      leavesBehind: ['team/app'],
    });
  });

  test('that has no address is left alone, and so is everything else', async () => {
    await using registry = await start({ odd: to('POST', oddities.status(202)) });

    const result = await probing(registry, { repositories });

    expect(result).toMatchObject({ capabilities: [{ push: 'yes' }], leavesBehind: ['team/app'] });
    expect(registry.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('whose address is relative to where it was begun is cancelled there', async () => {
    await using registry = await start({ odd: to('POST', oddities.status(202, { location: 'session-1?_state=x' })) });

    await probing(registry, { repositories });

    expect(registry.requests).toContainEqual(
      expect.objectContaining({ method: 'DELETE', path: '/v2/team/app/blobs/uploads/session-1?_state=x' }),
    );
  });

  test('that leads to another origin is left alone, though that could be reached', async () => {
    const authority = createAuthority();
    await using elsewhere = await start({ tls: authority.issue({ hosts: ['elsewhere.example.com'] }) });
    const location = 'https://elsewhere.example.com/v2/team/app/blobs/uploads/1';
    await using registry = await start({ odd: to('POST', oddities.status(202, { location })) });
    const policy = { ca: authority.pem, connectTo: { 'elsewhere.example.com:443': elsewhere.host } };

    const result = await probing(registry, { repositories, policy });

    expect(result).toMatchObject({ capabilities: [{ push: 'yes' }], leavesBehind: ['team/app'] });
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('a registry that lets anybody in at /v2/', () => {
  test('shows in its repositories what the login may do', async () => {
    await using registry = await start({ odd: oddities.openPing() });

    const result = await probing(registry, { username: 'puller', repositories });

    expect(result).toMatchObject({ verdict: 'indeterminate', capabilities: [{ pull: 'yes', push: 'no', delete: 'no' }] });
  });

  test('gets no second try of a login that one repository refused', async () => {
    await using registry = await start({ odd: oddities.openPing(), auth: 'basic', repositories: ['team/app', 'team/other'] });
    const questions = [...repositories, { name: 'team/other', actions: ALL }];

    const result = await probing(registry, { password: 'wrong', repositories: questions });

    expect(result).toMatchObject({
      verdict: 'indeterminate',
      capabilities: [{ pull: 'unknown' }, { pull: 'unknown', reason: expect.stringContaining('refused') }],
    });
    expect(registry.requests.filter(({ authorization }) => authorization)).toHaveLength(1);
  });

  test('and lets anybody pull says so, and needs no login', async () => {
    await using registry = await start({ odd: oddities.openPing(), anonymousPull: true });

    const result = await probing(registry, { repositories: [{ name: 'team/app', actions: ['pull'] }] });

    expect(result.capabilities).toEqual([{ repository: 'team/app', pull: 'yes', reason: 'Anybody may pull.' }]);
    expect(registry.requests.filter(({ authorization }) => authorization)).toEqual([]);
  });

  test('sends no login to a realm that a repository names', async () => {
    await using registry = await start({ odd: oddities.openPing(), realm: 'https://evil.example/token' });

    const result = await probing(registry, { repositories });

    expect(result.capabilities).toMatchObject([
      { pull: 'unknown', reason: expect.stringContaining('https://evil.example/token') },
    ]);
    expect(registry.requests.filter(({ authorization }) => authorization)).toEqual([]);
  });
});

describe('trouble while asking', () => {
  test.for([
    ['throttling', oddities.throttle('5'), 'slow down'],
    ['an outage', oddities.status(503), 'out of order'],
    ['a closed connection', oddities.hangUp(), 'closed the connection'],
  ] as const)('%s ends the questions, not the check', async ([, odd, reason]) => {
    const tags: Oddity = (request, response) => request.url?.includes('/tags/list') === true && odd(request, response);
    await using registry = await start({ odd: tags });
    const questions = ['team/app', 'team/other'].map((name) => ({ name, actions: ALL }));

    const result = await probing(registry, { repositories: questions });

    expect(result).toMatchObject({
      verdict: 'valid',
      capabilities: [{ pull: 'unknown' }, { pull: 'unknown', reason: expect.stringContaining(reason) }],
    });
    expect(registry.requests.filter(({ path }) => path.includes('/tags/list'))).toHaveLength(1);
  });

  test('a registry that takes no uploads is read-only', async () => {
    await using registry = await start({ odd: to('POST', oddities.status(405)) });

    expect((await probing(registry, { repositories })).capabilities).toMatchObject([
      { push: 'no', reason: expect.stringContaining('read-only') },
    ]);
  });

  test('a name that is none, and too many names, are mistakes of the caller', async () => {
    await using registry = await start();
    const many = Array.from({ length: 21 }, () => ({ name: 'team/app', actions: ALL }));

    await expect(probing(registry, { repositories: [{ name: '../catalog', actions: ALL }] })).rejects.toThrow('repository name');
    await expect(probing(registry, { repositories: many })).rejects.toThrow(RangeError);
    expect(registry.requests.some(({ path }) => path.includes('catalog'))).toBe(false);
  });
});
