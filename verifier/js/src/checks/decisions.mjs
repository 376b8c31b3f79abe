// Decisions on ballots: cast and test (SPEC section 11; V12 and V13).

import { G, combine, decodeScalar, multiply } from '../group.mjs';
import { contestForm } from '../manifest.mjs';
import { signedBy } from '../entries.mjs';
import { equal, hex, split } from '../bytes.mjs';

export class Decisions {
  /** @param {any} manifest @param {Uint8Array} E @param {import('../report.mjs').Report} report @param {import('./ballots.mjs').Ballots} ballots */
  constructor(manifest, E, report, ballots) {
    Object.assign(this, { manifest, E, report, ballots });
    /** Credentials with a valid cast, in hexadecimal. */
    this.haveCast = new Set();
  }

  /** Judges a cast or test by rules 2 to 7, in their order; rule 1 is the phase. */
  add(entry) {
    const refuse = (check, reason) => this.report.void(entry, check, reason);
    const { kind, body } = entry;
    const ballot = this.ballots.valid.get(Number(body.ballot)); // rule 2: one that is valid now, and so stands before
    if (ballot === undefined) return refuse('V12', 'it names no valid ballot');
    if (!equal(body.leaf, ballot.leaf)) return refuse('V12', 'not the leaf hash of its ballot');
    const { ballotKey, castKey } = ballot.voter;
    const key = kind === 'cast' ? castKey : ballotKey;
    if (!signedBy(entry, 0, key, this.E) || !signedBy(entry, 1, ballot.booth, this.E)) {
      return refuse('V12', 'not signed by the voter and the booth of its ballot'); // rule 3
    }
    if (ballot.codeTick === null) return refuse('V12', 'its ballot has no code yet'); // rule 4
    if (ballot.decision !== null) return refuse('V12', 'its ballot is decided already'); // rule 5
    if (this.haveCast.has(hex(ballotKey))) return refuse('V12', 'its credential has cast a ballot already');
    const limit = ballot.codeTick.body.time + this.manifest.decision_seconds;
    if (this.ballots.clock.last.body.time > limit) return refuse('V12', 'too late'); // rule 6
    if (kind === 'test' && !this.opens(body, ballot)) return refuse('V13', 'its openings are not those of the ballot'); // rule 7
    ballot.decision = kind === 'cast' ? 'cast' : 'tested';
    if (kind === 'cast') this.haveCast.add(hex(ballotKey));
  }

  /** Rule 7. */
  opens({ openings }, ballot) {
    return (
      openings.length === ballot.contests.length &&
      openings.every((opening, i) => this.contestOpens(opening, ballot.contests[i]))
    );
  }

  contestOpens({ contest, selected, nonces }, { contest: position, pairs }) {
    if (contest !== BigInt(position) || nonces.length !== 32 * pairs.length) return false;
    const scalars = split(nonces, 32).map(decodeScalar);
    if (scalars.includes(null)) return false;
    if (!selected.every((x, i) => x < BigInt(pairs.length) && (i === 0 || selected[i - 1] < x))) return false;
    const { limit, voteForOne } = contestForm(this.manifest.contests[position]);
    if (voteForOne ? selected.length !== 1 : selected.length > limit) return false;
    const K = this.ballots.jointKey.point;
    return pairs.every(({ alpha, beta }, k) => {
      const m = selected.includes(BigInt(k)) ? 1n : 0n;
      return multiply(G, scalars[k]).equals(alpha) && combine([[scalars[k] + m, K]]).equals(beta);
    });
  }
}
