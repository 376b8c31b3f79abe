// Runs functions of the scripts for tests: a request a line, an answer a line. Bytes are hexadecimal. What is served is
// tested from dist; what dist does not export, from src.
import { createInterface } from "node:readline";
import { checkProof } from "../dist/proof.js";
import { checkMaths, receiptCode, verifyProof, verifySignature } from "../dist/maths.js";
import { ballotNumber, decodeEntry, electionId, leafHash, readElectionId, signedMessage } from "../src/entry.js";
import { readClaim, verdict } from "../src/page.js";
import { parseProof, verifyCheckpoint, verifyEd25519, verifyInclusion } from "../src/tlog.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

const functions = {
  // Both checks over one claim: what each step said, in order. `without` takes something from WebCrypto that a browser
  // may not have.
  async check(base, data, without) {
    const { subtle } = crypto;
    const put = (value) => Object.defineProperty(crypto, "subtle", { value, configurable: true });
    if (without === "everything") put(undefined);
    if (without === "Ed25519")
      put({
        digest: (...a) => subtle.digest(...a),
        importKey: () => Promise.reject(new DOMException("Unrecognized name", "NotSupportedError")),
      });
    try {
      const told = [];
      const report = (step) => told.push(step);
      const proof = await checkProof(base, readClaim(data), report);
      const maths = await checkMaths(proof.found, report);
      if (JSON.stringify(told) !== JSON.stringify([...proof.steps, ...maths.steps])) throw new Error("steps told are not those returned");
      return told;
    } finally {
      put(subtle);
    }
  },

  decodeEntry(raw) {
    const { kind, body } = decodeEntry(bytes(raw));
    return { kind, read: body !== null };
  },
  async leafHash(raw) {
    return hex(await leafHash(bytes(raw)));
  },
  electionId: (E) => electionId(bytes(E)),
  readElectionId,
  ballotNumber: (E, V) => ballotNumber(bytes(E), bytes(V)),
  async signedMessage(raw, E, i) {
    return hex(await signedMessage(decodeEntry(bytes(raw)), bytes(E), i));
  },
  verifySignature: (key, message, value) => verifySignature(bytes(key), bytes(message), bytes(value)),
  verifyEd25519: (key, message, value) => verifyEd25519(bytes(key), bytes(message), bytes(value)),
  async verifyLogProof(text, leaf, origin, key) {
    const { index, path, checkpoint } = parseProof(bytes(text));
    await verifyCheckpoint(checkpoint, { origin, key: bytes(key) });
    await verifyInclusion(bytes(leaf), index, checkpoint.size, path, checkpoint.root);
    return String(index);
  },
  verifyProof: (st, proof) =>
    verifyProof(
      { ...st, E: bytes(st.election_hash), K: bytes(st.joint_key), V: bytes(st.credential), ciphertexts: bytes(st.ciphertexts) },
      bytes(proof),
    ),
  receiptCode: (E, leaf, { size, root, random, cosignatures }) =>
    receiptCode(bytes(E), bytes(leaf), {
      size, root: bytes(root), random: bytes(random),
      cosignatures: (cosignatures ?? []).map((c) => [c.witness, c.time, bytes(c.value)]),
    }),
  verdict: (...outcomes) => verdict(outcomes.map((ok) => ({ id: "", ok, detail: "" }))),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  const answer = {};
  try {
    answer.value = (await functions[name](...args)) ?? null;
  } catch (e) {
    answer.error = e.message || "thrown";
    answer.unknown = Boolean(e.unknown);
    // The classes of maths.js are its own: what is no error of the language's is one of them.
    answer.fault = [Error, TypeError, RangeError, SyntaxError, ReferenceError].includes(e.constructor);
  }
  console.log(JSON.stringify(answer));
}
