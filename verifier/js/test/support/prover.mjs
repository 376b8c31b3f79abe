// What honest and dishonest parties compute, for the tests: keys, signatures, ballots with proofs, shares.
// It goes by SPEC sections 4, 10 and 14. Nothing of it runs in constant time: its secrets are nobody's.

import { randomBytes } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { C, H } from '../../src/transcript.mjs';
import { G, IDENTITY, combine, decodePoint, mod, multiply, scalarFromHash } from '../../src/group.mjs';
import { concat, split, utf8 } from '../../src/bytes.mjs';

export const random = (length) => Uint8Array.from(randomBytes(length));
export const randomScalar = () => scalarFromHash(random(64));

/** 32 bytes, little-endian. @param {bigint} x */
export function scalarBytes(x) {
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = Number((x >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** @typedef {{secret: bigint, point: any, bytes: Uint8Array}} Key */
/** @returns {Key} */
export function newKey(secret = randomScalar()) {
  const point = multiply(G, secret);
  return { secret, point, bytes: point.toBytes() };
}

/** A Schnorr signature with the challenge that `challenge(R)` gives. @param {Key} key */
export function schnorr(key, challenge) {
  const k = newKey();
  return concat(k.bytes, scalarBytes(mod(k.secret + challenge(k.bytes) * key.secret)));
}

/** A signature of an entry. @param {Key} key @param {Uint8Array} message */
export const sign = (key, message) =>
  schnorr(key, (R) => scalarFromHash(sha512(concat(utf8('FROST-RISTRETTO255-SHA512-v1chal'), R, key.bytes, message))));

/** An Ed25519 key. */
export function newEd25519Key() {
  const seed = random(32);
  return { bytes: ed25519.getPublicKey(seed), sign: (message) => ed25519.sign(message, seed) };
}

/** Encrypts numbers: the ciphertexts put together, and the randomness. @param {Key} K of which the secret is not used */
export function encrypt(K, votes, nonces = votes.map(randomScalar)) {
  const parts = votes.map((m, i) => concat(multiply(G, nonces[i]).toBytes(), multiply(K.point, nonces[i] + BigInt(m)).toBytes()));
  return { ciphertexts: concat(...parts), nonces };
}

const pairsOf = (ciphertexts) =>
  split(ciphertexts, 64).map((bytes) => ({ alpha: decodePoint(bytes.subarray(0, 32)), beta: decodePoint(bytes.subarray(32)) }));

/** The branches of a disjunction whose branch `truth` is true, all but the true one's answer. */
function commit(K, { alpha, beta }, values, truth, k = randomScalar()) {
  return values.map((v, j) => {
    if (j === truth) return { k, a: multiply(G, k), b: multiply(K, k) };
    const [c, z] = [randomScalar(), randomScalar()];
    const a = multiply(G, z).subtract(multiply(alpha, c));
    const b = multiply(K, z).subtract(multiply(beta.subtract(multiply(K, v)), c));
    return { c, z, a, b };
  });
}

function answer(branches, truth, c, r) {
  const others = branches.reduce((sum, branch, j) => (j === truth ? sum : sum + branch.c), 0n);
  const own = branches[truth];
  own.c = mod(c - others);
  own.z = mod(own.k + own.c * r);
}

const branchBytes = ({ a, b, c, z }) => concat(a.toBytes(), b.toBytes(), scalarBytes(c), scalarBytes(z));
const commitments = (branches) => concat(...branches.map(({ a, b }) => concat(a.toBytes(), b.toBytes())));

/**
 * The proof of a contest of a ballot; wrong, if the votes are not allowed ones.
 * @param {object} s E, K, V, contest, unit, limit, voteForOne, ciphertexts, nonces, votes; and k, of the true branch's
 *   commitments k*G and k*K, which else is random
 */
export function proveContest(s) {
  const K = s.K.point;
  const pairs = pairsOf(s.ciphertexts);
  const tag = `rollcall/v1/proof/${s.voteForOne ? 'unit-vector' : 'range'}`;
  const D = H(tag, s.E, s.K.bytes, s.V, s.contest, s.unit, pairs.length, s.limit, s.ciphertexts);
  const challengeOf = (branches) => C(`${tag}/challenge`, D, commitments(branches));
  if (s.voteForOne) {
    const w = C(`${tag}/weight`, D);
    const weights = pairs.map((_, i) => mod(w ** BigInt(i)));
    const sum = {
      alpha: combine(weights.map((x, i) => [x, pairs[i].alpha])),
      beta: combine(weights.map((x, i) => [x, pairs[i].beta])),
    };
    const truth = Math.max(0, s.votes.indexOf(1));
    const branches = commit(K, sum, weights, truth, s.k);
    answer(branches, truth, challengeOf(branches), weights.reduce((total, x, i) => total + x * s.nonces[i], 0n));
    return concat(...branches.map(branchBytes));
  }
  const each = pairs.map((pair, i) => commit(K, pair, [0n, 1n], s.votes[i] === 1 ? 1 : 0, s.k));
  const sum = {
    alpha: pairs.reduce((total, pair) => total.add(pair.alpha), IDENTITY),
    beta: pairs.reduce((total, pair) => total.add(pair.beta), IDENTITY),
  };
  const counts = Array.from({ length: s.limit + 1 }, (_, j) => BigInt(j));
  const total = Math.min(s.limit, s.votes.reduce((x, vote) => x + vote, 0));
  const last = commit(K, sum, counts, total);
  const c = challengeOf([...each.flat(), ...last]);
  each.forEach((branches, i) => answer(branches, s.votes[i] === 1 ? 1 : 0, c, s.nonces[i]));
  answer(last, total, c, s.nonces.reduce((x, r) => x + r, 0n));
  return concat(...[...each.flat(), ...last].map(branchBytes));
}

/** The proof of a share. @param {object} s E, K (bytes), end, root, trustee, secret, alphas and partials (points) */
export function proveShare(s) {
  const tag = 'rollcall/v1/proof/share';
  const rows = s.alphas.map((alpha, i) => concat(alpha.toBytes(), s.partials[i].toBytes()));
  const Y = multiply(G, s.secret);
  const D = H(tag, s.E, s.K, s.end, s.root, s.trustee, Y.toBytes(), rows.length, concat(...rows));
  const w = C(`${tag}/weight`, D);
  const alpha = combine(s.alphas.map((point, i) => [mod(w ** BigInt(i)), point]));
  const k = randomScalar();
  const [a, b] = [multiply(G, k).toBytes(), multiply(alpha, k).toBytes()];
  const c = C(`${tag}/challenge`, D, a, b);
  return concat(a, b, scalarBytes(c), scalarBytes(mod(k + c * s.secret)));
}
