// Remembers what pure functions returned, for tests that judge hundreds of records which are nearly the same. The
// program itself never turns it on: it judges one record, and asks for little twice.
//
// What is remembered can change no verdict. A function that is wrapped here depends on its arguments alone, `keyOf`
// writes all of them down so that no two lists of arguments have one key, and what is returned (a point, a truth, bytes
// that nobody writes into) never changes. An exception is not remembered.

import { hex } from './bytes.mjs';

/** So many characters of keys are kept, a byte each; then all is forgotten, and it begins anew. */
const MOST = 1 << 27;

/** @type {Map<string, unknown>|null} */
let results = null;
let characters = 0;

/** From here on, results are remembered. */
export function remember() {
  results ??= new Map();
}

/** An argument as text: byte strings, numbers, texts, arrays of them. */
function written(value) {
  if (value instanceof Uint8Array) return `x${hex(value)}`;
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/**
 * Wraps a pure function.
 * @template {any[]} A
 * @template R
 * @param {string} name no two functions have the same
 * @param {(...args: A) => R} compute
 * @param {(...args: A) => unknown[]} [keyOf] its arguments as byte strings, numbers, texts and arrays of them
 * @returns {(...args: A) => R}
 */
export const remembered = (name, compute, keyOf = (...args) => args) => (...args) => {
  if (results === null) return compute(...args);
  const key = `${name}${written(keyOf(...args))}`;
  if (results.has(key)) return /** @type {R} */ (results.get(key));
  const result = compute(...args);
  characters += key.length;
  if (characters > MOST) {
    results.clear();
    characters = key.length;
  }
  results.set(key, result);
  return result;
};
