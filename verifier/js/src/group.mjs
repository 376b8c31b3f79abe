// The group ristretto255 (SPEC section 2) and the signatures in it (4), and Ed25519 as section 4 wants it.
// Points are decoded once, where they are read, and are Point objects from there on; scalars are bigints.

import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equal, readLittleEndian, utf8 } from './bytes.mjs';
import { remembered } from './memory.mjs';

/** The order l of the group. */
export const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const { Point } = ristretto255;
/** @typedef {InstanceType<typeof Point>} Point */

/** The base point. */
export const G = Point.BASE;
/** The identity. */
export const IDENTITY = Point.ZERO;

/** Decodes a point by RFC 9496, section 4.3.1; null if the string is no encoding. @param {Uint8Array} bytes */
export const decodePoint = remembered('decodePoint', (bytes) => {
  if (bytes.length !== 32) return null;
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
});

/** Decodes a point that must not be the identity, else null. @param {Uint8Array} bytes */
export function decodeElement(bytes) {
  const point = decodePoint(bytes);
  return point === null || point.is0() ? null : point;
}

/** Decodes a scalar: 32 bytes, little-endian, below l; else null. @param {Uint8Array} bytes @returns {bigint|null} */
export function decodeScalar(bytes) {
  if (bytes.length !== 32) return null;
  const scalar = readLittleEndian(bytes);
  return scalar < ORDER ? scalar : null;
}

/** 64 bytes of a hash as a little-endian number modulo l (section 3). @param {Uint8Array} hash */
export const scalarFromHash = (hash) => readLittleEndian(hash) % ORDER;

/** @param {bigint} x */
export const mod = (x) => ((x % ORDER) + ORDER) % ORDER;

/** x*P for any integer x. All of this is public, so that it need not take constant time. @param {Point} point @param {bigint} x */
export const multiply = (point, x) => point.multiplyUnsafe(mod(x));

/** sum of x_i * P_i @param {Array<[bigint, Point]>} terms */
export const combine = (terms) => terms.reduce((sum, [x, point]) => sum.add(multiply(point, x)), IDENTITY);

/** The inverse of x modulo l, which is prime, by Fermat. @param {bigint} x not 0 */
export function invert(x) {
  let [result, base, exponent] = [1n, mod(x), ORDER - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

/**
 * A Schnorr signature R || z over a challenge c that the caller has computed: z*G = R + c*P.
 * @param {Point} key
 * @param {Uint8Array} signature
 * @param {bigint} c
 */
export function schnorrHolds(key, signature, c) {
  if (signature.length !== 64) return false;
  const R = decodeElement(signature.subarray(0, 32));
  const z = decodeScalar(signature.subarray(32));
  return R !== null && z !== null && multiply(G, z).equals(R.add(multiply(key, c)));
}

/** Verifies a signature of an entry (section 4). @param {Uint8Array} keyBytes @param {Uint8Array} message @param {Uint8Array} signature */
export const verifySchnorr = remembered('verifySchnorr', (keyBytes, message, signature) => {
  const key = decodeElement(keyBytes);
  if (key === null || signature.length !== 64) return false;
  const prefix = utf8('FROST-RISTRETTO255-SHA512-v1chal');
  return schnorrHolds(key, signature, scalarFromHash(sha512(concat(prefix, signature.subarray(0, 32), keyBytes, message))));
});

/**
 * A key of Ed25519: the canonical encoding of a point of order l (section 4), else null.
 * @param {Uint8Array} bytes
 */
export const decodeEd25519Key = remembered('decodeEd25519Key', (bytes) => {
  if (bytes.length !== 32) return null;
  try {
    const point = ed25519.Point.fromBytes(bytes); // strict: y < p, and no sign bit with x = 0
    return point.is0() || !point.isTorsionFree() ? null : point;
  } catch {
    return null;
  }
});

/** Ed25519 without the cofactor (section 4): the encoding of S*B - k*A is R, byte for byte. */
export const verifyEd25519 = remembered('verifyEd25519', (keyBytes, message, signature) => {
  const A = decodeEd25519Key(keyBytes);
  if (A === null || signature.length !== 64) return false;
  const R = signature.subarray(0, 32);
  const S = decodeScalar(signature.subarray(32));
  if (S === null) return false;
  const k = scalarFromHash(sha512(concat(R, keyBytes, message)));
  const expected = ed25519.Point.BASE.multiplyUnsafe(S).subtract(A.multiplyUnsafe(k));
  return equal(expected.toBytes(), R);
});
