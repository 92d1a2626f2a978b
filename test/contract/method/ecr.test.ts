import { awsHosts, SECRET, startAws } from '../../peers/aws.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);

async function start(url: string): Promise<MethodUnderTest> {
  const aws = await startAws(PLACE);
  aws.addKey('AKIA2222222222222222');
  aws.addKey('AKIA3333333333333333', { allowed: new Set() });
  const right = { url, accessKeyId: 'AKIA2222222222222222', secretAccessKey: SECRET };
  return {
    hosts: aws.hosts,
    forms: {
      right,
      wrong: { ...right, secretAccessKey: SECRET.replace('w', 'x') },
      insufficient: { ...right, accessKeyId: 'AKIA3333333333333333' },
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
}

const refusals = { wrong: { code: 'SECRET_KEY_WRONG' }, insufficient: { code: 'AWS_PERMISSION_MISSING' } };

describeMethod('ecr/access-key', {
  start: () => start(HOSTS.registry),
  needed: [HOSTS.registry, HOSTS.ecr],
  helping: [HOSTS.sts],
  refusals,
  requests: [
    [`GET ${HOSTS.registry}/v2/`, WHY.greeting],
    [`POST ${HOSTS.sts}/ AWS4-HMAC-SHA256`, 'whose key it is, and a wrong one from one without permission'],
    [`POST ${HOSTS.ecr}/ AWS4-HMAC-SHA256`, 'the login itself'],
    [`GET ${HOSTS.registry}/v2/ Basic`, 'that the registry takes the login'],
  ],
});

describeMethod('ecr-public/access-key', {
  start: () => start(HOSTS.publicRegistry),
  needed: [HOSTS.publicRegistry, HOSTS.ecrPublic],
  helping: [HOSTS.publicSts],
  refusals,
  requests: [
    [`GET ${HOSTS.publicRegistry}/v2/`, WHY.greeting],
    [`POST ${HOSTS.publicSts}/ AWS4-HMAC-SHA256`, 'whose key it is, and a wrong one from one without permission'],
    [`POST ${HOSTS.ecrPublic}/ AWS4-HMAC-SHA256`, 'the login itself'],
    [`GET ${HOSTS.publicRegistry}/token Basic`, WHY.token],
    [`GET ${HOSTS.publicRegistry}/v2/ Bearer`, WHY.entry],
  ],
});
