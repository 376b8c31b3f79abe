// Bytes, hashes and the two ways in which a check can fail. Notation as in docs/SPEC.md, sections 1 and 3.

/** What is there is wrong: the step's `ok` is false. */
export class Wrong extends Error {}

/** It can not be told here: the step's `ok` is null. */
export class Unknown extends Error {
  unknown = true; // proof.js and maths.js each have a class of this name
}

/**
 * Throws Wrong unless the condition holds.
 * @param {unknown} condition
 * @param {string} detail what is wrong, for whoever helps the voter
 */
export function must(condition, detail) {
  if (!condition) throw new Wrong(detail);
}

/** @param {...Uint8Array} parts */
export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export const equal = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

/** @param {string} text */
export const utf8 = (text) => new TextEncoder().encode(text);

/** 8 bytes, big-endian. @param {number | bigint} x */
export function be64(x) {
  const b = new Uint8Array(8);
  new DataView(b.buffer).setBigUint64(0, BigInt(x));
  return b;
}

/** The bytes behind their length. @param {Uint8Array} x */
export const lp = (x) => concat(be64(x.length), x);

/** @param {string} name @param {Uint8Array} data */
async function digest(name, data) {
  // Browsers have no WebCrypto on pages that came over plain HTTP from elsewhere.
  if (!globalThis.crypto?.subtle) throw new Unknown("no WebCrypto here");
  return new Uint8Array(await crypto.subtle.digest(name, data));
}

/** @param {...Uint8Array} parts */
export const sha256 = (...parts) => digest("SHA-256", concat(...parts));

/** @param {...Uint8Array} parts */
export const sha512 = (...parts) => digest("SHA-512", concat(...parts));

/**
 * H of section 3: numbers are fields of 8 bytes.
 * @param {string} tag
 * @param {...(Uint8Array | number | bigint)} fields
 */
export const H = (tag, ...fields) =>
  sha512(lp(utf8(tag)), ...fields.map((f) => lp(f instanceof Uint8Array ? f : be64(f))));

/** @param {Uint8Array} bytes */
export const bigEndian = (bytes) => bytes.reduce((n, b) => (n << 8n) | BigInt(b), 0n);

/** @param {Uint8Array} bytes */
export const littleEndian = (bytes) => bytes.reduceRight((n, b) => (n << 8n) | BigInt(b), 0n);

/**
 * A number of so many digits, then 98 - (100 n mod 97) as two: the check digits of sections 8 and 9.
 * @param {bigint} n
 * @param {number} digits
 */
export const withCheckDigits = (n, digits) =>
  String(n).padStart(digits, "0") + String(98n - ((n * 100n) % 97n)).padStart(2, "0");

/**
 * Base64 in the one form that encodes its bytes.
 * @param {string} text
 */
export function fromBase64(text) {
  let raw = "";
  try {
    raw = atob(text);
  } catch {
    throw new Wrong("not base64");
  }
  must(btoa(raw) === text, "not canonical base64");
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}
