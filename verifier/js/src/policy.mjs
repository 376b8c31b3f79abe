// Witness policies: the part of C2SP tlog-policy that SPEC section 15 allows, which is exactly one log line and
// either `quorum none` and no witness, or a quorum of one group with all witnesses, or of the only witness. No key
// is in it twice. Witnesses can have second keys, which are in no group.

import { LOG_TYPE, SECOND_KEY, SECOND_TYPE, WITNESS_TYPE, isKeyName, keyId } from './note.mjs';
import { decodeEd25519Key } from './group.mjs';
import { equal, fromBase64, fromHex, fromUtf8, hex } from './bytes.mjs';

/** Thrown for wrong usage: what is asked of the program, or a file of the asker's own, makes no sense. */
export class UsageError extends Error {}

/**
 * @typedef {object} Policy
 * @property {import('./note.mjs').NamedKey} log
 * @property {import('./note.mjs').NamedKey[]} witnesses
 * @property {import('./note.mjs').NamedKey[]} seconds second keys of some of them
 * @property {number} quorum 0 for none
 */

/** A policy has at most so many bytes, and witnesses, each with a second key or none. */
const MAX_BYTES = 131072;
const MAX_WITNESSES = 32;

/** Reads a verifier key `name+id+base64(type || key)` of one of some types. @returns {import('./note.mjs').NamedKey} */
function parseVerifierKey(text, ...types) {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text ?? '');
  const blob = parts && fromBase64(parts[3]);
  const type = blob?.[0];
  if (!types.includes(type) || blob.length !== 1 + (type === SECOND_TYPE ? SECOND_KEY : 32) || !isKeyName(parts[1])) throw new UsageError('policy: a key that is none, or not of the right type');
  const [name, key] = [parts[1], blob.subarray(1)];
  if (type !== SECOND_TYPE && decodeEd25519Key(key) === null) throw new UsageError('policy: a key that is no Ed25519 key');
  if (!equal(fromHex(parts[2]), keyId(name, type, key))) throw new UsageError('policy: a key with a wrong key id');
  return { name, key, type };
}

/** The threshold of a group of n: `any`, `all` or a number from 1 to n. */
function parseThreshold(word, n) {
  if (word === 'any') return 1;
  if (word === 'all') return n;
  const k = /^[1-9][0-9]{0,3}$/.test(word ?? '') ? Number(word) : 0;
  if (k < 1 || k > n) throw new UsageError('policy: a group with a wrong threshold');
  return k;
}

/**
 * Parses a policy file.
 * @param {Uint8Array} bytes
 * @returns {Policy}
 * @throws {UsageError}
 */
export function parsePolicy(bytes) {
  let text;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new UsageError('policy: not UTF-8');
  }
  // eslint-disable-next-line no-control-regex
  if (bytes.length > MAX_BYTES || /[\x00-\x08\x0b-\x1f\x7f]/.test(text)) throw new UsageError(`policy: a control character, or more than ${MAX_BYTES} bytes`);
  const logs = [];
  const witnesses = new Map();
  let [group, quorum] = [null, null];
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (keyword === undefined || keyword.startsWith('#')) continue;
    if (keyword === 'log' && (words.length === 1 || words.length === 2)) {
      logs.push(parseVerifierKey(words[0], LOG_TYPE));
    } else if (keyword === 'witness' && (words.length === 2 || words.length === 3)) {
      if (words[0] === 'none' || words[0] === group?.name || witnesses.has(words[0])) throw new UsageError('policy: a name twice, or none');
      const key = parseVerifierKey(words[1], WITNESS_TYPE, SECOND_TYPE);
      const alike = [...witnesses.values()].filter(({ type }) => type === key.type);
      if (!isKeyName(words[0]) || alike.length === MAX_WITNESSES) throw new UsageError(`policy: a witness of a wrong name, or more than ${MAX_WITNESSES}`);
      witnesses.set(words[0], key);
    } else if (keyword === 'group' && words.length >= 3 && group === null) {
      group = parseGroup(words, witnesses);
    } else if (keyword === 'quorum' && words.length === 1 && quorum === null) {
      if (words[0] !== 'none' && words[0] !== group?.name && witnesses.get(words[0])?.type !== WITNESS_TYPE) throw new UsageError('policy: a quorum that is not defined above it, or a second key');
      quorum = words[0];
    } else {
      throw new UsageError(`policy: a line that is not understood, or one too many: ${JSON.stringify(keyword)}`);
    }
  }
  if (logs.length !== 1 || quorum === null) throw new UsageError('policy: not exactly one log line and one quorum line');
  const keys = [...witnesses.values()];
  if (new Set([logs[0], ...keys].map(({ key }) => hex(key))).size !== 1 + keys.length) throw new UsageError('policy: a key twice');
  const [firsts, seconds] = [WITNESS_TYPE, SECOND_TYPE].map((type) => keys.filter((key) => key.type === type));
  const counted = quorum === group?.name ? group : { size: 1, threshold: 1 };
  const { size, threshold } = quorum === 'none' ? { size: 0, threshold: 0 } : counted;
  if (size !== firsts.length) throw new UsageError('policy: a witness that is not in the quorum');
  const named = (list, name) => list.filter((key) => key.name === name).length;
  if (!seconds.every(({ name }) => named(firsts, name) === 1 && named(seconds, name) === 1)) throw new UsageError('policy: a second key that is not the one of one witness');
  return { log: logs[0], witnesses: firsts, seconds, quorum: threshold };
}

function parseGroup([name, threshold, ...members], witnesses) {
  if (name === 'none' || witnesses.has(name)) throw new UsageError('policy: a name twice, or none');
  if (new Set(members).size !== members.length || !members.every((member) => witnesses.get(member)?.type === WITNESS_TYPE)) {
    throw new UsageError('policy: a group with a member twice, or one that is no witness before it');
  }
  return { name, threshold: parseThreshold(threshold, members.length), size: members.length };
}
