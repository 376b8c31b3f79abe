// The files of a board in a directory (SPEC section 15; C2SP tlog-tiles): bundles, hash tiles, and what else
// of the same level and number lies about. Reading never throws: a file is there, or it is not.

import { closeSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_ENTRY } from './entries.mjs';
import { MAX_CHECKPOINT } from './note.mjs';
import { equal, readBigEndian } from './bytes.mjs';

/** Entries of a full bundle, hashes of a full tile. */
export const FULL = 256;
const MAX_BUNDLE = FULL * (2 + MAX_ENTRY);

/** A tile's number as a path: 1234067 is x001/x234/067. @param {number} number */
export function tilePath(number) {
  let path = String(number % 1000).padStart(3, '0');
  for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return path;
}

/** @typedef {{problem: string}|{missing: string}} Trouble wrong, or not to be fetched */

export class Board {
  /** @param {string} directory */
  constructor(directory) {
    this.directory = directory;
  }

  /**
   * Reads a file. One that has more than `limit` bytes comes back cut, with a byte more than the limit.
   * @param {string} path @param {number} limit
   * @returns {{bytes: Uint8Array}|Trouble}
   */
  read(path, limit) {
    let file;
    try {
      const full = join(this.directory, path);
      // Asked before it is opened, for opening a pipe can wait for ever.
      if (!statSync(full).isFile()) return { problem: `${path} is no regular file` };
      file = openSync(full, 'r');
      const bytes = Buffer.alloc(Math.min(fstatSync(file).size, limit + 1));
      let at = 0;
      for (let got = 1; got > 0 && at < bytes.length; at += got) got = readSync(file, bytes, at, bytes.length - at, at);
      return { bytes: new Uint8Array(bytes.subarray(0, at)) };
    } catch {
      return { missing: path };
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  checkpoint() {
    return this.read('checkpoint', MAX_CHECKPOINT);
  }

  /**
   * All files of a level and number, by width (256 for the full one).
   * @param {string} level `entries` or a number @param {number} number
   * @returns {Map<number, string>}
   */
  widths(level, number) {
    const full = `tile/${level}/${tilePath(number)}`;
    const out = new Map();
    const names = (path) => {
      try {
        return readdirSync(join(this.directory, path));
      } catch {
        return [];
      }
    };
    for (const name of names(`${full}.p`)) {
      if (/^[1-9][0-9]{0,2}$/.test(name) && Number(name) < FULL) out.set(Number(name), `${full}.p/${name}`);
    }
    const [, parent, last] = /^(.*)\/([^/]+)$/.exec(full);
    if (names(parent).includes(last)) out.set(FULL, full);
    return out;
  }

  /**
   * Reads the bundle of `width` entries.
   * @param {number} number @param {number} width
   * @returns {{entries: Uint8Array[]}|Trouble}
   */
  bundle(number, width) {
    const right = (bytes, w) => parseBundle(bytes, w) !== null;
    const main = this.judged('entries', number, width, MAX_BUNDLE, right);
    if (!('bytes' in main)) return main;
    const entries = parseBundle(main.bytes, width);
    // A narrower bundle that is right is the beginning of the bundle of the record.
    const starts = (bytes, w) => right(bytes, w) && equal(bytes, main.bytes.subarray(0, bytes.length));
    return this.others('entries', number, width, MAX_BUNDLE, starts) ?? { entries };
  }

  /**
   * Judges a hash tile against its hashes, recomputed from the entries; null if all is right.
   * @param {number} level @param {number} number @param {Uint8Array} hashes 32 bytes each
   * @returns {Trouble|null}
   */
  checkTile(level, number, hashes) {
    const width = hashes.length / 32;
    const right = (bytes, w) => equal(bytes, hashes.subarray(0, 32 * w));
    const main = this.judged(String(level), number, width, 32 * FULL, right);
    return 'bytes' in main ? this.others(String(level), number, width, 32 * FULL, right) : main;
  }

  /** The file that the record has for a level and number, if it is right. @returns {{bytes: Uint8Array}|Trouble} */
  judged(level, number, width, limit, right) {
    const files = this.widths(level, number);
    // Section 15: in a directory no file of the number holds more than the record, not even in place of one that is not there.
    const wider = [...files.keys()].find((w) => w > width);
    if (wider !== undefined) return { problem: `${files.get(wider)} holds more than the record` };
    const path = `tile/${level}/${tilePath(number)}${width < FULL ? `.p/${width}` : ''}`;
    const file = this.read(path, limit);
    if ('bytes' in file && !right(file.bytes, width)) return { problem: `${path} is not right, or has not exactly ${width} elements` };
    return file;
  }

  /** The files of smaller width, of earlier checkpoints: one that is there is right, too. @returns {Trouble|null} */
  others(level, number, width, limit, right) {
    for (const [w, path] of this.widths(level, number)) {
      if (w === width) continue;
      const file = this.read(path, limit);
      if ('problem' in file) return file;
      if ('bytes' in file && !right(file.bytes, w)) return { problem: `${path} is not as the record has it` };
    }
    return null;
  }
}

/**
 * Cuts a bundle into its entries: be16 lengths before each, exactly `width` of them, not a byte more.
 * @param {Uint8Array} bytes @param {number} width
 * @returns {Uint8Array[]|null}
 */
export function parseBundle(bytes, width) {
  const entries = [];
  let at = 0;
  while (entries.length < width) {
    if (bytes.length - at < 2) return null;
    const length = Number(readBigEndian(bytes.subarray(at, at + 2)));
    at += 2;
    if (bytes.length - at < length) return null;
    entries.push(bytes.subarray(at, at + length));
    at += length;
  }
  return at === bytes.length ? entries : null;
}
