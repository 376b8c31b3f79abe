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
    const file = this.named('entries', number, width, MAX_BUNDLE);
    if (!('bytes' in file)) return file;
    const entries = parseBundle(file.bytes, file.width)?.slice(0, width);
    if (entries === undefined) return { problem: `${file.path} has not exactly ${file.width} entries` };
    const start = (count) => entries.slice(0, count).reduce((sum, entry) => sum + 2 + entry.length, 0);
    const right = (bytes, w) => parseBundle(bytes, w) !== null && begins(bytes, file.bytes.subarray(0, start(w)));
    return this.others('entries', number, file.width, MAX_BUNDLE, right) ?? { entries };
  }

  /**
   * Judges a hash tile against its hashes, recomputed from the entries; null if all is right.
   * @param {number} level @param {number} number @param {number} width of the tile in the record
   * @param {Uint8Array} hashes 32 bytes each, as many as are known
   * @returns {Trouble|null}
   */
  checkTile(level, number, width, hashes) {
    const right = (bytes, w) => bytes.length === 32 * w && begins(bytes, hashes.subarray(0, 32 * w));
    const file = this.named(String(level), number, width, 32 * FULL);
    if (!('bytes' in file)) return file;
    if (!right(file.bytes, file.width)) return { problem: `${file.path} is not right, or has not exactly ${file.width} hashes` };
    return this.others(String(level), number, file.width, 32 * FULL, right);
  }

  /** The file that the record has for a level and number, or the full one in its place. @returns {{bytes: Uint8Array, path: string, width: number}|Trouble} */
  named(level, number, width, limit) {
    const full = `tile/${level}/${tilePath(number)}`;
    const partial = `${full}.p/${width}`;
    const file = width < FULL ? this.read(partial, limit) : { missing: full };
    if (!('missing' in file)) return 'bytes' in file ? { ...file, path: partial, width } : file;
    const whole = this.read(full, limit);
    return 'bytes' in whole ? { ...whole, path: full, width: FULL } : whole;
  }

  /** The files of other widths, of earlier and later checkpoints: one that is there is right, too. @returns {Trouble|null} */
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

/** Whether bytes begin with others. */
const begins = (bytes, start) => equal(bytes.subarray(0, start.length), start);

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
