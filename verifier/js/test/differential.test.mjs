// Elections with one random change each: signed again, so that it reaches the room that has to judge it.
// Nothing may throw; and with ROLLCALL_VERIFY (support/judge.mjs) the other verifier must agree about each.
// ROLLCALL_ROUNDS sets how many there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, setUp, vote } from './support/election.mjs';
import { judge } from './support/judge.mjs';
import { newKey, random } from './support/prover.mjs';
import { concat } from '../src/bytes.mjs';

const rounds = Number(process.env.ROLLCALL_ROUNDS ?? 30);
const below = (n) => Buffer.from(random(4)).readUInt32LE() % n;
const pick = (values) => values[below(values.length)];

/** A value that is a little or very much another one. */
function changed(value) {
  if (typeof value === 'bigint' || typeof value === 'number') {
    const x = BigInt(value);
    return pick([0n, 1n, x + 1n, x === 0n ? 2n : x - 1n, 2n ** 63n, 2n ** 64n - 1n, BigInt(below(60))]);
  }
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return pick([`${value}x`, value.slice(1), '', 'none']);
  if (value instanceof Uint8Array) return changedBytes(value);
  if (Array.isArray(value)) return changedArray(value);
  return value;
}

function changedBytes(bytes) {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[below(copy.length)] ^= 1 << below(8);
  const at = below(bytes.length + 1);
  return pick([copy, bytes.subarray(at), bytes.subarray(0, at), concat(bytes, random(1 + below(40))), new Uint8Array(bytes.length), newKey().bytes, bytes.subarray(32), concat(bytes, bytes)]);
}

function changedArray(array) {
  if (array.length === 0) return [0];
  const at = below(array.length);
  const inside = array.map((element, i) => (i === at ? changedInside(element) : element));
  return pick([inside, inside, inside, array.slice(1), array.slice(0, -1), [...array].reverse(), [...array, array[at]], []]);
}

/** A copy of a body, array or value with one change somewhere in it. */
function changedInside(value) {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || Array.isArray(value) || value instanceof Map) return changed(value);
  const key = pick(Object.keys(value));
  return { ...value, [key]: changed(value[key]) };
}

const KINDS = [
  'ceremony', 'dkg-commitment', 'dkg-message', 'dkg-confirm', 'roll', 'roll-end', 'open', 'tick', 'ballot', 'cast', 'test', 'close', 'end',
  'totals', 'totals-end', 'share', 'share-end', 'result', 'result-end', 'audit', 'audit-list',
];

/** Changes the n-th entry of a kind: its body, or who signs it. */
function randomHooks() {
  const [kind, at] = [pick(KINDS), below(4)];
  const hooks = { description: `${kind} ${at}` };
  if (below(8) === 0) hooks.sign = { [kind]: (keys, n) => (n === at ? keys.map((key) => pick([key, newKey()])) : keys) };
  else hooks.mutate = { [kind]: (body, _, n) => n === at && Object.assign(body, changedInside(body)) };
  return hooks;
}

/** Moves, copies or drops a whole entry at the end. */
function shuffle(entries) {
  const [from, to] = [1 + below(entries.length - 1), 1 + below(entries.length - 1)];
  const [entry] = pick([() => [entries[from]], () => entries.splice(from, 1)])();
  if (below(3) > 0) entries.splice(to, 0, entry);
}

test('random changes', (t) => {
  const exits = { 0: 0, 1: 0, 3: 0 };
  for (let i = 0; i < rounds; i++) {
    const hooks = i % 5 === 4 ? {} : randomHooks();
    let election;
    try {
      election = setUp({ hooks });
      if (i % 2 === 0) election.commitAudit([3]);
      vote(election);
      count(election);
      if (i % 2 === 0) election.openAudit();
    } catch {
      continue; // what was changed could not even be made into an election
    }
    if (i % 5 === 4) shuffle(election.entries);
    try {
      exits[judge(t, election).exitCode]++;
    } catch (error) {
      error.message = `${hooks.description ?? 'shuffled'}: ${error.message}`;
      throw error;
    }
  }
  assert.ok(exits[0] + exits[1] + exits[3] > rounds / 2, JSON.stringify(exits));
  t.diagnostic(JSON.stringify(exits));
});
