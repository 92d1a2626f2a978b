import { startMoto, type Moto } from './moto.ts';
import { startNamedHosts, type NamedHosts } from './named-hosts.ts';

export const AWS_REGION = 'eu-west-1';
export const SECRETS_MANAGER = `secretsmanager.${AWS_REGION}.amazonaws.com`;

export interface SecretsManagerHosts extends AsyncDisposable {
  moto: Moto;
  hosts: NamedHosts;
}

/** moto under the real name of Secrets Manager, over TLS. It takes every key until `addUser` makes the first one. */
export async function startSecretsManager(): Promise<SecretsManagerHosts> {
  const moto = await startMoto();
  const hosts = await startNamedHosts({ [SECRETS_MANAGER]: moto.handle });
  return {
    moto,
    hosts,
    async [Symbol.asyncDispose]() {
      await hosts[Symbol.asyncDispose]();
      await moto[Symbol.asyncDispose]();
    },
  };
}
