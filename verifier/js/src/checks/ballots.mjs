// Ballots (SPEC section 10; V08 to V12) and their receipt codes (8). Decisions are in decisions.mjs.

import { stretchTick } from '../transcript.mjs';
import { decodeElement } from '../group.mjs';
import { rangeHolds, unitVectorHolds } from '../proofs.mjs';
import { contestForm, contestsOf } from '../manifest.mjs';
import { signedBy } from '../entries.mjs';
import { equal, hex, split } from '../bytes.mjs';

/**
 * @typedef {object} Ballot a valid ballot, or one that has turned void at its code tick
 * @property {number} index
 * @property {string} kind
 * @property {Uint8Array} leaf
 * @property {Uint8Array} booth the key of the booth that signed it
 * @property {import('./roll.mjs').Voter} voter
 * @property {{contest: number, pairs: import('../proofs.mjs').Pair[], alphas: string[]}[]} contests
 * @property {import('./ticks.mjs').Tick|null} codeTick
 * @property {string|null} code
 * @property {boolean} turnedVoid
 * @property {'cast'|'tested'|null} decision
 */

export class Ballots {
  /**
   * @param {any} manifest @param {Uint8Array} E @param {import('../report.mjs').Report} report
   * @param {import('./roll.mjs').Roll} roll @param {import('./ticks.mjs').Clock} clock
   * @param {typeof import('../transcript.mjs').receiptCode} codeOf
   */
  constructor(manifest, E, report, roll, clock, codeOf) {
    Object.assign(this, { manifest, E, report, roll, clock, codeOf });
    /** The joint key, when open has named it. @type {{point: import('../group.mjs').Point, bytes: Uint8Array}|null} */
    this.jointKey = null;
    /** Valid ballots by index, in order. @type {Map<number, Ballot>} */
    this.valid = new Map();
    /** Valid ballots of each credential. @type {Map<string, Ballot[]>} */
    this.ofCredential = new Map();
    /** The alphas of all valid ballots, in hexadecimal. */
    this.alphas = new Set();
    /** Valid ballots without a code tick, in index order. @type {Ballot[]} */
    this.waiting = [];
  }

  /** Judges a ballot by rules 2 to 6, in their order; rule 1 is the phase, and rule 7 waits for its code tick. */
  add(entry) {
    const refuse = (check, reason) => {
      this.report.ballots.void++;
      this.report.void(entry, check, reason);
    };
    const [signer, booth] = entry.signatures.map((signature) => signature.signer);
    const voter = this.roll.voters.get(hex(signer));
    if (voter === undefined) return refuse('V08', 'its credential is not on the roll');
    if (!this.manifest.booths.some((key) => equal(key, booth))) return refuse('V08', 'its booth is not in the manifest');
    if (!signedBy(entry, 0, signer, this.E) || !signedBy(entry, 1, booth, this.E)) return refuse('V08', 'a signature that does not hold');

    const contests = this.contentsOf(entry.body, voter);
    if (typeof contests === 'string') return refuse('V09', contests);
    for (const [i, { contest, pairs }] of contests.entries()) {
      if (!this.proofHolds(entry.body.contests[i], contest, pairs, voter)) return refuse('V10', `the proof of contest ${contest} does not hold`);
    }
    const time = this.clock.last?.body.time;
    if (time === undefined) return refuse('V12', 'no tick before it');
    if (!this.manifest.windows.some(({ from, to }) => from <= time && time < to)) return refuse('V12', 'outside every window');
    const earlier = this.ofCredential.get(hex(signer)) ?? [];
    if (earlier.some((ballot) => ballot.codeTick === null)) return refuse('V12', 'an earlier ballot of its credential has no code yet');

    const ballot = {
      index: entry.index, kind: entry.kind, leaf: entry.leaf, booth, voter, contests,
      codeTick: null, code: null, turnedVoid: false, decision: null,
    };
    this.valid.set(ballot.index, ballot);
    this.ofCredential.set(hex(signer), [...earlier, ballot]);
    for (const { alphas } of contests) for (const alpha of alphas) this.alphas.add(alpha);
    this.waiting.push(ballot);
  }

  /** Rule 3: the decoded contests, or what is wrong. @returns {Ballot['contests']|string} */
  contentsOf(body, voter) {
    const expected = contestsOf(this.manifest, voter.unit);
    const named = body.contests.map((part) => part.contest);
    if (named.length !== expected.length || !named.every((c, i) => c === BigInt(expected[i]))) return 'not the contests of its unit';
    const seen = new Set();
    const out = [];
    for (const [i, contest] of expected.entries()) {
      const { ciphertexts } = body.contests[i];
      const { count } = contestForm(this.manifest.contests[contest]);
      if (ciphertexts.length !== 64 * count) return `contest ${contest} has not ${count} ciphertexts`;
      const halves = split(ciphertexts, 32);
      const points = halves.map(decodeElement);
      if (points.includes(null)) return `contest ${contest} has a ciphertext that does not decode, or the identity`;
      const alphas = halves.filter((_, half) => half % 2 === 0).map(hex);
      for (const alpha of alphas) {
        if (seen.has(alpha) || this.alphas.has(alpha)) return 'it has a ciphertext twice, or one of an earlier ballot';
        seen.add(alpha);
      }
      const pairs = alphas.map((_, k) => ({ alpha: points[2 * k], beta: points[2 * k + 1] }));
      out.push({ contest, pairs, alphas });
    }
    return out;
  }

  /** Rule 4. */
  proofHolds({ ciphertexts, proof }, contest, pairs, voter) {
    const { limit, voteForOne } = contestForm(this.manifest.contests[contest]);
    const statement = {
      E: this.E, K: this.jointKey, V: voter.ballotKey, contest, unit: voter.unit, limit, ciphertexts, pairs,
    };
    return voteForOne ? unitVectorHolds(statement, proof) : rangeHolds(statement, proof);
  }

  /** A valid tick gives codes, in index order, to the ballots that it is the code tick of (rule 7). */
  giveCodes(tick) {
    const stretched = stretchTick(this.E, tick.body);
    const due = this.waiting.filter((ballot) => BigInt(ballot.index) < tick.body.size);
    this.waiting = this.waiting.filter((ballot) => BigInt(ballot.index) >= tick.body.size);
    for (const ballot of due) {
      const credential = hex(ballot.voter.ballotKey);
      const others = this.ofCredential.get(credential).filter((other) => other !== ballot);
      ballot.codeTick = tick;
      ballot.code = this.codeOf(this.E, ballot.leaf, stretched);
      if (others.some((other) => other.code === ballot.code)) this.turnVoid(ballot, credential, others);
    }
  }

  /** From here on its alphas and its code no longer count; what they have made void stays void. */
  turnVoid(ballot, credential, others) {
    ballot.turnedVoid = true;
    this.valid.delete(ballot.index);
    this.ofCredential.set(credential, others);
    for (const { alphas } of ballot.contests) for (const alpha of alphas) this.alphas.delete(alpha);
    this.report.ballots.void++;
    this.report.void(ballot, 'V11', 'its receipt code is that of an earlier ballot of its credential');
  }

  /** All valid ballots that are cast. @returns {Ballot[]} */
  cast() {
    return [...this.valid.values()].filter((ballot) => ballot.decision === 'cast');
  }

  /** Counts for the report. */
  finish() {
    for (const { decision } of this.valid.values()) this.report.ballots[decision ?? 'undecided']++;
  }
}
