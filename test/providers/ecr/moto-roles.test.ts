import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../../documented-service.ts';
import { awsHosts } from '../../peers/aws.ts';
import { createOwnEntra, OWN_ENVIRONMENT } from '../../peers/federation.ts';
import { startMoto, type Moto } from '../../peers/moto.ts';
import { startNamedHosts, type NamedHosts } from '../../peers/named-hosts.ts';
import { needs } from '../../peers/need.ts';
import { registryHandler } from '../../peers/registry.ts';
import type { Service } from '../../service.ts';
import { CHECKS, outcomeOf } from '../product-service.ts';

const PLACE = { account: '123456789012', region: 'eu-west-1' };
const HOSTS = awsHosts(PLACE);
const ROLE = `arn:aws:iam::${PLACE.account}:role/team/pull`;

/** moto looks neither at tokens nor at trust: what it shows is that its answers are understood. The peer of our own refuses. */
describe('ecr/assume-role, with an STS that others wrote', needs('moto'), () => {
  let moto: Moto;
  let hosts: NamedHosts;
  let service: Service;
  beforeAll(async () => {
    moto = await startMoto();
    const registry = registryHandler({ users: { AWS: `${PLACE.account}-auth-token` } });
    hosts = await startNamedHosts({
      [HOSTS.registry]: registry.handle,
      [HOSTS.ecr]: moto.handle,
      [HOSTS.sts]: moto.handle,
      'login.microsoftonline.com': createOwnEntra().handle,
    });
    service = await startDocumentedService({
      environment: {
        ...OWN_ENVIRONMENT,
        REGCRED_AWS_ROLE_ARN: `arn:aws:iam::${PLACE.account}:role/regcred`,
        REGCRED_AWS_REGION: PLACE.region,
      },
      policy: { projects: [{ name: 'default', environments: ['dev'], upstreams: [ROLE] }], network: hosts.network },
    });
  });
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await hosts?.[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
  });

  test('goes from a token of Entra ID to its own role, to the role of the project, to a login', async () => {
    const before = hosts.requests.length;

    const reply = await service.post(CHECKS, { url: HOSTS.registry, roleArn: ROLE });

    expect(outcomeOf(reply)).toEqual({ verdict: 'valid' });
    const sent = hosts.requests.slice(before).filter(({ host }) => host === HOSTS.sts);
    // The first is signed by nothing but the token.
    expect(sent.map(({ authorization }) => authorization)).toEqual([undefined, 'AWS4-HMAC-SHA256']);
    expect(service.output() + reply.text).not.toMatch(/eyJ|Q~a-client/);
  });
});
