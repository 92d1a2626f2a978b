import { accessToken, startArtifactory } from '../../peers/artifactory.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const REFERENCE = 'cmVmdGtuRight0Right0Right0Right0Right0Right0Right0Right0Right0Ri';

async function start(): Promise<MethodUnderTest> {
  const hosts = await startArtifactory({ tokens: { [REFERENCE]: { id: 'a1', username: 'ci' } } });
  const right = { url: 'acme.jfrog.io/docker-local', username: 'ci', token: REFERENCE };
  return {
    hosts,
    forms: {
      right,
      wrong: { ...right, token: 'cmVmdGtuWrong0Wrong0Wrong0Wrong0Wrong0Wrong0Wrong0Wrong0Wrong0Wr' },
      expired: { ...right, token: accessToken('ci', 1_600_000_000) },
    },
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}

describeMethod('artifactory/token', {
  start,
  needed: ['acme.jfrog.io'],
  refusals: { wrong: { code: 'LOGIN_REFUSED' }, expired: { code: 'ARTIFACTORY_TOKEN_EXPIRED' } },
  requests: [
    ['GET acme.jfrog.io/v2/', WHY.greeting],
    ['GET acme.jfrog.io/access/api/v1/tokens/me Bearer', 'when the token ends; the registry gives tokens to anybody'],
    ['GET acme.jfrog.io/v2/token Basic', WHY.token],
    ['GET acme.jfrog.io/v2/ Bearer', WHY.entry],
  ],
});
