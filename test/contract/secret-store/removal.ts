import { describe, expect, test } from 'vitest';
import type { OpenSecretStore, SecretStoreTraits } from '../secret-store.ts';
import { onlyIf } from '../trait.ts';
import { freshName, listed, putValue, settled, valueOf } from './put-value.ts';

export function describeSecretRemoval(open: OpenSecretStore, traits: SecretStoreTraits): void {
  describe('remove', () => {
    test('takes all versions away, and no other name', async () => {
      await using subject = await open();
      const [name, other] = [freshName(), freshName()];
      const first = await putValue(subject.store, name, 'first');
      const second = await putValue(subject.store, name, 'second');
      const kept = await putValue(subject.store, other, 'kept');

      await subject.store.remove(name);

      expect(await subject.store.get(name, first)).toBeUndefined();
      expect(await subject.store.get(name, second)).toBeUndefined();
      expect((await listed(subject.store, [name, other])).map(({ version }) => version)).toEqual([kept]);
    });

    test('may be asked again, also for a name that was never there', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');

      await subject.store.remove(name);
      await subject.store.remove(name);
      await subject.store.remove(freshName());

      expect(await subject.store.get(name, version)).toBeUndefined();
    });

    test('lasts over a start', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');
      await subject.store.remove(name);

      const store = await subject.reopen();

      expect(await store.get(name, version)).toBeUndefined();
      await settled(() => store.restore(name));
      expect(await valueOf(store, name, version)).toBe('value');
    });

    test('lets nothing more be written, and restores what was there', onlyIf(traits, 'refusesRemoved'), async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');
      await subject.store.remove(name);

      await expect(putValue(subject.store, name, 'late')).rejects.toBeInstanceOf(Error);

      await settled(() => subject.store.restore(name));
      expect((await listed(subject.store, [name])).map(({ version }) => version)).toEqual([version]);
    });
  });

  describe('restore', () => {
    test('brings all versions back, and may be asked again', async () => {
      await using subject = await open();
      const name = freshName();
      const first = await putValue(subject.store, name, 'first');
      const second = await putValue(subject.store, name, 'second');
      await subject.store.remove(name);

      await settled(() => subject.store.restore(name));
      await settled(() => subject.store.restore(name));

      expect(await valueOf(subject.store, name, first)).toBe('first');
      expect(await valueOf(subject.store, name, second)).toBe('second');
      expect(await listed(subject.store, [name])).toHaveLength(2);
    });

    test('of a name that is there does nothing', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');

      await subject.store.restore(name);

      expect(await valueOf(subject.store, name, version)).toBe('value');
    });

    test('of a name that was never there is SECRET_MISSING', async () => {
      await using subject = await open();

      await expect(subject.store.restore(freshName())).rejects.toMatchObject({ code: 'SECRET_MISSING' });
    });

    test('can follow a removal more than once', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');

      for (let round = 0; round < 3; round++) {
        await settled(() => subject.store.remove(name));
        expect(await subject.store.get(name, version)).toBeUndefined();
        await settled(() => subject.store.restore(name));
      }

      expect(await valueOf(subject.store, name, version)).toBe('value');
    });
  });

  describe('purge', onlyIf(traits, 'purges'), () => {
    test('ends what was removed, and may be asked again', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');
      await subject.store.remove(name);

      await settled(async () => subject.store.purge?.(name));
      await settled(async () => subject.store.purge?.(name));

      await expect(subject.store.restore(name)).rejects.toMatchObject({ code: 'SECRET_MISSING' });
      expect(await subject.store.get(name, version)).toBeUndefined();
    });

    test('leaves a name that was not removed', async () => {
      await using subject = await open();
      const name = freshName();
      const version = await putValue(subject.store, name, 'value');

      await subject.store.purge?.(name);

      expect(await valueOf(subject.store, name, version)).toBe('value');
    });
  });
}
