import { startDockerHub } from '../../peers/docker-hub.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const TOKEN = 'dckr_pat_Right0Right0Right0Right0Rig';
const EXPIRED = 'dckr_pat_Ended0Ended0Ended0Ended0End';
const ORGANIZATION_TOKEN = 'dckr_oat_Right0Right0Right0Right0Rig';
const PAST = '2020-01-31T12:00:00Z';

async function start(): Promise<MethodUnderTest['hosts'] & AsyncDisposable> {
  return startDockerHub({
    acmeci: {
      password: 'a password of a person',
      tokens: [{ value: TOKEN }, { value: EXPIRED, expiresAt: PAST }],
      pullsLeft: 39,
    },
    acme: { tokens: [{ value: ORGANIZATION_TOKEN }] },
  });
}

async function withForms(right: Record<string, string>, secret: string, expired: object): Promise<MethodUnderTest> {
  const hosts = await start();
  const wrong = { ...right, [secret]: right[secret]?.replace('Right', 'Wrong') };
  return {
    hosts,
    forms: { right, wrong, expired: { ...right, ...expired } },
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}

const needed = ['registry-1.docker.io', 'auth.docker.io'];
const helping = ['hub.docker.com'];

describeMethod('docker-hub/token', {
  start: () => withForms({ username: 'acmeci', password: TOKEN }, 'password', { password: EXPIRED }),
  needed,
  helping,
  // Docker Hub does not say which of the two it is.
  refusals: { wrong: { code: 'LOGIN_REFUSED' }, expired: { code: 'LOGIN_REFUSED', verdict: 'invalid_credentials' } },
  requests: [
    ['GET registry-1.docker.io/v2/', WHY.greeting],
    ['POST hub.docker.com/v2/auth/token', 'a session of the API'],
    ['GET hub.docker.com/v2/access-tokens Bearer', 'when the token ends'],
    ['GET auth.docker.io/token Basic', 'a token for the repository that the pull limit is told at'],
    ['HEAD registry-1.docker.io/v2/ratelimitpreview/test/manifests/latest Bearer', 'the pull limit'],
    ['GET auth.docker.io/token Basic', WHY.scopeless],
    ['GET registry-1.docker.io/v2/ Bearer', WHY.entry],
  ],
});

describeMethod('docker-hub/organization-token', {
  start: () => withForms({ organization: 'acme', token: ORGANIZATION_TOKEN }, 'token', {}),
  needed,
  helping,
  refusals: { wrong: { code: 'LOGIN_REFUSED' } },
  requests: [
    ['GET registry-1.docker.io/v2/', WHY.greeting],
    ['POST hub.docker.com/v2/auth/token', 'a session of the API'],
    ['GET auth.docker.io/token Basic', 'a token for the repository that the pull limit is told at'],
    ['HEAD registry-1.docker.io/v2/ratelimitpreview/test/manifests/latest Bearer', 'the pull limit'],
    ['GET auth.docker.io/token Basic', WHY.scopeless],
    ['GET registry-1.docker.io/v2/ Bearer', WHY.entry],
  ],
});
