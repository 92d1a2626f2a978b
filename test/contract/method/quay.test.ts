import { startQuay } from '../../peers/quay.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const ROBOT = { url: 'quay.io', robot: 'acme+ci', token: 'RIGHT0RIGHT0RIGHT0RIGHT0RIGHT0RIGHT0' };
const APPLICATION = { url: 'quay.io', token: 'Right0Right0Right0Right0Right0Right0' };
const EXPIRED = 'Expired0Expired0Expired0Expired0Expir';

async function start(forms: MethodUnderTest['forms']): Promise<MethodUnderTest> {
  const hosts = await startQuay({
    robots: { [ROBOT.robot]: { token: ROBOT.token } },
    applications: {
      [APPLICATION.token]: { kind: '$oauthtoken' },
      [EXPIRED]: { kind: '$oauthtoken', hasExpired: true },
    },
  });
  return { hosts, forms, [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose]() };
}

describeMethod('quay/robot', {
  start: () => start({ right: ROBOT, wrong: { ...ROBOT, token: 'WRONG0WRONG0WRONG0WRONG0WRONG0WRONG0' } }),
  needed: ['quay.io'],
  refusals: { wrong: { code: 'LOGIN_REFUSED' } },
  requests: [
    ['GET quay.io/v2/', WHY.greeting],
    ['GET quay.io/v2/auth Basic', WHY.scopeless],
    ['GET quay.io/v2/ Bearer', WHY.entry],
  ],
});

describeMethod('quay/application', {
  start: () =>
    start({
      right: APPLICATION,
      wrong: { ...APPLICATION, token: 'Wrong0Wrong0Wrong0Wrong0Wrong0Wrong0' },
      expired: { ...APPLICATION, token: EXPIRED },
    }),
  needed: ['quay.io'],
  refusals: { wrong: { code: 'LOGIN_REFUSED' }, expired: { code: 'LOGIN_EXPIRED' } },
  requests: [
    ['GET quay.io/v2/', WHY.greeting],
    ['GET quay.io/v2/auth Basic', WHY.scopeless],
    ['GET quay.io/v2/ Bearer', WHY.entry],
  ],
});
