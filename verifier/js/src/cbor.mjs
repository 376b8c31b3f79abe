// A decoder of the CBOR that entries are made of (SPEC section 5): RFC 8949, section 4.2.1, core
// deterministic encoding, without tags, floats, null or negative numbers. It knows six types and refuses
// everything else, so that a byte string has at most one meaning and a meaning at most one byte string.
// It knows nothing of entries: their shapes are in schema.mjs and entries.mjs.

import { compare, fromUtf8, readBigEndian } from './bytes.mjs';

/** Thrown for everything in a record that is not well formed. Its message is fit to be shown. */
export class FormatError extends Error {}

/** The schema of section 6 nests at most 5 deep; more can not be legal, and must not use up the stack. */
const MAX_DEPTH = 8;

/** @typedef {bigint|boolean|string|Uint8Array|Array<any>|Map<string, any>} Value */

/**
 * Decodes exactly one value that fills `bytes`. Integers come out as bigint, maps as Map.
 * @param {Uint8Array} bytes
 * @returns {Value}
 * @throws {FormatError}
 */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new FormatError('bytes after the end of the CBOR value');
  return value;
}

class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** @param {number} length @returns {Uint8Array} a view, not a copy */
  take(length) {
    if (length > this.bytes.length - this.at) throw new FormatError('CBOR ends too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The head of an item: its major type and argument, in the shortest form. @returns {{major: number, argument: bigint}} */
  head() {
    const initial = this.take(1)[0];
    const [major, info] = [initial >> 5, initial & 31];
    // The simple values false and true have their value in the head; nothing else of major type 7 is legal.
    if (major === 7 && info !== 20 && info !== 21) throw new FormatError('a CBOR float, null or other simple value');
    if (info < 24) return { major, argument: BigInt(info) };
    if (info > 27) throw new FormatError('CBOR of indefinite length, or a reserved head');
    const width = 1 << (info - 24);
    const argument = readBigEndian(this.take(width));
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    if (argument < least) throw new FormatError('a CBOR number or length that is not in its shortest form');
    return { major, argument };
  }

  /** A count of bytes or elements. One that the rest of the input can not hold is refused before anything is made of it. */
  count(argument) {
    if (argument > BigInt(this.bytes.length - this.at)) throw new FormatError('CBOR ends too early');
    return Number(argument);
  }

  /** @param {number} depth @returns {Value} */
  value(depth) {
    if (depth > MAX_DEPTH) throw new FormatError('CBOR nested too deep');
    const { major, argument } = this.head();
    switch (major) {
      case 0:
        return argument;
      case 2:
        return this.take(this.count(argument));
      case 3:
        return this.text(this.count(argument));
      case 4:
        return this.array(this.count(argument), depth);
      case 5:
        return this.map(this.count(argument), depth);
      case 7:
        return argument === 21n;
      default:
        throw new FormatError(major === 1 ? 'a negative CBOR number' : 'a CBOR tag');
    }
  }

  /** @param {number} length */
  text(length) {
    const bytes = this.take(length);
    try {
      return fromUtf8(bytes);
    } catch {
      throw new FormatError('a CBOR text that is not UTF-8');
    }
  }

  /** @param {number} count @param {number} depth */
  array(count, depth) {
    const out = [];
    for (let i = 0; i < count; i++) out.push(this.value(depth + 1));
    return out;
  }

  /** A map: its keys are texts (the schema has no others), strictly ascending by their encoded bytes. */
  map(count, depth) {
    const out = new Map();
    let previous = null;
    for (let i = 0; i < count; i++) {
      const start = this.at;
      const key = this.value(depth + 1);
      const encoded = this.bytes.subarray(start, this.at);
      if (typeof key !== 'string') throw new FormatError('a CBOR map key that is not a text');
      if (previous && compare(previous, encoded) >= 0) throw new FormatError('CBOR map keys twice or out of order');
      previous = encoded;
      out.set(key, this.value(depth + 1));
    }
    return out;
  }
}
