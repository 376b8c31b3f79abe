// Checks the mathematics of one ballot, from the public record alone: signatures, proofs, receipt code, and the opening
// of a tested ballot. proof.js has shown before that ballot and decision are on the board, and gives what it found.
import { Unknown, Wrong, be64, concat, equal, must, utf8 } from "./bytes.js";
import { verifyBallot, verifyOpenings } from "./ballot.js";
import { receiptCode } from "./code.js";
import { leafHash } from "./entry.js";
import { findOpen, findVoter, ticksOver } from "./find.js";
import { verifySignature, verifySigned } from "./schnorr.js";
import { verifyProof } from "./sigma.js";
import { Steps, needs } from "./steps.js";
import { verifyEd25519 } from "./tlog.js";

export { receiptCode, verifyProof, verifySignature }; // for tests against vectors

/**
 * Runs all steps; never throws.
 * @param {import("./proof.js").Found} found
 * @param {(step: import("./steps.js").Step) => void} [report] is told each step when it is done
 */
export async function checkMaths(found, report = () => {}) {
  const { claim, record, E, manifest, ballot, decision } = found;
  const steps = new Steps(report);
  /** @type {Uint8Array | undefined} */
  let K;
  /** @type {{index: number, castKey: Uint8Array, unit: number} | undefined} */
  let voter;
  let open = 0;
  /** @type {any} */
  let tick;
  const at = /** @type {number} */ (claim.ballot);
  const hash = () => needs(E, "election");
  const sealed = () => needs(ballot, "ballot");

  await steps.run("key", async () => {
    sealed();
    open = await findOpen(record, at);
    const e = await record.entry(open);
    must(e.body.size === open, "open: made for another place");
    await verifySigned(e, hash(), 0, manifest.authority);
    await record.verifyIncluded(open);
    K = e.body.joint_key;
  });

  await steps.run("roll", async () => {
    needs(K, "key");
    const v = await findVoter(record, sealed().signatures[0][0], open, claim.roll);
    await verifySigned(await record.entry(v.index), hash(), 0, manifest.registrar);
    await record.verifyIncluded(v.index);
    voter = v;
  });

  await steps.run("ballot-signed", async () => {
    const e = sealed();
    await verifySigned(e, hash(), 0);
    must(manifest.booths.some((/** @type {Uint8Array} */ b) => equal(b, e.signatures[1][0])), "ballot: of no booth");
    await verifySigned(e, hash(), 1);
  });

  await steps.run("ballot-form", () => verifyBallot(manifest, hash(), needs(K, "key"), sealed(), voter?.unit ?? null));

  await steps.run("decision-signed", async () => {
    const e = needs(decision, "decision");
    const [[credential], [booth]] = sealed().signatures;
    await verifySigned(e, hash(), 1, booth);
    await verifySigned(e, hash(), 0);
    const signer = e.kind === "test" ? credential : needs(voter, "roll").castKey;
    must(equal(e.signatures[0][0], signer), `${e.kind}: of another voter`);
  });

  await steps.run("tick", async () => {
    tick = await codeTick(found);
  });

  await steps.run("code", async () => {
    const code = needs(claim.code, "a code");
    must((await receiptCode(hash(), await leafHash(sealed().raw), needs(tick, "tick"))) === code, "another receipt code");
  });

  if (decision?.kind === "test")
    await steps.run("opening", async () => {
      const opened = verifyOpenings(manifest, needs(K, "key"), sealed().body, decision.body);
      must(claim.opened === null || claim.opened === opened, "the ballot held something else than shown");
    });

  // The proofs of this check may have come with newer checkpoints.
  await steps.run("checkpoint", () => record.verifyCheckpoints(needs(manifest, "election").log));
  return { steps: steps.list };
}

/**
 * Finds the first valid tick that covers the ballot (section 8, without the root in (a), which needs the whole log, and
 * without the time of the tick before in (d)).
 * @param {import("./proof.js").Found} found
 */
async function codeTick({ claim, record, E, manifest, ballot }) {
  needs(ballot, "ballot");
  const hash = needs(E, "election");
  for await (const { index, tick } of ticksOver(record, /** @type {number} */ (claim.ballot))) {
    await record.verifyIncluded(index);
    try {
      await verifySigned(await record.entry(index), hash, 0, manifest.board);
      must(tick.size <= index, "tick: over more than there was");
      await verifyCosignatures(manifest, tick);
    } catch (e) {
      if (e instanceof Wrong) continue; // a void tick, which changes nothing
      throw e;
    }
    return tick;
  }
  throw new Unknown("no tick found");
}

/**
 * Rules (b) to (d) of section 8.
 * @param {any} manifest
 * @param {any} tick
 */
async function verifyCosignatures({ log, witnesses, quorum }, { time, size, root, cosignatures }) {
  must(cosignatures.length >= quorum, "tick: too few cosignatures");
  const text = `${log.origin}\n${size}\n${btoa(String.fromCharCode(...root))}\n`;
  let last = -1;
  for (const [witness, at, value] of cosignatures) {
    must(witness > last && witness < witnesses.length, "tick: no such witness, or out of order");
    last = witness;
    must(at < 2n ** 63n && at <= BigInt(time) + 5n && time <= BigInt(at) + 5n, "tick: cosigned at another time");
    await verifyEd25519(witnesses[witness].key, utf8(`cosignature/v1\ntime ${at}\n${text}`), value);
  }
}
