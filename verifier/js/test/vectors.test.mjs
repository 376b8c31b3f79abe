// The vectors that SPEC section 18 names, which lie beside the other implementation's code.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { decodeEntry } from '../src/entries.mjs';
import { C, H, ballotNumber, electionHash, electionId, parseElectionId, receiptCode, signatureMessage, stretchTick } from '../src/transcript.mjs';
import { decodePoint, verifySchnorr } from '../src/group.mjs';
import { rangeHolds, shareHolds, unitVectorHolds } from '../src/proofs.mjs';
import { lagrange } from '../src/checks/result.mjs';
import { leafHash } from '../src/tree.mjs';
import { fromHex, hex, split } from '../src/bytes.mjs';
import { scalarBytes } from './support/prover.mjs';

const vectors = (path) => JSON.parse(readFileSync(new URL(`../../../${path}/testdata/vectors.json`, import.meta.url), 'utf8'));
const flip = (bytes, at) => {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
};

describe('entries', () => {
  const { election_hash: E, election_id: id, entries, audit } = vectors('bulletin/entry');
  test('commitment to audit credentials', () => {
    const keys = audit.keys.map(fromHex);
    assert.equal(hex(H('rollcall/v1/audit', fromHex(E), fromHex(audit.salt), keys.length, ...keys)), audit.commitment);
  });
  test('election hash and id', () => {
    const manifest = fromHex(entries[0].entry);
    assert.equal(hex(electionHash(manifest)), E);
    assert.equal(electionId(electionHash(manifest)), id);
    assert.equal(parseElectionId(id.toLowerCase().replaceAll('0', 'o').replaceAll(/(.....)/g, '$1 - ')), id);
    assert.equal(parseElectionId(id.slice(1)), null);
    assert.equal(parseElectionId(`${id}0`), null);
    assert.equal(parseElectionId(`\u0131${id.slice(1)}`), null);
    for (let i = 0; i < 27; i++) {
      const other = id[i] === '7' ? '8' : '7';
      assert.equal(parseElectionId(id.slice(0, i) + other + id.slice(i + 1)), null);
    }
  });
  for (const { kind, entry, body, leaf_hash: leaf, signatures } of entries) {
    test(kind, () => {
      const decoded = decodeEntry(fromHex(entry));
      assert.equal(decoded.kind, kind);
      assert.equal(hex(decoded.bodyBytes), body);
      assert.equal(hex(leafHash(fromHex(entry))), leaf);
      for (const [i, { signer, message, value }] of signatures.entries()) {
        assert.equal(hex(decoded.signatures[i].signer), signer);
        const covered = signatureMessage(kind, kind === 'manifest' ? new Uint8Array() : fromHex(E), fromHex(signer), decoded.bodyBytes);
        assert.equal(hex(covered), message);
        assert.ok(verifySchnorr(fromHex(signer), covered, fromHex(value)));
      }
    });
  }
});

describe('ballot proofs', () => {
  for (const v of vectors('crypto/sigma')) {
    test(v.name, () => {
      const bytes = fromHex(v.joint_key);
      const ciphertexts = fromHex(v.ciphertexts);
      const pairs = split(ciphertexts, 64).map((pair) => ({ alpha: decodePoint(pair.subarray(0, 32)), beta: decodePoint(pair.subarray(32)) }));
      const statement = {
        E: fromHex(v.election_hash), K: { point: decodePoint(bytes), bytes }, V: fromHex(v.credential),
        contest: v.contest, unit: v.unit, limit: v.limit, ciphertexts, pairs,
      };
      const holds = v.tag.endsWith('unit-vector') ? unitVectorHolds : rangeHolds;
      const proof = fromHex(v.proof);
      assert.ok(holds(statement, proof));
      assert.equal(hex(H(v.tag, statement.E, bytes, statement.V, v.contest, v.unit, pairs.length, v.limit, ciphertexts)), v.statement_digest);
      for (let at = 0; at < proof.length; at += 31) assert.ok(!holds(statement, flip(proof, at)), `byte ${at}`);
      for (const field of ['contest', 'unit', 'limit']) assert.ok(!holds({ ...statement, [field]: statement[field] + 1 }, proof), field);
      for (const field of ['E', 'V']) assert.ok(!holds({ ...statement, [field]: flip(statement[field], 0) }, proof), field);
    });
  }
});

describe('receipt codes', () => {
  for (const v of vectors('tally/code')) {
    test(v.name, () => {
      const cosignatures = (v.cosignatures ?? []).map((c) => [BigInt(c.witness), BigInt(c.time), fromHex(c.value)]);
      const tick = { size: BigInt(v.size), root: fromHex(v.root), random: fromHex(v.random), cosignatures };
      const S = stretchTick(fromHex(v.election_hash), tick);
      assert.equal(hex(S), v.s);
      assert.equal(receiptCode(fromHex(v.election_hash), fromHex(v.leaf_hash), S), v.code);
    });
  }
  test('ballot numbers have 12 digits, of which the last two check', () => {
    for (let i = 0; i < 20; i++) {
      const number = ballotNumber(new Uint8Array(64), new Uint8Array(32).fill(i));
      assert.match(number, /^[0-9]{12}$/);
      assert.equal(BigInt(number) % 97n, 1n);
    }
  });
});

describe('shares', () => {
  const v = vectors('crypto/threshold');
  const sums = split(fromHex(v.sums), 64);
  for (const share of v.shares) {
    test(`trustee ${share.trustee}`, () => {
      const named = (bytes) => ({ point: decodePoint(bytes), bytes });
      const statement = {
        E: fromHex(v.election_hash), K: fromHex(v.joint_key), end: BigInt(v.end), root: fromHex(v.root), trustee: share.trustee,
        Y: decodePoint(fromHex(share.verification_share)), alphas: sums.map((sum) => named(sum.subarray(0, 32))),
        partials: split(fromHex(share.shares), 32).map(named),
      };
      const proof = fromHex(share.proof);
      assert.ok(shareHolds(statement, proof));
      for (let at = 0; at < 128; at += 5) assert.ok(!shareHolds(statement, flip(proof, at)));
      for (const field of ['E', 'K', 'root']) assert.ok(!shareHolds({ ...statement, [field]: flip(statement[field], 0) }, proof), field);
      const set = v.shares.map(({ trustee }) => trustee);
      assert.equal(hex(scalarBytes(lagrange(share.trustee, set))), share.lambda);
    });
  }
});

test('challenges are below the order', () => assert.ok(C('x', 1, Uint8Array.of(2)) < 2n ** 253n));
