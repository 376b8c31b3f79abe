// Ticks, close and end (V05 to V07), totals (V14, V19), shares (V15) and the result (V16 to V19).

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { count, setUp, vote } from './support/election.mjs';
import { assertFails, assertVerified, judge } from './support/judge.mjs';
import { encode, raw } from './support/cbor.mjs';
import { cosign } from './support/board.mjs';
import { newKey } from './support/prover.mjs';
import { checkpointText } from '../src/note.mjs';
import { mod } from '../src/group.mjs';
import { concat } from '../src/bytes.mjs';

let base;
before(() => {
  base = setUp();
  vote(base);
});

const flip = (bytes, at = 0) => {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
};
const MAX = 2n ** 64n - 1n;
/** Cosigns a tick's body anew, by some witnesses at some times. */
const cosignAgain = (body, e, pairs) => {
  const text = checkpointText(e.origin, body.size, body.root);
  body.cosignatures = pairs.map(([witness, time]) => [witness, time, cosign(e.witnesses[Number(witness) % 3], text, time)]);
};

/** Ticks that are void: each is one tick too many, between good ones. */
const ticks = {
  'by another key': { sign: { tick: () => [newKey()] } },
  'with a signature that does not hold': { spoil: { tick: 0 } },
  'with another root': (body) => (body.root = flip(body.root)),
  'of nothing': (body) => (body.size = 0),
  'beyond itself': (body) => (body.size += 1),
  'of a wild size': (body) => (body.size = MAX),
  'not after the tick before': (body, e) => {
    body.size = e.lastTick;
    body.root = e.root(e.lastTick);
    cosignAgain(body, e, [[0, body.time], [1, body.time]]);
  },
  'below the quorum': (body) => body.cosignatures.pop(),
  'by one witness twice': (body) => (body.cosignatures[1] = body.cosignatures[0]),
  'by witnesses out of order': (body) => body.cosignatures.reverse(),
  'by a witness that is none': (body, e) => cosignAgain(body, e, [[0, body.time], [3, body.time]]),
  'by a wild witness': (body, e) => cosignAgain(body, e, [[0, body.time], [MAX, body.time]]),
  'with a wrong cosignature': (body) => (body.cosignatures[0][2] = flip(body.cosignatures[0][2], 40)),
  'with a cosignature of another time': (body) => (body.cosignatures[0][1] -= 1),
  'six seconds from a witness': (body, e) => cosignAgain(body, e, [[0, body.time - 6], [1, body.time]]),
  'six seconds before a witness': (body, e) => cosignAgain(body, e, [[0, body.time + 6], [1, body.time]]),
  'of a wild time': (body) => (body.time = MAX),
  'of a time that no cosignature can have': (body, e) => {
    body.time = 2n ** 63n;
    cosignAgain(body, e, [[0, body.time], [1, body.time]]);
  },
  'before the last one': (body, e) => {
    body.time -= 100;
    cosignAgain(body, e, [[0, body.time], [1, body.time]]);
  },
};

describe('ticks that are void (V07)', () => {
  for (const [name, change] of Object.entries(ticks)) {
    test(name, (t) => {
      const election = base.fork();
      election.lastTick = election.tick();
      election.hooks = typeof change === 'function' ? { mutate: { tick: change } } : change;
      election.tick(0);
      election.hooks = {};
      election.tick();
      count(election);
      assertVerified(judge(t, election), 'tick V07');
    });
  }
  const good = {
    'five seconds from its witnesses': (body, e) => cosignAgain(body, e, [[0, body.time - 5], [1, body.time + 5]]),
    'by other witnesses': (body, e) => cosignAgain(body, e, [[1, body.time], [2, body.time]]),
    'by all witnesses': (body, e) => cosignAgain(body, e, [[0, body.time], [1, body.time], [2, body.time]]),
    'over the tick before and no more': (body, e) => {
      body.size = e.lastTick + 1;
      body.root = e.root(body.size);
      cosignAgain(body, e, [[0, body.time], [1, body.time]]);
    },
  };
  for (const [name, change] of Object.entries(good)) {
    test(`${name} is none of them`, (t) => {
      const election = base.fork();
      election.lastTick = election.tick();
      election.hooks = { mutate: { tick: change } };
      election.tick(0);
      election.hooks = {};
      count(election);
      assertVerified(judge(t, election));
    });
  }
  test('a tick in the ended phase is V06', (t) => {
    const election = base.fork();
    count(election);
    election.tick();
    assertVerified(judge(t, election), 'tick V06');
  });
});

describe('close and end', () => {
  const closes = [
    ['for another index', 'V06', { mutate: { close: (body) => (body.index += 1) } }],
    ['for another record', 'V05', { mutate: { close: (body) => (body.root = flip(body.root)) } }],
    ['with a signature that does not hold', 'V06', { spoil: { close: 0 } }],
    ['by the board', 'V06', { sign: { close: (keys, n, e) => [e.keys.board] } }],
  ];
  for (const [name, check, hooks] of closes) {
    test(`close ${name} (${check})`, (t) => {
      const election = base.fork(hooks);
      count(election);
      assertFails(judge(t, election), check);
    });
  }
  const ends = [
    ['of another close', { mutate: { end: (body) => (body.close -= 1) } }],
    ['by another key', { sign: { end: () => [newKey()] } }],
    ['with a signature that does not hold', { spoil: { end: 0 } }],
  ];
  for (const [name, hooks] of ends) {
    test(`an end ${name} is void (V07), and without another the record is incomplete`, (t) => {
      const election = base.fork(hooks);
      election.close();
      election.end();
      const report = judge(t, election);
      assert.deepEqual(report.voids.map(({ kind, check }) => `${kind} ${check}`), ['end V07']);
      assert.equal(report.status('V07'), 'skipped');
      assert.equal(report.exitCode, 3);
    });
  }
  test('an end too early is void (V07), and totals after it are a fault (V06)', (t) => {
    const election = base.fork();
    election.close();
    election.tick();
    election.tick(599);
    election.endIndex = election.post('end', { close: election.closeIndex }, [election.keys.board]);
    const early = election.fork();
    early.totals();
    assertFails(judge(t, early), 'V06');
    election.tick(1);
    election.endIndex = election.post('end', { close: election.closeIndex }, [election.keys.board]);
    election.post('end', { close: election.closeIndex }, [election.keys.board]);
    election.totals();
    election.share(2);
    election.share(3);
    election.result([2, 3]);
    assertVerified(judge(t, election), 'end V07', 'end V06');
  });
  const strays = {
    'a second close': (e) => e.post('close', { index: e.size, root: e.root() }, [e.keys.authority]),
    'a manifest': (e) => e.post('manifest', e.manifest, [e.keys.authority]),
    'a ceremony': (e) => e.post('ceremony', { attempt: 2, time: 0 }, [e.keys.authority]),
    'a result': (e) => e.post('result', { chunk: 0, parts: [{ contest: 'x', units: ['x'], ballots: 0, options: [], undervotes: 0 }] }, [e.keys.authority]),
    'an unknown kind': (e) => e.postRaw(encode(['poll', encode({}), [[e.keys.board.bytes, new Uint8Array(64)]]])),
    'an empty entry': (e) => e.postRaw(new Uint8Array()),
    'a byte after an entry': (e) => e.postRaw(concat(e.entries.at(-1), Uint8Array.of(0))),
    'a tick with two signatures': (e) => e.post('tick', { time: 1, size: 1, root: new Uint8Array(32), random: new Uint8Array(32), cosignatures: [] }, [e.keys.board, e.keys.board]),
    'a cast with one signature': (e) => e.post('cast', { ballot: 1, leaf: new Uint8Array(32) }, [e.keys.booth]),
    'an end that names no integer': (e) => e.post('end', { close: 'x' }, [e.keys.board]),
    'an integer too long': (e) => e.post('end', { close: raw(0x18, 1) }, [e.keys.board]),
    'a float': (e) => e.post('end', { close: raw(0xf9, 0, 0) }, [e.keys.board]),
    'null': (e) => e.post('end', { close: raw(0xf6) }, [e.keys.board]),
    'a tag': (e) => e.post('end', { close: raw(0xc1, 1) }, [e.keys.board]),
    'an array of wild length': (e) => e.postRaw(Uint8Array.of(0x9b, 255, 255, 255, 255, 255, 255, 255, 255)),
    'deep nesting': (e) => e.postRaw(new Uint8Array(60000).fill(0x81)),
  };
  for (const [name, post] of Object.entries(strays)) {
    test(`${name} in phase closing (V06)`, (t) => {
      const election = base.fork();
      election.close();
      election.tick();
      post(election);
      assertFails(judge(t, election), 'V06');
    });
  }
  const voids = {
    'a share': (e) => e.post('share', { trustee: 1, chunk: 0, points: new Uint8Array(32) }, [e.trustees[0].signing]),
    'a ballot that is nothing': (e) => e.post('ballot', { contests: [{ contest: 0, ciphertexts: new Uint8Array(), proof: new Uint8Array() }] }, [newKey(), newKey()]),
  };
  for (const [name, post] of Object.entries(voids)) {
    test(`${name} in phase closing is void (V06)`, (t) => {
      const election = base.fork();
      election.close();
      post(election);
      election.end();
      const report = judge(t, election);
      assert.deepEqual(report.voids.map(({ check }) => check), ['V06']);
      assert.equal(report.exitCode, 3);
    });
  }
});

/** name, check, hooks: in the standard count mayor is [north + south: 4, island: 0] and council [north + south: 4]. */
const first = (kind, change) => ({ mutate: { [kind]: (body, e, n) => n === 0 && change(body, e) } });
const counts = [
  ['sums of other ballots', 'V14', first('totals', ({ parts: [p] }) => (p.sums = concat(p.sums.subarray(64), p.sums.subarray(0, 64))))],
  ['sums cut short', 'V14', first('totals', ({ parts: [p] }) => (p.sums = p.sums.subarray(64)))],
  ['a wrong number of ballots', 'V14', first('totals', ({ parts: [p] }) => (p.ballots += 1))],
  ['totals of another end', 'V14', { mutate: { 'totals-end': (body) => (body.end -= 1) } }],
  ['another hash of the totals', 'V14', { mutate: { 'totals-end': (body) => (body.chunks = flip(body.chunks)) } }],
  ['a chunk of the totals out of order', 'V14', { mutate: { totals: (body) => (body.chunk = 1) } }],
  ['totals signed by the authority', 'V06', { sign: { totals: (keys, n, e) => [e.keys.authority] } }],
  ['another unit in a part', 'V19', first('totals', ({ parts: [p] }) => (p.units = [1, 3]))],
  ['parts in another order', 'V19', { mutate: { totals: (body, e, n) => n === 1 && body.parts.reverse() } }],
  ['a part too few', 'V19', { mutate: { totals: (body, e, n) => n === 1 && body.parts.pop() } }],
  ['a part too many', 'V19', { mutate: { totals: (body, e, n) => n === 1 && body.parts.push(body.parts[0]) } }],
  ['one voter counted apart', 'V19', first('totals', (body) => {
    const [whole] = body.parts;
    body.parts = [{ ...whole, units: [1], ballots: 3 }, { ...whole, units: [2], ballots: 1 }];
  })],
  ['a count moved to another option', 'V16', first('result', ({ parts: [p] }) => (p.options[0][1]--, p.options[1][1]++))],
  ['a wild count', 'V17', first('result', ({ parts: [p] }) => (p.options[0][1] = MAX))],
  ['a result of another end', 'V16', { mutate: { 'result-end': (body) => (body.end += 1) } }],
  ['another hash of the result', 'V16', { mutate: { 'result-end': (body) => (body.chunks = flip(body.chunks)) } }],
  ['a chunk of the result out of order', 'V16', { mutate: { result: (body) => (body.chunk = 1) } }],
  ['too few trustees named', 'V16', { mutate: { 'result-end': (body) => (body.trustees = [1]) } }],
  ['trustees twice', 'V16', { mutate: { 'result-end': (body) => (body.trustees = [1, 1]) } }],
  ['trustees out of order', 'V16', { mutate: { 'result-end': (body) => (body.trustees = [2, 1]) } }],
  ['a trustee without a share', 'V16', { mutate: { 'result-end': (body) => (body.trustees = [1, 3]) } }],
  ['a wild trustee', 'V16', { mutate: { 'result-end': (body) => (body.trustees = [1, MAX]) } }],
  ['a part of the result too few', 'V16', first('result', ({ parts }) => parts.pop())],
  ['a vote too many', 'V17', first('result', ({ parts: [p] }) => p.options[0][1]++)],
  ['a wrong number of ballots in the result', 'V17', first('result', ({ parts: [p] }) => (p.ballots += 1))],
  ['wrong undervotes of a vote for one', 'V17', first('result', ({ parts: [p] }) => (p.undervotes += 1))],
  ['wrong undervotes of an up-to-limit contest', 'V17', first('result', ({ parts }) => (parts[2].undervotes -= 1))],
  ['more votes than the limit', 'V17', first('result', ({ parts }) => (parts[2].options[0][1] += 9))],
  ['votes where nobody voted', 'V17', first('result', ({ parts }) => (parts[1].options[0][1] = 1))],
  ['options in another order', 'V18', first('result', ({ parts: [p] }) => p.options.reverse())],
  ['an option too few', 'V18', first('result', ({ parts: [p] }) => p.options.pop())],
  ['an option too many', 'V18', first('result', ({ parts: [p] }) => p.options.push(['d', 0]))],
  ['an option with another id', 'V18', first('result', ({ parts: [p] }) => (p.options[0][0] = 'A'))],
  ['another contest', 'V18', first('result', ({ parts: [p] }) => (p.contest = 'council'))],
  ['another unit', 'V19', first('result', ({ parts: [p] }) => (p.units = ['north', 'island']))],
];

describe('counts that fail', () => {
  for (const [name, check, hooks] of counts) {
    test(`${name} (${check})`, (t) => {
      const election = base.fork(hooks);
      count(election);
      assertFails(judge(t, election), check);
    });
  }
  test('sums over too few ballots outside their phase (V19)', (t) => {
    const election = base.fork();
    const { ciphertexts } = election.ballots[0].contests[0];
    election.post('totals', { chunk: 0, parts: [{ contest: 0, units: [2], ballots: 1, sums: ciphertexts }] }, [election.keys.board]);
    assertFails(judge(t, election), 'V19');
  });
  test('a second result-end (V06)', (t) => {
    const election = base.fork();
    count(election);
    election.post('result-end', { end: election.endIndex, trustees: [1, 2], chunks: new Uint8Array(32) }, [election.keys.authority]);
    assertFails(judge(t, election), 'V06');
  });
});

/** Close to totals, then what the test does with shares. */
function tallied(hooks) {
  const election = base.fork(hooks);
  election.close();
  election.end();
  election.totals();
  return election;
}
/** Changes of the share of trustee 1, which make it invalid but not void. */
const invalid = {
  'a wrong secret': (e) => e.share(1, { secret: 5n }),
  'a changed proof': { mutate: { 'share-end': (body) => (body.proof = flip(body.proof, 96)) } },
  'a commitment that is the identity': { mutate: { 'share-end': (body) => (body.proof = concat(new Uint8Array(32), body.proof.subarray(32))) } },
  'another end': { mutate: { 'share-end': (body) => (body.end += 1) } },
  'another root': { mutate: { 'share-end': (body) => (body.root = flip(body.root)) } },
  'no chunks': { mutate: { 'share-end': (body) => (body.chunks = new Uint8Array()) } },
  'a chunk too few': { mutate: { 'share-end': (body) => (body.chunks = body.chunks.subarray(0, 32)) } },
  'a point cut short': { mutate: { share: (body, e, n) => n === 0 && (body.points = body.points.subarray(0, 95)) } },
  'a point that does not decode': { mutate: { share: (body, e, n) => n === 0 && (body.points = flip(body.points)) } },
};
/** Changes that make a share entry void, so that the trustee can still post. */
const voidShares = {
  'a chunk that is not there': { mutate: { 'share-end': (body, e, n) => n === 0 && (body.chunks = flip(body.chunks)) } },
  'a hash cut short': { mutate: { 'share-end': (body, e, n) => n === 0 && (body.chunks = body.chunks.subarray(1)) } },
  'another signer': { sign: { 'share-end': (keys, n) => (n === 0 ? [newKey()] : keys) } },
  'a trustee that is none': { mutate: { 'share-end': (body, e, n) => n === 0 && (body.trustee = 9) } },
};

describe('shares', () => {
  for (const [name, change] of Object.entries(invalid)) {
    test(`${name}: the share is ignored, and two others do`, (t) => {
      const election = tallied();
      if (typeof change === 'function') change(election);
      else {
        election.hooks = change;
        election.share(1);
        election.hooks = {};
      }
      const without = election.fork();
      election.share(2);
      election.share(3);
      election.result([2, 3]);
      assertVerified(judge(t, election));
      without.share(2);
      assert.equal(judge(t, without).exitCode, 3); // trustee 3 may still post
      without.result([1, 2]);
      const report = judge(t, without);
      assertFails(report, 'V15');
    });
  }
  for (const [name, hooks] of Object.entries(voidShares)) {
    test(`${name}: a void share-end (V15), and the trustee posts another`, (t) => {
      const election = tallied();
      election.hooks = hooks;
      election.share(1);
      election.hooks = {};
      election.share(1);
      election.share(2);
      election.result();
      assertVerified(judge(t, election), 'share-end V15');
    });
  }
  test('a closed share takes no more (V15)', (t) => {
    const election = tallied();
    election.share(1);
    election.share(2);
    election.share(1);
    election.result();
    assertVerified(judge(t, election), 'share V15', 'share V15', 'share-end V15');
  });
  test('shares may follow the result', (t) => {
    const election = tallied();
    election.result();
    election.share(1);
    election.share(2);
    election.share(3);
    assertVerified(judge(t, election));
  });
  test('a share before totals-end is void (V06)', (t) => {
    const election = base.fork();
    election.close();
    election.end();
    election.tallied = election.parts();
    election.share(1);
    election.totals();
    election.share(1);
    election.share(2);
    election.result();
    assertVerified(judge(t, election), 'share V06', 'share V06', 'share-end V06');
  });
  test('too few trustees left to post fail V15, even without a result', (t) => {
    const election = tallied();
    election.share(1, { secret: 5n });
    election.share(2, { secret: 5n });
    assertFails(judge(t, election), 'V15');
  });
  test('sums of which every alpha is the identity must not stall the count', (t) => {
    // A booth can choose the second ballot's randomness so; b of the shares' proofs is the identity then.
    const election = setUp({}, [1, 1, 1, 1, 2]);
    election.open();
    election.tick();
    const one = election.ballot(0, [[1, 0, 0, 0], [1, 1, 0]]);
    const nonces = election.known(one).contests.map((contest) => contest.nonces.map((r) => mod(-r)));
    const two = election.ballot(1, [[0, 1, 0, 0], [0, 0, 1]], { nonces });
    election.tick();
    election.cast(one);
    election.cast(two);
    count(election);
    assert.ok(election.tallied[0].sums[0].is0());
    assertVerified(judge(t, election));
  });
  test('any two trustees give one result; three do, too', (t) => {
    const election = tallied();
    for (const trustee of [3, 1, 2]) election.share(trustee);
    for (const trustees of [[1, 2], [1, 3], [2, 3], [1, 2, 3]]) {
      const copy = election.fork();
      copy.result(trustees);
      assertVerified(judge(t, copy));
    }
  });
});

describe('withheld and empty parts', () => {
  test('fewer casts than the minimum in all: withheld, and no share is needed', (t) => {
    const election = setUp({ minimum: 5 });
    vote(election);
    count(election);
    assertVerified(judge(t, election));
  });
  test('one contest withheld, one shown', (t) => {
    const election = setUp({ minimum: 2 }, [1, 1, 3, 3, 3]);
    election.open();
    election.tick();
    const indexes = [election.ballot(0, [[1, 0, 0, 0], [0, 0, 0]]), election.ballot(2, [[1, 0, 0, 0]]), election.ballot(3, [[0, 1, 0, 0]])];
    election.tick();
    for (const index of indexes) election.cast(index);
    count(election);
    assertVerified(judge(t, election));
    const shown = election.fork();
    assert.equal(shown.tallied.at(-1).sums.length, 0);
  });
  test('nobody votes', (t) => {
    const election = setUp();
    election.open();
    count(election);
    assertVerified(judge(t, election));
  });
  test('one trustee, no witnesses', (t) => {
    const election = setUp({ trustees: 1, threshold: 1, witnesses: 0, quorum: 0 });
    vote(election);
    election.close();
    election.end();
    election.totals();
    election.share(1);
    election.result([1]);
    assertVerified(judge(t, election));
  });
});
