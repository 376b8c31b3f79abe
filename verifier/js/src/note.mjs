// Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) as far as SPEC
// sections 8 and 15 use them. Policies are in policy.mjs.

import { sha256 } from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { verifyEd25519 } from './group.mjs';
import { base64, be64, concat, equal, fromBase64, fromUtf8, readBigEndian, utf8 } from './bytes.mjs';

/** The signature types of the three sorts of keys: the log's, witnesses', and witnesses' second ones. */
export const LOG_TYPE = 0x01;
export const WITNESS_TYPE = 0x04;
export const SECOND_TYPE = 0x06;

/** The bytes of an ML-DSA-44 key, of which every string is one, and of a signature (section 4). */
export const SECOND_KEY = 1312;
const SECOND_SIGNATURE = 2420;

/** The largest time of a cosignature (C2SP tlog-cosignature). */
export const MAX_COSIGNATURE_TIME = 2n ** 63n - 1n;

/** Whether a text can be the name of a key in a note: not empty, no Unicode space, no plus (C2SP signed-note). */
const isNoteName = (name) => /^[^\p{White_Space}+]+$/u.test(name);

/** Whether a text can be the name of a key that a verifier knows: no control character and no `#` either (sections 6 and 15). */
export const isKeyName = (name) => isNoteName(name) && !/[\p{Cc}#]/u.test(name) && utf8(name).length <= 255;

/** A checkpoint with more bytes or signature lines is malformed (section 15). */
export const MAX_CHECKPOINT = 65536;
const MAX_LINES = 100;

/** The most entries of a record (section 15). */
export const MAX_SIZE = 2n ** 31n;

/** The key id: the first four bytes of SHA-256(name || "\n" || type || key). */
export const keyId = (name, type, key) =>
  sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), key)).subarray(0, 4);

/** The text of a checkpoint: exactly three lines. @param {string} origin @param {bigint|number} size @param {Uint8Array} root */
export const checkpointText = (origin, size, root) => `${origin}\n${size}\n${base64(root)}\n`;

/**
 * @typedef {object} Note a checkpoint with its signature lines, of which nothing has been verified
 * @property {string} text
 * @property {string} origin @property {bigint} size @property {Uint8Array} root
 * @property {{name: string, id: Uint8Array, signature: Uint8Array}[]} lines
 */

/**
 * Parses a checkpoint. Null if it is no signed note or its text not in the only form of section 15.
 * @param {Uint8Array} bytes
 * @returns {Note|null}
 */
export function parseCheckpoint(bytes) {
  if (bytes.length > MAX_CHECKPOINT) return null;
  let note;
  try {
    note = fromUtf8(bytes);
  } catch {
    return null;
  }
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x09\x0b-\x1f]/.test(note) || !note.endsWith('\n')) return null;
  const gap = note.lastIndexOf('\n\n');
  if (gap < 0) return null;
  const lines = note.slice(gap + 2, -1).split('\n').map(parseSignatureLine);
  if (lines.length > MAX_LINES || lines.includes(null)) return null;
  const text = note.slice(0, gap + 1);
  const parts = /^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n$/.exec(text);
  if (parts === null) return null;
  const [size, root] = [BigInt(parts[2]), fromBase64(parts[3])];
  if (root === null || root.length !== 32 || size >= 2n ** 64n) return null;
  return { text, origin: parts[1], size, root, lines };
}

function parseSignatureLine(line) {
  const parts = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
  if (parts === null || !isNoteName(parts[1])) return null;
  const blob = fromBase64(parts[2]);
  if (blob === null || blob.length < 5) return null;
  return { name: parts[1], id: blob.subarray(0, 4), signature: blob.subarray(4) };
}

/** @typedef {{name: string, key: Uint8Array, type?: number}} NamedKey */

/** The first line of a key, which is the one that must verify. */
function lineOf(note, { name, key }, type) {
  const id = keyId(name, type, key);
  return note.lines.find((line) => line.name === name && equal(line.id, id));
}

/**
 * Judges the log's signature: null if it is right, else what is wrong.
 * @param {Note} note @param {NamedKey} log
 */
export function checkLogSignature(note, log) {
  if (note.origin !== log.name) return 'its origin is not that of the log';
  const line = lineOf(note, log, LOG_TYPE);
  if (line === undefined) return "it has no signature by the log's key";
  return verifyEd25519(log.key, utf8(note.text), line.signature) ? null : "the log's signature is wrong";
}

/** Verifies a cosignature/v1 of a checkpoint's text. @param {string} text @param {Uint8Array} key @param {bigint} time @param {Uint8Array} signature */
export const cosignatureHolds = (text, key, time, signature) =>
  time <= MAX_COSIGNATURE_TIME && verifyEd25519(key, utf8(`cosignature/v1\ntime ${time}\n${text}`), signature);

/** The message of a cosignature by a second key (section 4). @param {string} name the witness's @param {bigint} time @param {{origin: string, size: bigint, root: Uint8Array}} tree */
export function secondMessage(name, time, { origin, size, root }) {
  const short = (text) => concat(Uint8Array.of(utf8(text).length), utf8(text));
  return concat(utf8('subtree/v1\n\0'), short(name), be64(time), short(origin), be64(0n), be64(size), root);
}

/** Verifies a cosignature by a second key. @param {{origin: string, size: bigint, root: Uint8Array}} tree @param {NamedKey} witness @param {bigint} time @param {Uint8Array} signature */
export const secondHolds = (tree, { name, key }, time, signature) =>
  time >= 1n && time <= MAX_COSIGNATURE_TIME && signature.length === SECOND_SIGNATURE && ml_dsa44.verify(signature, secondMessage(name, time, tree), key);

/**
 * How a witness stands to a checkpoint by one of its keys: 'signed', 'absent' or 'wrong'.
 * @param {Note} note @param {NamedKey} witness with the type of the key
 */
export function witnessOf(note, witness) {
  const line = lineOf(note, witness, witness.type);
  if (line === undefined) return 'absent';
  if (line.signature.length < 8) return 'wrong';
  const [time, signature] = [readBigEndian(line.signature.subarray(0, 8)), line.signature.subarray(8)];
  const holds = witness.type === SECOND_TYPE
    ? secondHolds(note, witness, time, signature)
    : signature.length === 64 && cosignatureHolds(note.text, witness.key, time, signature);
  return holds ? 'signed' : 'wrong';
}
