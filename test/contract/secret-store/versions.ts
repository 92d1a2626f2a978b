import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../shared/lib/secret.ts';
import type { OpenSecretStore, SecretStoreTraits } from '../secret-store.ts';
import { onlyIf } from '../trait.ts';
import { freshName, listed, putValue, valueOf } from './put-value.ts';

const CANARY = 'canary-7f3c "quoted" é漢🗝 \\ %41 +/=';

export function describeSecretVersions(open: OpenSecretStore, traits: SecretStoreTraits): void {
  describe('put', () => {
    test.for([
      { what: 'plain', value: 'correct horse' },
      { what: 'one character', value: 'x' },
      { what: 'JSON', value: JSON.stringify({ schemaVersion: 1, binding: { host: 'a' }, material: { password: CANARY } }) },
      { what: 'with lines and spaces at its ends', value: ' \n-----BEGIN KEY-----\r\nabc\n-----END KEY-----\n ' },
      { what: 'of 25,000 bytes', value: 'x'.repeat(25_000) },
      { what: 'of 25,000 bytes in other letters', value: 'é'.repeat(12_500) },
    ])('$what: read back as it was written', async ({ value }) => {
      await using subject = await open();
      const name = freshName();

      const version = await putValue(subject.store, name, value);

      expect(await valueOf(subject.store, name, version)).toBe(value);
    });

    test.for([
      { what: 'an empty value', value: '' },
      { what: 'a value over 25,000 bytes', value: 'x'.repeat(25_001) },
      { what: 'a value over 25,000 bytes in other letters', value: 'é'.repeat(12_501) },
    ])('$what is refused', async ({ value }) => {
      await using subject = await open();
      const name = freshName();
      const operationId = randomUUID();

      await expect(putValue(subject.store, name, value, operationId)).rejects.toBeInstanceOf(RangeError);

      expect(await subject.store.find(name, operationId)).toBeUndefined();
    });

    test.for(['', 'Cred-1', 'a_b', 'a.b', '.', '..', '../escape', 'a/b', 'a\\b', 'a b', 'é', 'x'.repeat(128)])(
      'the name %j is refused',
      async (name) => {
        await using subject = await open();

        await expect(putValue(subject.store, name, 'value')).rejects.toBeInstanceOf(RangeError);
        await expect(subject.store.get(name, 'a'.repeat(32))).rejects.toBeInstanceOf(RangeError);
        await expect(subject.store.find(name, randomUUID())).rejects.toBeInstanceOf(RangeError);
        await expect(subject.store.retire(name, 'a'.repeat(32))).rejects.toBeInstanceOf(RangeError);
        await expect(subject.store.remove(name)).rejects.toBeInstanceOf(RangeError);
        await expect(subject.store.restore(name)).rejects.toBeInstanceOf(RangeError);
      },
    );

    test.for(['', 'operation', '../../escape', '1b4e28ba-2fa1-4d2e-883f-0016d3cca4270'])(
      'the operation id %j is refused',
      async (operationId) => {
        await using subject = await open();
        const name = freshName();

        await expect(putValue(subject.store, name, 'value', operationId)).rejects.toBeInstanceOf(RangeError);
        await expect(subject.store.find(name, operationId)).rejects.toBeInstanceOf(RangeError);
      },
    );

    test.for<{ what: string; tags: Record<string, string> }>([
      { what: 'eleven', tags: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`tag${n}`, ''])) },
      { what: 'a name of 129 characters', tags: { ['n'.repeat(129)]: '' } },
      { what: 'a value of 257 characters', tags: { name: 'v'.repeat(257) } },
      { what: 'a name that is empty', tags: { '': 'v' } },
      { what: 'a character that AWS refuses', tags: { name: 'a;b' } },
    ])('tags: $what refused', async ({ tags }) => {
      await using subject = await open();

      await expect(
        subject.store.put(freshName(), new Secret('value'), { operationId: randomUUID(), tags }),
      ).rejects.toBeInstanceOf(RangeError);
    });

    test('a further operation adds a version and leaves those before', async () => {
      await using subject = await open();
      const name = freshName();

      const first = await putValue(subject.store, name, 'first');
      const second = await putValue(subject.store, name, 'second');

      expect(first).not.toBe(second);
      expect(await valueOf(subject.store, name, first)).toBe('first');
      expect(await valueOf(subject.store, name, second)).toBe('second');
    });

    test('the same operation again answers the same version', async () => {
      await using subject = await open();
      const name = freshName();
      const operationId = randomUUID();
      const version = await putValue(subject.store, name, 'value', operationId);
      await putValue(subject.store, name, 'another');

      expect(await putValue(subject.store, name, 'value', operationId)).toBe(version);

      expect(await valueOf(subject.store, name, version)).toBe('value');
      expect(await listed(subject.store, [name])).toHaveLength(2);
    });

    test('the same operation with another value fails, and says neither', async () => {
      await using subject = await open();
      const name = freshName();
      const operationId = randomUUID();
      const version = await putValue(subject.store, name, 'value-that-is-there', operationId);

      const error: unknown = await putValue(subject.store, name, 'value-that-is-not', operationId).catch(
        (reason: unknown) => reason,
      );

      expect(error).toBeInstanceOf(Error);
      expect(inspect(error)).not.toContain('value-that');
      expect(await valueOf(subject.store, name, version)).toBe('value-that-is-there');
    });

    test('one operation under two names writes both', async () => {
      await using subject = await open();
      const [one, two] = [freshName(), freshName()];
      const operationId = randomUUID();

      const first = await putValue(subject.store, one, 'first', operationId);
      const second = await putValue(subject.store, two, 'second', operationId);

      expect(await valueOf(subject.store, one, first)).toBe('first');
      expect(await valueOf(subject.store, two, second)).toBe('second');
    });

    test('20 at once of one operation write one version', async () => {
      await using subject = await open();
      const name = freshName();
      const operationId = randomUUID();

      const versions = await Promise.all(Array.from({ length: 20 }, () => putValue(subject.store, name, 'value', operationId)));

      expect(new Set(versions).size).toBe(1);
      expect(await listed(subject.store, [name])).toHaveLength(1);
    });

    test('20 at once of different operations write 20 versions', async () => {
      await using subject = await open();
      const name = freshName();

      const versions = await Promise.all(Array.from({ length: 20 }, (_, n) => putValue(subject.store, name, `value ${n}`)));

      const values = await Promise.all(versions.map((version) => valueOf(subject.store, name, version)));
      expect(values).toEqual(Array.from({ length: 20 }, (_, n) => `value ${n}`));
    });
  });

  describe('get', () => {
    test('answers nothing for a name or a version that is not there', async () => {
      await using subject = await open();
      const [name, other] = [freshName(), freshName()];
      const version = await putValue(subject.store, name, 'value');
      await putValue(subject.store, other, 'value');

      expect(await subject.store.get(freshName(), version)).toBeUndefined();
      expect(await subject.store.get(other, version)).toBeUndefined();
      expect(await subject.store.get(name, '0'.repeat(32))).toBeUndefined();
    });

    test('answers what was written before the program started', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, CANARY);

      const store = await subject.reopen();

      expect(await valueOf(store, name, version)).toBe(CANARY);
    });

    test('answers a value that does not show itself', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, CANARY);

      const secret = await subject.store.get(name, version);

      expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect(secret)}`).not.toContain('canary');
    });

    test('leaves nothing that others can read', onlyIf(traits, 'showsBytesAtRest'), async () => {
      await using subject = await open();
      const removed = freshName();
      await putValue(subject.store, freshName(), CANARY);
      await putValue(subject.store, removed, CANARY);
      await subject.store.remove(removed);

      const kept = (await subject.bytesAtRest?.()) ?? [];

      expect(kept.length).toBeGreaterThan(2);
      for (const form of ['canary', Buffer.from('canary').toString('hex')])
        expect(kept.some((bytes) => bytes.includes(form))).toBe(false);
    });
  });

  describe('find', () => {
    test('answers the version that an operation wrote, and only that', async () => {
      await using subject = await open();
      const name = freshName();
      const operationId = randomUUID();
      expect(await subject.store.find(name, operationId)).toBeUndefined();
      const version = await putValue(subject.store, name, 'value', operationId);
      await putValue(subject.store, name, 'another');

      expect(await subject.store.find(name, operationId)).toBe(version);
      expect(await subject.store.find(name, randomUUID())).toBeUndefined();
      expect(await subject.store.find(freshName(), operationId)).toBeUndefined();
      expect(await (await subject.reopen()).find(name, operationId)).toBe(version);
    });
  });

  describe('retire', () => {
    test('leaves the other versions, and may be asked again', async () => {
      await using subject = await open();
      const name = freshName();
      const old = await putValue(subject.store, name, 'old');
      const current = await putValue(subject.store, name, 'current');

      await subject.store.retire(name, old);
      await subject.store.retire(name, old);

      expect(await valueOf(subject.store, name, current)).toBe('current');
      const added = await putValue(subject.store, name, 'added');
      expect(await valueOf(subject.store, name, added)).toBe('added');
    });

    test('takes the newest version', async () => {
      await using subject = await open();
      const name = freshName();
      const old = await putValue(subject.store, name, 'old');
      const newest = await putValue(subject.store, name, 'newest');

      await subject.store.retire(name, newest);

      expect(await valueOf(subject.store, name, old)).toBe('old');
    });

    test('of a name or a version that is not there does nothing', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');

      await subject.store.retire(freshName(), version);
      await subject.store.retire(name, '0'.repeat(32));

      expect(await valueOf(subject.store, name, version)).toBe('value');
    });
  });

  describe('list', () => {
    test('answers every version with its tags and its time, and no value', async () => {
      await using subject = await open();
      const [name, other] = [freshName(), freshName()];
      const startedAt = Date.now();
      const first = await putValue(subject.store, name, CANARY);
      const second = await putValue(subject.store, name, `${CANARY} 2`);
      const third = await putValue(subject.store, other, CANARY);

      const versions = await listed(subject.store, [name, other]);

      const expected = [
        { name, version: first },
        { name, version: second },
        { name: other, version: third },
      ];
      expect(new Set(versions.map(({ name, version }) => `${name}/${version}`))).toEqual(
        new Set(expected.map(({ name, version }) => `${name}/${version}`)),
      );
      for (const { tags, createdAt } of versions) {
        expect(tags).toMatchObject({ project: 'default' });
        // A store's clock may show whole seconds and need not be ours.
        expect(Math.abs(createdAt.getTime() - startedAt)).toBeLessThan(60_000);
      }
      expect(inspect(versions, { depth: 9 })).not.toContain('canary');
    });

    test('answers more than a page', async () => {
      await using subject = await open();
      const names = Array.from({ length: 30 }, freshName);
      for (const name of names) await putValue(subject.store, name, 'value');

      const versions = await listed(subject.store, names);

      expect(versions.map(({ name }) => name)).toEqual(names.toSorted());
    });
  });
}
