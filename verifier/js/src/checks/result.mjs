// The result (SPEC section 14; V16 to V19): what the shares decrypt to, and what the record says of it.

import { ORDER, combine, decodePoint, invert, mod, multiply } from '../group.mjs';
import { contestForm, optionIds } from '../manifest.mjs';
import { concat, equal } from '../bytes.mjs';

/** The Lagrange coefficient of trustee i at 0, for the trustees in `set`. @param {number} i @param {number[]} set */
export function lagrange(i, set) {
  let [top, bottom] = [1n, 1n];
  for (const j of set) {
    if (j === i) continue;
    top = (top * BigInt(j)) % ORDER;
    bottom = mod(bottom * BigInt(j - i));
  }
  return (top * invert(bottom)) % ORDER;
}

export class Result {
  /** @param {any} manifest @param {import('../report.mjs').Report} report */
  constructor(manifest, report) {
    Object.assign(this, { manifest, report });
    this.chunks = [];
    /** All parts of all chunks, with the index of their entry. */
    this.parts = [];
    this.end = null;
  }

  /** result: chunks are 0, 1, 2, ...; judged when result-end is there. */
  add(entry) {
    const { chunk, parts } = entry.body;
    if (chunk !== BigInt(this.chunks.length)) this.report.fault('V16', `entry ${entry.index}: chunk ${chunk} of the result is not the next one`);
    this.chunks.push(entry.leaf);
    this.parts.push(...parts);
  }

  /** result-end. */
  close(entry) {
    this.end = entry;
    for (const { contest, units, options } of this.parts) {
      for (const [option, votes] of options) this.report.results.push({ contest, units, option, votes });
    }
  }

  /**
   * Judges the result on the whole record.
   * @param {import('./totals.mjs').TotalsPart[]} totals
   * @param {number} endIndex
   * @param {Map<number, import('./shares.mjs').NamedPoint[]>} shares the valid ones
   * @param {(trustee: bigint) => boolean} open whether a trustee may have closed a share where the record could not be read
   * @param {import('../group.mjs').Point} K joint key
   */
  judge(totals, endIndex, shares, open, K) {
    const fault = (check, what) => this.report.fault(check, `the result: ${what}`);
    const { end, trustees, chunks } = this.end.body;
    if (end !== BigInt(endIndex)) fault('V16', 'of another end');
    if (!equal(chunks, concat(...this.chunks))) fault('V16', 'not the leaf hashes of its chunks');
    if (this.parts.length !== totals.length) {
      fault('V16', `${this.parts.length} parts, and the totals have ${totals.length}`);
      return;
    }
    const sameParts = this.parts.map((part, i) => this.checkLabels(part, totals[i], fault));
    if (sameParts.includes(false)) {
      // The counts of parts that are not those of the totals mean nothing.
      for (const check of ['V16', 'V17']) this.report.skip(check, 'the result has other parts or options');
      return;
    }
    for (const [i, part] of this.parts.entries()) this.checkSums(part, totals[i], fault);
    const decrypted = this.decrypt(totals, trustees, shares, open, fault);
    if (decrypted !== null) this.checkCounts(totals, decrypted, K, fault);
  }

  /** V18: labels in both directions and in order; V19: the partition. @returns {boolean} whether all are right */
  checkLabels(part, { contest, units, withheld }, fault) {
    const asked = this.manifest.contests[contest];
    const same = (given, ids) => given.length === ids.length && given.every((id, i) => id === ids[i]);
    const rightContest = part.contest === asked.id;
    const rightUnits = same(part.units, units.map((unit) => this.manifest.units[unit].id));
    const rightOptions = same(part.options.map(([id]) => id), withheld ? [] : optionIds(asked));
    if (!rightContest) fault('V18', `a part of contest ${part.contest} in place of ${asked.id}`);
    if (!rightUnits) fault('V19', `a part of ${asked.id} with other units than the totals`);
    if (!rightOptions) fault('V18', `a part of ${asked.id} with other options than the manifest`);
    return rightContest && rightUnits && rightOptions;
  }

  /** V17: the counts of a part add up. */
  checkSums(part, { contest, ballots, withheld }, fault) {
    const asked = this.manifest.contests[contest];
    if (part.ballots !== BigInt(ballots)) fault('V17', `a part of ${asked.id} with a wrong number of ballots`);
    const votes = part.options.map(([, count]) => count);
    const sum = votes.reduce((total, count) => total + count, 0n);
    // Not left to the shares, which may not be there yet: a ballot has one vote for an option at most.
    if (votes.some((count) => count > part.ballots)) fault('V17', `an option of ${asked.id} with more votes than ballots`);
    if (withheld) {
      if (part.undervotes !== 0n) fault('V17', `undervotes of a part of ${asked.id} that is withheld`);
    } else if (contestForm(asked).voteForOne) {
      if (sum !== part.ballots) fault('V17', `the counts of a part of ${asked.id} do not sum to its ballots`);
      if (part.undervotes !== votes.at(-1)) fault('V17', `wrong undervotes of a part of ${asked.id}`);
    } else {
      const most = asked.limit * part.ballots;
      if (sum > most) fault('V17', `more votes than allowed in a part of ${asked.id}`);
      if (part.undervotes !== most - sum) fault('V17', `wrong undervotes of a part of ${asked.id}`);
    }
  }

  /** V16: the M_s = B_s - sum lambda_i * D_i; null if the named shares are not fit to decrypt with, or not there. */
  decrypt(totals, trustees, shares, open, fault) {
    const pairs = totals.flatMap((part) => part.pairs);
    if (pairs.length === 0) {
      if (trustees.length > 0) fault('V16', 'trustees named where nothing was to decrypt');
      return [];
    }
    let named = trustees.map(Number);
    const ascending = trustees.every((trustee, i) => i === 0 || trustees[i - 1] < trustee);
    if (!ascending || BigInt(named.length) < this.manifest.threshold) {
      fault('V16', 'its trustees are not ascending, or fewer than needed');
      return null;
    }
    const without = trustees.filter((trustee) => !shares.has(Number(trustee)));
    if (without.length > 0) {
      if (!without.every(open)) {
        fault('V16', 'it names a trustee without a valid share');
        return null;
      }
      // Any k valid shares decrypt to the same.
      named = [...shares.keys()].slice(0, Number(this.manifest.threshold));
      if (BigInt(named.length) < this.manifest.threshold) return null;
    }
    return pairs.map(({ beta }, s) => {
      const mask = combine(named.map((i) => [lagrange(i, named), shares.get(i)[s].point]));
      return decodePoint(beta).subtract(mask);
    });
  }

  /** V16: every count is the m_s of M_s = m_s*K, and 0 <= m_s <= ballots. */
  checkCounts(totals, decrypted, K, fault) {
    let s = 0;
    for (const [i, { contest, ballots, pairs }] of totals.entries()) {
      const { id } = this.manifest.contests[contest];
      for (const [option, votes] of this.parts[i].options) {
        // A part without ballots has no sums, and lists zeros.
        const M = pairs.length === 0 ? null : decrypted[s++];
        const right = M === null ? votes === 0n : votes <= BigInt(ballots) && multiply(K, votes).equals(M);
        if (!right) fault('V16', `${id}: the count of ${option} is not what the totals decrypt to`);
      }
    }
  }
}
