import { startNamedHosts } from '../../peers/named-hosts.ts';
import { registryHandler } from '../../peers/registry.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const HOST = 'registry.example.com';

async function start(): Promise<MethodUnderTest> {
  const { handle } = registryHandler({ users: { ci: 'right-password' }, auth: 'bearer' });
  const hosts = await startNamedHosts({ [HOST]: handle });
  const right = { url: HOST, username: 'ci', password: 'right-password' };
  return {
    hosts,
    forms: { right, wrong: { ...right, password: 'wrong-password' } },
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}

describeMethod('generic/password', {
  start,
  needed: [HOST],
  refusals: { wrong: { code: 'LOGIN_REFUSED' } },
  requests: [
    [`GET ${HOST}/v2/`, WHY.greeting],
    [`GET ${HOST}/token`, WHY.anybody],
    [`GET ${HOST}/token Basic`, WHY.token],
    [`GET ${HOST}/v2/ Bearer`, WHY.entry],
  ],
});
