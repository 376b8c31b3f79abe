// Void entries: ticks, ballots, casts and tests that break a rule of SPEC sections 8, 10 and 11. Each is
// listed under its check and changes nothing: the election verifies if the count leaves it out, and does
// not if the count takes it in.

import { before, describe, test } from 'node:test';
import { setUp, count } from './support/election.mjs';
import { assertFails, assertVerified, judge } from './support/judge.mjs';
import { newKey, proveContest, randomScalar, scalarBytes } from './support/prover.mjs';
import { concat, split } from '../src/bytes.mjs';

let base;
before(() => {
  base = setUp();
  base.open();
  base.tick();
  const [a, b] = [base.ballot(0, [[1, 0, 0, 0], [1, 1, 0]]), base.ballot(1, [[0, 1, 0, 0], [0, 0, 1]])];
  base.tick();
  base.cast(a);
  base.cast(b);
});

const flip = (bytes, at = 0) => {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 1;
  return copy;
};
const votes = [[0, 0, 1, 0], [0, 1, 0]];
/** Voter 2's ballot, a tick over it, and its cast. */
function castOf(election, options) {
  const index = election.ballot(2, votes, options);
  election.tick();
  election.cast(index);
}

/** name, check, hooks, and whether the cast of the ballot is void with it */
const badBallots = [
  ['a credential that is not on the roll', 'V08', { sign: { ballot: ([, booth]) => [newKey(), booth] } }],
  ['a booth that is not in the manifest', 'V08', { sign: { ballot: ([voter]) => [voter, newKey()] } }],
  ["a voter's signature that does not hold", 'V08', { spoil: { ballot: 0 } }],
  ["a booth's signature that does not hold", 'V08', { spoil: { ballot: 1 } }],
  ['a contest too few', 'V09', { mutate: { ballot: (body) => body.contests.pop() } }],
  ['contests in another order', 'V09', { mutate: { ballot: (body) => body.contests.reverse() } }],
  ['a ciphertext too few', 'V09', { mutate: { ballot: ({ contests: [c] }) => (c.ciphertexts = c.ciphertexts.subarray(64)) } }],
  ['a ciphertext that does not decode', 'V09', { mutate: { ballot: ({ contests: [c] }) => (c.ciphertexts = flip(c.ciphertexts)) } }],
  ['the identity as a ciphertext', 'V09', { mutate: { ballot: ({ contests: [c] }) => (c.ciphertexts = concat(new Uint8Array(32), c.ciphertexts.subarray(32))) } }],
  ['one alpha twice', 'V09', { mutate: { ballot: ({ contests: [c] }) => (c.ciphertexts = concat(c.ciphertexts.subarray(64, 96), c.ciphertexts.subarray(32))) } }],
  ["another ballot's alpha", 'V09', { mutate: { ballot: ({ contests: [c] }, e) => (c.ciphertexts = concat(e.ballots[0].contests[0].ciphertexts.subarray(0, 32), c.ciphertexts.subarray(32))) } }],
  ['a proof of another contest', 'V10', { mutate: { ballot: ({ contests }) => (contests[1].proof = contests[0].proof) } }],
  ['a changed proof', 'V10', { mutate: { ballot: ({ contests: [c] }) => (c.proof = flip(c.proof, 64)) } }],
  ['a proof with a byte more', 'V10', { mutate: { ballot: ({ contests: [c] }) => (c.proof = concat(c.proof, Uint8Array.of(0))) } }],
];

describe('commitments that are the identity (V10), in proofs that are right in their equations', () => {
  const nonces = votes.map((of) => of.map(() => randomScalar()));
  const proved = (contest, k) => ({ ballot: ({ contests }, e) => {
    const { K, E, voters: { 2: { ballotKey, unit } } } = e;
    const { ciphertexts } = contests[contest];
    const more = contest === 0 ? { limit: 1, voteForOne: true } : { limit: 2, voteForOne: false };
    contests[contest].proof = proveContest({ E, K, V: ballotKey.bytes, contest, unit, ...more, ciphertexts, nonces: nonces[contest], votes: votes[contest], k });
  } });
  for (const contest of [0, 1]) {
    for (const [k, voids] of [[7n, []], [0n, ['ballot V10']]]) {
      test(`contest ${contest}, a = ${k}*G`, (t) => {
        const election = base.fork({ mutate: proved(contest, k) });
        election.ballot(2, votes, { nonces });
        election.tick();
        count(election);
        assertVerified(judge(t, election), ...voids);
      });
    }
  }
});

describe('ballots that are void', () => {
  for (const [name, check, hooks] of badBallots) {
    test(`${name} is ${check}; left out`, (t) => {
      const election = base.fork(hooks);
      election.ballot(2, votes);
      election.tick();
      count(election);
      assertVerified(judge(t, election), `ballot ${check}`);
    });
    test(`${name} is ${check}; counted all the same`, (t) => {
      const election = base.fork(hooks);
      castOf(election);
      count(election);
      const report = judge(t, election);
      assertFails(report, 'V14');
    });
  }

  test('more votes than a vote for one allows are V10', (t) => {
    const election = base.fork();
    election.ballot(2, [[1, 1, 0, 0], [0, 0, 0]]);
    election.tick();
    count(election);
    assertVerified(judge(t, election), 'ballot V10');
  });
  test('more votes than the limit are V10', (t) => {
    const election = base.fork();
    election.ballot(2, [[1, 0, 0, 0], [1, 1, 1]]);
    election.tick();
    count(election);
    assertVerified(judge(t, election), 'ballot V10');
  });
  test('two votes for one option are V10', (t) => {
    const election = base.fork();
    election.ballot(2, [[1, 0, 0, 0], [2, 0, 0]]);
    election.tick();
    count(election);
    assertVerified(judge(t, election), 'ballot V10');
  });
  test('a ballot between the windows is V12, one in the second is not', (t) => {
    const election = base.fork();
    election.tick(1500);
    election.ballot(2, votes);
    election.tick(600);
    castOf(election);
    count(election);
    assertVerified(judge(t, election), 'ballot V12');
  });
  test('a ballot before any tick is V12', (t) => {
    const election = setUp();
    election.open();
    election.ballot(0, votes);
    election.tick();
    count(election);
    assertVerified(judge(t, election), 'ballot V12');
  });
  test('a second ballot before the first has its code is V12', (t) => {
    const election = base.fork();
    election.ballot(2, votes);
    election.ballot(2, votes);
    election.tick();
    count(election);
    assertVerified(judge(t, election), 'ballot V12');
  });
  test('a ballot after close is V06', (t) => {
    const election = base.fork();
    election.close();
    election.ballot(2, votes);
    election.end();
    election.totals();
    election.share(1);
    election.share(2);
    election.result();
    assertVerified(judge(t, election), 'ballot V06');
  });
  test('a receipt code that the voter has heard before is V11', (t) => {
    const election = base.fork();
    election.ballot(2, votes);
    election.tick();
    election.ballot(2, votes);
    election.tick();
    count(election);
    // No two ballots with one code can be found (SPEC section 8 has 10^14), so that the test makes all alike.
    assertVerified(judge(t, election, { codeOf: () => '0'.repeat(16) }), 'ballot V11');
    assertVerified(judge(t, election));
  });
});

const decide = (kind, how = {}) => (election) => {
  const index = election.ballot(2, votes);
  if (!how.early) election.tick();
  if (how.late) election.tick(how.late);
  election[kind](index);
  if (how.again) election[how.again](index);
  election.tick();
  election.known(index).cast = how.counts === true;
};
/** name, check, what happens, hooks */
const badDecisions = [
  ['a cast by the ballot key', 'cast V12', decide('cast'), { sign: { cast: ([, booth], n, e) => [e.voters[2].ballotKey, booth] } }],
  ['a cast by another booth', 'cast V12', decide('cast'), { sign: { cast: ([voter], n, e) => [voter, e.keys.booth2] } }],
  ["a cast with a voter's signature that does not hold", 'cast V12', decide('cast'), { spoil: { cast: 0 } }],
  ["a test with a booth's signature that does not hold", 'test V12', decide('test'), { spoil: { test: 1 } }],
  ['a cast of another leaf', 'cast V12', decide('cast'), { mutate: { cast: (body) => (body.leaf = flip(body.leaf)) } }],
  ['a cast of no ballot', 'cast V12', decide('cast'), { mutate: { cast: (body) => (body.ballot = 3) } }],
  ['a cast of a wild index', 'cast V12', decide('cast'), { mutate: { cast: (body) => (body.ballot = 2n ** 64n - 1n) } }],
  ['a cast before the code', 'cast V12', decide('cast', { early: true })],
  ['a cast too late', 'cast V12', decide('cast', { late: 601 })],
  ['a second cast', 'cast V12', decide('cast', { again: 'cast', counts: true })],
  ['a test after the cast', 'test V12', decide('cast', { again: 'test', counts: true })],
  ['a test by the cast key', 'test V12', decide('test'), { sign: { test: ([, booth], n, e) => [e.voters[2].castKey, booth] } }],
  ['a test with other votes', 'test V13', decide('test'), { mutate: { test: ({ openings: [o] }) => (o.selected = [0]) } }],
  ['a test with votes out of order', 'test V13', decide('test'), { mutate: { test: ({ openings }) => (openings[1].selected = [1, 0]) } }],
  ['a test with a vote twice', 'test V13', decide('test'), { mutate: { test: ({ openings }) => (openings[1].selected = [1, 1]) } }],
  ['a test with a wild vote', 'test V13', decide('test'), { mutate: { test: ({ openings }) => (openings[1].selected = [2n ** 64n - 1n]) } }],
  ['a test with no vote in a vote for one', 'test V13', decide('test'), { mutate: { test: ({ openings: [o] }) => (o.selected = []) } }],
  ['a test with a nonce that is not canonical', 'test V13', decide('test'), {
    mutate: { test: ({ openings: [o] }) => (o.nonces = concat(...split(o.nonces, 32).map(() => scalarBytes(2n ** 256n - 1n)))) } }],
  ['a test with a nonce too few', 'test V13', decide('test'), { mutate: { test: ({ openings: [o] }) => (o.nonces = o.nonces.subarray(32)) } }],
  ['a test with an opening too few', 'test V13', decide('test'), { mutate: { test: (body) => body.openings.pop() } }],
  ['a test of other contests', 'test V13', decide('test'), { mutate: { test: (body) => body.openings.reverse() } }],
];

describe('decisions that are void', () => {
  for (const [name, listed, act, hooks] of badDecisions) {
    test(`${name} is ${listed}`, (t) => {
      const election = base.fork(hooks);
      act(election);
      count(election);
      assertVerified(judge(t, election), listed);
    });
  }
  test('a cast in time to the second is none of them', (t) => {
    const election = base.fork();
    decide('cast', { late: 600, counts: true })(election);
    count(election);
    assertVerified(judge(t, election));
  });
  test('a void cast that is counted all the same fails V14', (t) => {
    const election = base.fork();
    decide('cast', { late: 601, counts: true })(election);
    count(election);
    assertFails(judge(t, election), 'V14');
  });
  test('a tested ballot that is counted fails V14', (t) => {
    const election = base.fork();
    decide('test', { counts: true })(election);
    count(election);
    assertFails(judge(t, election), 'V14');
  });
  test('a second ballot of a credential that has cast stays undecided', (t) => {
    const election = base.fork();
    const index = election.ballot(0, votes);
    election.tick();
    election.cast(index);
    election.known(index).cast = false;
    count(election);
    assertVerified(judge(t, election), 'cast V12');
  });
});
