import { startGitlab } from '../../peers/gitlab.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

const RIGHT = 'glpat-Right0Right0Right0Right';
const EXPIRED = 'glpat-Expired0Expired0Expired';
const BARE = 'glpat-NoScope0NoScope0NoScope';

async function start(): Promise<MethodUnderTest> {
  const hosts = await startGitlab({
    tokens: {
      [RIGHT]: { id: 1, scopes: ['read_registry'], expiresOn: '2999-01-01' },
      [EXPIRED]: { id: 2, scopes: ['read_registry'], expiresOn: '2020-01-01' },
      [BARE]: { id: 3, scopes: ['read_user'] },
    },
  });
  const right = { url: 'registry.gitlab.com', username: 'ci', token: RIGHT };
  return {
    hosts,
    forms: {
      right,
      wrong: { ...right, token: 'glpat-Wrong0Wrong0Wrong0Wrong' },
      expired: { ...right, token: EXPIRED },
      insufficient: { ...right, token: BARE },
    },
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}

describeMethod('gitlab/token', {
  start,
  needed: ['registry.gitlab.com', 'gitlab.com'],
  refusals: {
    wrong: { code: 'GITLAB_TOKEN_UNKNOWN' },
    expired: { code: 'GITLAB_TOKEN_EXPIRED' },
    insufficient: { code: 'GITLAB_MISSING_SCOPE' },
  },
  requests: [
    ['GET registry.gitlab.com/v2/', WHY.greeting],
    ['GET gitlab.com/api/v4/personal_access_tokens/self', 'when the token ends, and its scopes'],
    ['GET gitlab.com/jwt/auth Basic', WHY.scopeless],
    ['GET registry.gitlab.com/v2/ Bearer', WHY.entry],
  ],
});
