// What the command is given besides the board: which of it is wrong usage (exit code 2), and which fails a check
// (SPEC sections 3, 15, 16, 17). With ROLLCALL_VERIFY the other verifier must give the same exit code for each.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { parseCounts, run } from '../src/command.mjs';
import { remember } from '../src/memory.mjs';
import { scratch, verifierKey, writeBoard, writeFile } from './support/board.mjs';
import { setUp } from './support/election.mjs';
import { newEd25519Key } from './support/prover.mjs';
import { LOG_TYPE, WITNESS_TYPE } from '../src/note.mjs';
import { utf8 } from '../src/bytes.mjs';

remember();

const FIXTURE = fileURLToPath(new URL('fixture', import.meta.url));
const BOARD = join(FIXTURE, 'board');
const ID = readFileSync(join(FIXTURE, 'election'), 'utf8').trim();
const POLICY = readFileSync(join(FIXTURE, 'policy'), 'utf8');

/** Holds that both verifiers exit with a code. A flag's value that is no string is put into a file, and named. */
function exits(t, code, board, flags) {
  const directory = scratch(t);
  const args = Object.entries(flags).flatMap(([flag, value]) => {
    if (typeof value === 'string') return [`--${flag}`, value];
    writeFile(directory, flag, value.file);
    return [`--${flag}`, join(directory, flag)];
  });
  let said = '';
  const to = { write: (text) => (said += text) };
  assert.equal(run([board, ...args], { stdout: to, stderr: to }), code, said);
  if (!process.env.ROLLCALL_VERIFY) return;
  const { status, stdout, stderr } = spawnSync(process.env.ROLLCALL_VERIFY, [board, ...args], { encoding: 'utf8' });
  assert.equal(status, code, `the other verifier: ${stdout}${stderr}`);
}

describe('election ids', () => {
  const given = { policy: { file: POLICY } };
  const other = ID[0] === '0' ? '1' : '0';
  for (const [name, id, code] of [
    ['as it is', ID, 0], ['in small letters, with hyphens and spaces', `${ID.slice(0, 5).toLowerCase()}-${ID.slice(5, 9)}  ${ID.slice(9)}`, 0],
    ['of another election', '0'.repeat(27), 1], ['one character less', ID.slice(1), 2], ['one more', `${ID}0`, 2], ['a slip', other + ID.slice(1), 2],
    ['a letter that base 32 does not have', `U${ID.slice(1)}`, 2], ['a letter of another script', `\u017f${ID.slice(1)}`, 2], ['a tab', `${ID}\t`, 2], ['an empty one', '', 2],
  ]) test(name, (t) => exits(t, code, BOARD, { ...given, election: id }));
});

describe('policies', () => {
  for (const [name, policy, code] of [
    ['as it is', { file: POLICY }, 0], ['empty', { file: '' }, 2], ['not there', join(FIXTURE, 'none'), 2], ['a directory', FIXTURE, 2],
    ['a line that is not understood', { file: `${POLICY}hello\n` }, 2], ['two quorums', { file: `${POLICY}quorum none\n` }, 2],
    ['a control character', { file: `${POLICY}# \x00\n` }, 2], ['a carriage return', { file: POLICY.replace('\n', '\r\n') }, 2], ['a tab', { file: `${POLICY}#\tx\n` }, 0],
    ['exactly 131,072 bytes', { file: `${POLICY}#${'x'.repeat(131072 - POLICY.length - 2)}\n` }, 0], ['not UTF-8', { file: Buffer.concat([utf8(POLICY), Uint8Array.of(0x23, 0xff, 0x0a)]) }, 2], ['more than 131,072 bytes', { file: `${POLICY}#${'x'.repeat(131072)}\n` }, 2],
    ['more than 1,048,576 bytes', { file: `${POLICY}#${'x'.repeat(1048576)}\n` }, 2],
  ]) test(name, (t) => exits(t, code, BOARD, { election: ID, policy }));
});

describe('witnesses in policies', () => {
  // A policy with another log fails V05; one that is none is wrong usage.
  const policy = (n, name = (i) => `w${i}`) => {
    const keys = Array.from({ length: n }, (_, i) => `witness ${name(i)} ${verifierKey(`n${i}`, WITNESS_TYPE, newEd25519Key().bytes)}`);
    return { file: [`log ${verifierKey('log', LOG_TYPE, newEd25519Key().bytes)}`, ...keys, `group g 1 ${keys.map((_, i) => name(i)).join(' ')}`, 'quorum g', ''].join('\n') };
  };
  for (const [name, file, code] of [
    ['32', policy(32), 1], ['33', policy(33), 2], ['named witnesses', policy(1, () => 'witnesses'), 1], ['named none', policy(1, () => 'none'), 2], ['with a plus', policy(1, () => 'a+b'), 2],
    ['with a number sign', policy(1, () => 'a#b'), 2], ['with a space of Unicode', policy(1, () => 'a\u3000b'), 2], ['of 255 bytes', policy(1, () => 'x'.repeat(255)), 1], ['of 256 bytes', policy(1, () => 'x'.repeat(256)), 2],
  ]) test(name, (t) => exits(t, code, BOARD, { election: ID, policy: file }));
});

describe('older checkpoints', () => {
  const checkpoint = readFileSync(join(BOARD, 'checkpoint'));
  for (const [name, older, code] of [
    ["the board's own", { file: checkpoint }, 0], ['not there', join(FIXTURE, 'none'), 2], ['a directory', FIXTURE, 2],
    ['empty', { file: '' }, 1], ['cut short', { file: checkpoint.subarray(0, 100) }, 1], ['not UTF-8', { file: Uint8Array.of(255) }, 1],
    ['more than 65,536 bytes', { file: new Uint8Array(65537) }, 1], ['more than 1,048,576 bytes', { file: new Uint8Array(1048577) }, 2],
  ]) test(name, (t) => exits(t, code, BOARD, { election: ID, policy: { file: POLICY }, checkpoint: older }));
});

describe('expected counts', () => {
  let election;
  before(() => (election = setUp({}, [1, 1, 2]))); // not open yet, so that right ones are incomplete
  const right = {
    'with a heading': 'unit,voters\nnorth,2\nsouth,1\nisland,0\n', 'without, and quoted': '"north","2"\r\nsouth,1\r\n\r\nisland,0',
    'a quoted heading': '"unit",voters\nnorth,2\nsouth,1\nisland,0', 'zeros in front': 'north,0002\nsouth,01\nisland,00', 'in another order': 'south,1\nisland,0\nnorth,2\n',
  };
  const others = {
    empty: '', 'only a heading': 'unit,voters\n', 'another number': 'north,3\nsouth,1\nisland,0', 'a unit too few': 'north,2\nsouth,1', 'a unit too many': 'north,2\nsouth,1\nisland,0\nmoon,0',
    'a unit that is no leaf': 'all,0\nnorth,2\nsouth,1\nisland,0', 'a space': 'north ,2\nsouth,1\nisland,0', 'a unit without a name': ',2', 'a line break in a name': '"nor\nth",2\nsouth,1\nisland,0',
    'more voters than there are people': 'north,4294967295\nsouth,1\nisland,0',
  };
  const usage = {
    'one field': 'north', 'a negative number': 'north,-2', 'a plus': 'north,+2', 'a space before a number': 'north, 2', 'no number': 'north,', 'a unit twice': 'north,2\nnorth,2', 'three fields': 'north,2,3',
    'a semicolon': 'unit;voters', 'another heading': 'Unit,Voters', 'a heading in the second line': 'north,2\nunit,voters', 'a heading after an empty line': '\nunit,voters', 'not UTF-8': Uint8Array.of(0x61, 0xff, 0x2c, 0x31),
    'an open quote': '"north,2\n', 'a quote in a field': 'no"rth,2', 'something behind a quote': '"north"x,2', 'a byte order mark': '\ufeffunit,voters\nnorth,2', '2^32 voters': 'north,4294967296',
    'digits of another script': 'north,\u0662', 'more than 1,048,576 bytes': `north,2\n${'\n'.repeat(1048576)}`,
  };
  for (const [code, files] of [[3, right], [1, others], [2, usage]]) {
    for (const [name, file] of Object.entries(files)) {
      test(`${name}: ${code}`, (t) => {
        const board = scratch(t);
        writeBoard(board, election);
        exits(t, code, board, { 'expected-counts': { file } });
      });
    }
  }
  test('quotes and line breaks in names', () => {
    assert.deepEqual([...parseCounts(utf8('"a ""b"", c",1\r\n"d\r\ne",2\n'))], [['a "b", c', 1n], ['d\ne', 2n]]);
  });
});
