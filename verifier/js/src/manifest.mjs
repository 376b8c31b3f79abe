// The rules of the manifest that its shape does not say (SPEC section 6), and what the other rooms ask of
// it: which units are leaves, which contests a unit votes in, and how large a contest's part of a ballot is.

import { decodeEd25519Key, decodeElement } from './group.mjs';
import { isKeyName } from './note.mjs';
import { rangeLength, unitVectorLength } from './proofs.mjs';
import { hex } from './bytes.mjs';

/** The most that a ballot's contests may need in any unit, in bytes of ciphertexts and proofs. */
const MAX_BALLOT = 60000;

const distinct = (values) => new Set(values).size === values.length;

/** The positions of the leaves: units that are parent of no other unit. @returns {Set<number>} */
export function leavesOf(manifest) {
  const parents = new Set(manifest.units.slice(1).map((unit) => Number(unit.parent)));
  return new Set([...manifest.units.keys()].filter((position) => !parents.has(position)));
}

/** The positions of the contests that a unit votes in, ascending. @returns {number[]} */
export const contestsOf = (manifest, unit) =>
  [...manifest.contests.keys()].filter((c) => manifest.contests[c].units.includes(BigInt(unit)));

/**
 * What follows from a contest: vote for one or up to limit, the number N of ciphertexts, the proof's length.
 * @returns {{limit: number, voteForOne: boolean, count: number, proofLength: number}}
 */
export function contestForm(contest) {
  const [limit, options] = [Number(contest.limit), contest.options.length];
  if (limit === 1) {
    return { limit, voteForOne: true, count: options + 1, proofLength: unitVectorLength(options + 1) };
  }
  return { limit, voteForOne: false, count: options, proofLength: rangeLength(options, limit) };
}

/** The option ids of a contest's ciphertexts, in order; the last of a vote for one is "none". @returns {string[]} */
export function optionIds(contest) {
  const ids = contest.options.map((option) => option.id);
  return contestForm(contest).voteForOne ? [...ids, 'none'] : ids;
}

/**
 * Judges a manifest: what is wrong with it, or null.
 * @param {any} m the body of entry 0
 * @returns {string|null}
 */
export function manifestProblem(m) {
  return textProblem(m) ?? unitProblem(m) ?? contestProblem(m) ?? numberProblem(m) ?? keyProblem(m);
}

function textProblem(m) {
  if (!distinct(m.languages)) return 'a language twice';
  const texts = [m.title, ...m.units.map((unit) => unit.name)];
  for (const contest of m.contests) texts.push(contest.title, ...contest.options.map((option) => option.name));
  const complete = (text) => text.size === m.languages.length && m.languages.every((language) => text.has(language));
  return texts.every(complete) ? null : 'a text that is not in exactly the languages of the manifest';
}

function unitProblem(m) {
  if (!distinct(m.units.map((unit) => unit.id))) return 'an id of a unit twice';
  if (m.units[0].parent !== 0n) return 'unit 0 is not its own parent';
  const early = (unit, position) => position === 0 || unit.parent < BigInt(position);
  return m.units.every(early) ? null : 'a unit before its parent';
}

function contestProblem(m) {
  if (!distinct(m.contests.map((contest) => contest.id))) return 'an id of a contest twice';
  const leaves = leavesOf(m);
  const size = new Map([...leaves].map((leaf) => [leaf, 0]));
  for (const contest of m.contests) {
    const ids = contest.options.map((option) => option.id);
    if (!distinct(ids) || ids.includes('none')) return 'an id of an option twice, or none';
    if (contest.limit < 1n || contest.limit > BigInt(ids.length)) return 'a limit that is not 1 to the number of options';
    if (!contest.units.every((unit, i) => i === 0 || contest.units[i - 1] < unit)) return 'units of a contest not ascending';
    const { count, proofLength } = contestForm(contest);
    for (const unit of contest.units) {
      if (unit >= BigInt(m.units.length) || !leaves.has(Number(unit))) return 'a contest in a unit that is no leaf';
      size.set(Number(unit), size.get(Number(unit)) + 64 * count + proofLength);
    }
  }
  return [...size.values()].every((bytes) => bytes <= MAX_BALLOT) ? null : 'a ballot that is too large';
}

function numberProblem(m) {
  for (const [i, window] of m.windows.entries()) {
    if (window.from >= window.to) return 'a window that is empty';
    if (i > 0 && m.windows[i - 1].to > window.from) return 'windows that overlap or do not ascend';
  }
  if (m.decision_seconds < 1n || m.decision_seconds > 86400n) return 'decision_seconds is not 1 to 86400';
  if (m.ceremony_seconds < 1n) return 'ceremony_seconds is 0';
  if (m.minimum < 2n) return 'a minimum below 2';
  if (m.threshold < 1n || m.threshold > BigInt(m.trustees.length)) return 'a threshold that is not 1 to the number of trustees';
  const least = m.witnesses.length === 0 ? 0n : 1n;
  if (m.quorum < least || m.quorum > BigInt(m.witnesses.length)) return 'a wrong quorum';
  return isKeyName(m.log.origin) ? null : 'an origin with a space, a control character, a plus or a number sign';
}

function keyProblem(m) {
  if (!distinct(m.software.map((program) => program.name))) return 'a name of software twice';
  const ristretto = [m.authority, m.registrar, m.board, ...m.booths, ...m.oprf_keys];
  for (const trustee of m.trustees) ristretto.push(trustee.signing, trustee.ceremony);
  const ed25519 = [m.log.key, ...m.witnesses.map((witness) => witness.key)];
  if (ristretto.some((key) => decodeElement(key) === null)) return 'a key that is no element, or the identity';
  if (ed25519.some((key) => decodeEd25519Key(key) === null)) return 'a key of the log or a witness that is none';
  return distinct([...ristretto, ...ed25519].map(hex)) ? null : 'a key twice';
}
