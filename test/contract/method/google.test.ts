import { GOOGLE_HOSTS, startGoogle } from '../../peers/google.ts';
import { newGoogleKey } from '../../peers/google-key.ts';
import { describeMethod, type MethodUnderTest } from '../method.ts';

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
});
