// Where on the board the entries stand that a ballot rests on: open, the roll chunk of its voter, and its code tick.
// Nothing found here is believed before maths.js has checked it.
import { Unknown, Wrong, equal, must } from "./bytes.js";
import { pieces } from "./group.js";

/** @typedef {import("./record.js").Record} Record */

const setup = /^(manifest|ceremony|dkg-.*|roll|roll-end)$/;
const maxChunks = 64; // of the roll that are searched where the page names none: 61,440 voters, 4 MB
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
 * Returns where on the roll a credential stands: in the chunk that the page names, or nowhere; where it names none, the
 * last chunks are searched.
 * @param {Record} record
 * @param {Uint8Array} credential
 * @param {number} open index of open, before which the roll stands
 * @param {number | null} named index of the chunk, as the page names it
 */
export async function findVoter(record, credential, open, named) {
  if (named !== null) {
    must(named > 0 && named < open, "roll: the page names a place where the roll is not");
    const e = await record.entry(named);
    must(e.kind === "roll", "roll: the page names an entry that is no chunk");
    const voter = voterIn(e, named, credential);
    must(voter, "roll: the credential is not in the chunk that the page names");
    return voter;
  }
  let chunks = 0;
  for (let index = open - 1; index > 0 && index >= open - maxEntries; index--) {
    const e = await record.entry(index);
    if (e.kind !== "roll") continue;
    const voter = voterIn(e, index, credential);
    if (voter) return voter;
    if (++chunks === maxChunks) throw new Unknown("roll: too long to be searched");
  }
  if (open > maxEntries + 1) throw new Unknown("roll: too far away");
  throw new Wrong("roll: the credential is not on it");
}

/**
 * Returns the voter with a credential if a chunk of the roll has one.
 * @param {import("./entry.js").Entry} e
 * @param {number} index of the chunk
 * @param {Uint8Array} credential
 */
function voterIn({ body: { voters } }, index, credential) {
  must(voters.length % 66 === 0, "roll: a malformed chunk");
  const voter = pieces(voters, 66).find((v) => equal(v.subarray(0, 32), credential));
  return voter && { index, castKey: voter.subarray(32, 64), unit: voter[64] * 256 + voter[65] };
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
