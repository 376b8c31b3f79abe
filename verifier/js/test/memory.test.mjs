// What is remembered in tests (src/memory.mjs) must be what would be computed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remember, remembered } from '../src/memory.mjs';
import { G, decodeEd25519Key, decodePoint, verifyEd25519, verifySchnorr } from '../src/group.mjs';
import { signatureMessage, stretchTick } from '../src/transcript.mjs';
import { newEd25519Key, newKey, random, sign } from './support/prover.mjs';
import { equal } from '../src/bytes.mjs';

const flip = (bytes, at = bytes.length - 2) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

test('nothing is remembered unless that was asked for, then everything', () => {
  let calls = 0;
  const f = remembered('f', () => ++calls);
  f(1);
  f(1);
  assert.equal(calls, 2);
  remember();
  for (let i = 0; i < 3; i++) assert.equal(f(1), 3);
});

test('other arguments have other results', () => {
  const f = remembered('g', (...args) => args);
  const b = (...values) => Uint8Array.of(...values);
  const lists = [
    [], [b()], [b(), b()], [b(1)], [b(1), b(2)], [b(1, 2)], [[b(1)], b(2)], [[b(1), b(2)]], [[[b(1)], b(2)]], [1n], [1], ['1'], ['01'],
    ['a', 'b'], ['a,b'], ['a","b'], [''], [[]], [[[]]], [[], []], [b(0x10)], [10n], [-1n], [null], ['null'],
  ];
  for (const args of lists) f(...args);
  for (const args of lists) assert.deepEqual(f(...args).map((x) => (typeof x === 'bigint' ? Number(x) : x)), args.map((x) => (typeof x === 'bigint' ? Number(x) : x)));
});

test('another function, and one that throws', () => {
  let calls = 0;
  const throws = remembered('h', () => {
    calls++;
    throw new RangeError('x');
  });
  const f = remembered('i', () => 'i');
  const g = remembered('j', () => 'j');
  assert.deepEqual([f(1), g(1), f(1), g(1)], ['i', 'j', 'i', 'j']);
  for (let i = 0; i < 2; i++) assert.throws(() => throws(1), RangeError);
  assert.equal(calls, 2);
});

test('all is forgotten when there is too much, and nothing goes wrong', () => {
  const f = remembered('k', (x, i) => i);
  const long = 'x'.repeat(1 << 25);
  for (let round = 0; round < 2; round++) for (let i = 0; i < 6; i++) assert.equal(f(long, i), i);
});

test('a change of any argument is a change of what is remembered', () => {
  const [key, other, message] = [newKey(), newKey(), signatureMessage('cast', random(64), random(32), random(100))];
  const signature = sign(key, message);
  const witness = newEd25519Key();
  const edwards = witness.sign(message);
  for (let i = 0; i < 2; i++) {
    assert.ok(verifySchnorr(key.bytes, message, signature));
    assert.ok(!verifySchnorr(other.bytes, message, signature));
    assert.ok(!verifySchnorr(key.bytes, flip(message), signature));
    assert.ok(!verifySchnorr(key.bytes, message, flip(signature)));
    assert.ok(verifyEd25519(witness.bytes, message, edwards));
    assert.ok(!verifyEd25519(newEd25519Key().bytes, message, edwards));
    assert.ok(!verifyEd25519(witness.bytes, flip(message), edwards));
    assert.ok(!verifyEd25519(witness.bytes, message, flip(edwards, 3)));
    assert.ok(decodePoint(G.toBytes()).equals(G));
    assert.equal(decodePoint(new Uint8Array(32).fill(255)), null);
    assert.equal(decodeEd25519Key(new Uint8Array(32).fill(255)), null);
    assert.notEqual(decodeEd25519Key(witness.bytes), null);
  }
  const E = random(64);
  const tick = { size: 7n, root: random(32), random: random(32), cosignatures: [[0n, 9n, random(64)], [2n, 9n, random(64)]] };
  const S = stretchTick(E, tick);
  assert.ok(equal(stretchTick(E, { ...tick }), S));
  const [[i, time, value], last] = tick.cosignatures;
  const changes = [
    { size: 8n }, { root: flip(tick.root) }, { random: flip(tick.random) }, { cosignatures: [last] }, { cosignatures: [last, [i, time, value]] },
    { cosignatures: [[1n, time, value], last] }, { cosignatures: [[i, 10n, value], last] }, { cosignatures: [[i, time, flip(value)], last] },
  ];
  const all = [S, stretchTick(flip(E), tick), ...changes.map((change) => stretchTick(E, { ...tick, ...change }))];
  assert.equal(new Set(all.map((bytes) => Buffer.from(bytes).toString('hex'))).size, changes.length + 2);
});
