// Byte strings: the notation of SPEC section 1, and nothing of the record.

/** Concatenates byte strings: `a || b`. @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** x as `width` bytes, big-endian. @param {bigint|number} x @param {number} width @returns {Uint8Array} */
function bigEndian(x, width) {
  let rest = BigInt(x);
  const out = new Uint8Array(width);
  for (let i = width - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError('number too large for its field');
  return out;
}

/** @param {bigint|number} x */
export const be64 = (x) => bigEndian(x, 8);
/** @param {bigint|number} x */
export const be16 = (x) => bigEndian(x, 2);
/** @param {bigint|number} x */
export const le32 = (x) => bigEndian(x, 4).reverse();
/** @param {bigint|number} x */
export const le64 = (x) => bigEndian(x, 8).reverse();

/** `lp(x) = be64(len(x)) || x` @param {Uint8Array} x @returns {Uint8Array} */
export const lp = (x) => concat(be64(x.length), x);

/** Reads a big-endian number. @param {Uint8Array} bytes @returns {bigint} */
export function readBigEndian(bytes) {
  let x = 0n;
  for (const byte of bytes) x = (x << 8n) | BigInt(byte);
  return x;
}

/** Reads a little-endian number. @param {Uint8Array} bytes @returns {bigint} */
export const readLittleEndian = (bytes) => readBigEndian(Uint8Array.from(bytes).reverse());

const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF as the character it is; fatal refuses what is not UTF-8.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text. @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => encoder.encode(text);

/** The text of UTF-8 bytes; throws TypeError if they are not valid UTF-8. @param {Uint8Array} bytes */
export const fromUtf8 = (bytes) => decoder.decode(bytes);

/** @param {Uint8Array} bytes @returns {string} */
export const hex = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

/** @param {string} text @returns {Uint8Array} */
export const fromHex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));

/** @param {Uint8Array} a @param {Uint8Array} b @returns {boolean} */
export const equal = (a, b) => compare(a, b) === 0;

/** Bytewise order: negative, 0 or positive. @param {Uint8Array} a @param {Uint8Array} b @returns {number} */
export function compare(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Cuts bytes into pieces of `width`; the last one may be shorter. @param {Uint8Array} bytes @param {number} width */
export function split(bytes, width) {
  const out = [];
  for (let at = 0; at < bytes.length; at += width) out.push(bytes.subarray(at, at + width));
  return out;
}

/** Base 64 of RFC 4648, section 4, with padding. @param {Uint8Array} bytes */
export const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/**
 * Reads canonical base 64: only what {@link base64} would have written, else null.
 * @param {string} text @returns {Uint8Array|null}
 */
export function fromBase64(text) {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return base64(bytes) === text ? bytes : null;
}
