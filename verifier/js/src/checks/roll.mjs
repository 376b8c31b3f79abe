// The roll of voters (SPEC sections 7 and 9; V04).

import { ballotNumber } from '../transcript.mjs';
import { decodeElement } from '../group.mjs';
import { leavesOf } from '../manifest.mjs';
import { concat, equal, hex, readBigEndian, split } from '../bytes.mjs';

/** @typedef {{ballotKey: Uint8Array, castKey: Uint8Array, unit: number}} Voter */

const VOTER = 66; // bytes: ballot key, cast key, be16 of a unit

export class Roll {
  /** @param {any} manifest @param {Uint8Array} E @param {import('../report.mjs').Report} report */
  constructor(manifest, E, report) {
    this.manifest = manifest;
    this.E = E;
    this.report = report;
    this.leaves = leavesOf(manifest);
    /** by ballot key, in hexadecimal @type {Map<string, Voter>} */
    this.voters = new Map();
    this.keys = new Set();
    this.numbers = new Set();
    this.chunks = [];
    this.counts = manifest.units.map(() => 0n);
    this.ended = false;
  }

  fault({ index }, what) {
    this.report.fault('V04', `entry ${index}: ${what}`);
  }

  /** roll: chunks are 0, 1, 2, ... in order, none after roll-end. */
  add(entry) {
    const { chunk, voters } = entry.body;
    if (this.ended) return this.fault(entry, 'a part of the roll after its end');
    if (chunk !== BigInt(this.chunks.length)) return this.fault(entry, `chunk ${chunk} of the roll is not the next one`);
    this.chunks.push(entry.leaf);
    if (voters.length % VOTER !== 0) return this.fault(entry, 'a voter cut short');
    for (const bytes of split(voters, VOTER)) this.addVoter(entry, bytes);
  }

  addVoter(entry, bytes) {
    const [ballotKey, castKey] = [bytes.subarray(0, 32), bytes.subarray(32, 64)];
    const unit = Number(readBigEndian(bytes.subarray(64)));
    if (!this.leaves.has(unit)) return this.fault(entry, `a voter in unit ${unit}, which holds none`);
    for (const key of [ballotKey, castKey]) {
      if (decodeElement(key) === null) return this.fault(entry, 'a key of a voter that is no element');
      if (this.keys.has(hex(key))) return this.fault(entry, 'a key on the roll twice');
      this.keys.add(hex(key));
    }
    const number = ballotNumber(this.E, ballotKey);
    if (this.numbers.has(number)) return this.fault(entry, 'a ballot number twice');
    this.numbers.add(number);
    this.counts[unit]++;
    this.voters.set(hex(ballotKey), { ballotKey, castKey, unit });
  }

  /** roll-end: names the chunks and counts the voters of every unit. */
  end(entry) {
    if (this.ended) return this.fault(entry, 'a second end of the roll');
    this.ended = true;
    if (!equal(entry.body.chunks, concat(...this.chunks))) this.fault(entry, 'not the leaf hashes of the chunks');
    if (!this.countsAre(entry.body.counts)) this.fault(entry, 'counts that are not those of the roll');
  }

  /** @param {bigint[]} counts one for each unit */
  countsAre(counts) {
    return counts.length === this.counts.length && counts.every((count, i) => count === this.counts[i]);
  }

  /** What open says of the roll. */
  open(entry) {
    if (!this.ended) this.fault(entry, 'open before the end of the roll');
    if (!this.countsAre(entry.body.voters)) this.fault(entry, 'open has other counts than the roll');
  }

  /**
   * Counts of voters published elsewhere name every leaf and no other unit.
   * @param {Map<string, bigint>} expected by unit id
   * @param {import('./audit.mjs').Audit} audit the credentials that are no voters
   * @param {boolean} opened whether the election has: until then, an audit may still come
   */
  expect(expected, audit, opened) {
    const final = opened || audit.committed !== null;
    const fault = (what) => this.report.fault('V04', `expected counts: ${what}`);
    for (const leaf of this.leaves) {
      const { id } = this.manifest.units[leaf];
      const voters = this.counts[leaf] - audit.count(leaf);
      const want = expected.get(id);
      if (want === undefined) fault(`unit ${id} is missing`);
      else if (voters < want || (final && voters !== want)) {
        fault(`unit ${id} has ${this.counts[leaf]} voters, ${audit.count(leaf)} of them auditors, not ${want} voters`);
      }
    }
    const known = new Set([...this.leaves].map((leaf) => this.manifest.units[leaf].id));
    for (const id of expected.keys()) if (!known.has(id)) fault(`${id} is no unit that holds voters`);
  }
}
