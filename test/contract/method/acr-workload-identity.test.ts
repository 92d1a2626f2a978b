import { APP, ENTRA, REGISTRY, TENANT, TRUSTING_APP, TRUSTING_APP_WITHOUT_ROLE } from '../../peers/azure.ts';
import { describeMethod } from '../method.ts';
import { startManaged } from './managed.ts';
import { WHY } from './requests.ts';

const workload = { url: REGISTRY, tenantId: TENANT, clientId: TRUSTING_APP };

describeMethod('acr/workload-identity', {
  start: () =>
    startManaged(
      {
        right: workload,
        wrong: { ...workload, clientId: APP },
        insufficient: { ...workload, clientId: TRUSTING_APP_WITHOUT_ROLE },
      },
      [TRUSTING_APP, TRUSTING_APP_WITHOUT_ROLE, APP],
    ),
  needed: [REGISTRY, ENTRA],
  refusals: { wrong: { code: 'ENTRA_NOT_FEDERATED' }, insufficient: { code: 'ACR_NO_ROLE' } },
  requests: [
    [`GET ${REGISTRY}/v2/`, WHY.greeting],
    [`POST ${ENTRA}/${TENANT}/oauth2/v2.0/token`, 'a token for the app, which trusts the service'],
    [`POST ${REGISTRY}/oauth2/exchange`, 'its own login for the app'],
    [`GET ${REGISTRY}/oauth2/token Basic`, WHY.token],
    [`GET ${REGISTRY}/v2/ Bearer`, WHY.entry],
  ],
});
