// Ticks (SPEC section 8; V07): the witnessed clock of the board.

import { checkpointText, cosignatureHolds } from '../note.mjs';
import { equal } from '../bytes.mjs';

/** The most that a cosignature's time may differ from its tick's, in seconds. */
const MAX_SKEW = 5n;

/**
 * @typedef {object} Tick a valid tick
 * @property {number} index
 * @property {any} body
 */

export class Clock {
  /** @param {any} manifest @param {import('../tree.mjs').Tree} tree the tree of the entries before the one that is judged */
  constructor(manifest, tree) {
    this.manifest = manifest;
    this.tree = tree;
    /** The index of open, until there is a tick. */
    this.openIndex = -1;
    /** The last valid tick. @type {Tick|null} */
    this.last = null;
    this.count = 0;
  }

  /**
   * Judges rules (a) to (d) of a tick that the board has signed: what is wrong with it, or null.
   * @param {import('../entries.mjs').Entry} entry
   * @returns {string|null}
   */
  problem({ index, body }) {
    const { size, root, time } = body;
    const previous = this.last?.index ?? this.openIndex;
    if (size <= BigInt(previous) || size > BigInt(index)) return 'its size is not after the tick before, or beyond itself'; // (a)
    if (!equal(this.tree.root(size), root)) return 'its root is not that of the record';
    const problem = this.cosignatureProblem(body); // (b), (d)
    if (problem !== null) return problem;
    if (BigInt(body.cosignatures.length) < this.manifest.quorum) return 'fewer cosignatures than the quorum'; // (c)
    return this.last !== null && time < this.last.body.time ? 'its time is before that of the tick before' : null; // (d)
  }

  cosignatureProblem({ time, size, root, cosignatures }) {
    const { log, witnesses } = this.manifest;
    const text = checkpointText(log.origin, size, root);
    let previous = -1n;
    for (const [witness, signedAt, signature] of cosignatures) {
      if (witness <= previous || witness >= BigInt(witnesses.length)) return 'its witnesses are not positions in ascending order';
      previous = witness;
      const skew = signedAt > time ? signedAt - time : time - signedAt;
      if (skew > MAX_SKEW) return 'a cosignature with a time too far from its own';
      if (!cosignatureHolds(text, witnesses[Number(witness)].key, signedAt, signature)) return 'a cosignature that does not hold';
    }
    return null;
  }

  /** Takes a valid tick. @param {Tick} tick */
  accept(tick) {
    this.last = tick;
    this.count++;
  }
}
