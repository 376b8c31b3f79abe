// The shapes of section 6, as functions: each takes a decoded CBOR value and the path to it, and gives the
// checked value as plain JavaScript (maps become objects) or throws a FormatError. The rules that a shape
// can not say (section 6, "Further rules of the manifest") are in manifest.mjs.

import { FormatError } from './cbor.mjs';
import { utf8 } from './bytes.mjs';

/** @typedef {(value: any, path: string) => any} Shape */

const fail = (path, what) => {
  throw new FormatError(`${path}: ${what}`);
};

const inRange = (count, min, max) => count >= min && count <= max;

/** @type {Shape} */
const uint = (value, path) => (typeof value === 'bigint' ? value : fail(path, 'not an integer'));
/** @type {Shape} */
const bool = (value, path) => (typeof value === 'boolean' ? value : fail(path, 'not true or false'));

/** A byte string of min to max bytes. */
const bytes = (min, max = min) => (value, path) => {
  if (!(value instanceof Uint8Array)) fail(path, 'not a byte string');
  return inRange(value.length, min, max) ? value : fail(path, `${value.length} bytes`);
};

/** A text of min to max bytes (`.size` counts bytes, section 5). */
const tstr = (min = 0, max = Infinity) => (value, path) => {
  if (typeof value !== 'string') fail(path, 'not a text');
  return inRange(utf8(value).length, min, max) ? value : fail(path, 'a text of a wrong length');
};

/** An array of min to max elements of one shape. */
const array = (min, max, item) => (value, path) => {
  if (!Array.isArray(value)) fail(path, 'not an array');
  if (!inRange(value.length, min, max)) fail(path, `${value.length} elements`);
  return value.map((element, i) => item(element, `${path}[${i}]`));
};

/** An array with one shape for each element. */
const tuple = (...shapes) => (value, path) => {
  if (!Array.isArray(value) || value.length !== shapes.length) fail(path, `not an array of ${shapes.length}`);
  return shapes.map((shape, i) => shape(value[i], `${path}[${i}]`));
};

/** A map with exactly the given keys. */
const map = (fields) => (value, path) => {
  if (!(value instanceof Map)) fail(path, 'not a map');
  for (const key of value.keys()) if (!Object.hasOwn(fields, key)) fail(path, `unknown key ${JSON.stringify(key)}`);
  return Object.fromEntries(
    Object.entries(fields).map(([key, shape]) => {
      if (!value.has(key)) fail(path, `no ${key}`);
      return [key, shape(value.get(key), `${path}.${key}`)];
    }),
  );
};

const version1 = (value, path) => (value === 1n ? 1 : fail(path, 'not version 1'));
const b32 = bytes(32);
const b64 = bytes(64);
const label = tstr(1, 40);

/** `text`: stays a Map, for its keys are the manifest's languages and not ours. */
const text = (value, path) => {
  if (!(value instanceof Map) || !inRange(value.size, 1, 8)) fail(path, 'not a map of 1 to 8 texts');
  for (const [language, words] of value) tstr(1, 200)(words, `${path}.${language}`);
  return value;
};

const contest = map({
  id: label, title: text, options: array(1, 200, map({ id: label, name: text })), limit: uint, units: array(1, 1000, uint),
});
const manifest = map({
  version: version1, title: text, languages: array(1, 8, tstr(1, 8)), rehearsal: bool,
  contests: array(1, 64, contest),
  units: array(1, 1000, map({ id: label, name: text, parent: uint })),
  minimum: uint,
  windows: array(1, 100, map({ from: uint, to: uint })),
  decision_seconds: uint, ceremony_seconds: uint,
  help_line: label, phone: label,
  log: map({ origin: tstr(1, 200), key: b32 }),
  authority: b32, registrar: b32, board: b32, booths: array(1, 64, b32), oprf_keys: array(1, 1, b32),
  trustees: array(1, 32, map({ name: tstr(1, 100), signing: b32, ceremony: b32 })),
  threshold: uint,
  witnesses: array(0, 32, map({ name: tstr(1, 200), key: b32 })),
  quorum: uint,
  software: array(0, 16, map({ name: tstr(1, 100), sha256: b32 })),
});

/** The body of every kind of entry. @type {Record<string, Shape>} */
export const BODIES = {
  manifest,
  ceremony: map({ attempt: uint, time: uint }),
  'dkg-commitment': map({ attempt: uint, trustee: uint, hash: b64 }),
  'dkg-message': map({ attempt: uint, trustee: uint, message: bytes(0, 60000) }),
  'dkg-complaint': map({ attempt: uint, trustee: uint, against: uint, evidence: bytes(0, 1000) }),
  'dkg-confirm': map({ attempt: uint, trustee: uint, signature: bytes(0, 200) }),
  roll: map({ chunk: uint, voters: bytes(66, 63360) }),
  'roll-end': map({ chunks: bytes(0, 64000), counts: array(1, 1000, uint) }),
  audit: map({ counts: array(1, 1000, uint), commitment: b64 }),
  open: map({ joint_key: b32, attempt: uint, voters: array(1, 1000, uint), size: uint, root: b32 }),
  tick: map({ time: uint, size: uint, root: b32, random: b32, cosignatures: array(0, 32, tuple(uint, uint, b64)) }),
  ballot: map({
    contests: array(1, 64, map({ contest: uint, ciphertexts: bytes(0, 65535), proof: bytes(0, 65535) })),
  }),
  cast: map({ ballot: uint, leaf: b32 }),
  test: map({
    ballot: uint, leaf: b32,
    openings: array(1, 64, map({ contest: uint, selected: array(0, 201, uint), nonces: bytes(0, 65535) })),
  }),
  close: map({ index: uint, root: b32 }),
  end: map({ close: uint }),
  totals: map({
    chunk: uint,
    parts: array(1, 2000, map({ contest: uint, units: array(1, 1000, uint), ballots: uint, sums: bytes(0, 65535) })),
  }),
  'totals-end': map({ end: uint, chunks: bytes(32, 64000) }),
  share: map({ trustee: uint, chunk: uint, points: bytes(32, 64000) }),
  'share-end': map({ trustee: uint, end: uint, root: b32, chunks: bytes(0, 60000), proof: bytes(128) }),
  result: map({
    chunk: uint,
    parts: array(1, 2000, map({
      contest: label, units: array(1, 1000, label), ballots: uint,
      options: array(0, 201, tuple(label, uint)), undervotes: uint,
    })),
  }),
  'result-end': map({ end: uint, trustees: array(0, 32, uint), chunks: bytes(32, 64000) }),
  'audit-list': map({ salt: b32, keys: bytes(0, 57600) }),
};

/** The three elements of an entry (section 5). */
export const ENTRY = tuple(tstr(), bytes(0, Infinity), array(1, 2, tuple(b32, b64)));
