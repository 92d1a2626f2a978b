import { openOwnIdentity } from '../../../shared/identity/own-identity.ts';
import { systemClock } from '../../../shared/lib/clock.ts';
import { operatorNetwork } from '../../../shared/net/operator.ts';
import { AUDIENCE, createOwnEntra, OWN_ENVIRONMENT, trustInGoogle } from '../../peers/federation.ts';
import { GOOGLE_HOSTS, startGoogle } from '../../peers/google.ts';
import { newGoogleKey } from '../../peers/google-key.ts';
import { startNamedHosts } from '../../peers/named-hosts.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';
import { WHY } from './requests.ts';

async function start(): Promise<MethodUnderTest> {
  const google = await startGoogle();
  const { file } = google.addKey();
  const ended = google.addKey(new Date(Date.now() - 1000));
  const right = { url: GOOGLE_HOSTS.registry, keyFile: JSON.stringify(file) };
  const other = { ...file, private_key: newGoogleKey().file.private_key };
  return {
    hosts: google.hosts,
    forms: {
      right,
      wrong: { ...right, keyFile: JSON.stringify(other) },
      expired: { ...right, keyFile: JSON.stringify(ended.file) },
    },
    [Symbol.asyncDispose]: () => google[Symbol.asyncDispose](),
  };
}

describeMethod('google/service-account-key', {
  start,
  needed: [GOOGLE_HOSTS.registry],
  helping: [GOOGLE_HOSTS.tokens, GOOGLE_HOSTS.certificates],
  refusals: { wrong: { code: 'KEY_REFUSED' }, expired: { code: 'KEY_EXPIRED' } },
  requests: [
    [`GET ${GOOGLE_HOSTS.registry}/v2/`, WHY.greeting],
    [`GET ${GOOGLE_HOSTS.certificates}/robot/v1/metadata/x509/ci%40my-project.iam.gserviceaccount.com`, 'when the key ends'],
    [`POST ${GOOGLE_HOSTS.tokens}/token`, 'that Google knows the key: the registry gives tokens to anybody'],
    [`GET ${GOOGLE_HOSTS.registry}/v2/token Basic`, WHY.token],
    [`GET ${GOOGLE_HOSTS.registry}/v2/ Bearer`, WHY.entry],
  ],
});

async function startFederation(): Promise<MethodUnderTest> {
  const google = await startGoogle();
  const entra = createOwnEntra();
  const microsoft = await startNamedHosts({ 'login.microsoftonline.com': entra.handle });
  const operator = operatorNetwork({ inAzure: false, ...microsoft.network });
  const identity = openOwnIdentity(
    OWN_ENVIRONMENT,
    { inAzure: false, tokenAudience: AUDIENCE },
    { operator, clock: systemClock },
  );
  const identityProvider = 'projects/123456789012/locations/global/workloadIdentityPools/pool/providers/regcred';
  const serviceAccount = 'image-pull@my-project.iam.gserviceaccount.com';
  google.accounts.set(serviceAccount, new Set([trustInGoogle(google, entra, identityProvider)]));
  const right = { url: GOOGLE_HOSTS.registry, identityProvider, serviceAccount };
  return {
    hosts: google.hosts,
    forms: {
      right,
      wrong: { ...right, identityProvider: identityProvider.replace('regcred', 'missing') },
      insufficient: { ...right, serviceAccount: 'image-push@my-project.iam.gserviceaccount.com' },
    },
    actsAs: { identity, upstreams: ['projects/my-project'] },
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await microsoft[Symbol.asyncDispose]();
      await google[Symbol.asyncDispose]();
    },
  };
}

describeMethod('google/workload-identity', {
  start: startFederation,
  needed: [GOOGLE_HOSTS.registry, GOOGLE_HOSTS.exchange, GOOGLE_HOSTS.accounts],
  refusals: { wrong: { code: 'IDENTITY_PROVIDER_UNKNOWN' }, insufficient: { code: 'ACCOUNT_NOT_GRANTED' } },
  requests: [
    [`GET ${GOOGLE_HOSTS.registry}/v2/`, WHY.greeting],
    [`POST ${GOOGLE_HOSTS.exchange}/v1/token`, "a token of Google for regcred's own"],
    [
      `POST ${GOOGLE_HOSTS.accounts}/v1/projects/-/serviceAccounts/image-pull@my-project.iam.gserviceaccount.com:generateAccessToken Bearer`,
      'the login itself, as the service account',
    ],
    [`GET ${GOOGLE_HOSTS.registry}/v2/token Basic`, WHY.token],
    [`GET ${GOOGLE_HOSTS.registry}/v2/ Bearer`, WHY.entry],
  ],
});
