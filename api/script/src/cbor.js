// CBOR as docs/SPEC.md, section 5, has it: deterministic encoding of unsigned integers, byte and text strings, arrays,
// maps with texts as keys, and booleans. Everything else is refused.
import { Wrong, must } from "./bytes.js";

const maxDepth = 16;

/**
 * Decodes one value that fills all bytes. Maps become objects without a prototype, integers above 2^53 - 1 bigints.
 * Byte strings are views of the input. Throws Wrong on anything that the encoder would not have written.
 * @param {Uint8Array} bytes
 */
export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;

  /** @param {number} n */
  function take(n) {
    must(n <= bytes.length - at, "CBOR: cut short");
    at += n;
    return bytes.subarray(at - n, at);
  }

  /** The head's argument, in the shortest form. @param {number} info */
  function argument(info) {
    if (info < 24) return info;
    must(info < 28, "CBOR: indefinite length or reserved head");
    const size = 1 << (info - 24);
    const start = at;
    take(size);
    if (size === 8) {
      const wide = view.getBigUint64(start);
      must(wide >= 1n << 32n, "CBOR: long head");
      return wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
    }
    const value = size === 1 ? view.getUint8(start) : size === 2 ? view.getUint16(start) : view.getUint32(start);
    must(value >= [24, 0x100, 0x10000][info - 24], "CBOR: long head");
    return value;
  }

  /** A count of bytes or elements, each of which needs a byte. @param {number} info */
  function length(info) {
    const n = argument(info);
    must(n <= bytes.length - at, "CBOR: cut short");
    return Number(n);
  }

  /** @param {number} depth @returns {any} */
  function value(depth) {
    must(depth <= maxDepth, "CBOR: too deep");
    const head = take(1)[0];
    const info = head & 31;
    switch (head >> 5) {
      case 0:
        return argument(info);
      case 2:
        return take(length(info));
      case 3:
        return text(take(length(info)));
      case 4: {
        const list = [];
        for (let n = length(info); n > 0; n--) list.push(value(depth + 1));
        return list;
      }
      case 5:
        return map(length(info), depth);
    }
    must(head === 0xf4 || head === 0xf5, "CBOR: a type that no entry has");
    return head === 0xf5;
  }

  /** @param {number} n @param {number} depth */
  function map(n, depth) {
    const fields = Object.create(null);
    let last = null;
    for (; n > 0; n--) {
      const start = at;
      const key = value(depth + 1);
      must(typeof key === "string", "CBOR: a key that is no text");
      const encoded = bytes.subarray(start, at);
      must(!last || less(last, encoded), "CBOR: keys out of order");
      last = encoded;
      fields[key] = value(depth + 1);
    }
    return fields;
  }

  const all = value(0);
  must(at === bytes.length, "CBOR: trailing bytes");
  return all;
}

/** @param {Uint8Array} bytes */
function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong("CBOR: text is not UTF-8");
  }
}

/** Whether one string of bytes sorts before another. @param {Uint8Array} a @param {Uint8Array} b */
function less(a, b) {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return a.length < b.length;
}
