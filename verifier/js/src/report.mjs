// What a verifier found (SPEC sections 16 and 17): faults, skipped checks, void entries, counts, and from
// them the status of every check, the verdict, and its two outward forms, text and JSON.

/** What each check says when it passes. */
export const CHECKS = {
  V01: 'the rules of this election are the ones named by its id',
  V02: 'the trustees made the key without one choosing last',
  V03: "the key is the trustees' own and all of them signed for it",
  V04: 'the list of voters is complete, unique and of the stated size',
  V05: 'the board is whole, and as its log and witnesses signed it',
  V06: 'every entry is well formed, in its phase and by its signer',
  V07: "the board's clock is right and the election has ended",
  V08: 'every ballot is from a voter on the list, through a known booth',
  V09: 'every ballot has the right contests and copies no other',
  V10: 'every ballot is proved to hold allowed votes only',
  V11: 'no voter was given one receipt code twice',
  V12: 'every ballot was sealed and decided in time, one cast a voter',
  V13: 'every tested ballot opens to what was said, and is not counted',
  V14: 'the encrypted totals are the sums of the cast ballots',
  V15: 'enough trustees decrypted rightly',
  V16: 'the counts are what the totals decrypt to',
  V17: 'the counts add up to the ballots',
  V18: 'the result names exactly the contests and options that were asked',
  V19: 'no group of voters too small was counted apart',
  V20: 'further rules were kept',
  V21: 'no ballot by an auditor is counted',
};

/** @typedef {keyof typeof CHECKS} CheckId */

export class Report {
  constructor() {
    /** @type {Map<CheckId, string[]>} */ this.errors = new Map();
    /** @type {Map<CheckId, string>} */ this.skipped = new Map();
    /** @type {Map<CheckId, string[]>} */ this.notes = new Map();
    /** @type {{index: number, kind: string, check: CheckId, reason: string}[]} */ this.voids = [];
    this.ballots = { cast: 0, tested: 0, undecided: 0, void: 0 };
    /** @type {{contest: string, units: string[], option: string, votes: bigint}[]} */ this.results = [];
    this.entries = 0;
  }

  /** A fault: the check fails, and with it the election. @param {CheckId} check @param {string} message */
  fault(check, message) {
    (this.errors.get(check) ?? this.errors.set(check, []).get(check)).push(message);
  }

  /** The check could not be made; a fault of the same check is stronger. @param {CheckId} check @param {string} why */
  skip(check, why) {
    if (!this.skipped.has(check)) this.skipped.set(check, why);
  }

  /** @param {CheckId} check @param {string} text */
  note(check, text) {
    (this.notes.get(check) ?? this.notes.set(check, []).get(check)).push(text);
  }

  /** Lists an entry as void (section 7). @param {{index: number, kind: string}} entry @param {CheckId} check @param {string} reason */
  void(entry, check, reason) {
    this.voids.push({ index: entry.index, kind: entry.kind, check, reason });
  }

  /** @param {CheckId} check @returns {'pass'|'fail'|'skipped'} */
  status(check) {
    if (this.errors.has(check)) return 'fail';
    return this.skipped.has(check) ? 'skipped' : 'pass';
  }

  get failed() {
    return this.errors.size > 0;
  }

  get verified() {
    return Object.keys(CHECKS).every((check) => this.status(check) === 'pass');
  }

  /** 0 verified, 1 not verified, 3 incomplete (section 17). */
  get exitCode() {
    if (this.failed) return 1;
    return this.verified ? 0 : 3;
  }

  /** The error of a failed check: its first fault, and how many there are. @param {CheckId} check */
  errorText(check) {
    const [first, ...more] = this.errors.get(check);
    return more.length === 0 ? first : `${first} (${more.length + 1} faults in all)`;
  }

  /** The JSON form of section 17. @param {number} elapsed milliseconds */
  toJSON(elapsed) {
    const checks = Object.keys(CHECKS).map((id) => {
      const out = { id, status: this.status(id) };
      if (out.status === 'fail') out.error = printable(this.errorText(id));
      const notes = [...(out.status === 'skipped' ? [this.skipped.get(id)] : []), ...(this.notes.get(id) ?? [])];
      if (notes.length > 0) out.note = printable(notes.join('; '));
      return out;
    });
    const voids = [...this.voids].sort((a, b) => a.index - b.index);
    // Votes of a judged result are at most the number of ballots; a wild one must not be rounded, but cut.
    const exact = (votes) => (votes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(votes) : String(votes));
    return {
      verified: this.verified,
      checks,
      ballots: this.ballots,
      results: this.results.map((result) => ({ ...result, votes: exact(result.votes) })),
      void: voids.map((entry) => ({ ...entry, reason: printable(entry.reason) })),
      elapsed_ms: elapsed,
    };
  }

  /** The form for people. @param {number} elapsed milliseconds @returns {string} */
  toText(elapsed) {
    const json = this.toJSON(elapsed);
    const lines = json.checks.map(({ id, status, error, note }) => {
      const notes = note ? ` (${note})` : '';
      if (status === 'fail') return `${id}  FAIL  it is NOT so that ${CHECKS[id]}: ${error}${notes}`;
      return status === 'pass' ? `${id}  pass  ${CHECKS[id]}${notes}` : `${id}  skip  not known whether ${CHECKS[id]}${notes}`;
    });
    if (json.void.length > 0) {
      const are = json.void.length === 1 ? '1 entry is' : `${json.void.length} entries are`;
      lines.push('', `${are} void: what is void counts for nothing, and is evidence against whoever let it in`);
      for (const { index, kind, check, reason } of json.void) lines.push(`  entry ${index}, ${kind}, ${check}: ${reason}`);
    }
    if (this.results.length > 0) lines.push('', this.verified ? 'Result' : 'Result as posted, NOT verified', ...this.resultLines());
    const { cast, tested, undecided, void: voided } = this.ballots;
    lines.push(
      '',
      `${cast} ballots were cast, ${tested} tested, ${undecided} not decided, ${voided} void; ` +
        `${this.entries} entries judged in ${(elapsed / 1000).toFixed(1)}s`,
      this.verdictText(),
    );
    return lines.join('\n');
  }

  /** The posted counts, one line for each part. */
  resultLines() {
    const parts = new Map();
    for (const { contest, units, option, votes } of this.results) {
      const part = printable(`  ${contest}, ${units.join(' + ')}: `);
      parts.set(part, [...(parts.get(part) ?? []), printable(`${option} ${votes}`)]);
    }
    return [...parts].map(([part, counts]) => part + counts.join(', '));
  }

  verdictText() {
    const named = (status) => Object.keys(CHECKS).filter((check) => this.status(check) === status).join(', ');
    if (this.failed) return `NOT VERIFIED: ${named('fail')} failed`;
    if (this.verified) return 'VERIFIED: every check passed';
    return `INCOMPLETE: nothing is wrong with what is there, but ${named('skipped')} could not be judged`;
  }
}

/** Escapes what a terminal or a reader could be fooled by: texts of a record may hold any character (section 6). */
export const printable = (text) =>
  text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
