import { signingKey, type AwsKey } from '../../lib/aws-key.ts';
import { awsHttpHandler } from '../../net/aws-http-handler.ts';
import { assertInService } from '../../oci/refusals.ts';
import type { MethodContext } from '../provider.ts';

/**
 * What every AWS client here is made with: our door to the network in place of its own, one attempt, and nothing of the
 * machine's own AWS settings, which could lead it somewhere else. `endpoint` comes from the name of the registry. Its calls
 * throw Refusal for answers that AWS itself does not give to them, such as redirects, and NetError.
 */
export function sdkSettings(
  { http, clock, signal }: Pick<MethodContext, 'http' | 'clock' | 'signal'>,
  key: AwsKey,
  region: string,
  endpoint: string,
) {
  return {
    region,
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    credentials: signingKey(key),
    // Whoever asked waits; a login that is kept serves while AWS throttles.
    maxAttempts: 1,
    requestHandler: awsHttpHandler(async (url, options) => {
      const answer = await http.request(url, { ...options, signal });
      assertInService(answer, url.host, clock);
      return answer;
    }),
  };
}
