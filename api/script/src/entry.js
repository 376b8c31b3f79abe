// Entries of the record and their schema: docs/SPEC.md, sections 3, 5 and 6. Only the kinds that a check meets have
// their bodies decoded.
import { H, Wrong, bigEndian, concat, lp, must, sha256, utf8, withCheckDigits } from "./bytes.js";
import { decode } from "./cbor.js";

/** The most bytes of an entry. */
export const maxEntry = 65535;

/** @typedef {(v: any) => boolean} Shape */

/** @type {Shape} */
const uint = (v) => typeof v === "number" || typeof v === "bigint";
/** @type {Shape} */
const bool = (v) => typeof v === "boolean";
/** @param {number} min @param {number} max @returns {Shape} */
const bytes = (min, max) => (v) => v instanceof Uint8Array && v.length >= min && v.length <= max;
/** @param {number} max @returns {Shape} */
const tstr = (max) => (v) => typeof v === "string" && v !== "" && utf8(v).length <= max;
/** @param {number} min @param {number} max @param {Shape} each @returns {Shape} */
const list = (min, max, each) => (v) => Array.isArray(v) && v.length >= min && v.length <= max && v.every(each);
/** @param {...Shape} each @returns {Shape} */
const tuple = (...each) => (v) => Array.isArray(v) && v.length === each.length && each.every((f, i) => f(v[i]));
/** @type {(v: any) => boolean} */
const isMap = (v) => typeof v === "object" && Object.getPrototypeOf(v) === null;
/** @param {Record<string, Shape>} fields @returns {Shape} */
const map = (fields) => (v) =>
  isMap(v) && Object.keys(v).length === Object.keys(fields).length && Object.keys(fields).every((k) => k in v && fields[k](v[k]));
/** @type {Shape} */
const text = (v) => isMap(v) && Object.keys(v).length >= 1 && Object.keys(v).length <= 8 && Object.values(v).every(tstr(200));

const b32 = bytes(32, 32);
const b64 = bytes(64, 64);
const label = tstr(40);
const large = bytes(0, maxEntry);

/** @type {Record<string, Shape>} */
const bodies = {
  manifest: map({
    version: (v) => v === 1, title: text, languages: list(1, 8, tstr(8)), rehearsal: bool,
    contests: list(1, 64, map({ id: label, title: text, options: list(1, 200, map({ id: label, name: text })), limit: uint, units: list(1, 1000, uint) })),
    units: list(1, 1000, map({ id: label, name: text, parent: uint })), minimum: uint,
    windows: list(1, 100, map({ from: uint, to: uint })), decision_seconds: uint, ceremony_seconds: uint, help_line: label, phone: label,
    log: map({ origin: tstr(200), key: b32 }), authority: b32, registrar: b32, board: b32, booths: list(1, 64, b32), oprf_keys: list(1, 1, b32),
    trustees: list(1, 32, map({ name: tstr(100), signing: b32, ceremony: b32 })), threshold: uint,
    witnesses: list(0, 32, map({ name: tstr(200), key: b32 })), quorum: uint, software: list(0, 16, map({ name: tstr(100), sha256: b32 })),
  }),
  roll: map({ chunk: uint, voters: bytes(66, 63360) }),
  open: map({ joint_key: b32, attempt: uint, voters: list(1, 1000, uint), size: uint, root: b32 }),
  tick: map({ time: uint, size: uint, root: b32, random: b32, cosignatures: list(0, 32, tuple(uint, uint, b64)) }),
  ballot: map({ contests: list(1, 64, map({ contest: uint, ciphertexts: large, proof: large })) }),
  cast: map({ ballot: uint, leaf: b32 }),
  test: map({ ballot: uint, leaf: b32, openings: list(1, 64, map({ contest: uint, selected: list(0, 201, uint), nonces: large })) }),
};

const envelope = tuple(tstr(32), large, list(1, 2, tuple(b32, b64)));

/** How many signatures a kind has. @param {string} kind */
const signers = (kind) => (["ballot", "test", "cast"].includes(kind) ? 2 : 1);

/**
 * A decoded entry. `body` is null for a kind that no check reads.
 * @typedef {{kind: string, body: any, bodyBytes: Uint8Array, signatures: [Uint8Array, Uint8Array][], raw: Uint8Array}} Entry
 */

/**
 * Decodes an entry; throws Wrong on what section 5 refuses.
 * @param {Uint8Array} raw
 * @returns {Entry}
 */
export function decodeEntry(raw) {
  must(raw.length <= maxEntry, "entry: too large");
  const outer = decode(raw);
  must(envelope(outer), "entry: not [kind, body, signatures]");
  const [kind, bodyBytes, signatures] = outer;
  must(signatures.length === signers(kind), "entry: number of signatures");
  const shape = Object.hasOwn(bodies, kind) ? bodies[kind] : null;
  const body = shape && decode(bodyBytes);
  must(!shape || shape(body), `${kind}: not by its schema`);
  return { kind, body, bodyBytes, signatures, raw };
}

/** The leaf hash: SHA-256(0x00 || entry). @param {Uint8Array} raw */
export const leafHash = (raw) => sha256(new Uint8Array(1), raw);

/**
 * What signature number i of an entry covers (section 5).
 * @param {Entry} e
 * @param {Uint8Array} E the election hash
 * @param {number} i
 */
export const signedMessage = async (e, E, i) =>
  concat(lp(utf8("rollcall/v1/" + e.kind)), lp(E), lp(e.signatures[i][0]), lp(await sha256(e.bodyBytes)));

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The election id of an election hash (section 3). @param {Uint8Array} E */
export function electionId(E) {
  const v = bigEndian(E) >> 382n; // the first 130 bits of 512
  let id = (crockford + "*~$=U")[Number(v % 37n)];
  for (let i = 0n; i < 26n; i++) id = crockford[Number((v >> (5n * i)) & 31n)] + id;
  return id;
}

/** An id as it is shown or typed, in the form that electionId gives. @param {string} typed */
export function readElectionId(typed) {
  const id = typed.replace(/[ -]/g, "").toUpperCase();
  if (id.length !== 27) throw new Wrong("not an election id");
  return id.slice(0, 26).replace(/O/g, "0").replace(/[IL]/g, "1") + id[26];
}

/** The ballot number of a credential (section 9). @param {Uint8Array} E @param {Uint8Array} credential */
export async function ballotNumber(E, credential) {
  const hash = await H("rollcall/v1/ballot-number", E, credential);
  return withCheckDigits(bigEndian(hash.subarray(0, 8)) % 10n ** 10n, 10);
}
