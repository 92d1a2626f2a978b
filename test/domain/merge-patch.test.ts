import { describe, expect, test } from 'vitest';
import { mergePatch } from '../../shared/domain/merge-patch.ts';

/** https://www.rfc-editor.org/rfc/rfc7396#appendix-A */
const APPENDIX: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe('a merge patch', () => {
  test.for(APPENDIX)('%j with %j is %j', ([target, patch, merged]) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });

  test('changes neither of the two', () => {
    const target = { a: { b: 1 } };
    const patch = { a: { b: null, c: 2 } };

    mergePatch(target, patch);

    expect([target, patch]).toEqual([{ a: { b: 1 } }, { a: { b: null, c: 2 } }]);
  });

  test('of __proto__ changes no prototype', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true}}}')) as { a: object };

    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect('admin' in {}).toBe(false);
    expect(Object.hasOwn(merged, '__proto__')).toBe(true);
  });
});
