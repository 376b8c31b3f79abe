// The public record over HTTP: entries and their proofs, each fetched once, with bounds on what is read.
import { Unknown, Wrong, concat, equal, must } from "./bytes.js";
import { decodeEntry, leafHash, maxEntry } from "./entry.js";
import { maxProof, parseProof, verifyCheckpoint, verifyInclusion } from "./tlog.js";

const timeout = 30_000; // milliseconds, of one request with its body
const retries = 5; // when the server says that there were too many requests

/**
 * Fetches at most `max` bytes. Throws Wrong on more, Unknown where nothing came.
 * @param {string} url
 * @param {number} max
 */
async function get(url, max) {
  try {
    for (let tries = 0; ; tries++) {
      const signal = AbortSignal.timeout(timeout);
      const response = await fetch(url, { redirect: "error", credentials: "omit", referrerPolicy: "no-referrer", signal });
      if (response.ok) return await read(response, max);
      await response.body?.cancel();
      if (response.status !== 429 || tries === retries) throw new Unknown(`HTTP ${response.status}`);
      const seconds = Number(response.headers.get("Retry-After")) || 1;
      await new Promise((done) => setTimeout(done, 1000 * Math.min(Math.max(seconds, 1), 10)));
    }
  } catch (e) {
    if (e instanceof Wrong || e instanceof Unknown) throw e;
    throw new Unknown("not fetched");
  }
}

/** @param {Response} response @param {number} max */
async function read(response, max) {
  const parts = [];
  let size = 0;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    const part = /** @type {Uint8Array} */ (value);
    size += part.length;
    if (size > max) {
      await reader.cancel();
      throw new Wrong("answer too large");
    }
    parts.push(part);
  }
  return concat(...parts);
}

/** @typedef {import("./entry.js").Entry} Entry */
/** @typedef {import("./tlog.js").Checkpoint} Checkpoint */

/** The record of one server. */
export class Record {
  /** The checkpoints of all proofs so far, by their whole text. @type {Map<string, Checkpoint>} */
  checkpoints = new Map();
  /** @type {Map<number, Promise<Entry>>} */
  #entries = new Map();

  /** @param {string} base where the server is, without a slash at the end */
  constructor(base) {
    this.base = base;
  }

  /** The bytes of an entry. @param {number} index */
  raw(index) {
    return get(`${this.base}/api/v1/entries/${index}`, maxEntry);
  }

  /** An entry, decoded. @param {number} index @returns {Promise<Entry>} */
  entry(index) {
    let e = this.#entries.get(index);
    if (!e) this.#entries.set(index, (e = this.raw(index).then(decodeEntry)));
    return e;
  }

  /**
   * Checks that an entry is in the log, under a checkpoint that is kept to be checked.
   * @param {number} index
   */
  async verifyIncluded(index) {
    const { raw } = await this.entry(index);
    const proof = parseProof(await get(`${this.base}/api/v1/proofs/${index}`, maxProof));
    must(proof.index === BigInt(index), "proof: of another entry");
    const c = proof.checkpoint;
    await verifyInclusion(await leafHash(raw), proof.index, c.size, proof.path, c.root);
    for (const other of this.checkpoints.values())
      must(other.size !== c.size || equal(other.root, c.root), "proof: two roots for one size");
    this.checkpoints.set(c.note, c);
  }

  /**
   * Checks that the log signed every checkpoint that a proof came with.
   * @param {{origin: string, key: Uint8Array}} log
   */
  async verifyCheckpoints(log) {
    if (!this.checkpoints.size) throw new Unknown("needs a proof");
    for (const c of this.checkpoints.values()) await verifyCheckpoint(c, log);
  }
}
