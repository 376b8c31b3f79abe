// A ballot as a whole, and the opening of a tested one: docs/SPEC.md, section 10, rules 3 and 4, and section 11, rule 7.
import { must } from "./bytes.js";
import { G, pieces, point, scalar, times } from "./group.js";
import { verifyChallenges, verifyProof } from "./sigma.js";

/** How many ciphertexts a contest has. @param {any} contest of the manifest */
const ciphertexts = ({ limit, options }) => options.length + (limit === 1 ? 1 : 0);

/** Positions of the contests of a unit. @param {any} manifest @param {number} unit */
const contestsOf = ({ contests }, unit) => [...contests.keys()].filter((c) => contests[c].units.includes(unit));

/** @param {() => Promise<unknown>} work */
const passes = async (work) => {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
};

/**
 * Checks that a ballot has exactly the contests of its unit, each with ciphertexts that decode, and that all proofs
 * hold. Without a known unit it is the one that the proofs are made for.
 * @param {any} manifest
 * @param {Uint8Array} E
 * @param {Uint8Array} K
 * @param {import("./entry.js").Entry} ballot
 * @param {number | null} unit
 */
export async function verifyBallot(manifest, E, K, ballot, unit) {
  const sealed = ballot.body.contests;
  const V = ballot.signatures[0][0];
  const asked = String(sealed.map((/** @type {any} */ s) => s.contest));
  let units = unit === null ? [...manifest.units.keys()] : [unit];
  units = units.filter((u) => String(contestsOf(manifest, u)) === asked);
  must(units.length, "the contests are not those of a unit");

  const seen = new Set();
  for (const s of sealed) {
    must(s.ciphertexts.length === 64 * ciphertexts(manifest.contests[s.contest]), "a contest with too few or too many ciphertexts");
    for (const ct of pieces(s.ciphertexts, 64)) {
      point(ct.subarray(0, 32));
      point(ct.subarray(32));
      const alpha = String(ct.subarray(0, 32));
      must(!seen.has(alpha), "an alpha stands twice");
      seen.add(alpha);
    }
  }

  /** @param {any} s @param {number} u */
  const statement = (s, u) =>
    ({ E, K, V, contest: s.contest, unit: u, limit: Number(manifest.contests[s.contest].limit), ciphertexts: s.ciphertexts });
  let of = units[0];
  for (const u of units) {
    if (!(await passes(() => verifyChallenges(statement(sealed[0], u), sealed[0].proof)))) continue;
    of = u;
    break;
  }
  for (const s of sealed) await verifyProof(statement(s, of), s.proof);
}

/**
 * Checks that the openings of a test reproduce every ciphertext of the ballot.
 * @param {any} manifest
 * @param {Uint8Array} K
 * @param {any} ballot its body
 * @param {any} test its body
 * @returns {string} what the ballot held, as "contest:option,option contest:option"
 */
export function verifyOpenings(manifest, K, ballot, test) {
  const key = point(K);
  must(test.openings.length === ballot.contests.length, "test: another number of openings");
  return test.openings
    .map((/** @type {any} */ o, /** @type {number} */ i) => {
      const sealed = ballot.contests[i];
      must(o.contest === sealed.contest && o.contest < manifest.contests.length, "test: opening of another contest");
      const contest = manifest.contests[o.contest];
      const n = ciphertexts(contest);
      const chosen = o.selected;
      must(sealed.ciphertexts.length === 64 * n && o.nonces.length === 32 * n, "test: another number of ciphertexts or nonces");
      must(chosen.every((/** @type {any} */ p, /** @type {number} */ j) => p < n && (j === 0 || p > chosen[j - 1])), "test: selected is not ascending");
      must(contest.limit === 1 ? chosen.length === 1 : chosen.length <= contest.limit, "test: too many or too few selected");
      for (const [j, nonce] of pieces(o.nonces, 32).entries()) {
        const r = scalar(nonce);
        const ct = sealed.ciphertexts.subarray(64 * j, 64 * j + 64);
        const m = chosen.includes(j) ? 1n : 0n;
        must(times(G, r).equals(point(ct.subarray(0, 32))), "test: the opening gives another ciphertext");
        must(times(key, r + m).equals(point(ct.subarray(32))), "test: the opening gives another ciphertext");
      }
      return `${o.contest}:${chosen}`;
    })
    .join(" ");
}
