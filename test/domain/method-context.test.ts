import { expect, test } from 'vitest';
import { readCreateInput } from '../../shared/domain/credential-input.ts';
import { methodContext } from '../../shared/domain/method-context.ts';
import { subjectOfInput } from '../../shared/domain/subject.ts';
import { Secret } from '../../shared/lib/secret.ts';
import { openApp } from './open-app.ts';

test('a method that names no upstreams cannot act as regcred itself', async () => {
  await using open = await openApp((ports) => ({ identity: { ...ports.identity, aws: async () => KEY } }));
  const project = { name: 'default', environments: ['dev'], networks: [], upstreams: [] };
  const input = readCreateInput(project, { name: 'CI', url: 'registry.example.com', username: 'ci', password: 'right-password' });
  const signal = AbortSignal.timeout(5_000);

  const { cloud } = methodContext(open.app, subjectOfInput(project, input), { session: noSession, signal });

  await expect(cloud.aws()).rejects.toMatchObject({ code: 'INTERNAL' });
  await expect(cloud.azure()).rejects.toMatchObject({ code: 'INTERNAL' });
  await expect(cloud.entraToken('https://vault.azure.net/.default', { signal })).rejects.toMatchObject({ code: 'INTERNAL' });
  await expect(cloud.federationToken(signal)).rejects.toMatchObject({ code: 'INTERNAL' });
});

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('a-secret-key-of-regcred-itself') };

function noSession(): never {
  throw new Error('Nothing is to be asked here.');
}
