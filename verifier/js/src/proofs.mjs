// The zero-knowledge proofs of ballots (SPEC section 10) and of shares (14). Each function says whether a
// proof has its exact length, decodes, and holds; what the statement is about is the caller's business.

import { C, H } from './transcript.mjs';
import { G, IDENTITY, ORDER, combine, decodeElement, decodePoint, decodeScalar, mod, multiply } from './group.mjs';
import { concat, split } from './bytes.mjs';
import { remembered } from './memory.mjs';

/** @typedef {import('./group.mjs').Point} Point */
/** A ciphertext. @typedef {{alpha: Point, beta: Point}} Pair */
/**
 * What a ballot proof is about: one contest of a ballot.
 * @typedef {object} Statement
 * @property {Uint8Array} E election hash
 * @property {{point: Point, bytes: Uint8Array}} K joint key
 * @property {Uint8Array} V credential
 * @property {number} contest position
 * @property {number} unit position of the voter's unit
 * @property {number} limit L
 * @property {Uint8Array} ciphertexts 64 bytes each
 * @property {Pair[]} pairs the same, decoded
 */

const UNIT_VECTOR = 'rollcall/v1/proof/unit-vector';
const RANGE = 'rollcall/v1/proof/range';
const SHARE = 'rollcall/v1/proof/share';

/** @param {number} count N @returns bytes of a vote-for-one proof */
export const unitVectorLength = (count) => 128 * count;
/** @param {number} count N @param {number} limit L @returns bytes of an up-to-L proof */
export const rangeLength = (count, limit) => 128 * (2 * count + limit + 1);

/** The digest D of a statement. @param {string} tag @param {Statement} s */
const digest = (tag, s) =>
  H(tag, s.E, s.K.bytes, s.V, s.contest, s.unit, s.pairs.length, s.limit, s.ciphertexts);

/** x^0, x^1, ..., x^(count-1) modulo l */
function powers(x, count) {
  const out = [1n];
  while (out.length < count) out.push((out.at(-1) * x) % ORDER);
  return out.slice(0, count);
}

/**
 * One branch of a disjunction as the proof carries it: a, b, c, z. Null if it does not decode; section 2
 * refuses the identity in commitments.
 */
function decodeBranch(bytes) {
  const [a, b] = [decodeElement(bytes.subarray(0, 32)), decodeElement(bytes.subarray(32, 64))];
  const [c, z] = [decodeScalar(bytes.subarray(64, 96)), decodeScalar(bytes.subarray(96, 128))];
  return [a, b, c, z].includes(null) ? null : { a, b, c, z, commitments: bytes.subarray(0, 64) };
}

/** All branches of a proof, or null. @param {Uint8Array} proof */
function decodeBranches(proof) {
  const branches = split(proof, 128).map(decodeBranch);
  return branches.includes(null) ? null : branches;
}

/**
 * Whether one disjunction holds: (A, B) encrypts one of `values` under K, with challenge `c`.
 * @param {Point} K @param {Pair} pair @param {bigint[]} values @param {any[]} branches @param {bigint} c
 */
function disjunctionHolds(K, { alpha: A, beta: B }, values, branches, c) {
  if (mod(branches.reduce((sum, branch) => sum + branch.c, 0n)) !== c) return false;
  return branches.every((branch, j) => {
    const shifted = B.subtract(multiply(K, values[j])); // B - v_j*K
    return (
      multiply(G, branch.z).equals(branch.a.add(multiply(A, branch.c))) &&
      multiply(K, branch.z).equals(branch.b.add(multiply(shifted, branch.c)))
    );
  });
}

/** All of a statement and a proof. `pairs` are `ciphertexts`, decoded. @param {Statement} s @param {Uint8Array} proof */
const keyOfBallot = ({ E, K, V, contest, unit, limit, ciphertexts }, proof) => [E, K.bytes, V, contest, unit, limit, ciphertexts, proof];

/** "Vote for one". @param {Statement} s @param {Uint8Array} proof */
export const unitVectorHolds = remembered('unitVectorHolds', (s, proof) => {
  const N = s.pairs.length;
  if (proof.length !== unitVectorLength(N)) return false;
  const branches = decodeBranches(proof);
  if (branches === null) return false;
  const D = digest(UNIT_VECTOR, s);
  const weights = powers(C(`${UNIT_VECTOR}/weight`, D), N);
  const sum = {
    alpha: combine(weights.map((w, i) => [w, s.pairs[i].alpha])),
    beta: combine(weights.map((w, i) => [w, s.pairs[i].beta])),
  };
  const c = C(`${UNIT_VECTOR}/challenge`, D, concat(...branches.map((branch) => branch.commitments)));
  return disjunctionHolds(s.K.point, sum, weights, branches, c);
}, keyOfBallot);

/** "Up to L of N". @param {Statement} s @param {Uint8Array} proof */
export const rangeHolds = remembered('rangeHolds', (s, proof) => {
  const N = s.pairs.length;
  if (proof.length !== rangeLength(N, s.limit)) return false;
  const branches = decodeBranches(proof);
  if (branches === null) return false;
  const D = digest(RANGE, s);
  const c = C(`${RANGE}/challenge`, D, concat(...branches.map((branch) => branch.commitments)));
  const each = s.pairs.every((pair, i) =>
    disjunctionHolds(s.K.point, pair, [0n, 1n], branches.slice(2 * i, 2 * i + 2), c),
  );
  const sum = {
    alpha: s.pairs.reduce((total, pair) => total.add(pair.alpha), IDENTITY),
    beta: s.pairs.reduce((total, pair) => total.add(pair.beta), IDENTITY),
  };
  const counts = Array.from({ length: s.limit + 1 }, (_, j) => BigInt(j));
  return each && disjunctionHolds(s.K.point, sum, counts, branches.slice(2 * N), c);
}, keyOfBallot);

/**
 * The proof of a share (section 14): all D_s are x_i * A_s for the x_i of Y_i.
 * @param {object} s
 * @param {Uint8Array} s.E election hash @param {Uint8Array} s.K joint key
 * @param {bigint} s.end @param {Uint8Array} s.root of the first end+1 entries
 * @param {number} s.trustee i @param {Point} s.Y the trustee's verification share
 * @param {{point: Point, bytes: Uint8Array}[]} s.alphas A_s of the sums
 * @param {{point: Point, bytes: Uint8Array}[]} s.partials D_s
 * @param {Uint8Array} proof a || b || c || z
 */
export const shareHolds = remembered('shareHolds', (s, proof) => {
  if (proof.length !== 128) return false;
  // a is never the identity; b can be, where a sum's alpha is (section 2).
  const [a, b] = [decodeElement(proof.subarray(0, 32)), decodePoint(proof.subarray(32, 64))];
  const [c, z] = [decodeScalar(proof.subarray(64, 96)), decodeScalar(proof.subarray(96))];
  if ([a, b, c, z].includes(null)) return false;
  const rows = s.alphas.map((alpha, i) => concat(alpha.bytes, s.partials[i].bytes));
  const D = H(SHARE, s.E, s.K, s.end, s.root, s.trustee, s.Y.toBytes(), rows.length, concat(...rows));
  if (c !== C(`${SHARE}/challenge`, D, proof.subarray(0, 32), proof.subarray(32, 64))) return false;
  const weights = powers(C(`${SHARE}/weight`, D), rows.length);
  const alpha = combine(weights.map((w, i) => [w, s.alphas[i].point]));
  const partial = combine(weights.map((w, i) => [w, s.partials[i].point]));
  return (
    multiply(G, z).equals(a.add(multiply(s.Y, c))) && multiply(alpha, z).equals(b.add(multiply(partial, c)))
  );
}, ({ E, K, end, root, trustee, Y, alphas, partials }, proof) =>
  [E, K, end, root, trustee, Y.toBytes(), alphas.map(({ bytes }) => bytes), partials.map(({ bytes }) => bytes), proof]);
