import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REGCRED } from '../../shared/domain/caller.ts';
import { newName } from '../../shared/domain/credential.ts';
import { LARGEST_BODY, openParcel, packEntries, storeParcel } from '../../shared/domain/import-parcels.ts';
import { newJob } from '../../shared/domain/job.ts';
import { openApp, type OpenApp } from './open-app.ts';

let opened: OpenApp;
beforeAll(async () => {
  opened = await openApp();
});
afterAll(() => opened[Symbol.asyncDispose]());

/** A body of so many bytes, of letters that take three bytes each as far as that goes. */
function body(bytes: number) {
  const room = bytes - JSON.stringify({ name: 'x', password: '' }).length;
  return { name: 'x', password: '€'.repeat(Math.floor(room / 3)) + 'x'.repeat(room % 3) };
}

describe('packEntries', () => {
  test.for<[string, number[]]>([
    ['one of the largest', [LARGEST_BODY]],
    ['two of the largest', [LARGEST_BODY, LARGEST_BODY]],
    ['two that just fit', [12_000, LARGEST_BODY - 12_000 - 12]],
    ['two that just do not', [12_000, LARGEST_BODY - 12_000 - 11]],
    ['many small ones', Array.from({ length: 500 }, (_, index) => 50 + index)],
    ['large and small ones', Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? 20_000 : 300))],
  ])('makes parcels that a store takes, and that open again: %s', async ([, sizes]) => {
    const job = newJob(opened.app, { kind: 'import', project: 'default', by: REGCRED, life: 1000, data: {} });
    const entries = sizes.map((size, index) => ({ index: 400 + index, body: body(size) }));

    const found: [number, unknown][] = [];
    for (const packed of packEntries(entries)) {
      const parcel = await storeParcel(opened.app, job, { store: 'local', name: newName(opened.app.clock) }, packed);
      expect(parcel.last).toBe(packed.at(-1)?.index);
      found.push(...(await openParcel(opened.app, job, parcel)));
    }

    expect(found).toEqual(entries.map(({ index, body }) => [index, body]));
  });

  test('opens nothing of another import', async () => {
    const job = newJob(opened.app, { kind: 'import', project: 'default', by: REGCRED, life: 1000, data: {} });
    const place = { store: 'local' as const, name: newName(opened.app.clock) };
    const parcel = await storeParcel(opened.app, job, place, [{ index: 0, body: body(100) }]);

    await expect(openParcel(opened.app, { ...job, id: '01m7z9svk3j9qf000000000000' }, parcel)).rejects.toMatchObject({
      code: 'SECRET_MISSING',
    });
  });
});
