// Receipt codes: docs/SPEC.md, section 8.
import { scrypt } from "@noble/hashes/scrypt.js";
import { H, bigEndian, utf8, withCheckDigits } from "./bytes.js";

/**
 * The receipt code of a ballot under its code tick: 16 digits.
 * @param {Uint8Array} E the election hash
 * @param {Uint8Array} leaf the ballot's leaf hash
 * @param {{size: number | bigint, root: Uint8Array, random: Uint8Array, cosignatures: [number, number, Uint8Array][]}} tick
 */
export async function receiptCode(E, leaf, tick) {
  const { size, root, random, cosignatures } = tick;
  const T = await H("rollcall/v1/code/tick", E, size, root, random, cosignatures.length, ...cosignatures.flat());
  const S = scrypt(T, utf8("rollcall/v1/code/stretch"), { N: 1024, r: 8, p: 1, dkLen: 64 });
  return withCheckDigits(bigEndian(await H("rollcall/v1/code", E, leaf, S)) % 10n ** 14n, 14);
}
