// Hashes with domain separation (SPEC section 3), and what is made of nothing but hashes: the election id,
// ballot numbers (9) and receipt codes (8).

import { sha512, sha256 } from '@noble/hashes/sha2.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { be64, concat, lp, readBigEndian, utf8 } from './bytes.mjs';
import { scalarFromHash } from './group.mjs';
import { remembered } from './memory.mjs';

/** A field of a hash: an integer, or bytes (points and scalars are their 32 bytes). @typedef {bigint|number|Uint8Array} Field */

/** @param {Field} field */
const fieldBytes = (field) => (field instanceof Uint8Array ? field : be64(field));

/** `H(tag, f1, ..., fn)`: 64 bytes. @param {string} tag @param {...Field} fields */
export const H = (tag, ...fields) => sha512(concat(lp(utf8(tag)), ...fields.map((field) => lp(fieldBytes(field)))));

/** The challenge `C(tag, f1, ..., fn)`. @param {string} tag @param {...Field} fields @returns {bigint} */
export const C = (tag, ...fields) => scalarFromHash(H(tag, ...fields));

/** E: SHA-512 of the bytes of entry 0. @param {Uint8Array} entry */
export const electionHash = (entry) => sha512(entry);

const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECK = `${BASE32}*~$=U`;

/** The election id of an election hash: 27 characters (section 3). @param {Uint8Array} E */
export function electionId(E) {
  const v = readBigEndian(E.subarray(0, 17)) >> 6n; // the first 130 of 136 bits
  let id = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) id += BASE32[Number((v >> shift) & 31n)];
  return id + CHECK[Number(v % 37n)];
}

/**
 * Reads an election id as people write it, and gives it as {@link electionId} writes it; null if it is none.
 * @param {string} text
 */
export function parseElectionId(text) {
  const id = text.replaceAll(/[ -]/g, '').toUpperCase();
  if (!/^[0-9A-Z*~$=]{27}$/.test(id) || /[^\x20-\x7e]/.test(text)) return null;
  const digits = id.slice(0, 26).replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  let v = 0n;
  for (const digit of digits) {
    const value = BASE32.indexOf(digit);
    if (value < 0) return null;
    v = v * 32n + BigInt(value);
  }
  return id[26] === CHECK[Number(v % 37n)] ? digits + id[26] : null;
}

/** n as `width` digits, with two check digits behind: 98 - (100 n mod 97). @param {bigint} n @param {number} width */
const withCheckDigits = (n, width) =>
  String(n).padStart(width, '0') + String(98n - ((100n * n) % 97n)).padStart(2, '0');

/** The ballot number of a credential: 12 digits (section 9). @param {Uint8Array} E @param {Uint8Array} ballotKey */
export const ballotNumber = (E, ballotKey) =>
  withCheckDigits(readBigEndian(H('rollcall/v1/ballot-number', E, ballotKey).subarray(0, 8)) % 10n ** 10n, 10);

/**
 * S of a tick (section 8), which all receipt codes under the tick share.
 * @param {Uint8Array} E
 * @param {{size: bigint, root: Uint8Array, random: Uint8Array, cosignatures: [bigint, bigint, Uint8Array][]}} tick
 */
export const stretchTick = remembered('stretchTick', (E, { size, root, random, cosignatures }) => {
  const T = H('rollcall/v1/code/tick', E, size, root, random, cosignatures.length, ...cosignatures.flat());
  return scrypt(T, utf8('rollcall/v1/code/stretch'), { N: 1024, r: 8, p: 1, dkLen: 64 });
}, (E, { size, root, random, cosignatures }) => [E, size, root, random, cosignatures]);

/** The 16 digits of a receipt code. @param {Uint8Array} E @param {Uint8Array} leaf @param {Uint8Array} S */
export const receiptCode = (E, leaf, S) =>
  withCheckDigits(readBigEndian(H('rollcall/v1/code', E, leaf, S)) % 10n ** 14n, 14);

/** What a signature of an entry covers (section 5). E is empty for the manifest. */
export const signatureMessage = (kind, E, signer, body) =>
  concat(lp(utf8(`rollcall/v1/${kind}`)), lp(E), lp(signer), lp(sha256(body)));
