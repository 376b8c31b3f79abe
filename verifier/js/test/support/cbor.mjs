// The deterministic CBOR encoder of the tests: bigint or number, boolean, string, Uint8Array, array, Map or
// plain object (as a map). `raw(bytes)` puts bytes in as they are, for what no encoder would write.

import { compare, concat, utf8 } from '../../src/bytes.mjs';

class Raw {
  constructor(bytes) {
    this.bytes = bytes;
  }
}
export const raw = (...bytes) => new Raw(Uint8Array.from(bytes));

/** The shortest head of a major type with an argument. */
export function head(major, argument) {
  const x = BigInt(argument);
  if (x < 24n) return Uint8Array.of((major << 5) | Number(x));
  const width = [1, 2, 4, 8].find((bytes) => x < 1n << BigInt(8 * bytes));
  const out = new Uint8Array(1 + width);
  out[0] = (major << 5) | (24 + Math.log2(width));
  for (let i = 0; i < width; i++) out[width - i] = Number((x >> BigInt(8 * i)) & 0xffn);
  return out;
}

export function encode(value) {
  if (value instanceof Raw) return value.bytes;
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'bigint' || typeof value === 'number') return head(0, value);
  if (typeof value === 'string') return concat(head(3, utf8(value).length), utf8(value));
  if (value instanceof Uint8Array) return concat(head(2, value.length), value);
  if (Array.isArray(value)) return concat(head(4, value.length), ...value.map(encode));
  const pairs = [...(value instanceof Map ? value : Object.entries(value))].map(([key, item]) => [encode(key), encode(item)]);
  pairs.sort(([a], [b]) => compare(a, b));
  return concat(head(5, pairs.length), ...pairs.flat());
}
