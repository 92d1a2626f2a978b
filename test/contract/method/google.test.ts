import { GOOGLE_HOSTS, startGoogle } from '../../peers/google.ts';
import { newGoogleKey } from '../../peers/google-key.ts';
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
