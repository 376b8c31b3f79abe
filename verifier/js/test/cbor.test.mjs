// The CBOR decoder: what it takes, and that it takes each value in one form only.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FormatError, decode } from '../src/cbor.mjs';
import { decodeEntry } from '../src/entries.mjs';
import { encode, head } from './support/cbor.mjs';
import { random } from './support/prover.mjs';
import { concat, equal, fromHex, utf8 } from '../src/bytes.mjs';

describe('CBOR that is good', () => {
  const values = [0n, 23n, 24n, 255n, 256n, 65535n, 65536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 64n - 1n, true, false, '', 'ü', '\ufeffx', 'x'.repeat(300)];
  for (const value of values) test(String(value).slice(0, 20), () => assert.equal(decode(encode(value)), value));
  test('nested', () => {
    const value = [1n, new Map([['a', [new Map(), Uint8Array.of(1, 2)]], ['b', 'c'], ['aa', 0n]])];
    assert.deepEqual(JSON.stringify(decode(encode(value)), plain), JSON.stringify(value, plain));
  });
});
const plain = (_, value) =>
  typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value instanceof Uint8Array ? [...value] : value;

const BAD = {
  'nothing': '', 'a number not in its shortest form': '1817', 'the same in 2 bytes': '1900ff', 'in 4 bytes': '1a0000ffff', 'in 8 bytes': '1b00000000ffffffff',
  'a negative number': '20', 'a length not in its shortest form': '5800', 'a text that is cut': '63616263'.slice(0, 6), 'a text that is not UTF-8': '61ff',
  'a surrogate': '63eda080', 'an overlong text': '62c080', 'an indefinite byte string': '5f4100ff', 'an indefinite text': '7f6161ff', 'an indefinite array': '9f01ff',
  'an indefinite map': 'bf616101ff', 'a map with a key twice': 'a2616101616102', 'a map out of order': 'a2616201616101', 'a map ordered by text, not by encoding': 'a262616101616202',
  'a map with a key that is a number': 'a10101', 'a tag': 'c001', 'null': 'f6', 'undefined': 'f7', 'simple 0': 'e0', 'true in two bytes': 'f815', 'simple 255': 'f8ff',
  'a half float': 'f90000', 'a float': 'fa00000000', 'a double': 'fb0000000000000000', 'break': 'ff', 'bytes after': '0000', 'reserved 28': '1c', 'reserved 31': '1f',
  'an array of wild length': '9bffffffffffffffff', 'a byte string of wild length': '5bffffffffffffffff', 'a map of wild length': 'bb7fffffffffffffff', 'an array that is cut': '8201',
};
describe('CBOR that is refused', () => {
  for (const [name, bytes] of Object.entries(BAD)) test(name, () => assert.throws(() => decode(fromHex(bytes)), FormatError));
  test('deep nesting', () => assert.throws(() => decode(new Uint8Array(60000).fill(0x81)), FormatError));
});

describe('fuzz', () => {
  test('what decodes is what the encoder writes, and nothing throws anything else', () => {
    let good = 0;
    const seeds = [encode([1n, new Map([['a', 'b'], ['cc', [true]]]), Uint8Array.of(9)]), concat(head(4, 3), encode('tick'), encode(random(40)), encode([]))];
    for (let i = 0; i < 20000; i++) {
      const bytes = Uint8Array.from(i % 2 ? seeds[(i >> 1) % seeds.length] : random(1 + (i % 12)));
      if (i % 2) bytes[random(1)[0] % bytes.length] ^= 1 << random(1)[0] % 8;
      try {
        assert.ok(equal(encode(decode(bytes)), bytes));
        good++;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    assert.ok(good > 1000);
  });
  test('entries: a FormatError, or an entry', () => {
    const entry = encode(['end', encode({ close: 7 }), [[random(32), random(64)]]]);
    assert.equal(decodeEntry(entry).body.close, 7n);
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      const bytes = Uint8Array.from(entry).subarray(0, i % 3 ? entry.length : i % entry.length);
      if (bytes.length > 0) bytes[random(2)[0] % bytes.length] = random(1)[0];
      try {
        decodeEntry(bytes);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        refused++;
      }
    }
    assert.ok(refused > 1500);
  });
  test('an entry of more than 65,535 bytes', () => {
    const body = encode({ attempt: 1, trustee: 1, message: new Uint8Array(60000) });
    const long = encode(['dkg-message', concat(body), [[random(32), random(64)]]]);
    assert.equal(decodeEntry(long).body.message.length, 60000);
    assert.throws(() => decodeEntry(concat(long, new Uint8Array(6000))), FormatError);
    assert.throws(() => decodeEntry(encode(['x'.repeat(5), utf8('x'), [[random(32), random(64)]]])), FormatError);
  });
});
