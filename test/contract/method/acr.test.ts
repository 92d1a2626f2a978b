import {
  ADMIN_PASSWORD,
  APP,
  APP_SECRET,
  APP_WITHOUT_ROLE,
  ENTRA,
  GRAPH,
  OLD_APP_SECRET,
  REGISTRY,
  startAzure,
  TENANT,
  TOKEN_PASSWORD,
} from '../../peers/azure.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY, type NeededRequest } from './requests.ts';

async function start(forms: MethodUnderTest['forms']): Promise<MethodUnderTest> {
  const { hosts, [Symbol.asyncDispose]: dispose } = await startAzure();
  return { hosts, forms, [Symbol.asyncDispose]: dispose };
}

const principal = { url: REGISTRY, clientId: APP, tenantId: TENANT, clientSecret: APP_SECRET };

describeMethod('acr/service-principal', {
  start: () =>
    start({
      right: principal,
      wrong: { ...principal, clientSecret: 'another-client-secret' },
      expired: { ...principal, clientSecret: OLD_APP_SECRET },
      insufficient: { ...principal, clientId: APP_WITHOUT_ROLE },
    }),
  needed: [REGISTRY],
  helping: [ENTRA, GRAPH],
  refusals: {
    wrong: { code: 'ENTRA_WRONG_SECRET' },
    expired: { code: 'ENTRA_SECRET_EXPIRED' },
    insufficient: { code: 'ACR_NO_ROLE' },
  },
  requests: [
    [`GET ${REGISTRY}/v2/`, WHY.greeting],
    [
      `POST ${ENTRA}/${TENANT}/oauth2/v2.0/token`,
      'a wrong secret, an expired one, an unknown app and an unknown tenant, which the registry answers alike',
    ],
    [`POST ${REGISTRY}/oauth2/exchange`, 'a role that is missing'],
    [`POST ${ENTRA}/${TENANT}/oauth2/v2.0/token`, 'a token for Microsoft Graph'],
    [`GET ${GRAPH}/v1.0/applications(appId='${APP}') Bearer`, 'until when the secret is good'],
    [`GET ${REGISTRY}/oauth2/token Basic`, WHY.token],
    [`GET ${REGISTRY}/v2/ Bearer`, WHY.entry],
  ],
});

/** For a login that the registry takes as it is. */
const AS_IT_IS: NeededRequest[] = [
  [`GET ${REGISTRY}/v2/`, WHY.greeting],
  [`GET ${REGISTRY}/oauth2/token`, WHY.anybody],
  [`GET ${REGISTRY}/oauth2/token Basic`, WHY.token],
  [`GET ${REGISTRY}/v2/ Bearer`, WHY.entry],
];

const admin = { url: REGISTRY, username: 'contoso', password: ADMIN_PASSWORD };

describeMethod('acr/admin', {
  start: () => start({ right: admin, wrong: { ...admin, password: 'another-password' } }),
  needed: [REGISTRY],
  refusals: { wrong: { code: 'LOGIN_REFUSED' } },
  requests: AS_IT_IS,
});

const token = { url: REGISTRY, tokenName: 'ci-pull', password: TOKEN_PASSWORD };

describeMethod('acr/repository-token', {
  start: () => start({ right: token, wrong: { ...token, password: 'another-password' } }),
  needed: [REGISTRY],
  refusals: { wrong: { code: 'LOGIN_REFUSED' } },
  requests: AS_IT_IS,
});
