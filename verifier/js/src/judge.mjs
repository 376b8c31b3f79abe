// The judge goes through the entries of a record in index order, each on the state that earlier ones have
// made (SPEC section 7): it keeps the phase, checks the signers of section 5, sends each entry to the room
// that knows its kind, and in the end draws what needs the whole record. It reads no files.

import { FormatError } from './cbor.mjs';
import { decodeEntry, signedBy, signerOf } from './entries.mjs';
import { electionHash, electionId, receiptCode } from './transcript.mjs';
import { manifestProblem } from './manifest.mjs';
import { decodePoint, decodeElement } from './group.mjs';
import { Tree, leafHash } from './tree.mjs';
import { Ceremony } from './checks/ceremony.mjs';
import { Roll } from './checks/roll.mjs';
import { Audit } from './checks/audit.mjs';
import { Clock } from './checks/ticks.mjs';
import { Ballots } from './checks/ballots.mjs';
import { Decisions } from './checks/decisions.mjs';
import { Totals } from './checks/totals.mjs';
import { Shares } from './checks/shares.mjs';
import { Result } from './checks/result.mjs';
import { equal, hex } from './bytes.mjs';

/** The kinds of each phase (section 7). */
const PHASES = {
  setup: ['ceremony', 'dkg-commitment', 'dkg-message', 'dkg-complaint', 'dkg-confirm', 'roll', 'roll-end', 'audit', 'open'],
  open: ['tick', 'ballot', 'cast', 'test', 'close'],
  closing: ['tick', 'cast', 'test', 'end'],
  ended: ['totals', 'totals-end', 'share', 'share-end', 'result', 'result-end', 'audit-list'],
};

/** The kinds that are void where others are a fault (section 7). */
const VOID_KINDS = new Set(['ballot', 'cast', 'test', 'tick', 'end', 'share', 'share-end']);

export class Judge {
  /**
   * @param {import('./report.mjs').Report} report
   * @param {object} [options]
   * @param {string|null} [options.election] the election id that was given
   * @param {typeof receiptCode} [options.codeOf] how receipt codes are made; tests make two alike
   */
  constructor(report, { election = null, codeOf = receiptCode } = {}) {
    this.report = report;
    this.election = election;
    this.codeOf = codeOf;
    this.tree = new Tree();
    /** The manifest, when entry 0 is one by all rules. */
    this.manifest = null;
    this.phase = 'setup';
    /** The close entry and its code tick. @type {{index: number, codeTick: any}|null} */
    this.close = null;
    this.keys = null; // joint key and verification shares of the ceremony
  }

  /** Judges the next entry, and takes it into the tree. @param {Uint8Array} bytes */
  add(bytes) {
    const [index, leaf] = [this.tree.size, leafHash(bytes)];
    this.report.entries = index + 1;
    try {
      const entry = { ...decodeEntry(bytes), index, leaf };
      if (index === 0) this.begin(entry, bytes);
      else if (this.manifest !== null) this.judge(entry);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.report.fault('V06', `entry ${index}: ${error.message}`);
      if (index === 0) this.report.fault('V01', 'entry 0 does not decode');
    }
    this.tree.append(leaf);
  }

  /** Entry 0 (V01). */
  begin(entry, bytes) {
    const { report } = this;
    this.E = electionHash(bytes);
    const id = electionId(this.E);
    if (this.election === null) report.skip('V01', 'no election id was given');
    else if (this.election !== id) report.fault('V01', `the record is of the election ${id}`);
    if (entry.kind !== 'manifest') return report.fault('V01', 'entry 0 is no manifest');
    const problem = manifestProblem(entry.body);
    if (problem !== null) return report.fault('V01', `the manifest has ${problem}`);
    if (!signedBy(entry, 0, entry.body.authority, new Uint8Array())) return report.fault('V01', 'the manifest is not signed by its authority');

    const manifest = (this.manifest = entry.body);
    this.noteWitnesses();
    this.ceremony = new Ceremony(manifest, this.E, report);
    this.roll = new Roll(manifest, this.E, report);
    this.audit = new Audit(manifest, this.E, report, this.roll);
    this.clock = new Clock(manifest, this.tree);
    this.ballots = new Ballots(manifest, this.E, report, this.roll, this.clock, this.codeOf);
    this.decisions = new Decisions(manifest, this.E, report, this.ballots);
    this.totals = new Totals(manifest, report, this.ballots);
    this.shares = new Shares(manifest, this.E, report);
    this.result = new Result(manifest, report);
  }

  /** The bound on split views and the software that section 16 has V01 say. */
  noteWitnesses() {
    const { witnesses, quorum, rehearsal, software } = this.manifest;
    const bound = 2 * Number(quorum) - witnesses.length;
    this.report.note('V01', bound > 0
      ? `two boards can be shown only if at least ${bound} of ${witnesses.length} witnesses sign both`
      : 'its witnesses do not exclude that two boards are shown');
    if (rehearsal) this.report.note('V01', 'this is a rehearsal');
    const named = software.map(({ name, sha256 }) => `${name} (sha256 ${hex(sha256)})`);
    this.report.note('V01', `software named: ${named.join(', ') || 'none'}`);
  }

  /** Any entry but the first. */
  judge(entry) {
    const { report } = this;
    if (entry.kind === 'totals') this.totals.checkMinimum(entry);
    if (!this.inPhase(entry.kind)) {
      if (entry.kind === 'ballot') report.ballots.void++;
      if (VOID_KINDS.has(entry.kind)) return report.void(entry, 'V06', `not in phase ${this.phase}`);
      return report.fault('V06', `entry ${entry.index}: ${entry.kind} in phase ${this.phase}`);
    }
    if (entry.kind === 'ballot') return this.ballots.add(entry);
    if (entry.kind === 'cast' || entry.kind === 'test') return this.decisions.add(entry);

    const key = signerOf(this.manifest, entry);
    if (key === null || !signedBy(entry, 0, key, this.E)) {
      const reason = key === null ? 'no such trustee' : 'not signed by the key that it must be signed by';
      if (VOID_KINDS.has(entry.kind)) return report.void(entry, entry.kind.startsWith('share') ? 'V15' : 'V07', reason);
      report.fault('V06', `entry ${entry.index}: ${entry.kind}: ${reason}`);
      if (key === null) return undefined; // else judged further as if it were signed (section 16)
    }
    return this.dispatch(entry);
  }

  /** Totals close with totals-end, results with result-end; shares and results come after totals-end. */
  inPhase(kind) {
    if (!PHASES[this.phase].includes(kind)) return false;
    if (kind.startsWith('totals')) return !this.totals.ended;
    if (kind.startsWith('share')) return this.totals.ended;
    if (kind.startsWith('result')) return this.totals.ended && this.result.end === null;
    return true;
  }

  dispatch(entry) {
    switch (entry.kind) {
      case 'ceremony': return this.ceremony.start(entry);
      case 'roll': return this.roll.add(entry);
      case 'roll-end': return this.roll.end(entry);
      case 'audit': return this.audit.commit(entry);
      case 'audit-list': return this.audit.open(entry, this.decisions.haveCast);
      case 'open': return this.open(entry);
      case 'tick': return this.tick(entry);
      case 'close': return this.beginClosing(entry);
      case 'end': return this.end(entry);
      case 'totals': return this.totals.add(entry);
      case 'totals-end': return this.totals.end(entry);
      case 'share':
      case 'share-end': return this.shares.add(entry);
      case 'result': return this.result.add(entry);
      case 'result-end': return this.result.close(entry);
      default: return this.ceremony.add(entry); // the dkg kinds
    }
  }

  open(entry) {
    const { index, body } = entry;
    const { report } = this;
    if (body.size !== BigInt(index) || !equal(this.tree.root(index), body.root)) report.fault('V05', `entry ${index}: open is not for this place in this record`);
    this.roll.open(entry);
    this.keys = this.ceremony.complete(body.attempt);
    const point = decodeElement(body.joint_key);
    if (point === null || (this.keys !== null && !point.equals(this.keys.joint))) report.fault('V03', 'the joint key of open is not that of the ceremony');
    if (point === null) {
      this.manifest = null; // nothing after can be judged without a key
      return;
    }
    this.ballots.jointKey = { point, bytes: body.joint_key };
    this.clock.openIndex = index;
    this.phase = 'open';
  }

  tick(entry) {
    const problem = this.clock.problem(entry);
    if (problem !== null) return this.report.void(entry, 'V07', problem);
    this.clock.accept(entry);
    this.ballots.giveCodes(entry);
    if (this.close !== null && this.close.codeTick === null && entry.body.size > BigInt(this.close.index)) this.close.codeTick = entry;
    return undefined;
  }

  beginClosing({ index, body }) {
    if (body.index !== BigInt(index)) this.report.fault('V06', `entry ${index}: close is for another index`);
    else if (!equal(this.tree.root(index), body.root)) this.report.fault('V05', `entry ${index}: close is for another record`);
    this.close = { index, codeTick: null };
    this.phase = 'closing';
  }

  end(entry) {
    const { codeTick, index } = this.close;
    if (entry.body.close !== BigInt(index)) return this.report.void(entry, 'V07', 'it names another close');
    const due = codeTick === null ? null : codeTick.body.time + this.manifest.decision_seconds;
    // Times of valid ticks never fall, so that the last one is the latest.
    if (due === null || this.clock.last.body.time < due) return this.report.void(entry, 'V07', 'the time to decide is not over');
    this.phase = 'ended';
    this.totals.begin(entry.index);
    return undefined;
  }

  /**
   * What needs the whole record.
   * @param {{whole: boolean, expectedCounts?: Map<string, bigint>|null}} options
   *   whole: false if the record could not be read to its end, so that what is missing may be there
   */
  finish({ whole, expectedCounts = null }) {
    const { report } = this;
    report.note('V20', 'not asked for');
    if (this.manifest === null) {
      for (let v = 2; v <= 21; v++) {
        const check = /** @type {any} */ (`V${String(v).padStart(2, '0')}`);
        if (check !== 'V05') report.skip(check, 'the record could not be judged so far');
      }
      return;
    }
    const auditors = this.audit.total;
    const voters = BigInt(this.roll.voters.size);
    report.note('V04', auditors > 0n ? `${voters - auditors} voters, beside ${auditors} audit credentials` : `${voters} voters`);
    this.audit.finish(this.phase !== 'setup');
    report.note('V07', `${this.clock.count} ticks`);
    this.ballots.finish();
    if (this.phase === 'setup') for (const check of ['V02', 'V03', 'V04']) report.skip(check, 'the election is not open yet');
    if (this.roll.ended && expectedCounts !== null) this.roll.expect(expectedCounts, this.audit, this.phase !== 'setup');
    if (this.phase !== 'ended') report.skip('V07', 'there is no valid end yet');
    if (!this.totals.ended) {
      for (const check of ['V14', 'V15', 'V16', 'V17', 'V18', 'V19']) report.skip(check, 'there are no totals yet');
      return;
    }
    this.finishCount(whole);
  }

  finishCount(whole) {
    const { report, result, totals } = this;
    if (report.errors.has('V14') || report.errors.has('V19')) {
      // Shares and counts are of the sums that the record has, which are not those that it must have.
      for (const check of ['V15', 'V16', 'V17', 'V18']) report.skip(check, 'not judged, since the totals are wrong');
      return;
    }
    const shares = this.validShares();
    const enough = totals.pairs().length === 0 || BigInt(shares.size) >= this.manifest.threshold;
    if (!enough) {
      const open = this.manifest.trustees.length - this.shares.closed.size;
      const hopeful = (!whole || result.end === null) && BigInt(shares.size + open) >= this.manifest.threshold;
      if (hopeful) report.skip('V15', 'fewer valid shares than needed so far');
      else report.fault('V15', 'fewer valid shares than needed');
    }
    if (result.end === null) {
      for (const check of ['V16', 'V17', 'V18']) report.skip(check, 'there is no result yet');
    } else {
      const open = (trustee) => !whole && trustee >= 1n && trustee <= BigInt(this.manifest.trustees.length) && !this.shares.closed.has(Number(trustee));
      result.judge(totals.parts, totals.endIndex, shares, open, this.ballots.jointKey.point);
    }
  }

  /** The valid shares by trustee; none are needed where there is nothing to decrypt. */
  validShares() {
    const pairs = this.totals.pairs();
    if (pairs.length === 0 || this.keys === null) return new Map();
    const shares = this.shares.judge({
      jointKey: this.ballots.jointKey.bytes,
      end: BigInt(this.totals.endIndex),
      root: this.tree.root(this.totals.endIndex + 1),
      alphas: pairs.map(({ alpha }) => ({ point: decodePoint(alpha), bytes: alpha })),
      verification: this.keys.shares,
    });
    this.report.note('V15', `valid shares: ${shares.size}, by trustees ${[...shares.keys()].join(', ')}; needed: ${this.manifest.threshold}`);
    return shares;
  }
}
