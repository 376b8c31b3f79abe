// Totals (SPEC section 12; V14 and V19): what the record must say was counted together, and its sums.

import { IDENTITY } from '../group.mjs';
import { partition } from './merge.mjs';
import { concat, equal } from '../bytes.mjs';
import { contestForm } from '../manifest.mjs';

/**
 * A part of the totals as it must be.
 * @typedef {object} TotalsPart
 * @property {number} contest
 * @property {number[]} units
 * @property {number} ballots
 * @property {boolean} withheld 0 < ballots < minimum
 * @property {Uint8Array} sums empty if ballots < minimum
 * @property {{alpha: Uint8Array, beta: Uint8Array}[]} pairs the same, one for each ciphertext
 */

export class Totals {
  /** @param {any} manifest @param {import('../report.mjs').Report} report @param {import('./ballots.mjs').Ballots} ballots */
  constructor(manifest, report, ballots) {
    Object.assign(this, { manifest, report, ballots });
    /** All parts that the record must have, in order; made at the valid end. @type {TotalsPart[]|null} */
    this.parts = null;
    /** Parts that the record has had. */
    this.seen = 0;
    this.chunks = [];
    this.endIndex = -1;
    this.ended = false;
  }

  /** The valid end: from here on no ballot changes. @param {number} index */
  begin(index) {
    this.endIndex = index;
    const cast = this.ballots.cast();
    this.parts = [...this.manifest.contests.keys()].flatMap((contest) => {
      const of = (units) => cast.filter((ballot) => units.includes(ballot.voter.unit));
      return partition(this.manifest, contest, (unit) => of([unit]).length).map(({ units, count }) => {
        const pairs = count >= Number(this.manifest.minimum) ? this.sum(contest, of(units)) : [];
        const sums = concat(...pairs.flatMap(({ alpha, beta }) => [alpha, beta]));
        const withheld = count > 0 && pairs.length === 0;
        return { contest, units, ballots: count, withheld, sums, pairs };
      });
    });
  }

  /** The component-wise sums of a contest's ciphertexts over some ballots. */
  sum(contest, ballots) {
    const { count } = contestForm(this.manifest.contests[contest]);
    const totals = Array.from({ length: count }, () => ({ alpha: IDENTITY, beta: IDENTITY }));
    for (const ballot of ballots) {
      const { pairs } = ballot.contests.find((part) => part.contest === contest);
      for (const [i, total] of totals.entries()) {
        total.alpha = total.alpha.add(pairs[i].alpha);
        total.beta = total.beta.add(pairs[i].beta);
      }
    }
    return totals.map(({ alpha, beta }) => ({ alpha: alpha.toBytes(), beta: beta.toBytes() }));
  }

  /** V19 looks at every totals entry, in its phase or not: no sum over too few ballots is ever shown. */
  checkMinimum(entry) {
    const cast = this.ballots.cast();
    for (const part of entry.body.parts) {
      const count = cast.filter((ballot) => part.units.includes(BigInt(ballot.voter.unit))).length;
      if (part.sums.length > 0 && BigInt(count) < this.manifest.minimum) {
        this.report.fault('V19', `entry ${entry.index}: sums over fewer ballots than the minimum`);
      }
    }
  }

  /** totals: chunks are 0, 1, 2, ...; each part is judged with its chunk. */
  add(entry) {
    const { chunk, parts } = entry.body;
    const fault = (check, what) => this.report.fault(check, `entry ${entry.index}: ${what}`);
    if (chunk !== BigInt(this.chunks.length)) fault('V14', `chunk ${chunk} of the totals is not the next one`);
    this.chunks.push(entry.leaf);
    for (const part of parts) {
      const expected = this.parts[this.seen++];
      if (expected === undefined) return fault('V19', 'more parts than the units of the contests make');
      const units = part.units.length === expected.units.length && part.units.every((unit, i) => unit === BigInt(expected.units[i]));
      if (part.contest !== BigInt(expected.contest) || !units) fault('V19', 'a part that is not one of the partition, or not in its place');
      else if (part.ballots !== BigInt(expected.ballots)) fault('V14', 'a part with a wrong number of ballots');
      else if (!equal(part.sums, expected.sums)) fault('V14', 'sums that are not those of the cast ballots');
    }
  }

  /** totals-end: names the end and the chunks; all parts are there. */
  end(entry) {
    const fault = (check, what) => this.report.fault(check, `entry ${entry.index}: ${what}`);
    this.ended = true;
    if (entry.body.end !== BigInt(this.endIndex)) fault('V14', 'totals of another end');
    if (!equal(entry.body.chunks, concat(...this.chunks))) fault('V14', 'not the leaf hashes of the chunks');
    if (this.seen < this.parts.length) fault('V19', 'parts of the totals are missing');
  }

  /** All ciphertexts to be decrypted, in order: (A_s, B_s) of section 14. */
  pairs() {
    return this.parts.flatMap((part) => part.pairs);
  }
}

