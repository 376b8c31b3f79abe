// The outward forms of a report: that texts of a record can not fool whoever reads them, and the verdicts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Report, printable } from '../src/report.mjs';

test('a verdict is 1 with a fault, 3 with a skipped check, else 0; a fault is stronger', () => {
  const report = new Report();
  assert.equal(report.exitCode, 0);
  report.skip('V05', 'why');
  assert.equal(report.exitCode, 3);
  report.fault('V05', 'one');
  report.fault('V05', 'two');
  assert.equal(report.exitCode, 1);
  const { status, error, note } = report.toJSON(7).checks[4];
  assert.deepEqual([status, error, note], ['fail', 'one (2 faults in all)', undefined]);
});

test('void entries are listed by index', () => {
  const report = new Report();
  report.void({ index: 9, kind: 'ballot' }, 'V11', 'b');
  report.void({ index: 3, kind: 'cast' }, 'V12', 'a');
  assert.deepEqual(report.toJSON(0).void.map(({ index }) => index), [3, 9]);
  assert.match(report.toText(0), /2 entries are void[^]*entry 3, cast, V12: a\n {2}entry 9, ballot, V11: b/);
});

test('texts can not move the cursor, turn the line round or add one', () => {
  assert.equal(printable('a\x1b[2J\n\u202eb\u2028é'), 'a\\u{1b}[2J\\u{a}\\u{202e}b\\u{2028}é');
  const report = new Report();
  report.results.push({ contest: 'x\nVERIFIED', units: ['\u202eu'], option: 'o', votes: 3n });
  report.fault('V01', 'bad\nVERIFIED');
  assert.doesNotMatch(report.toText(0), /^VERIFIED|\u202e/m);
});

test('a count beyond what JSON numbers hold is not rounded', () => {
  const report = new Report();
  report.results.push({ contest: 'x', units: ['u'], option: 'o', votes: 2n ** 64n - 1n });
  assert.equal(report.toJSON(0).results[0].votes, '18446744073709551615');
});
