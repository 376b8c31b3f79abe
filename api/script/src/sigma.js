// Proofs that a contest of a ballot is well formed: docs/SPEC.md, section 10.
import { H, concat, must } from "./bytes.js";
import { G, challenge, combine, order, pieces, point, scalar, times } from "./group.js";

/**
 * @typedef {object} Statement
 * @property {Uint8Array} E
 * @property {Uint8Array} K
 * @property {Uint8Array} V
 * @property {number} contest position in the manifest
 * @property {number} unit
 * @property {number} limit
 * @property {Uint8Array} ciphertexts 64 bytes each
 */

/** @typedef {{a: Uint8Array, b: Uint8Array, c: bigint, z: bigint}} Branch commitments as encoded */

/** Tag of the proof, and how many branches each of its disjunctions has. @param {Statement} st */
function layout({ limit, ciphertexts }) {
  const n = ciphertexts.length / 64;
  if (limit === 1) return { tag: "rollcall/v1/proof/unit-vector", sizes: [n] };
  return { tag: "rollcall/v1/proof/range", sizes: [...Array(n).fill(2), limit + 1] };
}

/** D of the statement. @param {Statement} st */
export const digest = (st) =>
  H(layout(st).tag, st.E, st.K, st.V, st.contest, st.unit, st.ciphertexts.length / 64, st.limit, st.ciphertexts);

/** Weights of a vote for one: powers of a hash of the statement. @param {string} tag @param {Uint8Array} D @param {number} n */
async function weights(tag, D, n) {
  const w = await challenge(tag + "/weight", D);
  const list = [1n];
  while (list.length < n) list.push((list[list.length - 1] * w) % order);
  return list;
}

/**
 * Checks everything of a proof that costs no arithmetic on points: its length, its scalars and that the challenges of
 * each disjunction add up to the hash. That alone tells of which unit a proof is.
 * @param {Statement} st
 * @param {Uint8Array} proof
 * @returns {Promise<Branch[][]>} the disjunctions
 */
export async function verifyChallenges(st, proof) {
  const { tag, sizes } = layout(st);
  must(proof.length === 128 * sizes.reduce((a, b) => a + b), "proof: of another length");
  const branches = pieces(proof, 128).map((raw) => {
    const [a, b, c, z] = pieces(raw, 32);
    return { a, b, c: scalar(c), z: scalar(z) };
  });
  const c = await challenge(tag + "/challenge", await digest(st), concat(...branches.map(({ a, b }) => concat(a, b))));
  return sizes.map((size) => {
    const disjunction = branches.splice(0, size);
    must(disjunction.reduce((sum, br) => sum + br.c, 0n) % order === c, "proof: challenges do not add up");
    return disjunction;
  });
}

/**
 * Checks a proof.
 * @param {Statement} st
 * @param {Uint8Array} proof
 */
export async function verifyProof(st, proof) {
  const disjunctions = await verifyChallenges(st, proof);
  const { tag } = layout(st);
  const K = point(st.K);
  const alphas = pieces(st.ciphertexts, 64).map((ct) => point(ct.subarray(0, 32)));
  const betas = pieces(st.ciphertexts, 64).map((ct) => point(ct.subarray(32)));
  if (st.limit === 1) {
    const w = await weights(tag, await digest(st), alphas.length);
    return verifyDisjunction(K, combine(alphas, w), combine(betas, w), w, disjunctions[0]);
  }
  for (const [i, alpha] of alphas.entries()) await verifyDisjunction(K, alpha, betas[i], [0n, 1n], disjunctions[i]);
  const ones = alphas.map(() => 1n);
  const sums = Array.from({ length: st.limit + 1 }, (_, j) => BigInt(j));
  return verifyDisjunction(K, combine(alphas, ones), combine(betas, ones), sums, disjunctions[alphas.length]);
}

/**
 * Checks that (A, B) encrypts one of the values, under challenges that were checked before:
 * z*G = a + c*A, and z*K = b + c*(B - v*K), which is (z + c*v)*K - c*B = b.
 * @param {import("./group.js").Element} K
 * @param {import("./group.js").Element} A
 * @param {import("./group.js").Element} B
 * @param {bigint[]} values
 * @param {Branch[]} branches
 */
async function verifyDisjunction(K, A, B, values, branches) {
  for (const [j, { a, b, c, z }] of branches.entries()) {
    const holds = times(G, z).equals(point(a).add(times(A, c))) && times(K, z + c * values[j]).equals(point(b).add(times(B, c)));
    must(holds, "proof: response does not match");
    await new Promise((done) => setTimeout(done)); // a long ballot does not freeze the page
  }
}
