// Audit credentials (SPEC sections 7, 9 and 16; V21), and what they change of the counts of voters (V04).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { count, setUp, vote } from './support/election.mjs';
import { assertFails, assertVerified, judge } from './support/judge.mjs';
import { scratch, writeBoard, writeFile } from './support/board.mjs';
import { newKey } from './support/prover.mjs';
import { concat } from '../src/bytes.mjs';

const UNITS = [1, 1, 1, 1, 2, 1, 2];
/** Voters who cast nothing: one who seals a ballot and hangs up, and two who never call. */
const AUDITORS = [3, 5, 6];
const NORTH = 5;

/** An election with auditors to its result. */
function audited(hooks = {}, auditors = AUDITORS, others = []) {
  const election = setUp({ hooks }, UNITS);
  election.commitAudit(auditors, others);
  vote(election);
  count(election);
  election.openAudit();
  return election;
}

const note = (report, check) => report.toJSON(0).checks.find(({ id }) => id === check).note;

describe('audit credentials', () => {
  test('that are opened after the result', (t) => {
    const report = judge(t, audited());
    assertVerified(report);
    assert.equal(note(report, 'V21'), '3 audit credentials');
    assert.match(note(report, 'V04'), /4 voters, beside 3 audit credentials/);
  });
  test('of nobody', (t) => assertVerified(judge(t, audited({}, []))));
  test('that are opened before the totals', (t) => {
    const election = setUp({}, UNITS);
    election.commitAudit(AUDITORS);
    vote(election);
    election.close();
    election.end();
    election.openAudit();
    election.totals();
    election.share(1);
    election.share(2);
    election.result();
    assertVerified(judge(t, election));
  });
  test('that are not opened leave the record incomplete', (t) => {
    const election = audited();
    election.entries.pop();
    const report = judge(t, election);
    assert.equal(report.exitCode, 3);
    assert.deepEqual([...report.skipped.keys()], ['V21']);
  });
  test('before opening', (t) => {
    const election = setUp({}, UNITS);
    election.commitAudit(AUDITORS);
    const report = judge(t, election);
    assert.equal(report.exitCode, 3);
    assert.ok(report.skipped.has('V21'));
  });
});

const list = (how) => ({ mutate: { 'audit-list': (body) => Object.assign(body, how(body)) } });
const commitment = (how) => ({ mutate: { audit: (body) => Object.assign(body, how(body)) } });
const flip = (bytes, at = 0) => {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
};

/** name, check, hooks, and the auditors */
const faults = [
  ['of a voter whose ballot is counted', 'V21', {}, [0, 5]],
  ['of a key that is not on the roll', 'V21', {}, AUDITORS, [newKey().bytes]],
  ['under another salt', 'V21', list(({ salt }) => ({ salt: flip(salt) }))],
  ['of which one is left out', 'V21', list(({ keys }) => ({ keys: keys.subarray(32) }))],
  ['of which one is another', 'V21', list(({ keys }) => ({ keys: flip(keys, 95) }))],
  ['cut short', 'V21', list(({ keys }) => ({ keys: keys.subarray(1) }))],
  ['not in order', 'V21', list(({ keys }) => ({ keys: concat(keys.subarray(32), keys.subarray(0, 32)) }))],
  ['one of them twice', 'V21', list(({ keys }) => ({ keys: concat(keys.subarray(0, 32), keys) }))],
  ['with another commitment', 'V21', commitment(({ commitment: c }) => ({ commitment: flip(c) }))],
  ['more in a unit than declared', 'V21', commitment(() => ({ counts: [0, 1, 1, 0] }))],
  ['fewer in a unit than declared', 'V21', commitment(() => ({ counts: [0, 3, 1, 0] }))],
  ['more than a unit has', 'V21', commitment(() => ({ counts: [0, NORTH + 1, 1, 0] }))],
  ['so many that a sum of 64 bits wraps', 'V21', commitment(() => ({ counts: [0, 2n ** 64n - 1n, 1, 0] }))],
  ['counted for too few units', 'V21', commitment(() => ({ counts: [0, 2, 1] }))],
  ['committed to by the authority', 'V06', { sign: { audit: (keys, n, e) => [e.keys.authority] } }],
  ['opened by the board', 'V06', { sign: { 'audit-list': (keys, n, e) => [e.keys.board] } }],
  ['with a signature that does not hold', 'V06', { spoil: { 'audit-list': 0 } }],
];

describe('audit credentials that fail', () => {
  for (const [name, check, hooks, auditors, others] of faults) {
    test(`${name} (${check})`, (t) => assertFails(judge(t, audited(hooks, auditors, others)), check));
  }
  /** An election in which something else is done at one of its steps. */
  const at = (t, check, { setup, closing, ended }, commits = true) => {
    const election = setUp({}, UNITS);
    if (commits) election.commitAudit(AUDITORS);
    setup?.(election);
    vote(election);
    election.close();
    closing?.(election);
    election.end();
    ended?.(election);
    assertFails(judge(t, election), check);
  };
  test('committed to twice (V21)', (t) => at(t, 'V21', { setup: (e) => e.commitAudit(AUDITORS) }));
  test('opened twice (V21)', (t) => at(t, 'V21', { ended: (e) => (e.openAudit(), e.openAudit()) }));
  test('opened before the end (V06)', (t) => at(t, 'V06', { closing: (e) => e.openAudit() }));
  test('committed to after opening (V06)', (t) => at(t, 'V06', { closing: (e) => e.commitAudit(AUDITORS) }, false));
  test('opened without a commitment (V21)', (t) => at(t, 'V21', {
    ended: (e) => e.post('audit-list', { salt: new Uint8Array(32), keys: new Uint8Array() }, [e.keys.registrar]),
  }, false));
  test('committed to before the end of the roll (V21)', (t) => {
    const election = setUp({}, UNITS);
    election.commitAudit(AUDITORS);
    const { entries } = election;
    const [end, audit] = entries.splice(-2);
    entries.push(audit, end);
    assertFails(judge(t, election), 'V21');
  });
});

test('expected counts are of voters, without auditors (V04)', (t) => {
  const directory = scratch(t);
  const election = setUp({}, UNITS);
  election.commitAudit(AUDITORS);
  writeBoard(join(directory, 'board'), election);
  const command = fileURLToPath(new URL('../bin/rollcall-verify.mjs', import.meta.url));
  const status = (text) => {
    writeFile(directory, 'counts', text);
    return spawnSync(process.execPath, [command, join(directory, 'board'), '--expected-counts', join(directory, 'counts')]).status;
  };
  assert.equal(status('north,3\nsouth,1\nisland,0'), 3); // nothing is wrong, and it has not opened
  assert.equal(status('north,5\nsouth,2\nisland,0'), 1);
  assert.equal(status('north,2\nsouth,2\nisland,0'), 1);
});

test('expected counts, when auditors may still be declared (V04)', (t) => {
  const counts = (north, south, more = []) => ({ counts: new Map([['north', north], ['south', south], ['island', 0n], ...more]) });
  const election = setUp({}, UNITS);
  assert.equal(judge(t, election, counts(3n, 2n)).exitCode, 3); // the others may be auditors
  assertFails(judge(t, election, counts(6n, 2n)), 'V04');
  assertFails(judge(t, election, counts(3n, 2n, [['nowhere', 0n]])), 'V04');
  election.open();
  assertFails(judge(t, election, counts(3n, 2n)), 'V04');
});
