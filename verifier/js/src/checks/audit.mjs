// Audit credentials (SPEC sections 7 and 9; V21).

import { H } from '../transcript.mjs';
import { equal, hex, split } from '../bytes.mjs';

/** The most audit credentials of an election. */
const MOST = 1800n;

export class Audit {
  /** @param {any} manifest @param {Uint8Array} E @param {import('../report.mjs').Report} report @param {import('./roll.mjs').Roll} roll */
  constructor(manifest, E, report, roll) {
    Object.assign(this, { manifest, E, report, roll });
    /** The commitment: the body of the entry audit, if there is one. @type {{counts: bigint[], commitment: Uint8Array}|null} */
    this.committed = null;
    this.opened = false;
  }

  fault({ index }, what) {
    this.report.fault('V21', `entry ${index}: ${what}`);
  }

  /** How many audit credentials a unit has. @param {number} unit @returns {bigint} */
  count(unit) {
    return this.committed?.counts[unit] ?? 0n;
  }

  /** All audit credentials. @returns {bigint} */
  get total() {
    return (this.committed?.counts ?? []).reduce((sum, count) => sum + count, 0n);
  }

  /** audit: at most once, after roll-end, with no more credentials than there are. */
  commit(entry) {
    if (this.committed !== null) return this.fault(entry, 'a second commitment to audit credentials');
    this.committed = entry.body;
    if (!this.roll.ended) this.fault(entry, 'audit credentials before the end of the roll');
    const { counts } = entry.body;
    if (counts.length !== this.manifest.units.length) return this.fault(entry, 'not a count for each unit');
    if (counts.some((count, unit) => count > this.roll.counts[unit])) this.fault(entry, 'more audit credentials than the roll has');
    if (this.total > MOST) this.fault(entry, `more than ${MOST} audit credentials`);
    return undefined;
  }

  /** audit-list: at most once, after audit. @param {any} entry @param {Set<string>} haveCast credentials with a valid cast */
  open(entry, haveCast) {
    if (this.committed === null) return this.fault(entry, 'a list of audit credentials that nothing commits to');
    if (this.opened) return this.fault(entry, 'a second list of audit credentials');
    this.opened = true;
    const { salt, keys } = entry.body;
    if (keys.length % 32 !== 0) return this.fault(entry, 'an audit credential cut short');
    const list = split(keys, 32);
    if (list.some((key, i) => i > 0 && hex(list[i - 1]) >= hex(key))) this.fault(entry, 'audit credentials that do not ascend');
    if (!equal(H('rollcall/v1/audit', this.E, salt, list.length, ...list), this.committed.commitment)) {
      this.fault(entry, 'not the audit credentials that were committed to');
    }
    const counts = this.manifest.units.map(() => 0n);
    for (const key of list) {
      const voter = this.roll.voters.get(hex(key));
      if (voter === undefined) this.fault(entry, 'an audit credential that is not on the roll');
      else counts[voter.unit]++;
      if (haveCast.has(hex(key))) this.fault(entry, 'a ballot of an audit credential is counted');
    }
    if (counts.some((count, unit) => count !== this.count(unit))) this.fault(entry, 'other numbers of audit credentials than were declared');
    return undefined;
  }

  /** @param {boolean} open whether the election has opened */
  finish(open) {
    if (!open) this.report.skip('V21', 'the election is not open yet');
    else if (this.committed === null) this.report.note('V21', 'no audit credentials');
    else if (!this.opened) this.report.skip('V21', `which ${this.total} credentials are auditors' is not opened yet`);
    else this.report.note('V21', `${this.total} audit credentials`);
  }
}
