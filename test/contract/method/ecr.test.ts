import { join } from 'node:path';
import { externalIdOf } from '../../../shared/domain/external-id.ts';
import { openOwnIdentity } from '../../../shared/identity/own-identity.ts';
import { systemClock } from '../../../shared/lib/clock.ts';
import { operatorNetwork } from '../../../shared/net/operator.ts';
import { openSqliteRecords } from '../../../shared/stores/records/sqlite.ts';
import { awsHosts, SECRET, startAws } from '../../peers/aws.ts';
import { AUDIENCE } from '../../peers/federation.ts';
import { temporaryFolder } from '../../stores/temporary-folder.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);

/** Asked at each check, then: one that may not is left alone for a while. */
const MAY_READ_ITSELF = new Set(['ecr:GetAuthorizationToken', 'ecr-public:GetAuthorizationToken', 'iam:ListAccessKeys']);

async function start(url: string): Promise<MethodUnderTest> {
  const aws = await startAws(PLACE);
  aws.addKey('AKIA2222222222222222', { allowed: MAY_READ_ITSELF });
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
  helping: [HOSTS.sts, HOSTS.iam],
  refusals,
  requests: [
    [`GET ${HOSTS.registry}/v2/`, WHY.greeting],
    [`POST ${HOSTS.sts}/ AWS4-HMAC-SHA256`, 'whose key it is, and a wrong one from one without permission'],
    [`POST ${HOSTS.iam}/ AWS4-HMAC-SHA256`, 'how old the key is'],
    [`POST ${HOSTS.ecr}/ AWS4-HMAC-SHA256`, 'the login itself'],
    [`GET ${HOSTS.registry}/v2/ Basic`, 'that the registry takes the login'],
  ],
});

describeMethod('ecr-public/access-key', {
  start: () => start(HOSTS.publicRegistry),
  needed: [HOSTS.publicRegistry, HOSTS.ecrPublic],
  helping: [HOSTS.publicSts, HOSTS.iam],
  refusals,
  requests: [
    [`GET ${HOSTS.publicRegistry}/v2/`, WHY.greeting],
    [`POST ${HOSTS.publicSts}/ AWS4-HMAC-SHA256`, 'whose key it is, and a wrong one from one without permission'],
    [`POST ${HOSTS.iam}/ AWS4-HMAC-SHA256`, 'how old the key is'],
    [`POST ${HOSTS.ecrPublic}/ AWS4-HMAC-SHA256`, 'the login itself'],
    [`GET ${HOSTS.publicRegistry}/token Basic`, WHY.token],
    [`GET ${HOSTS.publicRegistry}/v2/ Bearer`, WHY.entry],
  ],
});

/** regcred is a user of another account here; roles trust it for the external id of the project, or of another. */
async function startWithRoles(url: string): Promise<MethodUnderTest> {
  const aws = await startAws(PLACE);
  const own = 'arn:aws:iam::210987654321:user/regcred';
  aws.addKey('AKIAOWNKEYOFREGCRED2', { account: '210987654321', arn: own });
  const folder = await temporaryFolder();
  const records = await openSqliteRecords(join(folder.path, 'records.db'), {});
  const operator = operatorNetwork({ inAzure: false });
  const environment = { AWS_ACCESS_KEY_ID: 'AKIAOWNKEYOFREGCRED2', AWS_SECRET_ACCESS_KEY: SECRET };
  const identity = openOwnIdentity(environment, { inAzure: false, tokenAudience: AUDIENCE }, { operator, clock: systemClock });

  const arnOf = (name: string) => `arn:aws:iam::${PLACE.account}:role/team/${name}`;
  const trusts = [{ principal: own, externalId: await externalIdOf({ records }, 'default') }];
  aws.addRole(arnOf('pull'), { trusts });
  aws.addRole(arnOf('stranger'), { trusts: [{ principal: own, externalId: 'of-another-project' }] });
  aws.addRole(arnOf('powerless'), { trusts, allowed: new Set() });
  return {
    hosts: aws.hosts,
    forms: {
      right: { url, roleArn: arnOf('pull') },
      wrong: { url, roleArn: arnOf('stranger') },
      insufficient: { url, roleArn: arnOf('powerless') },
    },
    actsAs: { identity, records, upstreams: [`arn:aws:iam::${PLACE.account}:role/team`] },
    async [Symbol.asyncDispose]() {
      await aws[Symbol.asyncDispose]();
      await operator[Symbol.asyncDispose]();
      await records.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const roleRefusals = {
  wrong: { code: 'ROLE_NOT_ASSUMED', verdict: 'insufficient_permission' },
  insufficient: { code: 'AWS_PERMISSION_MISSING' },
};

describeMethod('ecr/assume-role', {
  start: () => startWithRoles(HOSTS.registry),
  needed: [HOSTS.registry, HOSTS.sts, HOSTS.ecr],
  refusals: roleRefusals,
  requests: [
    [`GET ${HOSTS.registry}/v2/`, WHY.greeting],
    [`POST ${HOSTS.sts}/ AWS4-HMAC-SHA256`, 'the key of the role'],
    [`POST ${HOSTS.ecr}/ AWS4-HMAC-SHA256`, 'the login itself'],
    [`GET ${HOSTS.registry}/v2/ Basic`, 'that the registry takes the login'],
  ],
});

describeMethod('ecr-public/assume-role', {
  start: () => startWithRoles(HOSTS.publicRegistry),
  needed: [HOSTS.publicRegistry, HOSTS.publicSts, HOSTS.ecrPublic],
  refusals: roleRefusals,
  requests: [
    [`GET ${HOSTS.publicRegistry}/v2/`, WHY.greeting],
    [`POST ${HOSTS.publicSts}/ AWS4-HMAC-SHA256`, 'the key of the role'],
    [`POST ${HOSTS.ecrPublic}/ AWS4-HMAC-SHA256`, 'the login itself'],
    [`GET ${HOSTS.publicRegistry}/token Basic`, WHY.token],
    [`GET ${HOSTS.publicRegistry}/v2/ Bearer`, WHY.entry],
  ],
});
