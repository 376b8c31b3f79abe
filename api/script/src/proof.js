// Proves to a voter, from the public record alone, that a ballot and its decision are in the log of the election whose
// id the voter has. Needs nothing but WebCrypto. What the mathematics of the ballot say is maths.js's business.
import { equal, must, sha512 } from "./bytes.js";
import { ballotNumber, decodeEntry, electionId, leafHash, readElectionId } from "./entry.js";
import { start } from "./page.js";
import { Record } from "./record.js";
import { Steps, needs } from "./steps.js";

/**
 * What the page claims of a ballot. Null is for what it does not say.
 * @typedef {object} Claim
 * @property {string} election the election id, as shown
 * @property {number | null} ballot index of the ballot
 * @property {string | null} number its ballot number, 12 digits
 * @property {number | null} decision index of its decision
 * @property {string | null} kind of the decision: "cast" or "test"
 * @property {string | null} code its receipt code, 16 digits
 * @property {number | null} roll index of the roll chunk that the voter is in; without it the roll is searched
 * @property {string | null} opened what a tested ballot held, as "contest:option,option contest:option", by positions
 */

/**
 * What was found on the way, for maths.js; a field is missing where its step could not be made.
 * @typedef {object} Found
 * @property {Claim} claim
 * @property {Record} record
 * @property {Uint8Array} [E] the election hash
 * @property {any} [manifest] its body
 * @property {import("./entry.js").Entry} [ballot]
 * @property {import("./entry.js").Entry} [decision]
 */

/**
 * Runs all steps; never throws.
 * @param {string} base where the server is, without a slash at the end
 * @param {Claim} claim
 * @param {(step: import("./steps.js").Step) => void} [report] is told each step when it is done
 */
export async function checkProof(base, claim, report = () => {}) {
  const record = new Record(base);
  /** @type {Found} */
  const found = { claim, record };
  const steps = new Steps(report);

  await steps.run("election", async () => {
    const raw = await record.raw(0);
    const hash = await sha512(raw);
    must(electionId(hash) === readElectionId(claim.election), "entry 0 is of another election");
    const { kind, body } = decodeEntry(raw);
    must(kind === "manifest", "entry 0 is no manifest");
    found.E = hash;
    found.manifest = body;
  });

  await steps.run("ballot", async () => {
    const E = needs(found.E, "election");
    const e = await record.entry(needs(claim.ballot, "an index"));
    must(e.kind === "ballot", "the entry is no ballot");
    found.ballot = e;
    must((await ballotNumber(E, e.signatures[0][0])) === needs(claim.number, "a ballot number"), "of another ballot number");
  });

  await steps.run("ballot-record", () => {
    needs(found.ballot, "ballot");
    return record.verifyIncluded(/** @type {number} */ (claim.ballot));
  });

  await steps.run("decision", async () => {
    const ballot = needs(found.ballot, "ballot");
    const index = needs(claim.decision, "a decision");
    const e = await record.entry(index);
    must(e.kind === "cast" || e.kind === "test", "the entry is no decision");
    found.decision = e;
    must(e.kind === needs(claim.kind, "a kind"), "the entry is another decision than shown");
    must(e.body.ballot === claim.ballot && e.body.ballot < index, "of another ballot");
    must(equal(e.body.leaf, await leafHash(ballot.raw)), "of a ballot with another leaf hash");
  });

  await steps.run("decision-record", () => {
    needs(found.decision, "decision");
    return record.verifyIncluded(/** @type {number} */ (claim.decision));
  });

  await steps.run("checkpoint", () => record.verifyCheckpoints(needs(found.manifest, "election").log));
  return { steps: steps.list, found };
}

if (typeof document !== "undefined") start(document, checkProof);
