// Shares of the trustees (SPEC section 14; V15).

import { decodePoint } from '../group.mjs';
import { shareHolds } from '../proofs.mjs';
import { concat, equal, hex, split } from '../bytes.mjs';

/** @typedef {{point: import('../group.mjs').Point, bytes: Uint8Array}} NamedPoint */

export class Shares {
  /** @param {any} manifest @param {Uint8Array} E @param {import('../report.mjs').Report} report */
  constructor(manifest, E, report) {
    Object.assign(this, { manifest, E, report });
    /** For each trustee the chunks it has posted: number, leaf hash, points. @type {Map<number, Map<string, Uint8Array>>} */
    this.posted = new Map();
    /** The share-end that has closed a trustee's share, with its points put together. */
    this.closed = new Map();
  }

  /** share and share-end of a trustee whose signature holds. */
  add(entry) {
    const trustee = Number(entry.body.trustee);
    if (this.closed.has(trustee)) return this.report.void(entry, 'V15', `the share of trustee ${trustee} is closed`);
    const posted = this.posted.get(trustee) ?? this.posted.set(trustee, new Map()).get(trustee);
    if (entry.kind === 'share') {
      posted.set(`${entry.body.chunk}:${hex(entry.leaf)}`, entry.body.points);
      return;
    }
    const { chunks } = entry.body;
    if (chunks.length % 32 !== 0) return this.report.void(entry, 'V15', 'a leaf hash cut short');
    const listed = split(chunks, 32).map((leaf, k) => posted.get(`${k}:${hex(leaf)}`));
    if (listed.includes(undefined)) return this.report.void(entry, 'V15', 'a chunk that is not there');
    this.closed.set(trustee, { entry, points: listed });
  }

  /**
   * Judges all closed shares against the sums.
   * @param {object} record
   * @param {Uint8Array} record.jointKey
   * @param {bigint} record.end index of the valid end @param {Uint8Array} record.root of the first end+1 entries
   * @param {NamedPoint[]} record.alphas A_s
   * @param {import('../group.mjs').Point[]} record.verification Y_1 .. Y_n
   * @returns {Map<number, NamedPoint[]>} the partial decryptions of the trustees with valid shares, by trustee
   */
  judge(record) {
    const valid = new Map();
    for (const [trustee, share] of [...this.closed].sort(([a], [b]) => a - b)) {
      const partials = this.partials(share, trustee, record);
      if (partials === null) this.report.note('V15', `the share of trustee ${trustee} is invalid and ignored`);
      else valid.set(trustee, partials);
    }
    return valid;
  }

  partials({ entry, points }, trustee, { jointKey, end, root, alphas, verification }) {
    if (entry.body.end !== end || !equal(entry.body.root, root)) return null;
    if (points.some((chunk) => chunk.length % 32 !== 0)) return null;
    const partials = split(concat(...points), 32).map((bytes) => ({ point: decodePoint(bytes), bytes }));
    if (partials.length !== alphas.length || partials.some(({ point }) => point === null)) return null;
    const statement = { E: this.E, K: jointKey, end, root, trustee, Y: verification[trustee - 1], alphas, partials };
    return shareHolds(statement, entry.body.proof) ? partials : null;
  }
}
