import { startHarbor } from '../../peers/harbor.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const HOST = 'harbor.example.com';
const ROBOT = { url: HOST, robot: 'robot$ci', secret: 'Right0Right0Right0Right0Right0Ri' };
const USER = { url: HOST, username: 'ci', password: 'right-password' };

async function start(forms: MethodUnderTest['forms']): Promise<MethodUnderTest> {
  const hosts = await startHarbor({
    robots: {
      [ROBOT.robot]: { id: 1, secret: ROBOT.secret, expiresAt: -1, mayListRobots: true },
      robot$old: { id: 2, secret: ROBOT.secret, expiresAt: 1_600_000_000 },
    },
    users: { [USER.username]: USER.password },
  });
  return { hosts, forms, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() };
}

describeMethod('harbor/robot', {
  start: () =>
    start({
      right: ROBOT,
      wrong: { ...ROBOT, secret: 'Wrong0Wrong0Wrong0Wrong0Wrong0Wr' },
      expired: { ...ROBOT, robot: 'robot$old' },
    }),
  needed: [HOST],
  refusals: {
    wrong: { code: 'LOGIN_REFUSED' },
    // To Harbor, an expired robot is nobody.
    expired: { code: 'LOGIN_REFUSED', verdict: 'invalid_credentials' },
  },
  requests: [
    [`GET ${HOST}/v2/`, WHY.greeting],
    [`GET ${HOST}/api/v2.0/robots Basic`, 'when the robot ends'],
    [`GET ${HOST}/service/token Basic`, WHY.scopeless],
    [`GET ${HOST}/v2/ Bearer`, WHY.entry],
  ],
});

describeMethod('harbor/user', {
  start: () => start({ right: USER, wrong: { ...USER, password: 'wrong-password' } }),
  needed: [HOST],
  refusals: { wrong: { code: 'LOGIN_REFUSED' } },
  requests: [
    [`GET ${HOST}/v2/`, WHY.greeting],
    [`GET ${HOST}/service/token Basic`, WHY.scopeless],
    [`GET ${HOST}/v2/ Bearer`, WHY.entry],
  ],
});
