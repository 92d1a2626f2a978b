/** The little of DER (X.690) that a certificate needs. */
type Bytes = Uint8Array;

function tagged(tag: number, ...parts: Bytes[]): Bytes {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
}

export const sequence = (...parts: Bytes[]): Bytes => tagged(0x30, ...parts);
export const setOf = (...parts: Bytes[]): Bytes => tagged(0x31, ...parts);
export const boolean = (value: boolean): Bytes => tagged(0x01, Uint8Array.of(value ? 0xff : 0));
export const octets = (content: Bytes): Bytes => tagged(0x04, content);
export const utf8 = (text: string): Bytes => tagged(0x0c, Buffer.from(text));
/** Positive: of 16 bytes at most, whose first bit is taken away. */
export const integer = (value: Bytes): Bytes =>
  tagged(
    0x02,
    value.map((byte, index) => (index === 0 ? (byte & 0x3f) | 0x40 : byte)),
  );
export const small = (value: number): Bytes => tagged(0x02, Uint8Array.of(value));
/** All bits of the last byte are used, but for `unused` ones. */
export const bits = (content: Bytes, unused = 0): Bytes => tagged(0x03, Uint8Array.of(unused), content);
/** `[n]` around whole values (constructed), or in place of a tag (primitive). */
export const explicit = (n: number, content: Bytes): Bytes => tagged(0xa0 + n, content);
export const implicit = (n: number, content: Bytes): Bytes => tagged(0x80 + n, content);

export function time(date: Date): Bytes {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tagged(0x18, Buffer.from(text));
}

export function oid(text: string): Bytes {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return tagged(0x06, Uint8Array.of(first * 40 + second, ...rest.flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
