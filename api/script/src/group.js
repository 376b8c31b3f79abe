// ristretto255 (RFC 9496) by @noble/curves, with the strict decoding of docs/SPEC.md, section 2. Public values only:
// nothing here takes the same time for all of them.
import { ristretto255 } from "@noble/curves/ed25519.js";
import { H, Wrong, littleEndian, must } from "./bytes.js";

const { Point } = ristretto255;

/** @typedef {InstanceType<typeof Point>} Element */

/** The base point. */
export const G = Point.BASE;

/** The order of the group. */
export const order = Point.Fn.ORDER;

/** Decodes a point that must not be the identity. @param {Uint8Array} bytes @returns {Element} */
export function point(bytes) {
  let p;
  try {
    p = Point.fromBytes(bytes);
  } catch {
    throw new Wrong("not the encoding of a point");
  }
  must(!p.is0(), "a point is the identity");
  return p;
}

/** @param {Uint8Array} bytes 32 of them */
export function scalar(bytes) {
  const n = littleEndian(bytes);
  must(n < order, "a scalar is not below the order");
  return n;
}

/** @param {Element} p @param {bigint} n any number */
export const times = (p, n) => p.multiplyUnsafe(n % order);

/** sum n_i * p_i. @param {Element[]} points @param {bigint[]} factors */
export const combine = (points, factors) => points.reduce((sum, p, i) => sum.add(times(p, factors[i])), Point.ZERO);

/** C of section 3. @param {string} tag @param {...(Uint8Array | number | bigint)} fields */
export const challenge = async (tag, ...fields) => littleEndian(await H(tag, ...fields)) % order;

/** Cuts bytes into pieces. @param {Uint8Array} bytes @param {number} size */
export const pieces = (bytes, size) =>
  Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
