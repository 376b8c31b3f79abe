// Verifies the board in a directory: reads its files, has the judge go through the entries, and judges the
// log itself (SPEC sections 15 and 16, V05).

import { Board, FULL } from './board.mjs';
import { Judge } from './judge.mjs';
import { CHECKS, Report } from './report.mjs';
import { MAX_SIZE, checkLogSignature, parseCheckpoint, witnessOf } from './note.mjs';
import { equal } from './bytes.mjs';

/**
 * @typedef {object} Options what the verifier was given besides the board
 * @property {string|null} [election] an election id, as electionId writes it
 * @property {import('./policy.mjs').Policy|null} [policy]
 * @property {Uint8Array[]} [checkpoints] older checkpoints
 * @property {Map<string, bigint>|null} [expectedCounts] voters by unit id
 * @property {(done: number, total: bigint) => void} [progress] called after every entry
 */

/**
 * @param {string} directory
 * @param {Options} [options]
 * @returns {Report}
 */
export function verify(directory, options = {}) {
  const report = new Report();
  const board = new Board(directory);
  const judge = new Judge(report, options);
  if (!options.policy) report.skip('V05', 'no policy was given');

  const file = board.checkpoint();
  if ('missing' in file) return unreadable(report, file.missing);
  const note = 'bytes' in file ? parseCheckpoint(file.bytes) : null;
  if (note === null) {
    report.fault('V05', 'the checkpoint is malformed');
    return unreadable(report, 'the entries');
  }
  if (options.policy) checkSignatures(report, note, options.policy);
  if (note.size > MAX_SIZE) {
    report.fault('V05', `the checkpoint has ${note.size} entries, a record at most ${MAX_SIZE}`);
    return unreadable(report, 'the entries');
  }
  const missing = readEntries(board, judge, note.size, report, options.progress);
  if (judge.manifest !== null) {
    const { origin, key } = judge.manifest.log;
    checkLog(report, note, { name: origin, key }, options);
    checkOlder(report, note, judge.tree, { name: origin, key }, options.checkpoints ?? []);
  } else if (options.policy) {
    checkOlder(report, note, judge.tree, options.policy.log, options.checkpoints ?? []);
  }
  if (missing === null && !equal(judge.tree.root(note.size), note.root)) {
    report.fault('V05', 'the root of the entries is not that of the checkpoint');
  }
  if (note.size === 0n) return unreadable(report, 'any entry: the record is empty');
  checkTiles(board, note.size, judge.tree, report);
  judge.finish({ whole: missing === null, expectedCounts: options.expectedCounts });
  return missing === null ? report : unreadable(report, missing);
}

/** What could not be fetched leaves every check open that has not failed. */
function unreadable(report, what) {
  for (const check of Object.keys(CHECKS)) report.skip(check, `could not fetch ${what}`);
  return report;
}

/** Feeds all entries to the judge. @returns {string|null} the bundle that could not be fetched */
function readEntries(board, judge, size, report, progress = () => {}) {
  for (let number = 0; BigInt(number * FULL) < size; number++) {
    const rest = size - BigInt(number * FULL);
    const bundle = board.bundle(number, rest < BigInt(FULL) ? Number(rest) : FULL);
    if ('missing' in bundle) return bundle.missing;
    if ('problem' in bundle) {
      report.fault('V05', bundle.problem);
      return 'the entries after a bundle that is wrong';
    }
    for (const entry of bundle.entries) {
      judge.add(entry);
      progress(judge.tree.size, size);
    }
  }
  return null;
}

/** The log's signature by the manifest's key, and that the policy is of the same log. */
function checkLog(report, note, log, { policy }) {
  if (policy && (policy.log.name !== log.name || !equal(policy.log.key, log.key))) report.fault('V05', 'the policy is of another log than the manifest');
  const problem = checkLogSignature(note, log);
  if (problem !== null) report.fault('V05', `the checkpoint: ${problem}`);
}

/** The checkpoint's signatures against a policy: the log's, a quorum of witnesses, and second keys. */
function checkSignatures(report, note, policy) {
  const problem = checkLogSignature(note, policy.log);
  if (problem !== null) report.fault('V05', `the checkpoint: ${problem}`);
  const signedBy = (keys) => keys.filter((witness) => {
    const state = witnessOf(note, witness);
    if (state === 'wrong') report.fault('V05', `the checkpoint: the signature of witness ${witness.name} is wrong`);
    return state === 'signed';
  }).length;
  const [signed, seconds] = [signedBy(policy.witnesses), signedBy(policy.seconds)];
  if (policy.seconds.length > 0) report.note('V05', `cosigned also with ML-DSA-44 by ${seconds} of ${policy.seconds.length}`);
  if (signed < policy.quorum) report.fault('V05', `the checkpoint has ${signed} of the ${policy.quorum} witnesses that the policy asks for`);
}

/** Older checkpoints, which the verifier was given, are prefixes of the record, as far as it was read. */
function checkOlder(report, { size }, tree, log, checkpoints) {
  for (const [i, bytes] of checkpoints.entries()) {
    const note = parseCheckpoint(bytes);
    const problem = note === null ? 'it is malformed' : checkLogSignature(note, log) ?? olderProblem(size, tree, note);
    if (problem !== null) report.fault('V05', `older checkpoint ${i + 1}: ${problem}`);
  }
}

function olderProblem(whole, tree, { size, root }) {
  if (size > whole) return 'the record is shorter';
  return size > BigInt(tree.size) || equal(tree.root(size), root) ? null : 'it is of another record';
}

/** Every hash tile that tlog-tiles names for a tree of `size`, as far as the entries that were read make its hashes. */
function checkTiles(board, size, tree, report) {
  for (let level = 0; level < 8; level++) {
    const known = Math.floor(tree.size / FULL ** level);
    const hashes = Number(size / BigInt(FULL) ** BigInt(level));
    for (let from = 0; from < known; from += FULL) {
      const width = Math.min(FULL, hashes - from);
      const trouble = board.checkTile(level, from / FULL, width, tree.tileHashes(level, from, Math.min(from + FULL, known)));
      if (trouble === null) continue;
      if ('problem' in trouble) report.fault('V05', trouble.problem);
      else report.skip('V05', `could not fetch ${trouble.missing}`);
    }
  }
}
