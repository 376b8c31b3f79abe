// The group and signatures against vectors from outside (SPEC section 18): RFC 9496, appendix A, and
// RFC 9591, appendix E.3; and what section 4 wants of Ed25519 beyond what libraries do.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import {
  G, IDENTITY, ORDER, decodeEd25519Key, decodeElement, decodePoint, decodeScalar, invert, multiply, scalarFromHash,
  verifyEd25519, verifySchnorr,
} from '../src/group.mjs';
import { concat, fromHex, hex, utf8 } from '../src/bytes.mjs';
import { random, scalarBytes } from './support/prover.mjs';

/** RFC 9496, A.1: the encodings of 0*G, 1*G, ... */
const MULTIPLES = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
  '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
  '94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
  'da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57',
  'e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e',
];
/** RFC 9496, A.2: strings that decode to nothing. */
const INVALID = `
  00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
  f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
  0100000000000000000000000000000000000000000000000000000000000000 01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
  ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20 c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562
  c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78 47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24
  f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72 87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309
  26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371 4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f
  de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042
  2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08 f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22
  8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731 2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b
  3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220
  d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
`.trim().split(/\s+/);

describe('ristretto255', () => {
  test('multiples of the base point', () => {
    for (const [i, encoding] of MULTIPLES.entries()) {
      assert.equal(hex(multiply(G, BigInt(i)).toBytes()), encoding);
      assert.ok(decodePoint(fromHex(encoding)).equals(multiply(G, BigInt(i))));
    }
    assert.ok(multiply(G, ORDER).equals(IDENTITY));
    assert.ok(multiply(G, -1n).add(G).equals(IDENTITY));
  });
  test('strings that are no encoding', () => {
    for (const encoding of INVALID) assert.equal(decodePoint(fromHex(encoding)), null, encoding);
    assert.equal(decodePoint(G.toBytes().subarray(1)), null);
    assert.equal(decodePoint(concat(G.toBytes(), Uint8Array.of(0))), null);
  });
  test('the identity is a point and no element', () => {
    assert.ok(decodePoint(new Uint8Array(32)).is0());
    assert.equal(decodeElement(new Uint8Array(32)), null);
  });
  test('scalars', () => {
    assert.equal(decodeScalar(scalarBytes(ORDER - 1n)), ORDER - 1n);
    assert.equal(decodeScalar(scalarBytes(ORDER)), null);
    assert.equal(decodeScalar(new Uint8Array(31)), null);
    assert.equal((invert(12345n) * 12345n) % ORDER, 1n);
  });
});

describe('Schnorr signatures', () => {
  const key = fromHex('e2a62f39eede11269e3bd5a7d97554f5ca384f9f6d3dd9c3c0d05083c7254f57');
  const signature = fromHex(
    'fc45655fbc66bbffad654ea4ce5fdae253a49a64ace25d9adb62010dd9fb2555' +
      '2164141787162e5b4cab915b4aa45d94655dbb9ed7c378a53b980a0be220a802',
  );
  test('RFC 9591, appendix E.3', () => {
    assert.ok(verifySchnorr(key, utf8('test'), signature));
    assert.ok(!verifySchnorr(key, utf8('Test'), signature));
    for (let bit = 0; bit < 512; bit += 7) {
      const changed = Uint8Array.from(signature);
      changed[bit >> 3] ^= 1 << (bit & 7);
      assert.ok(!verifySchnorr(key, utf8('test'), changed));
    }
  });
  test('z above the order, an R and a key that are the identity', () => {
    const z = BigInt(`0x${hex(Uint8Array.from(signature.subarray(32)).reverse())}`);
    assert.ok(!verifySchnorr(key, utf8('test'), concat(signature.subarray(0, 32), scalarBytes(z + ORDER))));
    // With key 0 and R 0, z = 0 would fit every message.
    assert.ok(!verifySchnorr(new Uint8Array(32), utf8('x'), new Uint8Array(64)));
    assert.ok(!verifySchnorr(key, utf8('test'), signature.subarray(1)));
  });
});

describe('Ed25519', () => {
  const seed = random(32);
  const key = ed25519.getPublicKey(seed);
  const signature = ed25519.sign(utf8('hello'), seed);
  const torsion = ed25519.Point.fromBytes(fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')); // of order 8

  test('a good signature', () => {
    assert.ok(verifyEd25519(key, utf8('hello'), signature));
    assert.ok(!verifyEd25519(key, utf8('hellO'), signature));
  });
  test('S above the order', () => {
    const S = BigInt(`0x${hex(Uint8Array.from(signature.subarray(32)).reverse())}`);
    assert.ok(!verifyEd25519(key, utf8('hello'), concat(signature.subarray(0, 32), scalarBytes(S + ORDER))));
  });
  test('keys that are not canonical or not of order l', () => {
    const y1 = new Uint8Array(32).fill(255);
    y1[0] = 0xee; // p + 1, which is 1: the identity in another way
    y1[31] = 0x7f;
    const mixed = ed25519.Point.fromBytes(key).add(torsion).toBytes();
    const negativeZero = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : i === 31 ? 128 : 0));
    for (const bytes of [torsion.toBytes(), ed25519.Point.ZERO.toBytes(), y1, mixed, negativeZero]) assert.equal(decodeEd25519Key(bytes), null, hex(bytes));
    assert.notEqual(decodeEd25519Key(key), null);
  });
  test('an R with torsion, which only the check with the cofactor takes', () => {
    // s*B = R' - T + k*A with R' = R + T, for the k of R': the equation holds but for a point of order 8.
    const a = scalarFromHash(sha512(seed)); // any secret will do
    const A = ed25519.Point.BASE.multiply(a).toBytes();
    const r = scalarFromHash(sha512(key));
    const R = ed25519.Point.BASE.multiply(r).add(torsion).toBytes();
    const k = scalarFromHash(sha512(concat(R, A, utf8('x'))));
    const S = scalarBytes((r + k * a) % ORDER);
    assert.ok(!verifyEd25519(A, utf8('x'), concat(R, S)));
    const plain = ed25519.Point.BASE.multiply(r).toBytes();
    const kPlain = scalarFromHash(sha512(concat(plain, A, utf8('x'))));
    assert.ok(verifyEd25519(A, utf8('x'), concat(plain, scalarBytes((r + kPlain * a) % ORDER))));
  });
});
