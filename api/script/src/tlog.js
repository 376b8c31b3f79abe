// The log's proofs: c2sp.org/tlog-proof@v1, RFC 6962 paths, and the log's signature under a checkpoint
// (c2sp.org/signed-note), as docs/SPEC.md, section 15, has them.
import { Unknown, Wrong, equal, fromBase64, littleEndian, must, sha256, utf8 } from "./bytes.js";

/** The most bytes of a proof: a checkpoint, and 64 hashes in base64. */
export const maxProof = (64 << 10) + 4096;

/**
 * The tree head that a checkpoint claims, the note that says so, and its signatures: key name, key id and value.
 * @typedef {object} Checkpoint
 * @property {string} origin
 * @property {bigint} size
 * @property {Uint8Array} root
 * @property {string} text what is signed
 * @property {string} note all of it
 * @property {{name: string, id: Uint8Array, value: Uint8Array}[]} signatures
 */

/**
 * Reads a proof; throws Wrong on anything but its one form, without extra data.
 * @param {Uint8Array} bytes
 * @returns {{index: bigint, path: Uint8Array[], checkpoint: Checkpoint}}
 */
export function parseProof(bytes) {
  const text = decodeText(bytes);
  const end = text.indexOf("\n\n");
  must(end >= 0, "proof: no checkpoint");
  const [header, index, ...hashes] = text.slice(0, end).split("\n");
  must(header === "c2sp.org/tlog-proof@v1", "proof: header");
  must(index?.startsWith("index "), "proof: no index");
  must(hashes.length <= 64, "proof: too many hashes");
  const path = hashes.map(fromBase64);
  must(path.every((h) => h.length === 32), "proof: hash of another length");
  return { index: decimal(index.slice(6)), path, checkpoint: parseCheckpoint(text.slice(end + 2)) };
}

/** @param {string} note @returns {Checkpoint} */
function parseCheckpoint(note) {
  const end = note.indexOf("\n\n");
  must(end >= 0 && note.endsWith("\n") && !/[\0-\x09\x0b-\x1f]/.test(note), "checkpoint: not a signed note");
  const text = note.slice(0, end + 1);
  const [origin, size, root, last, ...more] = text.split("\n");
  must(last === "" && !more.length, "checkpoint: not of three lines");
  const hash = fromBase64(root);
  must(hash.length === 32, "checkpoint: root of another length");
  const lines = note.slice(end + 2, -1).split("\n");
  must(lines.length <= 100, "checkpoint: too many signatures");
  return { origin, size: decimal(size), root: hash, text, note, signatures: lines.map(parseSignature) };
}

/** @param {string} line */
function parseSignature(line) {
  const [dash, name, value, ...more] = line.split(" ");
  must(dash === "—" && isName(name) && value && !more.length, "checkpoint: malformed signature line");
  const signature = fromBase64(value);
  must(signature.length > 4, "checkpoint: a signature too short");
  return { name, id: signature.subarray(0, 4), value: signature.subarray(4) };
}

/** Whether a text can name a key (c2sp.org/signed-note). @param {string | undefined} name */
const isName = (name) => !!name && !/[\p{White_Space}+]/u.test(name);

/** @param {Uint8Array} bytes */
function decodeText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong("proof: not UTF-8");
  }
}

/** @param {string} digits */
function decimal(digits) {
  must(/^(0|[1-9]\d{0,19})$/.test(digits), "not a decimal number");
  const n = BigInt(digits);
  must(n < 1n << 64n, "number over 64 bits");
  return n;
}

/**
 * Checks the path from a leaf hash to the root (RFC 9162, section 2.1.3.2, for the tree of RFC 6962).
 * @param {Uint8Array} leaf
 * @param {bigint} index
 * @param {bigint} size
 * @param {Uint8Array[]} path
 * @param {Uint8Array} root
 */
export async function verifyInclusion(leaf, index, size, path, root) {
  must(index < size, "proof: the checkpoint does not cover the entry");
  let node = leaf;
  let at = index;
  let last = size - 1n;
  for (const sibling of path) {
    must(last > 0n, "proof: path too long");
    if (at & 1n || at === last) {
      node = await sha256(Uint8Array.of(1), sibling, node);
      while (!(at & 1n) && at > 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      node = await sha256(Uint8Array.of(1), node, sibling);
    }
    at >>= 1n;
    last >>= 1n;
  }
  must(last === 0n, "proof: path too short");
  must(equal(node, root), "proof: the path does not lead to the root");
}

/**
 * Checks that the log of the manifest signed the checkpoint: the first line with its name and key id counts.
 * @param {Checkpoint} c
 * @param {{origin: string, key: Uint8Array}} log
 */
export async function verifyCheckpoint({ origin, text, signatures }, log) {
  must(isName(log.origin) && origin === log.origin, "checkpoint: of another log");
  const id = (await sha256(utf8(origin + "\n"), Uint8Array.of(1), log.key)).subarray(0, 4);
  const ours = signatures.find((s) => s.name === origin && equal(s.id, id));
  if (!ours) throw new Wrong("checkpoint: no signature of the log");
  await verifyEd25519(log.key, utf8(text), ours.value);
}

/** What S of a signature must be below: the order of the group. */
const order = (1n << 252n) + 27742317777372353535851937790883648493n;

/**
 * Checks an Ed25519 signature; throws Unknown where the browser has no Ed25519.
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 */
export async function verifyEd25519(key, message, signature) {
  must(signature.length === 64 && littleEndian(signature.subarray(32)) < order, "Ed25519: malformed signature");
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch (e) {
    // DataError: the key is none. Anything else: this browser does not know the algorithm.
    if (/** @type {Error} */ (e).name === "DataError") throw new Wrong("Ed25519: not a key");
    throw new Unknown("no Ed25519 in this browser");
  }
  must(await crypto.subtle.verify("Ed25519", imported, signature, message), "Ed25519: the signature does not hold");
}
