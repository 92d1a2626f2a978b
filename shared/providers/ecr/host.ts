import { isAwsRegion, partitionOfRegion } from '../../lib/aws-partition.ts';

/** What the name of a private registry says of it. */
export interface EcrHost {
  /** The account that owns the registry: 12 digits. */
  account: string;
  region: string;
  isFips: boolean;
  isDualStack: boolean;
  /** Under which its images are named, such as `amazonaws.com`. */
  domain: string;
}

/**
 * FIPS and dual-stack are part of the name.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
 */
const HOST = /^(\d{12})\.dkr([.-])ecr(-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;

/** The domain of images over IPv4 alone, and over both. */
const DUAL_STACK = new Map([
  ['amazonaws.com', 'on.aws'],
  ['amazonaws.com.cn', 'on.amazonwebservices.com.cn'],
]);

/**
 * Undefined for a host that is no private registry of ECR. Strict, also about which domain is that of the region: what is sent
 * there is good for a whole account, and the endpoints that are asked with the key are made of both.
 */
export function parseEcrHost(host: string): EcrHost | undefined {
  const [, account, separator, fips, region, domain] = HOST.exec(host) ?? [];
  if (!account || !region || !domain || !isAwsRegion(region)) return undefined;
  const isDualStack = separator === '-';
  const own = partitionOfRegion(region).domain;
  if (domain !== (isDualStack ? DUAL_STACK.get(own) : own)) return undefined;
  return { account, region, isFips: fips !== undefined, isDualStack, domain };
}

/** The names under which images of one registry are pulled: as given, and the other of IPv4 and dual-stack. */
export function ecrNames(host: string): string[] {
  const parsed = parseEcrHost(host);
  const other = parsed && otherName(parsed);
  return other ? [host, other] : [host];
}

function otherName({ account, region, isFips, isDualStack, domain }: EcrHost): string | undefined {
  const service = `ecr${isFips ? '-fips' : ''}.${region}`;
  if (!isDualStack) {
    const dual = DUAL_STACK.get(domain);
    return dual && `${account}.dkr-${service}.${dual}`;
  }
  const single = [...DUAL_STACK].find(([, dual]) => dual === domain)?.[0];
  return single && `${account}.dkr.${service}.${single}`;
}

/** Where ECR's own API answers for this registry: https://docs.aws.amazon.com/general/latest/gr/ecr.html */
export function ecrEndpoint({ region, isFips, isDualStack, domain }: EcrHost): string {
  const service = `ecr${isFips ? '-fips' : ''}.${region}`;
  return isDualStack ? `https://${service}.${dualStackApi(domain)}` : `https://api.${service}.${domain}`;
}

/** GovCloud has one name for both kinds: https://docs.aws.amazon.com/general/latest/gr/sts.html */
export function stsEndpoint({ region, isFips, isDualStack, domain }: EcrHost): string {
  const isGov = region.startsWith('us-gov-');
  const service = `sts${isFips && !(isGov && !isDualStack) ? '-fips' : ''}.${region}`;
  return `https://${service}.${isDualStack ? dualStackApi(domain) : domain}`;
}

/** `on.aws` -> `api.aws` */
function dualStackApi(domain: string): string {
  return domain.replace(/^on\./, 'api.');
}
