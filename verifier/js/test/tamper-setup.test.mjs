// Faults before the first ballot: manifest (V01), key ceremony (V02, V03), roll (V04), open (V02 to V05).

import { before, describe, test } from 'node:test';
import { Election, setUp, wholeElection } from './support/election.mjs';
import { assertFails, assertVerified, judge } from './support/judge.mjs';
import { encode, raw } from './support/cbor.mjs';
import { newKey } from './support/prover.mjs';
import { concat } from '../src/bytes.mjs';

const IDENTITY = new Uint8Array(32);
const flip = (bytes, at = 0) => {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
};

/** Elections of a manifest alone, changed before it is signed. */
const manifests = {
  'a name of software twice': (m) => (m.software = [m.software[0], { ...m.software[0], sha256: new Uint8Array(32) }]),
  'software without a name': (m) => (m.software = [{ ...m.software[0], name: '' }]),
  'a hash of software too short': (m) => (m.software = [{ ...m.software[0], sha256: new Uint8Array(20) }]),
  'too many programs': (m) => (m.software = Array.from({ length: 17 }, (_, i) => ({ name: `${i}`, sha256: new Uint8Array(32) }))),
  'no software': (m) => delete m.software,
  'version 2': (m) => (m.version = 2),
  'a language twice': (m) => (m.languages = ['en', 'en']),
  'a language without texts': (m) => (m.languages = ['en', 'es']),
  'an empty title': (m) => (m.title = new Map([['en', '']])),
  'a contest id twice': (m) => (m.contests[1].id = m.contests[0].id),
  'a unit id twice': (m) => (m.units[1].id = m.units[0].id),
  'an option id twice': (m) => (m.contests[0].options[1].id = 'a'),
  'an option named none': (m) => (m.contests[0].options[1].id = 'none'),
  'a root with a parent': (m) => (m.units[0].parent = 1),
  'a unit before its parent': (m) => (m.units[1].parent = 2),
  'a unit that is its own parent': (m) => (m.units[1].parent = 1),
  'a contest in a unit that is no leaf': (m) => (m.contests[0].units = [0]),
  'a contest in a unit that is none': (m) => (m.contests[0].units = [9]),
  'units of a contest out of order': (m) => (m.contests[0].units = [2n, 1n]),
  'a unit of a contest twice': (m) => (m.contests[0].units = [1n, 1n]),
  'limit 0': (m) => (m.contests[0].limit = 0),
  'a limit above the options': (m) => (m.contests[1].limit = 4),
  'a wild limit': (m) => (m.contests[1].limit = 2n ** 64n - 1n),
  'an empty window': (m) => (m.windows[0].to = m.windows[0].from),
  'windows that overlap': (m) => (m.windows[1].from = m.windows[0].to - 1n),
  'decision_seconds 0': (m) => (m.decision_seconds = 0),
  'decision_seconds 86401': (m) => (m.decision_seconds = 86401),
  'ceremony_seconds 0': (m) => (m.ceremony_seconds = 0),
  'minimum 1': (m) => (m.minimum = 1),
  'threshold 0': (m) => (m.threshold = 0),
  'threshold 4 of 3': (m) => (m.threshold = 4),
  'quorum 0 with witnesses': (m) => (m.quorum = 0),
  'quorum 4 of 3': (m) => (m.quorum = 4),
  'a key twice': (m) => (m.booths[0] = m.board),
  'a key that is the identity': (m) => (m.registrar = IDENTITY),
  'a key that does not decode': (m) => (m.oprf_keys[0] = Uint8Array.from({ length: 32 }, () => 255)),
  'two OPRF keys': (m) => m.oprf_keys.push(newKey().bytes),
  'a witness key of small order': (m) => (m.witnesses[0].key = flip(IDENTITY)),
  'an origin with a space': (m) => (m.log.origin = 'a b'),
  'an origin with a plus': (m) => (m.log.origin = 'a+b'),
  'an origin with a number sign': (m) => (m.log.origin = 'a#b'),
  'an origin with a control character': (m) => (m.log.origin = 'a\u0085b'),
  ...Object.fromEntries([0x09, 0x0d, 0xa0, 0x1680, 0x2000, 0x200a, 0x2028, 0x202f, 0x205f, 0x3000].map((space) =>
    [`an origin with the space ${space.toString(16)}`, (m) => (m.log.origin = `a${String.fromCodePoint(space)}b`)])),
  'a label that is too long': (m) => (m.phone = 'x'.repeat(41)),
  'a key too much': (m) => (m.more = 1),
  'a key too few': (m) => delete m.phone,
};

describe('manifests that are none (V01)', () => {
  for (const [name, change] of Object.entries(manifests)) {
    test(name, (t) => {
      const election = new Election({ hooks: { mutate: { manifest: change } } });
      assertFails(judge(t, election), 'V01');
    });
  }
  test('a ballot that would be too large', (t) => {
    const large = (m) => {
      m.contests[0].options = Array.from({ length: 200 }, (_, i) => ({ id: `o${i}`, name: new Map([['en', 'x']]) }));
      m.contests[1] = { ...m.contests[0], id: 'second' };
    };
    assertFails(judge(t, new Election({ hooks: { mutate: { manifest: large } } })), 'V01');
  });
  test('but not an origin with what looks like a space to some, and is none', (t) => {
    const manifest = (m, e) => (e.origin = m.log.origin = 'a\u200b\u180e\u2060\ufeffb');
    assertVerified(judge(t, wholeElection({ hooks: { mutate: { manifest } } })));
  });
  test('signed by another key', (t) => {
    const election = new Election({ hooks: { sign: { manifest: () => [newKey()] } } });
    assertFails(judge(t, election), 'V01');
  });
  test('with a signature that does not hold', (t) => {
    assertFails(judge(t, new Election({ hooks: { spoil: { manifest: 0 } } })), 'V01');
  });
  test('another kind in its place', (t) => {
    const election = new Election();
    election.entries.length = 0;
    election.post('ceremony', { attempt: 1, time: 1 }, [election.keys.authority]);
    assertFails(judge(t, election, { id: null }), 'V01');
  });
  test('bytes that are no entry in its place', (t) => {
    const election = new Election();
    election.entries[0] = encode([raw(0xff)]);
    assertFails(judge(t, election, { id: null }), 'V01');
  });
  test('another election id', (t) => {
    assertFails(judge(t, new Election(), { id: new Election().id }), 'V01');
  });
});

/** name, check, hooks of the ceremony */
const ceremonies = [
  ['a message that was not committed to', 'V02', { mutate: { 'dkg-message': (body, e, n) => n === 1 && (body.message = flip(body.message, 200)) } }],
  ['a commitment of another trustee', 'V02', { mutate: { 'dkg-commitment': (body, e, n) => n === 2 && (body.trustee = 2) }, sign: { 'dkg-commitment': (keys, n, e) => [e.trustees[n === 2 ? 1 : n].signing] } }],
  ['a commitment missing', 'V02', { sign: { 'dkg-commitment': (keys, n, e) => (n === 2 ? (e.entries.pop(), keys) : keys) } }],
  ['no proof of possession', 'V02', { messages: (messages) => (messages[0] = flip(messages[0], 64 + 40)) }],
  ['a coefficient that does not decode', 'V02', { messages: (messages) => (messages[0] = concat(messages[0].subarray(0, 32), new Uint8Array(32).fill(255), messages[0].subarray(64))) }],
  ['a coefficient that is the identity', 'V02', { messages: (messages) => (messages[0] = concat(messages[0].subarray(0, 32), IDENTITY, messages[0].subarray(64))) }],
  ['two trustees with one E', 'V02', { messages: (messages) => (messages[1] = concat(messages[1].subarray(0, 128), messages[0].subarray(128, 160), messages[1].subarray(160))) }],
  ['a copied message', 'V02', { messages: (messages) => (messages[1] = messages[0]) }],
  ['a ciphertext too short', 'V02', { messages: (messages) => (messages[0] = messages[0].subarray(0, -1)) }],
  ['a byte after the ciphertexts', 'V02', { messages: (messages) => (messages[0] = concat(messages[0], Uint8Array.of(0))) }],
  ['a wild length', 'V02', { messages: (messages) => (messages[0] = concat(messages[0].subarray(0, 160), new Uint8Array(8).fill(255), messages[0].subarray(168))) }],
  ['a message of one byte', 'V02', { messages: (messages) => (messages[0] = Uint8Array.of(1)) }],
  ['a confirmation that does not hold', 'V03', { mutate: { 'dkg-confirm': (body, e, n) => n === 0 && (body.signature = flip(body.signature, 32)) } }],
  ['a confirmation cut short', 'V03', { mutate: { 'dkg-confirm': (body, e, n) => n === 0 && (body.signature = body.signature.subarray(1)) } }],
  ['an attempt that was not started', 'V02', { mutate: { 'dkg-confirm': (body) => (body.attempt = 2) } }],
  ['attempt 0', 'V02', { mutate: { 'dkg-confirm': (body) => (body.attempt = 0) } }],
  ['a wild attempt', 'V02', { mutate: { 'dkg-confirm': (body) => (body.attempt = 2n ** 64n - 1n) } }],
  ['a ceremony that is not attempt 1', 'V02', { mutate: { ceremony: (body) => (body.attempt = 2) } }],
  ['a trustee 0', 'V06', { mutate: { 'dkg-confirm': (body, e, n) => n === 0 && (body.trustee = 0) } }],
  ['a trustee 4 of 3', 'V06', { mutate: { 'dkg-confirm': (body, e, n) => n === 0 && (body.trustee = 4) } }],
  ['a confirmation signed by another', 'V06', { sign: { 'dkg-confirm': (keys, n) => (n === 0 ? [newKey()] : keys) } }],
];

describe('key ceremonies that fail', () => {
  for (const [name, check, hooks] of ceremonies) {
    test(`${name} (${check})`, (t) => {
      const election = new Election({ hooks });
      election.ceremony();
      election.roll([1, 1, 2]);
      election.open();
      assertFails(judge(t, election), check);
    });
  }
  const complaint = (election) =>
    election.post('dkg-complaint', { attempt: 1, trustee: 2, against: 99, evidence: new Uint8Array() }, [election.trustees[1].signing]);
  test('a complaint (V02)', (t) => {
    const election = new Election();
    election.ceremony();
    complaint(election);
    election.roll([1, 1, 2]);
    election.open();
    assertFails(judge(t, election), 'V02');
  });
  test('a second confirmation (V02), even before open', (t) => {
    const election = new Election();
    election.ceremony();
    election.post('dkg-confirm', { attempt: 1, trustee: 1, signature: new Uint8Array() }, [election.trustees[0].signing]);
    assertFails(judge(t, election), 'V02');
  });
  test('a commitment after a message (V02)', (t) => {
    const election = new Election();
    election.ceremony();
    const { entries } = election;
    [entries[4], entries[5]] = [entries[5], entries[4]]; // commitments are 2 to 4, messages 5 to 7
    election.roll([1, 1, 2]);
    election.open();
    assertFails(judge(t, election), 'V02');
  });
  test('open of an attempt that failed (V02); of the next one it is good', (t) => {
    const election = new Election();
    election.ceremony(1);
    complaint(election);
    election.ceremony(2);
    election.roll([1, 1, 2]);
    const good = election.fork();
    good.open(2);
    const report = judge(t, good);
    if (report.failed) throw new Error(JSON.stringify([...report.errors]));
    election.open(1);
    assertFails(judge(t, election), 'V02');
  });
});

const voter = (bytes, i) => bytes.subarray(66 * i, 66 * (i + 1));
/** name, check, hooks of roll and open */
const rolls = [
  ['a voter in a unit that is no leaf', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = concat(body.voters.subarray(0, 64), Uint8Array.of(0, 0), voter(body.voters, 1))) } }],
  ['a voter in a unit that is none', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = concat(body.voters.subarray(0, 64), Uint8Array.of(255, 255), voter(body.voters, 1))) } }],
  ['a voter twice', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = concat(voter(body.voters, 0), voter(body.voters, 0))) } }],
  ['one key as ballot and cast key', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = concat(body.voters.subarray(0, 32), body.voters.subarray(0, 32), body.voters.subarray(64))) } }],
  ['a key that is the identity', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = concat(IDENTITY, body.voters.subarray(32))) } }],
  ['a key that does not decode', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = flip(body.voters)) } }],
  ['a voter cut short', 'V04', { mutate: { roll: (body, e, n) => n === 0 && (body.voters = body.voters.subarray(0, 100)) } }],
  ['a chunk out of order', 'V04', { mutate: { roll: (body) => (body.chunk = 0) } }],
  ['another chunk hash', 'V04', { mutate: { 'roll-end': (body) => (body.chunks = flip(body.chunks)) } }],
  ['a chunk hash too few', 'V04', { mutate: { 'roll-end': (body) => (body.chunks = body.chunks.subarray(32)) } }],
  ['another count', 'V04', { mutate: { 'roll-end': (body) => (body.counts = [0, 3, 2, 0]) } }],
  ['a count for the root', 'V04', { mutate: { 'roll-end': (body) => (body.counts = [5, 4, 1, 0]) } }],
  ['a count too few', 'V04', { mutate: { 'roll-end': (body) => (body.counts = [0, 4, 1]) } }],
  ['other counts in open', 'V04', { mutate: { open: (body) => (body.voters = [0, 5, 0, 0]) } }],
  ['another joint key in open', 'V03', { mutate: { open: (body) => (body.joint_key = newKey().bytes) } }],
  ['the identity as the joint key', 'V03', { mutate: { open: (body) => (body.joint_key = IDENTITY) } }],
  ['open for another place', 'V05', { mutate: { open: (body) => (body.size -= 1) } }],
  ['open with another root', 'V05', { mutate: { open: (body) => (body.root = flip(body.root)) } }],
  ['open with a signature that does not hold', 'V06', { spoil: { open: 0 } }],
  ['open signed by the registrar', 'V06', { sign: { open: (keys, n, e) => [e.keys.registrar] } }],
  ['open of an attempt that is none', 'V02', { mutate: { open: (body) => (body.attempt = 7) } }],
];

describe('rolls and opens that fail', () => {
  let base;
  before(() => {
    base = new Election();
    base.ceremony();
  });
  for (const [name, check, hooks] of rolls) {
    test(`${name} (${check})`, (t) => {
      const election = base.fork(hooks);
      election.roll([1, 1, 1, 1, 2]);
      election.open();
      assertFails(judge(t, election), check);
    });
  }
  test('a part of the roll after its end (V04)', (t) => {
    const election = setUp();
    election.post('roll', { chunk: 2, voters: concat(newKey().bytes, newKey().bytes, Uint8Array.of(0, 1)) }, [election.keys.registrar]);
    assertFails(judge(t, election), 'V04');
  });
  test('open before the end of the roll (V04)', (t) => {
    const election = base.fork();
    election.counts = [0, 0, 0, 0];
    election.open();
    assertFails(judge(t, election), 'V04');
  });
  test('a second open (V06)', (t) => {
    const election = setUp();
    election.open();
    election.open();
    assertFails(judge(t, election), 'V06');
  });
});
