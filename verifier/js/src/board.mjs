// The files of a board in a directory (SPEC section 15; C2SP tlog-tiles): bundles, hash tiles, and what else
// of the same level and number lies about. Reading never throws: a file is there, or it is not.

import { closeSync, fstatSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_ENTRY } from './entries.mjs';
import { equal, readBigEndian } from './bytes.mjs';

/** Entries of a full bundle, hashes of a full tile. */
export const FULL = 256;
const MAX_BUNDLE = FULL * (2 + MAX_ENTRY);
/** More than any checkpoint with all its signatures needs. */
const MAX_CHECKPOINT = 1 << 20;

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

  /** A file's bytes, cut after `limit` + 1; null if there is no such file that can be read. */
  read(path, limit) {
    let file;
    try {
      file = openSync(join(this.directory, path), 'r');
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, limit + 1));
      let at = 0;
      for (let got = 1; got > 0 && at < bytes.length; at += got) got = readSync(file, bytes, at, bytes.length - at, at);
      return new Uint8Array(bytes.subarray(0, at));
    } catch {
      return null;
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
   * Reads the bundle of `width` entries and holds every other bundle of its number against it.
   * @param {number} number @param {number} width
   * @returns {{entries: Uint8Array[]}|Trouble}
   */
  bundle(number, width) {
    const files = this.widths('entries', number);
    const others = (entries) => (path, w) => {
      const bytes = this.read(path, MAX_BUNDLE);
      const parsed = bytes && parseBundle(bytes, w);
      return parsed !== null && parsed.every((entry, i) => equal(entry, entries[i]));
    };
    const main = files.get(width);
    if (main === undefined) return absent(`tile/entries/${tilePath(number)}`, files, width);
    const bytes = this.read(main, MAX_BUNDLE);
    if (bytes === null) return { missing: main };
    const entries = parseBundle(bytes, width);
    if (entries === null) return { problem: `${main} has not exactly ${width} entries` };
    const trouble = checkOthers(files, width, others(entries));
    return trouble ?? { entries };
  }

  /**
   * Judges a hash tile against its hashes, recomputed from the entries; null if all is right.
   * @param {number} level @param {number} number @param {Uint8Array} hashes 32 bytes each
   * @returns {Trouble|null}
   */
  checkTile(level, number, hashes) {
    const files = this.widths(String(level), number);
    const width = hashes.length / 32;
    if (!files.has(width)) return absent(`tile/${level}/${tilePath(number)}`, files, width);
    for (const [w, path] of files) {
      if (w > width) return { problem: `${path} holds more than the record` };
      const bytes = this.read(path, 32 * FULL);
      if (bytes === null) return { missing: path };
      if (!equal(bytes, hashes.subarray(0, 32 * w))) return { problem: `${path} has not the hashes of the entries` };
    }
    return null;
  }
}

/** A file that is not there, with no full one in its place, could not be fetched (section 15). */
function absent(path, files, width) {
  if (files.has(FULL)) return { problem: `${path} holds more than the record` };
  return { missing: width === FULL ? path : `${path}.p/${width}` };
}

/** The other bundles of one number: right, and none wider than the record. @returns {Trouble|null} */
function checkOthers(files, width, isRight) {
  for (const [w, path] of files) {
    if (w > width) return { problem: `${path} holds more than the record` };
    if (w !== width && !isRight(path, w)) return { problem: `${path} is not as the bundle of the record` };
  }
  return null;
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
