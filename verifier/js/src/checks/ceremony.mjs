// The key ceremony (SPEC section 13; V02 and V03): collects its entries, and when open names an attempt,
// judges that attempt and gives its joint key and verification shares.

import { sha512 } from '@noble/hashes/sha2.js';
import { H } from '../transcript.mjs';
import { IDENTITY, combine, decodeElement, scalarFromHash, schnorrHolds } from '../group.mjs';
import { be64, concat, equal, hex, le32, le64, readBigEndian, split, utf8 } from '../bytes.mjs';

const SUITE = utf8('COCKTAIL(Ristretto255, SHA-512)');
const H7 = utf8('COCKTAIL-DKG-Ristretto255-SHA512-H7');
const MAX_CIPHERTEXT = 65536n;

/** The challenge of a signature of the ceremony: hash H7 of the suite. @param {...Uint8Array} parts */
const challenge = (...parts) => scalarFromHash(sha512(concat(H7, ...parts)));

export class Ceremony {
  /** @param {any} manifest @param {Uint8Array} E @param {import('../report.mjs').Report} report */
  constructor(manifest, E, report) {
    this.manifest = manifest;
    this.E = E;
    this.report = report;
    /** attempts[a - 1]: the entries of attempt a, by kind and trustee */
    this.attempts = [];
  }

  /** ceremony: attempts are 1, 2, 3, ... in order (section 7). */
  start({ index, body }) {
    if (body.attempt !== BigInt(this.attempts.length + 1)) {
      this.report.fault('V02', `entry ${index}: ceremony attempt ${body.attempt} is not the next one`);
      return;
    }
    this.attempts.push({
      'dkg-commitment': new Map(), 'dkg-message': new Map(), 'dkg-confirm': new Map(), complaints: 0, order: true,
    });
  }

  /** A dkg entry: of an attempt that was started, and but for complaints one of its kind for each trustee. */
  add({ index, kind, body }) {
    const attempt = this.attempts[Number(body.attempt) - 1];
    if (attempt === undefined) {
      this.report.fault('V02', `entry ${index}: ${kind} of an attempt that was not started`);
      return;
    }
    if (kind === 'dkg-complaint') {
      attempt.complaints++;
      return;
    }
    const trustee = Number(body.trustee);
    if (attempt[kind].has(trustee)) {
      this.report.fault('V02', `entry ${index}: a second ${kind} of trustee ${trustee}`);
      return;
    }
    // Whoever commits after a message was shown could choose last.
    if (kind === 'dkg-commitment' && attempt['dkg-message'].size > 0) attempt.order = false;
    attempt[kind].set(trustee, body);
  }

  /**
   * Judges the attempt that open names.
   * @param {bigint} number
   * @returns {{joint: import('../group.mjs').Point, shares: import('../group.mjs').Point[]}|null}
   *   the joint key Y and the verification shares Y_1 .. Y_n, or null after a fault
   */
  complete(number) {
    const attempt = this.attempts[Number(number) - 1];
    const fault = (check, what) => {
      this.report.fault(check, `attempt ${number} of the key ceremony: ${what}`);
      return null;
    };
    if (attempt === undefined) return fault('V02', 'was not started');
    const n = this.manifest.trustees.length;
    const trustees = Array.from({ length: n }, (_, i) => i + 1);
    for (const kind of ['dkg-commitment', 'dkg-message']) {
      if (attempt[kind].size !== n) return fault('V02', `a ${kind} is missing`);
    }
    if (attempt.complaints > 0) return fault('V02', 'there is a complaint');
    if (!attempt.order) return fault('V02', 'a commitment after a message');

    const session = concat(this.E, be64(number));
    const context = this.context(session);
    const messages = [];
    for (const trustee of trustees) {
      const { message } = attempt['dkg-message'].get(trustee);
      const hash = H('rollcall/v1/dkg/commitment', session, trustee, message);
      if (!equal(hash, attempt['dkg-commitment'].get(trustee).hash)) return fault('V02', `the message of trustee ${trustee} is not the one committed to`);
      const parsed = this.parseMessage(message);
      if (parsed === null) return fault('V02', `the message of trustee ${trustee} is malformed`);
      const { coefficients, bytes, signature, ephemeral } = parsed;
      const c = challenge(signature.subarray(0, 32), bytes.subarray(0, 32), context, bytes, ephemeral);
      if (!schnorrHolds(coefficients[0], signature, c)) return fault('V02', `the proof of possession of trustee ${trustee} does not hold`);
      messages.push(parsed);
    }
    for (const values of [messages.map((m) => hex(m.bytes.subarray(0, 32))), messages.map((m) => hex(m.ephemeral))]) {
      if (new Set(values).size !== n) return fault('V02', 'two trustees with one C_0 or one E');
    }
    const { joint, shares } = this.keys(messages);
    if ([joint, ...shares].some((point) => point.is0())) return fault('V02', 'a key that is the identity');

    const T = this.transcript(context, messages);
    for (const trustee of trustees) {
      const confirmation = attempt['dkg-confirm'].get(trustee);
      if (confirmation === undefined) return fault('V03', `trustee ${trustee} has not confirmed`);
      const key = this.manifest.trustees[trustee - 1].ceremony;
      const c = challenge(confirmation.signature.subarray(0, 32), key, T);
      if (!schnorrHolds(decodeElement(key), confirmation.signature, c)) return fault('V03', `the confirmation of trustee ${trustee} does not hold`);
    }
    return { joint, shares };
  }

  /** The context of the ceremony: 64 bytes. @param {Uint8Array} session */
  context(session) {
    const keys = this.manifest.trustees.map((trustee) => trustee.ceremony);
    const fields = [be64(session.length), session, be64(SUITE.length), SUITE, le32(keys.length), ...keys];
    return sha512(concat(utf8('COCKTAIL-DKG-CONTEXT'), ...fields));
  }

  /** Takes a dkg-message apart; null if it is malformed. @param {Uint8Array} message */
  parseMessage(message) {
    const [n, t] = [this.manifest.trustees.length, Number(this.manifest.threshold)];
    const fixed = 32 * t + 64 + 32;
    if (message.length < fixed) return null;
    const bytes = message.subarray(0, 32 * t);
    const signature = message.subarray(32 * t, 32 * t + 64);
    const ephemeral = message.subarray(32 * t + 64, fixed);
    const framed = message.subarray(fixed);
    const coefficients = split(bytes, 32).map(decodeElement);
    if (coefficients.includes(null) || decodeElement(ephemeral) === null) return null;
    let at = 0;
    for (let i = 0; i < n; i++) {
      if (framed.length - at < 8) return null;
      const length = readBigEndian(framed.subarray(at, at + 8));
      if (length < 48n || length > MAX_CIPHERTEXT) return null;
      at += 8 + Number(length);
    }
    return at === framed.length ? { bytes, coefficients, signature, ephemeral, framed } : null;
  }

  /** Y and Y_1 .. Y_n from the coefficients of all trustees. */
  keys(messages) {
    const t = Number(this.manifest.threshold);
    const sums = Array.from({ length: t }, (_, k) =>
      messages.reduce((sum, message) => sum.add(message.coefficients[k]), IDENTITY),
    );
    const shares = messages.map((_, j) => combine(sums.map((sum, k) => [BigInt(j + 1) ** BigInt(k), sum])));
    return { joint: sums[0], shares };
  }

  /** The transcript T that every trustee signs. */
  transcript(context, messages) {
    const [n, t] = [messages.length, Number(this.manifest.threshold)];
    const extension = H('rollcall/v1/dkg/ciphertexts', n, ...messages.map((message) => message.framed));
    return concat(
      le64(SUITE.length), SUITE, le64(context.length), context, le32(n), le32(t),
      ...this.manifest.trustees.map((trustee) => trustee.ceremony),
      ...messages.map((message) => message.bytes),
      ...messages.map((message) => message.signature),
      ...messages.map((message) => message.ephemeral),
      le64(extension.length), extension,
    );
  }
}
