// Schnorr signatures of entries: docs/SPEC.md, sections 4 and 5.
import { equal, littleEndian, must, sha512, utf8 } from "./bytes.js";
import { signedMessage } from "./entry.js";
import { G, order, point, scalar, times } from "./group.js";

/**
 * Checks signature R || z over a message.
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature 64 bytes
 */
export async function verifySignature(key, message, signature) {
  const P = point(key);
  const R = point(signature.subarray(0, 32));
  const z = scalar(signature.subarray(32));
  const hash = await sha512(utf8("FROST-RISTRETTO255-SHA512-v1chal"), signature.subarray(0, 32), key, message);
  const c = littleEndian(hash) % order;
  must(times(G, z).equals(R.add(times(P, c))), "a signature does not hold");
}

/**
 * Checks that signature i of an entry holds and, where a signer is given, that it is that signer's.
 * @param {import("./entry.js").Entry} e
 * @param {Uint8Array} E the election hash
 * @param {number} i
 * @param {Uint8Array} [signer]
 */
export async function verifySigned(e, E, i, signer) {
  const [key, value] = e.signatures[i];
  must(!signer || equal(key, signer), `${e.kind}: signer ${i} is another`);
  await verifySignature(key, await signedMessage(e, E, i), value);
}
