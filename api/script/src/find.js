// Where on the board the entries stand that a ballot rests on: open, the roll chunk of its voter, and its code tick.
// Nothing found here is believed before maths.js has checked it.
import { Unknown, Wrong, equal, must } from "./bytes.js";
import { pieces } from "./group.js";

/** @typedef {import("./record.js").Record} Record */

const setup = /^(manifest|ceremony|dkg-.*|roll|roll-end)$/;
const maxChunks = 64; // of the roll that are searched: 61,440 voters, 4 MB
const maxEntries = 1000; // that are read to find one
const ahead = 8; // entries that are asked for at the same time

/**
 * Returns the index of open, which divides the entries of setup from all others.
 * @param {Record} record
 * @param {number} ballot an index after it
 */
export async function findOpen(record, ballot) {
  let from = 1;
  let to = ballot;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const { kind } = await record.entry(middle);
    if (kind === "open") return middle;
    if (setup.test(kind)) from = middle + 1;
    else to = middle;
  }
  throw new Unknown("open not found");
}

/**
 * Returns where on the roll a credential stands.
 * @param {Record} record
 * @param {Uint8Array} credential
 * @param {number} open index of open, before which the roll stands
 * @param {number | null} at index of the chunk, where it is known
 */
export async function findVoter(record, credential, open, at) {
  let chunks = 0;
  const last = at ?? Math.max(open - maxEntries, 1);
  for (let index = at ?? open - 1; index >= last; index--) {
    const { kind, body } = await record.entry(index);
    if (kind === "roll") {
      must(index < open && body.voters.length % 66 === 0, "roll: a malformed chunk");
      const voter = pieces(body.voters, 66).find((v) => equal(v.subarray(0, 32), credential));
      if (voter) return { index, castKey: voter.subarray(32, 64), unit: voter[64] * 256 + voter[65] };
      if (++chunks === maxChunks) throw new Unknown("roll: too long to be searched");
    }
  }
  if (last > 1 && at === null) throw new Unknown("roll: too far away");
  throw new Wrong("roll: the credential is not on it");
}

/**
 * Yields the ticks after a ballot that cover it, in order, with their indexes.
 * @param {Record} record
 * @param {number} ballot
 */
export async function* ticksOver(record, ballot) {
  for (let i = ballot + 1; i <= ballot + maxEntries; i++) {
    // The board may end before those that are asked for ahead.
    for (let j = i + 1; j < i + ahead; j++) record.entry(j).catch(() => {});
    const { kind, body } = await record.entry(i);
    if (kind === "tick" && body.size > ballot) yield { index: i, tick: body };
  }
}
