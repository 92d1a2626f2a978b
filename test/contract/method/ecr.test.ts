import { awsHosts, SECRET, startAws } from '../../peers/aws.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';

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
});

describeMethod('ecr-public/access-key', {
  start: () => start(HOSTS.publicRegistry),
  needed: [HOSTS.publicRegistry, HOSTS.ecrPublic],
  helping: [HOSTS.publicSts],
  refusals,
});
