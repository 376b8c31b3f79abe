// A board that the service itself has made (test/fixture, by `rollcall simulate --voters 14` with the
// example manifest), through the command as people run it; and random damage to it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { scratch } from './support/board.mjs';
import { random } from './support/prover.mjs';
import { verify } from '../src/verify.mjs';
import { remember } from '../src/memory.mjs';
import { parsePolicy } from '../src/policy.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const COMMAND = path('../bin/rollcall-verify.mjs');
const FIXTURE = path('fixture');
const BOARD = join(FIXTURE, 'board');
const ID = readFileSync(join(FIXTURE, 'election'), 'utf8').trim();
const GIVEN = ['--election', ID, '--policy', join(FIXTURE, 'policy')];
const FILES = ['checkpoint', 'tile/entries/000.p/62', 'tile/0/000.p/62'];

remember(); // in this process, and not in those of the command

const run = (...args) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

describe('the command', () => {
  test('verifies the board', () => {
    const { status, stdout } = run(BOARD, ...GIVEN);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^VERIFIED: every check passed$/m);
    assert.match(stdout, /^V20 {2}pass/m);
    assert.match(stdout, /^V21 {2}pass .*no audit credentials/m);
  });
  test('writes JSON in the form of section 17', () => {
    const { status, stdout } = run('--json', BOARD, ...GIVEN);
    const json = JSON.parse(stdout);
    assert.equal(status, 0);
    assert.deepEqual(Object.keys(json), ['verified', 'checks', 'ballots', 'results', 'void', 'elapsed_ms']);
    assert.equal(json.verified, true);
    assert.deepEqual(json.checks.map(({ id }) => id), Array.from({ length: 21 }, (_, i) => `V${String(i + 1).padStart(2, '0')}`));
    assert.ok(json.checks.every(({ status: word, error }) => word === 'pass' && error === undefined));
    const { cast, undecided, tested, void: voided } = json.ballots;
    assert.ok(cast > 0 && tested >= 0 && undecided >= 0 && voided === 0);
    const council = json.results.filter(({ contest }) => contest === 'council');
    const shown = council.reduce((sum, { votes }) => sum + votes, 0);
    assert.ok(shown <= cast);
  });
  test('is incomplete without an id and a policy', () => {
    const { status, stdout } = run(BOARD);
    assert.equal(status, 3);
    assert.match(stdout, /INCOMPLETE: .* V01, V05 /);
  });
  test('refuses another election, in every form of output', () => {
    const { status, stdout } = run('--json', BOARD, '--election', '00000000000000000000000000000');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.equal(run(BOARD, '--election', '000000000000000000000000000').status, 1); // a well-formed id, of check character 0
  });
  test('wrong usage is 2', () => {
    const cases = [[], [BOARD, BOARD], ['--what', BOARD], ['--election'], [BOARD, '--policy', join(FIXTURE, 'none')], [BOARD, '--policy', COMMAND], [BOARD, '--checkpoint', FIXTURE]];
    for (const args of cases) {
      const { status, stderr } = run(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /^rollcall-verify: /);
    }
  });
  test('help', () => assert.match(run('--help').stdout, /--expected-counts/));
  test('a directory that is none is incomplete', () => assert.equal(run(join(FIXTURE, 'none'), ...GIVEN).status, 3));
  test('an own checkpoint of the same board is a prefix', () => {
    assert.equal(run(BOARD, ...GIVEN, '--checkpoint', join(BOARD, 'checkpoint')).status, 0);
  });
});

describe('damage', () => {
  const given = { election: ID, policy: parsePolicy(readFileSync(join(FIXTURE, 'policy'))) };
  // Set ROLLCALL_FLIPS for more; each costs about as much as verifying the board.
  const flips = Number(process.env.ROLLCALL_FLIPS ?? 24);

  /** Copies the fixture with one file changed, and gives the exit code. */
  function damaged(t, file, how) {
    const directory = scratch(t);
    cpSync(BOARD, directory, { recursive: true });
    writeFileSync(join(directory, file), how(new Uint8Array(readFileSync(join(BOARD, file)))));
    return verify(directory, given);
  }

  test('a flipped bit anywhere never verifies and never throws', (t) => {
    for (let i = 0; i < flips; i++) {
      const file = FILES[i % 3];
      let place;
      const report = damaged(t, file, (bytes) => {
        place = Number(Buffer.from(random(4)).readUInt32LE() % (8 * bytes.length));
        bytes[place >> 3] ^= 1 << (place & 7);
        return bytes;
      });
      assert.equal(report.exitCode, 1, `bit ${place} of ${file}`);
    }
  });
  test('a file cut anywhere is a fault, or the record ends there', (t) => {
    for (let i = 0; i < flips; i++) {
      const file = FILES[i % 3];
      let length;
      const report = damaged(t, file, (bytes) => {
        length = Buffer.from(random(4)).readUInt32LE() % bytes.length;
        return bytes.subarray(0, length);
      });
      assert.equal(report.exitCode, 1, `${length} bytes of ${file}`);
    }
  });
  test('random bytes in place of a file', (t) => {
    for (const file of FILES) assert.equal(damaged(t, file, (bytes) => random(bytes.length)).exitCode, 1, file);
  });
  test('a file in place of a directory', (t) => {
    const directory = scratch(t);
    mkdirSync(join(directory, 'board'));
    cpSync(join(BOARD, 'checkpoint'), join(directory, 'board/checkpoint'));
    writeFileSync(join(directory, 'board/tile'), 'x');
    assert.equal(verify(join(directory, 'board'), given).exitCode, 3);
  });
});
