import { describe, expect, test } from 'vitest';
import { basicLogin, startHttpPeer } from '../peers/http-peer.ts';
import { eventually, startService } from '../service.ts';
import { temporaryFolder } from '../stores/temporary-folder.ts';
import { CREDENTIALS, passwordOf } from './credentials.ts';

describe('a service that is stopped', () => {
  test('lets a create end that waits for its registry, and keeps what it made', async () => {
    await using folder = await temporaryFolder();
    const asked = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    await using registry = await startHttpPeer((request, response) => {
      asked.resolve();
      const isRight = basicLogin(request)?.password === 'password';
      void mayAnswer.promise.then(() =>
        response.writeHead(isRight ? 200 : 401, { 'www-authenticate': 'Basic realm="slow"' }).end('{}'),
      );
    });
    await using service = await startService({ data: folder.path });

    const created = service.post(CREDENTIALS, {
      name: 'Slow',
      url: registry.url,
      username: 'user-of-password',
      password: 'password',
    });
    await asked.promise;
    const stopped = service.stop();
    await eventually(() => isClosed(service.url));
    mayAnswer.resolve();

    const { status, json } = await created;
    expect(status).toBe(201);
    expect(await stopped).toBe(0);
    await using again = await startService({ data: folder.path });
    expect(await passwordOf(again, (json as { id: string }).id)).toBe('password');
  });

  test('holds its data folder until then: a second one says so in one line', async () => {
    await using first = await startService();

    const second = startService({ data: first.data });

    await expect(second).rejects.toThrow(new Error(`regcred: The data folder ${first.data} is in use by another regcred`));
    expect((await first.get(CREDENTIALS)).status).toBe(200);
  });
});

async function isClosed(url: string): Promise<boolean> {
  return fetch(`${url}/api/health`).then(
    () => false,
    () => true,
  );
}
