import { generateKeyPairSync } from 'node:crypto';
import { startGitHub } from '../../peers/github.ts';
import { describeMethod } from '../method.ts';
import { WHY } from './requests.ts';

const RIGHT = 'ghp_Right0Right0Right0Right0Right0Rig';
const WRONG = 'ghp_Wrong0Wrong0Wrong0Wrong0Wrong0Wro';
const EXPIRED = 'ghp_Ended0Ended0Ended0Ended0Ended0End';
const NO_SCOPE = 'ghp_Scope0Scope0Scope0Scope0Scope0Sco';

const needed = ['ghcr.io', 'api.github.com'];

describeMethod('ghcr/token', {
  async start() {
    const scopes = ['read:packages'];
    const hosts = await startGitHub({
      tokens: {
        [RIGHT]: { login: 'acme-ci', scopes },
        [EXPIRED]: { login: 'acme-ci', scopes, isExpired: true },
        [NO_SCOPE]: { login: 'acme-ci', scopes: ['repo'] },
      },
    });
    return {
      hosts,
      forms: { right: { token: RIGHT }, wrong: { token: WRONG }, expired: { token: EXPIRED }, insufficient: { token: NO_SCOPE } },
      [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
    };
  },
  needed,
  refusals: {
    wrong: { code: 'LOGIN_REFUSED' },
    // GitHub does not say which of the two it is.
    expired: { code: 'LOGIN_REFUSED', verdict: 'invalid_credentials' },
    insufficient: { code: 'MISSING_SCOPE' },
  },
  requests: [
    ['GET ghcr.io/v2/', WHY.greeting],
    ['GET api.github.com/user Bearer', 'whose token it is, its scopes and its end; the registry gives tokens to anybody'],
    ['GET ghcr.io/token Basic', WHY.token],
    ['GET ghcr.io/v2/ Bearer', WHY.entry],
  ],
});

describeMethod('ghcr/github-app', {
  async start() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const hosts = await startGitHub({
      apps: {
        '123456': {
          publicKey,
          installations: {
            '1': { account: 'acme', permissions: { packages: 'read', metadata: 'read' } },
            '2': { account: 'acme', permissions: { metadata: 'read' } },
          },
        },
      },
    });
    const right = {
      appId: '123456',
      installationId: '1',
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    };
    return {
      hosts,
      forms: {
        right,
        wrong: { ...right, privateKey: other.export({ type: 'pkcs1', format: 'pem' }).toString() },
        insufficient: { ...right, installationId: '2' },
      },
      [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
    };
  },
  needed,
  refusals: { wrong: { code: 'APP_KEY_REFUSED' }, insufficient: { code: 'MISSING_PERMISSION' } },
  requests: [
    ['GET ghcr.io/v2/', WHY.greeting],
    ['GET api.github.com/app/installations/1 Bearer', 'whose packages it reaches, and what else it may do'],
    ['POST api.github.com/app/installations/1/access_tokens Bearer', 'the login itself'],
    ['GET ghcr.io/token Basic', WHY.token],
    ['GET ghcr.io/v2/ Bearer', WHY.entry],
  ],
});
