import { ARM, IDENTITY_WITHOUT_ROLE, REGISTRY, REGISTRY_ID, registryId } from '../../peers/azure.ts';
import { describeMethod } from '../method.ts';
import { startManaged } from './managed.ts';
import { WHY } from './requests.ts';

const managed = { url: REGISTRY, registryId: REGISTRY_ID };

describeMethod('acr/managed-identity', {
  start: () =>
    startManaged(
      {
        right: managed,
        wrong: { ...managed, registryId: registryId('fabrikam') },
        insufficient: { ...managed, clientId: IDENTITY_WITHOUT_ROLE },
      },
      [REGISTRY_ID, registryId('fabrikam'), IDENTITY_WITHOUT_ROLE],
    ),
  needed: [REGISTRY, ARM],
  refusals: {
    wrong: { code: 'UPSTREAM_MISMATCH', verdict: 'misconfigured' },
    insufficient: { code: 'ACR_NO_ROLE' },
  },
  requests: [
    [`GET ${REGISTRY}/v2/`, WHY.greeting],
    [`GET ${ARM}${REGISTRY_ID} Bearer`, 'whether the host is that of the resource which the project may use'],
    [`POST ${REGISTRY}/oauth2/exchange`, 'its own login for the identity'],
    [`GET ${REGISTRY}/oauth2/token Basic`, WHY.token],
    [`GET ${REGISTRY}/v2/ Bearer`, WHY.entry],
  ],
});
