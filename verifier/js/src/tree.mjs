// The RFC 6962 tree of the log (SHA-256), as far as SPEC needs it: leaf hashes, and the root of any prefix.

import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from './bytes.mjs';

/** The leaf hash of an entry: SHA-256(0x00 || entry). @param {Uint8Array} entry */
export const leafHash = (entry) => sha256(concat(Uint8Array.of(0), entry));

const nodeHash = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

export class Tree {
  constructor() {
    /** levels[k][i] is the hash of the complete subtree over the leaves i * 2^k to (i+1) * 2^k - 1. */
    this.levels = [[]];
  }

  /** The number of leaves. */
  get size() {
    return this.levels[0].length;
  }

  /** @param {Uint8Array} leaf */
  append(leaf) {
    this.levels[0].push(leaf);
    for (let k = 0; this.levels[k].length % 2 === 0; k++) {
      const [left, right] = this.levels[k].slice(-2);
      (this.levels[k + 1] ??= []).push(nodeHash(left, right));
    }
  }

  /**
   * The root of the first `size` leaves; null if there are not so many.
   * @param {number|bigint} size
   * @returns {Uint8Array|null}
   */
  root(size) {
    if (BigInt(size) > BigInt(this.size)) return null;
    let [rest, root] = [Number(size), null];
    if (rest === 0) return sha256(new Uint8Array());
    // A prefix is a row of complete subtrees, one for each bit of its size; they are joined from the right.
    for (let k = 0; rest > 0; k++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue;
      const subtree = this.levels[k][rest - 1];
      root = root === null ? subtree : nodeHash(subtree, root);
    }
    return root;
  }

  /** The hashes of a tile: of the complete subtrees with 256^level leaves, numbers from to to - 1. */
  tileHashes(level, from, to) {
    return concat(...this.levels[8 * level].slice(from, to));
  }
}
