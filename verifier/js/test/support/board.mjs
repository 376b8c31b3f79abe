// Writes a record as the files of a board (SPEC section 15), with signatures by keys that the test holds.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FULL, tilePath } from '../../src/board.mjs';
import { LOG_TYPE, SECOND_TYPE, WITNESS_TYPE, checkpointText, keyId, secondMessage } from '../../src/note.mjs';
import { Tree, leafHash } from '../../src/tree.mjs';
import { base64, be16, be64, concat, hex, utf8 } from '../../src/bytes.mjs';

/** A directory that is removed when the test ends. @param {import('node:test').TestContext} t */
export function scratch(t) {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-js-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function writeFile(directory, path, content) {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), content);
}

/** A verifier key. */
export const verifierKey = (name, type, key) =>
  `${name}+${hex(keyId(name, type, key))}+${base64(concat(Uint8Array.of(type), key))}`;

export const signatureLine = (name, type, key, signature) => `\u2014 ${name} ${base64(concat(keyId(name, type, key), signature))}\n`;

/** A cosignature/v1. @param {{sign: (message: Uint8Array) => Uint8Array}} witness */
export const cosign = (witness, text, time) => witness.sign(utf8(`cosignature/v1\ntime ${time}\n${text}`));

/** The line of a second key, made by ML-DSA-44's `sign` of the witness of that name. */
export function secondLine({ name, bytes, sign }, origin, size, root, time) {
  const message = secondMessage(name, BigInt(time), { origin, size: BigInt(size), root });
  return signatureLine(name, SECOND_TYPE, bytes, concat(be64(time), sign(message)));
}

export function treeOf(entries) {
  const tree = new Tree();
  for (const entry of entries) tree.append(leafHash(entry));
  return tree;
}

/**
 * A signed checkpoint.
 * @param {object} election with origin, logKey, witnesses
 * @param {number} [signing] how many witnesses sign
 */
export function checkpoint({ origin, logKey, witnesses, time }, size, root, signing = witnesses.length) {
  const text = checkpointText(origin, size, root);
  let note = `${text}\n${signatureLine(origin, LOG_TYPE, logKey.bytes, logKey.sign(utf8(text)))}`;
  for (const witness of witnesses.slice(0, signing)) {
    note += signatureLine(witness.name, WITNESS_TYPE, witness.bytes, concat(be64(time), cosign(witness, text, time)));
  }
  return note;
}

export function policyText({ origin, logKey, witnesses, quorum, seconds = [] }) {
  const lines = [`log ${verifierKey(origin, LOG_TYPE, logKey.bytes)}`];
  for (const [i, witness] of witnesses.entries()) lines.push(`witness w${i} ${verifierKey(witness.name, WITNESS_TYPE, witness.bytes)}`);
  for (const [i, second] of seconds.entries()) lines.push(`witness second${i} ${verifierKey(second.name, SECOND_TYPE, second.bytes)}`);
  if (witnesses.length > 0) lines.push(`group all-of-them ${quorum} ${witnesses.map((_, i) => `w${i}`).join(' ')}`);
  lines.push(`quorum ${witnesses.length > 0 ? 'all-of-them' : 'none'}`);
  return `${lines.join('\n')}\n`;
}

export const bundleBytes = (entries) => concat(...entries.flatMap((entry) => [be16(entry.length), entry]));

/** Writes the board of an election, as its first `size` entries. */
export function writeBoard(directory, election, size = election.entries.length) {
  const entries = election.entries.slice(0, size);
  const tree = treeOf(entries);
  const tile = (level, number, width) => `tile/${level}/${tilePath(number)}${width < FULL ? `.p/${width}` : ''}`;
  for (let from = 0; from < size; from += FULL) {
    const part = entries.slice(from, from + FULL);
    writeFile(directory, tile('entries', from / FULL, part.length), bundleBytes(part));
  }
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / FULL)) {
    for (let from = 0; from < hashes; from += FULL) {
      const to = Math.min(from + FULL, hashes);
      writeFile(directory, tile(level, from / FULL, to - from), tree.tileHashes(level, from, to));
    }
  }
  writeFile(directory, 'checkpoint', checkpoint(election, size, tree.root(size)));
}
