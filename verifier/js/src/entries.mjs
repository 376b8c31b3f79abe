// Entries (SPEC section 5): how the bytes of one are read, and who signs each kind (the table of section 5).
// In which phase a kind is legal is in judge.mjs.

import { FormatError, decode } from './cbor.mjs';
import { BODIES, ENTRY } from './schema.mjs';
import { signatureMessage } from './transcript.mjs';
import { verifySchnorr } from './group.mjs';
import { equal } from './bytes.mjs';

/** An entry has at most so many bytes. */
export const MAX_ENTRY = 65535;

/**
 * @typedef {object} Entry
 * @property {number} index its position in the log
 * @property {string} kind
 * @property {any} body the checked body, in the shape of section 6
 * @property {Uint8Array} bodyBytes
 * @property {{signer: Uint8Array, value: Uint8Array}[]} signatures
 * @property {Uint8Array} leaf its leaf hash
 */

const TWO_SIGNERS = new Set(['ballot', 'test', 'cast']);

/**
 * Decodes an entry, without index and leaf hash.
 * @param {Uint8Array} bytes
 * @throws {FormatError} if it does not decode or its kind is not known
 */
export function decodeEntry(bytes) {
  if (bytes.length > MAX_ENTRY) throw new FormatError('longer than 65,535 bytes');
  const [kind, bodyBytes, pairs] = ENTRY(decode(bytes), 'entry');
  if (!Object.hasOwn(BODIES, kind)) throw new FormatError(`unknown kind ${JSON.stringify(kind)}`);
  const expected = TWO_SIGNERS.has(kind) ? 2 : 1;
  if (pairs.length !== expected) throw new FormatError(`${kind}: ${pairs.length} signatures instead of ${expected}`);
  const body = BODIES[kind](decode(bodyBytes), kind);
  return { kind, body, bodyBytes, signatures: pairs.map(([signer, value]) => ({ signer, value })) };
}

/**
 * The key that must have signed an entry of a kind with one signer; null if its `trustee` is not 1..n.
 * @param {any} manifest
 * @param {Entry} entry
 * @returns {Uint8Array|null}
 */
export function signerOf(manifest, { kind, body }) {
  switch (kind) {
    case 'manifest':
      return body.authority;
    case 'ceremony':
    case 'open':
    case 'close':
    case 'result':
    case 'result-end':
      return manifest.authority;
    case 'roll':
    case 'roll-end':
    case 'audit':
    case 'audit-list':
      return manifest.registrar;
    case 'tick':
    case 'end':
    case 'totals':
    case 'totals-end':
      return manifest.board;
    default: // the kinds that name a trustee, which count from 1
      return body.trustee >= 1n && body.trustee <= BigInt(manifest.trustees.length)
        ? manifest.trustees[Number(body.trustee) - 1].signing
        : null;
  }
}

/** Whether signature i of an entry is by `key` and holds. @param {Uint8Array} E empty for the manifest */
export function signedBy(entry, i, key, E) {
  const { signer, value } = entry.signatures[i];
  return equal(signer, key) && verifySchnorr(key, signatureMessage(entry.kind, E, signer, entry.bodyBytes), value);
}
