// What is found in the files that are there, when others are held back (SPEC section 16): a fault stands, and
// nothing is taken for one that the rest of the record could mend. And records of size 0.

import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { count, setUp, vote } from './support/election.mjs';
import { assertFails, judge } from './support/judge.mjs';
import { checkpoint, treeOf, writeFile } from './support/board.mjs';
import { newEd25519Key } from './support/prover.mjs';
import { utf8 } from '../src/bytes.mjs';

/** Posts a tick, and the same again and again, which is void, until there is a second bundle. */
function fill(election, size = 260) {
  const tick = election.tick();
  while (election.size < size) election.postRaw(election.entries[tick]);
  return election;
}
/** An election up to open, and more than one bundle of ticks. */
function opened(hooks) {
  const election = setUp({ hooks });
  election.open();
  return fill(election);
}
/** A whole election that ends in its first bundle; what comes in the second one is `after`. */
function counted({ hooks, shares = [1, 2], named, later = [] } = {}) {
  const election = setUp({ hooks });
  vote(election);
  fill(election, 200);
  election.close();
  election.end();
  election.totals();
  for (const trustee of shares) election.share(trustee);
  election.result(named);
  fill(election); // void ones
  for (const trustee of later) election.share(trustee);
  return election;
}
const rest = (d) => rmSync(join(d, 'tile/entries/001.p'), { recursive: true });
const incomplete = (report) => assert.deepEqual([report.exitCode, [...report.errors]], [3, []]);
const flip = (d, path, at = 0) => {
  const bytes = new Uint8Array(readFileSync(join(d, path)));
  bytes[at] ^= 1;
  writeFile(d, path, bytes);
};

describe('a bundle is held back', () => {
  let election;
  before(() => (election = opened()));
  const older = (size, root, by = election) => [utf8(checkpoint(by, size, root, 0))];

  test('nothing is wrong', (t) => {
    incomplete(judge(t, election, { after: rest }));
    incomplete(judge(t, election, { after: rest, older: older(200, election.root(200)) }));
    incomplete(judge(t, election, { after: rest, older: older(258, election.root(200)) })); // it can not be told
    incomplete(judge(t, election, { after: rest, counts: new Map([['north', 4n], ['south', 1n], ['island', 0n]]) }));
  });
  test('an entry that does not decode', (t) => {
    const bad = setUp();
    bad.open();
    bad.postRaw(Uint8Array.of(1));
    assertFails(judge(t, fill(bad), { after: rest }), 'V06');
  });
  test('an entry by a stranger', (t) => {
    const sign = { ceremony: () => [election.keys.board] };
    assertFails(judge(t, opened({ sign }), { after: rest }), 'V06');
  });
  test('a wrong entry that is not under the root: only its bundle was changed', (t) => {
    assertFails(judge(t, election, { after: (d) => {
      rest(d);
      flip(d, 'tile/entries/000', 3);
    } }), 'V05');
  });
  test('older checkpoints', (t) => {
    assertFails(judge(t, election, { after: rest, older: older(200, election.root(199)) }), 'V05');
    assertFails(judge(t, election, { after: rest, older: older(261, election.root(200)) }), 'V05');
    assertFails(judge(t, election, { after: rest, older: older(258, election.root(258), { ...election, logKey: newEd25519Key() }) }), 'V05');
  });
  test('older checkpoints, when no entry is there', (t) => {
    const none = (d) => rmSync(join(d, 'tile'), { recursive: true });
    assertFails(judge(t, election, { after: none, older: older(261, election.root(200)) }), 'V05');
    assertFails(judge(t, election, { after: none, older: older(5, election.root(5), { ...election, logKey: newEd25519Key() }) }), 'V05');
    incomplete(judge(t, election, { after: none, older: older(200, election.root(199)) }));
    incomplete(judge(t, election, { after: none, older: older(261, election.root(200)), policy: null }));
  });
  test('another log key than the manifest\'s, without a policy', (t) => {
    const after = (d) => {
      rest(d);
      writeFile(d, 'checkpoint', checkpoint({ ...election, logKey: newEd25519Key() }, election.size, election.root()));
    };
    assertFails(judge(t, election, { after, policy: null }), 'V05');
  });
  test('expected counts', (t) => {
    assertFails(judge(t, election, { after: rest, counts: new Map([['north', 4n], ['south', 2n], ['island', 0n]]) }), 'V04');
  });
  test('hash tiles over what is there', (t) => {
    for (const path of ['tile/0/000', 'tile/1/000.p/1']) {
      assertFails(judge(t, election, { after: (d) => {
        rest(d);
        flip(d, path, 7);
      } }), 'V05');
    }
    incomplete(judge(t, election, { after: (d) => {
      rest(d);
      writeFile(d, 'tile/0/001.p/4', 'junk');
    } }));
  });
  test('another hash tile is not there', (t) => {
    for (const [gone, wrong] of [['tile/0/000', 'tile/1/000.p/1'], ['tile/1/000.p/1', 'tile/0/000'], ['tile/0/001.p', 'tile/0/000']]) {
      assertFails(judge(t, election, { after: (d) => {
        rmSync(join(d, gone), { recursive: true });
        flip(d, wrong, 7);
      } }), 'V05');
    }
  });
});

describe('what only the whole record shows', () => {
  const oneMore = { result: (body) => {
    const [first, second] = body.parts[0].options;
    body.parts[0].options = [[first[0], first[1] + 1], [second[0], second[1] - 1], ...body.parts[0].options.slice(2)];
  } };
  const wrongShare = { 'share-end': (body) => (body.proof = new Uint8Array(128)) };

  test('a right result, its shares before and after it', (t) => {
    incomplete(judge(t, counted(), { after: rest }));
    const late = counted({ shares: [1], named: [1, 2], later: [2] });
    assert.equal(judge(t, late).exitCode, 0);
    incomplete(judge(t, late, { after: rest }));
    incomplete(judge(t, counted({ shares: [], named: [1, 2], later: [1, 2] }), { after: rest }));
  });
  test('a wrong result', (t) => {
    assertFails(judge(t, counted({ hooks: { mutate: oneMore } }), { after: rest }), 'V16');
  });
  test('a wrong result, and a share that it names is held back', (t) => {
    assertFails(judge(t, counted({ hooks: { mutate: oneMore }, named: [1, 3], later: [3] }), { after: rest }), 'V16');
    incomplete(judge(t, counted({ named: [1, 3], later: [3] }), { after: rest }));
  });
  test('an option with more votes than ballots, and all shares are held back', (t) => {
    const result = (body) => {
      for (const part of body.parts) {
        if (part.contest !== 'council' || part.options.length === 0) continue;
        // As many as up to two options a ballot allow, but not for one option.
        const [first, ...others] = part.options;
        part.options = [[first[0], Number(part.ballots) + 1], ...others.map(([id]) => [id, 0])];
        part.undervotes = Number(part.ballots) - 1;
      }
    };
    assertFails(judge(t, counted({ hooks: { mutate: { result } }, shares: [], named: [1, 2], later: [1, 2] }), { after: rest }), 'V17');
  });
  test('a trustee whose share is closed and wrong, and one that is none', (t) => {
    const mutate = { 'share-end': (body) => Number(body.trustee) === 3 && wrongShare['share-end'](body) };
    assertFails(judge(t, counted({ hooks: { mutate }, shares: [1, 2, 3], named: [1, 3] }), { after: rest }), 'V16');
    assertFails(judge(t, counted({ named: [1, 4] }), { after: rest }), 'V16');
  });
  test('shares that can not be made up for', (t) => {
    const wrong = (...trustees) => ({ mutate: { 'share-end': (body) => trustees.includes(Number(body.trustee)) && wrongShare['share-end'](body) } });
    incomplete(judge(t, counted({ hooks: wrong(1), shares: [1, 2], named: [2, 3], later: [3] }), { after: rest }));
    assertFails(judge(t, counted({ hooks: wrong(1, 2), shares: [1, 2], named: [1, 2] }), { after: rest }), 'V15');
  });
});

test('more entries than a record may have', (t) => {
  const election = setUp();
  const show = (size) => (d) => writeFile(d, 'checkpoint', checkpoint(election, size, election.root()));
  for (const policy of [undefined, null]) {
    assertFails(judge(t, election, { after: show(2n ** 31n + 1n), policy }), 'V05');
    assertFails(judge(t, election, { after: show(2n ** 64n - 1n), policy }), 'V05');
    incomplete(judge(t, election, { after: show(2n ** 31n), policy }));
  }
});

describe('a record of size 0', () => {
  const election = setUp();
  const empty = treeOf([]).root(0);
  const show = (size, root, by = election) => (d) => {
    rmSync(d, { recursive: true });
    writeFile(d, 'checkpoint', checkpoint(by, size, root));
  };
  const older = (size, root, by = election) => [utf8(checkpoint(by, size, root, 0))];

  test('is incomplete', (t) => {
    incomplete(judge(t, election, { after: show(0, empty) }));
    incomplete(judge(t, election, { after: show(0, empty), policy: null }));
    incomplete(judge(t, election, { after: show(0, empty), older: older(0, empty) }));
  });
  test('has the root of the empty tree', (t) => {
    assertFails(judge(t, election, { after: show(0, election.root()) }), 'V05');
    assertFails(judge(t, election, { after: show(0, election.root()), policy: null }), 'V05');
    assertFails(judge(t, election, { after: show(0, new Uint8Array(32)) }), 'V05');
  });
  test('is no rollback of what the verifier was given', (t) => {
    assertFails(judge(t, election, { after: show(0, empty), older: older(5, election.root(5)) }), 'V05');
    assertFails(judge(t, election, { after: show(0, empty), older: older(0, empty, { ...election, logKey: newEd25519Key() }) }), 'V05');
    assertFails(judge(t, election, { after: show(0, empty), older: [Uint8Array.of(1)] }), 'V05');
    incomplete(judge(t, election, { after: show(0, empty), older: older(5, election.root(5)), policy: null })); // of whose log, nobody says
  });
  test('with a signature line that is none, whoever is asked for', (t) => {
    const lines = (text) => (d) => {
      rmSync(d, { recursive: true });
      writeFile(d, 'checkpoint', checkpoint(election, 0, empty) + text);
    };
    for (const policy of [undefined, null]) {
      incomplete(judge(t, election, { after: lines('— somebody AAAAAAAA\n'), policy }));
      for (const bad of ['hello\n', '— somebody AAAAAAB=\n', '— some+body AAAAAAAA\n', '— somebody AAAA\n', '— somebody AAAAAAAA']) {
        assertFails(judge(t, election, { after: lines(bad), policy }), 'V05');
      }
    }
  });
  test('that its log did not sign', (t) => {
    assertFails(judge(t, election, { after: show(0, empty, { ...election, logKey: newEd25519Key() }) }), 'V05');
  });
});
