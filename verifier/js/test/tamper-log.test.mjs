// The log and its files (SPEC section 15; V05): checkpoints, tiles, bundles, policies, older checkpoints.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setUp, wholeElection } from './support/election.mjs';
import { askOther, assertFails, assertVerified, judge } from './support/judge.mjs';
import { bundleBytes, checkpoint, policyText, treeOf, verifierKey, writeFile } from './support/board.mjs';
import { newEd25519Key } from './support/prover.mjs';
import { parsePolicy } from '../src/policy.mjs';
import { concat, equal, utf8 } from '../src/bytes.mjs';
import { LOG_TYPE, WITNESS_TYPE } from '../src/note.mjs';

let whole, n, root;
before(() => {
  whole = wholeElection();
  n = whole.size;
  root = whole.root();
});

const change = (directory, path, how) => writeFile(directory, path, how(new Uint8Array(readFileSync(join(directory, path)))));
const flip = (bytes, at = 0) => {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
};
const checkpointFile = (how) => (directory) => change(directory, 'checkpoint', (bytes) => utf8(how(Buffer.from(bytes).toString())));
const last = () => `tile/entries/000.p/${n}`;
const hashes = () => `tile/0/000.p/${n}`;

const full = () => [...whole.entries, ...Array(256 - n).fill(Uint8Array.of(1))];

/** Files that are wrong, each as a change of the directory. */
const wrong = {
  'a checkpoint of a wild size': (d) => writeFile(d, 'checkpoint', checkpoint(whole, 2n ** 62n, root)),
  'a checkpoint with another root': (d) => writeFile(d, 'checkpoint', checkpoint(whole, n, flip(root))),
  'a checkpoint of another log key': (d) => writeFile(d, 'checkpoint', checkpoint({ ...whole, logKey: newEd25519Key() }, n, root)),
  'a checkpoint of another origin': (d) => writeFile(d, 'checkpoint', checkpoint({ ...whole, origin: 'example.org/other' }, n, root)),
  'a checkpoint below the quorum': (d) => writeFile(d, 'checkpoint', checkpoint(whole, n, root, 1)),
  'a checkpoint with a changed signature': checkpointFile((text) => text.replace(/(— example\.org\/log .{20})./, (_, start) => `${start}A`).replace(/(— example\.org\/log .{21})./, '$1B')),
  'a checkpoint with a changed cosignature': checkpointFile((text) => text.replace(/(— witness.example\/1 .{60})../, '$1AB')),
  'an empty checkpoint': (d) => writeFile(d, 'checkpoint', ''),
  'a checkpoint of random bytes': (d) => writeFile(d, 'checkpoint', new Uint8Array(500).fill(200)),
  'a checkpoint cut short': (d) => truncateSync(join(d, 'checkpoint'), 200),
  'a checkpoint without its last newline': checkpointFile((text) => text.slice(0, -1)),
  'a size with a leading zero': checkpointFile((text) => text.replace(`\n${n}\n`, `\n0${n}\n`)),
  'a carriage return': checkpointFile((text) => text.replace('\n', '\r\n')),
  'a line that is no signature': checkpointFile((text) => `${text}hello\n`),
  'a signature line that is not base64': checkpointFile((text) => `${text}— somebody AAAAAAB=\n`),
  'more than a hundred signature lines': checkpointFile((text) => text + '— somebody AAAAAAAA\n'.repeat(97)),
  'a checkpoint of more than 65,536 bytes': checkpointFile((text) => `${text}— ${'x'.repeat(66000)} AAAAAAAA\n`),
  'a bundle cut short': (d) => truncateSync(join(d, last()), 5000),
  'an empty bundle': (d) => truncateSync(join(d, last()), 0),
  'a bundle with a byte more': (d) => change(d, last(), (bytes) => concat(bytes, Uint8Array.of(0))),
  'a changed entry': (d) => change(d, last(), (bytes) => flip(bytes, 3000)),
  'a hash tile cut short': (d) => truncateSync(join(d, hashes()), 32),
  'a hash tile with a byte more': (d) => change(d, hashes(), (bytes) => concat(bytes, Uint8Array.of(0))),
  'a changed hash': (d) => change(d, hashes(), (bytes) => flip(bytes, 100)),
  'a wrong partial bundle of an earlier checkpoint': (d) => writeFile(d, 'tile/entries/000.p/2', bundleBytes([whole.entries[0], whole.entries[2]])),
  'a wrong partial tile of an earlier checkpoint': (d) => writeFile(d, 'tile/0/000.p/1', new Uint8Array(32)),
  'a directory in place of the bundle': (d) => {
    rmSync(join(d, last()));
    mkdirSync(join(d, last()));
  },
  'a directory in place of the checkpoint': (d) => {
    rmSync(join(d, 'checkpoint'));
    mkdirSync(join(d, 'checkpoint'));
  },
};

/** Files that hold more than the record, as a copy of a board that grows has. */
const moreHashes = (width) => concat(treeOf(whole.entries).tileHashes(0, 0, n), new Uint8Array(32 * (width - n)).fill(1));
const wider = {
  'a partial bundle': (d) => writeFile(d, `tile/entries/000.p/${n + 1}`, bundleBytes([...whole.entries, Uint8Array.of(1)])),
  'a partial tile': (d) => writeFile(d, `tile/0/000.p/${n + 1}`, moreHashes(n + 1)),
  'a full bundle': (d) => writeFile(d, 'tile/entries/000', bundleBytes(full())),
  'a full tile': (d) => writeFile(d, 'tile/0/000', moreHashes(256)),
  'only a full tile': (d) => {
    writeFile(d, 'tile/0/000', moreHashes(256));
    rmSync(join(d, hashes()));
  },
  'only a full bundle': (d) => {
    writeFile(d, 'tile/entries/000', bundleBytes(full()));
    rmSync(join(d, last()));
  },
};
/** The same, but wrong in what the record has, or not of their width. */
const widerAndWrong = {
  'a partial bundle of other entries': (d) => writeFile(d, `tile/entries/000.p/${n + 1}`, bundleBytes([...whole.entries.slice(1), Uint8Array.of(1), Uint8Array.of(1)])),
  'a partial bundle with one entry too few': (d) => writeFile(d, `tile/entries/000.p/${n + 2}`, bundleBytes([...whole.entries, Uint8Array.of(1)])),
  'a partial bundle with a byte more': (d) => writeFile(d, `tile/entries/000.p/${n + 1}`, concat(bundleBytes([...whole.entries, Uint8Array.of(1)]), Uint8Array.of(0))),
  'a partial tile of other hashes': (d) => writeFile(d, `tile/0/000.p/${n + 1}`, flip(moreHashes(n + 1), 32 * n - 1)),
  'a partial tile cut short': (d) => writeFile(d, `tile/0/000.p/${n + 2}`, moreHashes(n + 1)),
  'a full tile cut short': (d) => writeFile(d, 'tile/0/000', moreHashes(255)),
  'a full bundle cut short': (d) => writeFile(d, 'tile/entries/000', bundleBytes(full().slice(1))),
  'only a full tile, of other hashes': (d) => {
    writeFile(d, 'tile/0/000', flip(moreHashes(256)));
    rmSync(join(d, hashes()));
  },
  'only a full bundle, cut short': (d) => {
    writeFile(d, 'tile/entries/000', bundleBytes(full()).subarray(0, -1));
    rmSync(join(d, last()));
  },
  'only a full bundle, of other entries': (d) => {
    writeFile(d, 'tile/entries/000', bundleBytes([...full().slice(1), Uint8Array.of(1)]));
    rmSync(join(d, last()));
  },
};

/** Files that are not there, or that nobody reads. */
const missing = {
  'a checkpoint of a shorter record': (d) => writeFile(d, 'checkpoint', checkpoint(whole, n - 1, whole.root(n - 1))),
  'a wider bundle that is not full': (d) => {
    writeFile(d, `tile/entries/000.p/${n + 1}`, bundleBytes([...whole.entries, Uint8Array.of(1)]));
    rmSync(join(d, last()));
  },
  'no checkpoint': (d) => rmSync(join(d, 'checkpoint')),
  'no bundle': (d) => rmSync(join(d, last())),
  'no hash tile': (d) => rmSync(join(d, hashes())),
  'nothing at all': (d) => rmSync(d, { recursive: true }),
  'a checkpoint of a record that is longer': (d) => writeFile(d, 'checkpoint', checkpoint(whole, n + 1, root)),
  'an empty record': (d) => writeFile(d, 'checkpoint', checkpoint(whole, 0, treeOf([]).root(0))),
};
const harmless = {
  'a right partial bundle of an earlier checkpoint': (d) => writeFile(d, 'tile/entries/000.p/2', bundleBytes(whole.entries.slice(0, 2))),
  'a right partial tile of an earlier checkpoint': (d) => writeFile(d, 'tile/0/000.p/1', treeOf(whole.entries).tileHashes(0, 0, 1)),
  'a hundred signature lines': checkpointFile((text) => text + '— somebody AAAAAAAA\n'.repeat(96)),
  'a checkpoint of 60,000 bytes': checkpointFile((text) => `${text}— ${'x'.repeat(60000)} AAAAAAAA\n`),
  'files with names that are no widths': (d) => ['007', '0', '256', '1.tmp', 'x'].forEach((name) => writeFile(d, `tile/entries/000.p/${name}`, 'junk')),
  'tiles of other numbers and levels': (d) => ['tile/entries/001', 'tile/entries/001.p/3', 'tile/0/001.p/1', 'tile/1/000.p/1', 'tile/x'].forEach((name) => writeFile(d, name, 'junk')),
  'hints that are wrong': (d) => writeFile(d, 'hint/000', 'junk'),
  'a signature of an unknown key': checkpointFile((text) => `${text}— somebody AAAAAAAA\n`),
  'a second line of the log, which is wrong': checkpointFile((text) => {
    const line = /— example\.org\/log .*\n/.exec(text)[0];
    const bytes = flip(new Uint8Array(Buffer.from(line.split(' ')[2], 'base64')), 20);
    return `${text}— example.org/log ${Buffer.from(bytes).toString('base64')}\n`;
  }),
};

describe('files that are wrong fail V05', () => {
  for (const [name, after] of Object.entries(wrong)) test(name, (t) => assertFails(judge(t, whole, { after }), 'V05'));
});
describe('files that hold more than the record', () => {
  for (const [name, after] of Object.entries(wider)) test(name, (t) => assertVerified(judge(t, whole, { after })));
  for (const [name, after] of Object.entries(widerAndWrong)) test(name, (t) => assertFails(judge(t, whole, { after }), 'V05'));
});
describe('files that are not there leave the record incomplete', () => {
  for (const [name, after] of Object.entries(missing)) test(name, (t) => assert.equal(judge(t, whole, { after }).exitCode, 3));
  test('but what is there and wrong is still a fault', (t) => {
    const after = (d) => {
      rmSync(join(d, last()));
      writeFile(d, 'checkpoint', checkpoint({ ...whole, logKey: newEd25519Key() }, n, root));
    };
    assertFails(judge(t, whole, { after }), 'V05');
  });
});
describe('files that are nobody\'s business', () => {
  for (const [name, after] of Object.entries(harmless)) test(name, (t) => assertVerified(judge(t, whole, { after })));
});

describe('what the verifier is given', () => {
  test('without an id and a policy two checks are skipped', (t) => {
    const report = judge(t, whole, { id: null, policy: null });
    assert.deepEqual([...report.skipped.keys()], ['V05', 'V01']);
    assert.equal(report.exitCode, 3);
  });
  test('without a policy a wrong file still fails V05', (t) => {
    assertFails(judge(t, whole, { policy: null, after: wrong['a changed hash'] }), 'V05');
    assertFails(judge(t, whole, { policy: null, after: wrong['a checkpoint of another log key'] }), 'V05');
  });
  test('a policy of another log fails V05', (t) => {
    assertFails(judge(t, whole, { policy: policyText({ ...whole, logKey: newEd25519Key() }) }), 'V05');
  });
  test('a policy of other witnesses fails V05', (t) => {
    const witnesses = whole.witnesses.map((witness) => ({ ...witness, ...newEd25519Key() }));
    assertFails(judge(t, whole, { policy: policyText({ ...whole, witnesses }) }), 'V05');
  });
  test('a policy with no or fewer witnesses is met', (t) => {
    assertVerified(judge(t, whole, { policy: policyText({ ...whole, witnesses: [], quorum: 0 }) }));
    assertVerified(judge(t, whole, { policy: policyText({ ...whole, witnesses: whole.witnesses.slice(0, 1), quorum: 1 }) }));
  });
  test('a policy whose quorum is its only witness', (t) => {
    const lines = policyText({ ...whole, witnesses: whole.witnesses.slice(0, 1), quorum: 1 }).split('\n');
    const policy = [...lines.filter((line) => /^(log|witness) /.test(line)), 'quorum w0'].join('\n');
    assertVerified(judge(t, whole, { policy }));
    assertFails(judge(t, whole, { policy, after: (d) => writeFile(d, 'checkpoint', checkpoint(whole, n, root, 0)) }), 'V05');
    const two = [...policyText({ ...whole, witnesses: whole.witnesses.slice(0, 2), quorum: 1 }).split('\n').filter((line) => /^(log|witness) /.test(line)), 'quorum w0'].join('\n');
    assert.equal(askOther(t, whole, two), 2); // 'policies', below, has it refused here
  });
  test('older checkpoints', (t) => {
    const older = (size, by = whole) => utf8(checkpoint(by, size, whole.root(size), 0));
    assertVerified(judge(t, whole, { older: [1, 7, n].map((size) => older(size)) }));
    assertFails(judge(t, whole, { size: 20, older: [older(21)] }), 'V05');
    assertFails(judge(t, whole, { older: [utf8(checkpoint(whole, 5, whole.root(6), 0))] }), 'V05');
    assertFails(judge(t, whole, { older: [older(5, { ...whole, logKey: newEd25519Key() })] }), 'V05');
    assertFails(judge(t, whole, { older: [utf8(checkpoint(whole, 0, root, 0))] }), 'V05');
  });
});

describe('records that end early', () => {
  test('after any entry a record is incomplete, and nothing in it is wrong', (t) => {
    for (let size = 1; size < n; size++) {
      const report = judge(t, whole, { size });
      assert.deepEqual([...report.errors], [], `size ${size}`);
      assert.equal(report.exitCode, 3, `size ${size}`);
    }
  });
  test('more than one full tile', (t) => {
    const election = setUp();
    election.open();
    while (election.size < 300) election.tick();
    const report = judge(t, election, { after: (d) => assert.ok(existsSync(join(d, 'tile/1/000.p/1'))) });
    assert.deepEqual([...report.errors], []);
    assert.equal(judge(t, election, { size: 256 }).status('V05'), 'pass');
    assertFails(judge(t, election, { after: (d) => writeFile(d, 'tile/1/000.p/1', new Uint8Array(32)) }), 'V05');
    assertFails(judge(t, election, { after: (d) => change(d, 'tile/0/000', (bytes) => flip(bytes, 5)) }), 'V05');
    assert.equal(judge(t, election, { after: (d) => rmSync(join(d, 'tile/1/000.p/1')) }).exitCode, 3);
    assert.equal(judge(t, election, { after: (d) => rmSync(join(d, 'tile/entries/000')) }).exitCode, 3);
  });
});

describe('policies', () => {
  const log = () => `log ${verifierKey('a', LOG_TYPE, whole.logKey.bytes)}`;
  const w = (i) => `witness w${i} ${verifierKey(`n${i}`, WITNESS_TYPE, whole.witnesses[i].bytes)}`;
  const parse = (...lines) => parsePolicy(utf8(lines.join('\n')));
  test('that are understood', () => {
    const policy = parse('# a comment', '', ` \t${log()}\thttps://log.example `, w(0), w(1), 'group g any w0 w1', 'quorum g', '');
    assert.equal(policy.quorum, 1);
    assert.ok(equal(policy.log.key, whole.logKey.bytes));
    assert.equal(parse(log(), w(0), w(1), 'group g all w0 w1', 'quorum g').quorum, 2);
    assert.equal(parse(log(), 'quorum none').quorum, 0);
    for (const more of [[], ['group g any w0']]) assert.equal(parse(log(), w(0), ...more, 'quorum w0').quorum, 1);
  });
  test('that are wrong usage', () => {
    const lines = [
      [], ['quorum none'], [log()], [log(), log(), 'quorum none'], [log(), 'quorum none', 'quorum none'], [log(), 'quorum x'],
      [log(), w(0), w(1), 'group g any w0', 'quorum g'], [log(), w(0), 'quorum none'], [log(), w(0), w(1), 'quorum w0'], [log(), w(0), w(1), 'group g any w0 w1', 'quorum w0'], [log(), 'quorum w0', w(0)], [log(), w(0), 'quorum w0', 'quorum w0'], [log(), w(0), w(0).replace('w0', 'w1'), 'group g any w0 w1', 'quorum g'],
      [log(), w(0).replace('n0', 'n#'), 'group g any w0', 'quorum g'], [log(), `witness w0 ${verifierKey('b', WITNESS_TYPE, whole.logKey.bytes)}`, 'group g any w0', 'quorum g'], [log(), w(0), 'group g 2 w0', 'quorum g'], [log(), w(0), 'group g 0 w0', 'quorum g'],
      [log(), 'group g any w0', w(0), 'quorum g'], [log(), w(0), w(0), 'group g any w0', 'quorum g'], [log(), 'hello', 'quorum none'],
      [`log ${verifierKey('a', WITNESS_TYPE, whole.logKey.bytes)}`, 'quorum none'], [log().replace(/\+[0-9a-f]{8}\+/, '+00000000+'), 'quorum none'],
    ];
    for (const wrongLines of lines) assert.throws(() => parse(...wrongLines), /policy/, wrongLines.join(' | '));
  });
});
