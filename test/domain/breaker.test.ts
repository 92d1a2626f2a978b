import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findStop, noteAnswer } from '../../shared/domain/breaker.ts';
import { createCredential } from '../../shared/domain/create-credential.ts';
import { ADMIN, openApp, type OpenApp } from './open-app.ts';

let opened: OpenApp;
beforeEach(async () => {
  opened = await openApp();
});
afterEach(() => opened[Symbol.asyncDispose]());

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** Two credentials of these fields, of which the registry has refused the first again and again. Answers whether each is left alone. */
async function isStopped(fields: object): Promise<boolean[]> {
  const { app } = opened;
  const options = { project: 'default', caller: ADMIN, check: 'skip' } as const;
  const { credential: refused } = await createCredential(app, options, { name: 'Refused', ...fields });
  const { credential: other } = await createCredential(app, options, { name: 'Other', ...fields });
  for (const _ of [1, 2, 3]) await noteAnswer(app, refused, 'invalid_credentials');
  return [(await findStop(app, refused)) !== undefined, (await findStop(app, other)) !== undefined];
}

describe('refusals in a row', () => {
  test.for<[string, object]>([
    ['a registry that any product may be', { url: 'registry.example.com', username: 'ci', password: 'a-password' }],
    ['a robot', { url: 'quay.io', robot: 'acme+ci', token: 'A'.repeat(40) }],
  ])('stop the checks of all credentials of one user: %s', async ([, fields]) => {
    expect(await isStopped(fields)).toEqual([true, true]);
  });

  test.for<[string, object]>([
    ['tokens of applications at Quay', { url: 'quay.io', method: 'application', token: 'A'.repeat(40) }],
    ['passwords of applications at Quay', { url: 'quay.io', username: '$app', token: 'A'.repeat(40) }],
    ['apps of GitHub', { url: 'ghcr.io/acme', method: 'github-app', appId: '1', installationId: '2', privateKey }],
  ])('stop nobody else where all have the same user name: %s', async ([, fields]) => {
    expect(await isStopped(fields)).toEqual([true, false]);
  });
});
