// Second keys of witnesses (ML-DSA-44; SPEC sections 4 and 15): the vectors, and lines of them on checkpoints.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { wholeElection } from './support/election.mjs';
import { assertFails, assertVerified, judge } from './support/judge.mjs';
import { checkpoint, policyText, scratch, secondLine, signatureLine, verifierKey, writeFile } from './support/board.mjs';
import { random } from './support/prover.mjs';
import { LOG_TYPE, SECOND_TYPE, WITNESS_TYPE, parseCheckpoint, secondHolds, secondMessage, witnessOf } from '../src/note.mjs';
import { parsePolicy } from '../src/policy.mjs';
import { be64, concat, fromBase64, fromHex, hex, utf8 } from '../src/bytes.mjs';

const vectors = JSON.parse(readFileSync(new URL('../../../bulletin/checkpoint/testdata/vectors.json', import.meta.url), 'utf8'));

function newSecondKey(name) {
  const { publicKey: bytes, secretKey } = ml_dsa44.keygen(random(32));
  return { name, bytes, sign: (message) => ml_dsa44.sign(message, secretKey) };
}

describe('the vectors', () => {
  const { publicKey: key, secretKey } = ml_dsa44.keygen(fromHex(vectors.seed));
  const name = vectors.witness;
  test('the key', () => assert.equal(verifierKey(name, SECOND_TYPE, key), vectors.verifier_key));
  for (const vector of vectors.cosignatures) {
    test(vector.name, () => {
      const [size, time, signature] = [BigInt(vector.size), BigInt(vector.time), fromHex(vector.signature)];
      const tree = { origin: vector.origin, size, root: fromHex(vector.root) };
      assert.equal(hex(secondMessage(name, time, tree)), vector.message);
      assert.equal(secondHolds(tree, { name, key }, time, signature), vector.valid);
      if (vector.valid) assert.equal(hex(ml_dsa44.sign(fromHex(vector.message), secretKey, { extraEntropy: false })), vector.signature);
    });
  }
  test('any bit', () => {
    const { origin, size, root, time, signature } = vectors.cosignatures[0];
    const tree = { origin, size: BigInt(size), root: fromHex(root) };
    for (let at = 0; at < 2420; at += 61) {
      const changed = fromHex(signature);
      changed[at] ^= 1 << at % 8;
      assert.equal(secondHolds(tree, { name, key }, BigInt(time), changed), false, `byte ${at}`);
    }
  });
});

let whole, seconds, policy;
before(() => {
  whole = wholeElection();
  seconds = whole.witnesses.slice(0, 2).map(({ name }) => newSecondKey(name));
  policy = policyText({ ...whole, seconds });
});
const line = (second, { size = whole.size, root = whole.root(), origin = whole.origin, time = whole.time } = {}) => secondLine(second, origin, size, root, time);
const and = (...lines) => (directory) => writeFile(directory, 'checkpoint', readFileSync(join(directory, 'checkpoint'), 'utf8') + lines.join(''));
const noteOf = (report) => report.toJSON(0).checks.find(({ id }) => id === 'V05').note;
/** A line of a key with what `how` makes of the bytes after its key id. */
const changed = (second, how) => signatureLine(second.name, SECOND_TYPE, second.bytes, how(fromBase64(line(second).trim().split(' ')[2]).slice(4)));
const flip = (at) => (bytes) => {
  bytes[at] ^= 1;
  return bytes;
};

describe('lines on a checkpoint', () => {
  test('none, some, all', (t) => {
    for (const n of [0, 1, 2]) {
      const report = judge(t, whole, { policy, after: and(...seconds.slice(0, n).map((second) => line(second))) });
      assertVerified(report);
      assert.match(noteOf(report), new RegExp(`cosigned also with ML-DSA-44 by ${n} of 2`));
    }
  });
  test('wrong ones fail V05', (t) => {
    const [one, other] = seconds;
    const ed = fromBase64(/— witness.example\/0 (.*)\n/.exec(checkpoint(whole, whole.size, whole.root()))[1]).slice(4);
    const wrong = {
      'the challenge': changed(one, flip(8)), z: changed(one, flip(800)), 'the hints': changed(one, flip(2400)), 'the time': changed(one, flip(7)),
      'time 0': line(one, { time: 0 }), 'another size': line(one, { size: 1 }), 'another root': line(one, { root: new Uint8Array(32) }),
      'another log': line(one, { origin: 'example.org/other' }),
      'a byte short': changed(one, (bytes) => bytes.slice(0, -1)), 'a byte more': changed(one, (bytes) => concat(bytes, Uint8Array.of(0))),
      'seven bytes': changed(one, (bytes) => bytes.slice(0, 7)), 'Ed25519 under it': changed(one, () => ed),
      'Ed25519 in its length': changed(one, (bytes) => concat(ed, bytes.slice(72))),
      'of another key': changed(one, () => fromBase64(line(other).trim().split(' ')[2]).slice(4)),
      'wrong, then right': changed(one, flip(9)) + line(one),
    };
    for (const [name, text] of Object.entries(wrong)) assert.ok(assertFails(judge(t, whole, { policy, after: and(text) }), 'V05'), name);
  });
  test('what nobody asks about', (t) => {
    const [one] = seconds;
    const harmless = [line(one) + changed(one, flip(9)), line(newSecondKey('witness.example/0')), line(newSecondKey('stranger.example')),
      signatureLine(one.name, WITNESS_TYPE, one.bytes, new Uint8Array(72))];
    for (const text of harmless) assertVerified(judge(t, whole, { policy, after: and(text) }));
    assertVerified(judge(t, whole, { after: and(changed(one, flip(9))) }));
  });
  test('they do not stand for first keys', (t) => {
    const after = (directory) => {
      const text = readFileSync(join(directory, 'checkpoint'), 'utf8').replace(/— witness\.example\/[12] .*\n/g, '');
      writeFile(directory, 'checkpoint', text + seconds.map((second) => line(second)).join(''));
    };
    assertFails(judge(t, whole, { policy, after }), 'V05');
  });
  test('an ML-DSA-44 signature under a first key is wrong', (t) => {
    const { name, bytes } = whole.witnesses[2];
    const forged = signatureLine(name, WITNESS_TYPE, bytes, concat(be64(whole.time), seconds[0].sign(utf8('x'))));
    const after = (directory) => writeFile(directory, 'checkpoint', readFileSync(join(directory, 'checkpoint'), 'utf8').replace(/— witness\.example\/2 .*\n/, forged));
    assertFails(judge(t, whole, { policy, after }), 'V05');
  });
  test('a checkpoint of the other program', () => {
    // Not only what we sign ourselves: the vectors' first, as a line.
    const { origin, size, root, time, signature } = vectors.cosignatures[0];
    const key = fromBase64(vectors.verifier_key.split('+').slice(2).join('+')).slice(1);
    const text = `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n\n` +
      signatureLine(vectors.witness, SECOND_TYPE, key, concat(be64(BigInt(time)), fromHex(signature)));
    assert.equal(witnessOf(parseCheckpoint(utf8(text)), { name: vectors.witness, key, type: SECOND_TYPE }), 'signed');
  });
});

describe('policies', () => {
  const log = () => `log ${verifierKey('a', LOG_TYPE, whole.logKey.bytes)}`;
  const w = (i, name = `n${i}`) => `witness w${i} ${verifierKey(name, WITNESS_TYPE, whole.witnesses[i].bytes)}`;
  const s = (i, name = `n${i}`, called = `s${i}`) => `witness ${called} ${verifierKey(name, SECOND_TYPE, seconds[i].bytes)}`;
  const group = ['group g all w0 w1', 'quorum g'];
  const parse = (lines) => parsePolicy(utf8(lines.join('\n')));
  /** What the other program makes of a policy and an empty directory: 2 for wrong usage, or 3 for no checkpoint. */
  const asked = (t, lines, code) => {
    if (!process.env.ROLLCALL_VERIFY) return;
    const directory = scratch(t);
    writeFile(directory, 'policy', lines.join('\n'));
    const { status, stderr } = spawnSync(process.env.ROLLCALL_VERIFY, ['--json', directory, '--policy', join(directory, 'policy')], { encoding: 'utf8' });
    assert.equal(status, code, `${stderr} ${lines.join(' | ').slice(0, 300)}`);
  };
  test('that are understood', (t) => {
    for (const lines of [[log(), w(0), w(1), s(0), s(1), ...group], [s(1), w(1), w(0), ...group, s(0), log()], [log(), w(0), w(1), `${s(1)} https://w.example`, ...group]]) {
      const parsed = parse(lines);
      asked(t, lines, 3);
      assert.deepEqual([parsed.witnesses.length, parsed.quorum], [2, 2]);
      assert.ok(parsed.seconds.length >= 1 && parsed.seconds.every(({ type, key }) => type === SECOND_TYPE && key.length === 1312));
    }
    assert.deepEqual(parse([log(), w(0), w(1), ...group]).seconds, []);
  });
  test('that are wrong usage', (t) => {
    const short = `witness s0 ${verifierKey('n0', SECOND_TYPE, seconds[0].bytes.slice(1))}`;
    const wrong = [
      [log(), w(0), s(0), 'group g 1 w0 s0', 'quorum g'], [log(), w(0), s(0), 'group g 1 s0', 'quorum g'], [log(), w(0), s(0), 'quorum s0'],
      [log(), s(0), 'quorum none'], [log(), w(0), w(1), s(0, 'stranger'), ...group], [log(), w(0), w(1), s(0), s(1, 'n0'), ...group],
      [log(), w(0), w(1), s(0), s(0, 'n0', 'again'), ...group], [log(), w(0), w(1, 'n0'), s(0), ...group], [log(), w(0), w(1), s(0, 'n0', 'w0'), ...group],
      [log(), w(0), w(1), s(0, 'n0', 'none'), ...group], [log(), s(0, 'n0', 'g'), w(0), w(1), ...group], [log(), w(0), w(1), short, ...group],
      [log(), w(0), w(1), s(0).replace(/\+[0-9a-f]{8}\+/, '+00000000+'), ...group],
      [`log ${verifierKey('n0', SECOND_TYPE, seconds[0].bytes)}`, w(0), w(1), ...group],
    ];
    for (const lines of wrong) {
      assert.throws(() => parse(lines), /policy/, lines.join(' | ').slice(0, 300));
      asked(t, lines, 2);
    }
  });
});
