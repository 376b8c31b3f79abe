// Writes an election's board and verifies it. With ROLLCALL_VERIFY set to the path of the other verifier's
// program, that one judges the same board too, and both must agree: on the verdict always, and on every
// check, every void entry, all counts and all results where no check fails (SPEC section 16).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { verify } from '../../src/verify.mjs';
import { remember } from '../../src/memory.mjs';
import { parsePolicy } from '../../src/policy.mjs';
import { utf8 } from '../../src/bytes.mjs';
import { policyText, scratch, writeBoard, writeFile } from './board.mjs';

// Tests judge the same election again and again, with one thing wrong.
remember();

/**
 * @param {import('node:test').TestContext} t
 * @param {import('./election.mjs').Election} election
 * @param {object} [how]
 * @param {number} [how.size] only the first entries
 * @param {(directory: string) => void} [how.after] changes the files
 * @param {string|null} [how.id] the election id to ask for; null for none
 * @param {string|null} [how.policy] the policy's text; null for none
 * @param {Uint8Array[]} [how.older] older checkpoints
 * @param {Map<string, bigint>|null} [how.counts] expected counts
 */
export function judge(t, election, { size, after, id = election.id, policy = policyText(election), older = [], counts = null, codeOf } = {}) {
  const directory = scratch(t);
  const board = join(directory, 'board');
  writeBoard(board, election, size);
  after?.(board);
  const report = verify(board, { election: id, policy: policy && parsePolicy(utf8(policy)), checkpoints: older, expectedCounts: counts, ...(codeOf && { codeOf }) });
  if (process.env.ROLLCALL_VERIFY && !codeOf) compareWithOther(directory, board, report, { id, policy, older, counts });
  return report;
}

/** The exit code of the other verifier under a policy that this one refuses; 2 without that verifier. */
export function askOther(t, election, policy) {
  if (!process.env.ROLLCALL_VERIFY) return 2;
  const directory = scratch(t);
  writeBoard(join(directory, 'board'), election);
  writeFile(directory, 'policy', policy);
  return spawnSync(process.env.ROLLCALL_VERIFY, [join(directory, 'board'), '--policy', join(directory, 'policy')]).status;
}

function compareWithOther(directory, board, report, { id, policy, older, counts }) {
  const args = ['--json', board];
  if (id !== null) args.push('--election', id);
  if (policy !== null) {
    writeFile(directory, 'policy', policy);
    args.push('--policy', join(directory, 'policy'));
  }
  for (const [i, bytes] of older.entries()) {
    writeFile(directory, `older${i}`, bytes);
    args.push('--checkpoint', join(directory, `older${i}`));
  }
  if (counts !== null) {
    writeFile(directory, 'counts', [...counts].map(([unit, voters]) => `${unit},${voters}\n`).join(''));
    args.push('--expected-counts', join(directory, 'counts'));
  }
  const other = spawnSync(process.env.ROLLCALL_VERIFY, args, { encoding: 'utf8' });
  const theirs = other.stdout === '' ? null : JSON.parse(other.stdout);
  const ours = report.toJSON(0);
  const failed = (json) => json?.checks.filter(({ status }) => status === 'fail').map((check) => `${check.id} ${check.error}`);
  assert.equal(report.exitCode, other.status, `we: ${failed(ours)}; they: ${failed(theirs)} ${other.stderr}`);
  if (report.failed || theirs === null) return;
  assert.deepEqual(ours.checks.map(statusOf), theirs.checks.map(statusOf));
  assert.deepEqual(ours.ballots, theirs.ballots);
  assert.deepEqual(ours.results, theirs.results);
  assert.deepEqual(ours.void.map(placeOf), theirs.void.map(placeOf));
}

const statusOf = ({ id, status }) => `${id} ${status}`;
const placeOf = ({ index, kind, check }) => `${index} ${kind} ${check}`;

/** Asserts that a check is among those that fail. */
export function assertFails(report, check) {
  const failed = [...report.errors.keys()];
  assert.ok(report.errors.has(check), `${check} should fail; failed: ${JSON.stringify([...report.errors])}, void: ${JSON.stringify(report.voids)}`);
  assert.equal(report.exitCode, 1);
  return failed;
}

/** Asserts that everything passes, with exactly these void entries ("kind check"). */
export function assertVerified(report, ...voids) {
  assert.deepEqual([...report.errors], []);
  assert.deepEqual([...report.skipped], []);
  assert.deepEqual(report.voids.map(({ kind, check }) => `${kind} ${check}`), voids);
  assert.equal(report.exitCode, 0);
}
