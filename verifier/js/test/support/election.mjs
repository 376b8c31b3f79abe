// Makes elections of which the test holds every key, so that anything in them can be changed and signed
// again. An Election holds the entries made so far; each method posts the next ones, by SPEC. Hooks change
// what is posted: hooks.mutate[kind](body, election, n) gets the body of the n-th entry of its kind (from 0)
// before it is signed, and may change it; hooks.sign[kind](keys, n) may give other keys to sign with;
// hooks.spoil[kind] is the number of a signature that is changed where all else is right.

import { sha512 } from '@noble/hashes/sha2.js';
import { electionHash, electionId, H, signatureMessage } from '../../src/transcript.mjs';
import { Ceremony } from '../../src/checks/ceremony.mjs';
import { contestForm, contestsOf, optionIds } from '../../src/manifest.mjs';
import { partition } from '../../src/checks/merge.mjs';
import { IDENTITY, decodePoint, mod, multiply, scalarFromHash } from '../../src/group.mjs';
import { checkpointText } from '../../src/note.mjs';
import { leafHash } from '../../src/tree.mjs';
import { be16, be64, concat, hex, split, utf8 } from '../../src/bytes.mjs';
import { encode } from './cbor.mjs';
import { encrypt, newEd25519Key, newKey, proveContest, proveShare, random, scalarBytes, schnorr, sign } from './prover.mjs';
import { cosign, treeOf } from './board.mjs';

const text = (words) => new Map([['en', words]]);
const H7 = utf8('COCKTAIL-DKG-Ristretto255-SHA512-H7');

export class Election {
  /** @param {object} [form] changes to the manifest's numbers; units and contests are always these */
  constructor({ hooks = {}, witnesses = 3, quorum = 2, trustees = 3, threshold = 2, minimum = 2 } = {}) {
    this.hooks = hooks;
    this.entries = [];
    this.posted = {}; // how many of each kind
    this.time = 1_800_000_000;
    this.origin = 'example.org/log';
    this.logKey = newEd25519Key();
    this.quorum = quorum;
    this.witnesses = Array.from({ length: witnesses }, (_, i) => ({ ...newEd25519Key(), name: `witness.example/${i}` }));
    this.keys = { authority: newKey(), registrar: newKey(), board: newKey(), booth: newKey(), booth2: newKey(), oprf: newKey() };
    this.trustees = Array.from({ length: trustees }, () => ({ signing: newKey(), ceremony: newKey() }));
    this.manifest = this.makeManifest(threshold, minimum);
    this.ballots = []; // what the test knows of the ballots it has posted
    this.post('manifest', this.manifest, [this.keys.authority]);
    this.E = electionHash(this.entries[0]);
    this.id = electionId(this.E);
  }

  /** A copy that goes its own way from here, with other hooks. @returns {Election} */
  fork(hooks = {}) {
    const copy = Object.create(Election.prototype, Object.getOwnPropertyDescriptors(this));
    const ballots = this.ballots.map((ballot) => ({ ...ballot }));
    return Object.assign(copy, { hooks, entries: [...this.entries], posted: { ...this.posted }, ballots });
  }

  makeManifest(threshold, minimum) {
    const { keys, trustees, witnesses, time } = this;
    return {
      version: 1n, title: text('Test'), languages: ['en'], rehearsal: false,
      contests: [
        { id: 'mayor', title: text('Mayor'), options: ['a', 'b', 'c'].map((id) => ({ id, name: text(id) })), limit: 1n, units: [1n, 2n, 3n] },
        { id: 'council', title: text('Council'), options: ['x', 'y', 'z'].map((id) => ({ id, name: text(id) })), limit: 2n, units: [1n, 2n] },
      ],
      units: ['all', 'north', 'south', 'island'].map((id) => ({ id, name: text(id), parent: 0n })),
      minimum: BigInt(minimum),
      windows: [{ from: BigInt(time), to: BigInt(time + 1000) }, { from: BigInt(time + 2000), to: BigInt(time + 3000) }],
      decision_seconds: 600n, ceremony_seconds: 60n, help_line: '1', phone: '2',
      log: { origin: this.origin, key: this.logKey.bytes },
      authority: keys.authority.bytes, registrar: keys.registrar.bytes, board: keys.board.bytes,
      booths: [keys.booth.bytes, keys.booth2.bytes], oprf_keys: [keys.oprf.bytes],
      trustees: trustees.map((trustee, i) => ({ name: `trustee ${i + 1}`, signing: trustee.signing.bytes, ceremony: trustee.ceremony.bytes })),
      threshold: BigInt(threshold),
      witnesses: witnesses.map(({ name, bytes }) => ({ name, key: bytes })),
      quorum: BigInt(this.quorum),
      software: [{ name: 'rollcall', sha256: new Uint8Array(32).fill(7) }],
    };
  }

  get size() {
    return this.entries.length;
  }

  root(size = this.size) {
    return treeOf(this.entries.slice(0, size)).root(size);
  }

  /** Signs and appends an entry. @returns {number} its index */
  post(kind, body, signers) {
    const n = this.posted[kind] ?? 0;
    this.posted[kind] = n + 1;
    const content = { ...body };
    this.hooks.mutate?.[kind]?.(content, this, n);
    const keys = this.hooks.sign?.[kind]?.(signers, n, this) ?? signers;
    const bytes = encode(content);
    const E = kind === 'manifest' ? new Uint8Array() : this.E;
    const signatures = keys.map((key) => [key.bytes, sign(key, signatureMessage(kind, E, key.bytes, bytes))]);
    const spoilt = signatures[this.hooks.spoil?.[kind]];
    if (spoilt) spoilt[1][32] ^= 1;
    return this.postRaw(encode([kind, bytes, signatures]));
  }

  /** Appends bytes. @returns {number} their index */
  postRaw(bytes) {
    this.entries.push(bytes);
    return this.entries.length - 1;
  }

  /** One whole attempt of the key ceremony. */
  ceremony(attempt = 1) {
    const { threshold } = this.manifest;
    const room = new Ceremony(this.manifest, this.E, null);
    const session = concat(this.E, be64(attempt));
    const context = room.context(session);
    this.post('ceremony', { attempt, time: this.time }, [this.keys.authority]);
    const polynomials = this.trustees.map(() => Array.from({ length: Number(threshold) }, () => newKey()));
    const messages = polynomials.map((polynomial) => {
      const [C, ephemeral] = [concat(...polynomial.map((key) => key.bytes)), newKey().bytes];
      const proof = schnorr(polynomial[0], (R) =>
        scalarFromHash(sha512(concat(H7, R, polynomial[0].bytes, context, C, ephemeral))));
      const framed = this.trustees.map(() => concat(be64(48), random(48)));
      return concat(C, proof, ephemeral, ...framed);
    });
    this.hooks.messages?.(messages, this); // changed before they are committed to
    messages.forEach((message, i) => this.post('dkg-commitment', {
      attempt, trustee: i + 1, hash: H('rollcall/v1/dkg/commitment', session, i + 1, message),
    }, [this.trustees[i].signing]));
    messages.forEach((message, i) => this.post('dkg-message', { attempt, trustee: i + 1, message }, [this.trustees[i].signing]));
    const parsed = messages.map((message) => room.parseMessage(message));
    if (!parsed.includes(null)) {
      const T = room.transcript(context, parsed);
      this.trustees.forEach((trustee, i) => {
        const signature = schnorr(trustee.ceremony, (R) => scalarFromHash(sha512(concat(H7, R, trustee.ceremony.bytes, T))));
        this.post('dkg-confirm', { attempt, trustee: i + 1, signature }, [trustee.signing]);
      });
    }
    this.secrets = this.trustees.map((_, i) =>
      mod(polynomials.reduce((sum, polynomial) =>
        sum + polynomial.reduce((value, key, k) => value + key.secret * BigInt(i + 1) ** BigInt(k), 0n), 0n)));
    this.K = newKey(mod(polynomials.reduce((sum, polynomial) => sum + polynomial[0].secret, 0n)));
  }

  /** The roll, in two chunks. @param {number[]} units the unit of each voter */
  roll(units) {
    this.voters = units.map((unit) => ({ ballotKey: newKey(), castKey: newKey(), unit }));
    const bytes = this.voters.map(({ ballotKey, castKey, unit }) => concat(ballotKey.bytes, castKey.bytes, be16(unit)));
    const chunks = [bytes.slice(0, 2), bytes.slice(2)].map((part, chunk) =>
      this.post('roll', { chunk, voters: concat(...part) }, [this.keys.registrar]));
    this.counts = this.manifest.units.map((_, unit) => BigInt(units.filter((x) => x === unit).length));
    this.post('roll-end', { chunks: this.leaves(chunks), counts: this.counts }, [this.keys.registrar]);
  }

  /** The leaf hashes of entries, put together. @param {number[]} indexes */
  leaves(indexes) {
    return concat(...indexes.map((index) => leafHash(this.entries[index])));
  }

  /** Commits to the credentials of some voters as auditors'. @param {number[]} voters @param {Uint8Array[]} others on no roll */
  commitAudit(voters, others = []) {
    const keys = [...voters.map((voter) => this.voters[voter].ballotKey.bytes), ...others];
    const list = keys.sort((a, b) => (hex(a) < hex(b) ? -1 : 1));
    this.audit = { salt: random(32), keys: concat(...list) };
    const counts = this.manifest.units.map((_, unit) => voters.filter((voter) => this.voters[voter].unit === unit).length);
    const commitment = H('rollcall/v1/audit', this.E, this.audit.salt, list.length, ...list);
    return this.post('audit', { counts, commitment }, [this.keys.registrar]);
  }

  openAudit() {
    return this.post('audit-list', this.audit, [this.keys.registrar]);
  }

  open(attempt = 1) {
    const { K, counts, size } = this;
    this.post('open', { joint_key: K.bytes, attempt, voters: counts, size, root: this.root() }, [this.keys.authority]);
  }

  /** A tick over all entries so far, `seconds` after the last one. */
  tick(seconds = 1) {
    this.time += seconds;
    const { time, size } = this;
    const root = this.root();
    const checkpoint = checkpointText(this.origin, size, root);
    const cosignatures = this.witnesses.slice(0, Math.max(this.quorum, 0)).map((witness, i) =>
      [i, time - i, cosign(witness, checkpoint, time - i)]);
    return this.post('tick', { time, size, root, random: random(32), cosignatures }, [this.keys.board]);
  }

  /** A ballot. @param {number} voter @param {number[][]} votes for each contest of the voter's unit @returns {number} its index */
  ballot(voter, votes, { booth = this.keys.booth, nonces = [] } = {}) {
    const { ballotKey, unit } = this.voters[voter];
    const contests = contestsOf(this.manifest, unit).map((contest, i) => {
      const { limit, voteForOne } = contestForm(this.manifest.contests[contest]);
      const sealed = encrypt(this.K, votes[i], nonces[i]);
      const statement = { E: this.E, K: this.K, V: ballotKey.bytes, contest, unit, limit, voteForOne, votes: votes[i], ...sealed };
      return { contest, ...sealed, votes: votes[i], proof: proveContest(statement) };
    });
    const body = { contests: contests.map(({ contest, ciphertexts, proof }) => ({ contest, ciphertexts, proof })) };
    const index = this.post('ballot', body, [ballotKey, booth]);
    this.ballots.push({ index, voter, booth, contests, unit, cast: false });
    return index;
  }

  known(index) {
    return this.ballots.find((ballot) => ballot.index === index);
  }

  cast(index) {
    const ballot = this.known(index);
    ballot.cast = true;
    return this.post('cast', { ballot: index, leaf: leafHash(this.entries[index]) }, [this.voters[ballot.voter].castKey, ballot.booth]);
  }

  test(index) {
    const { voter, booth, contests } = this.known(index);
    const openings = contests.map(({ contest, nonces, votes }) => ({
      contest, nonces: concat(...nonces.map(scalarBytes)), selected: [...votes.keys()].filter((k) => votes[k] === 1),
    }));
    return this.post('test', { ballot: index, leaf: leafHash(this.entries[index]), openings }, [this.voters[voter].ballotKey, booth]);
  }

  close() {
    this.closeIndex = this.post('close', { index: this.size, root: this.root() }, [this.keys.authority]);
  }

  /** Ticks until the time to decide is over, and the end. */
  end() {
    this.tick();
    this.tick(600);
    this.endIndex = this.post('end', { close: this.closeIndex }, [this.keys.board]);
  }

  /** The parts of the totals, by the test's own sums of what is cast. */
  parts() {
    const cast = this.ballots.filter((ballot) => ballot.cast);
    return this.manifest.contests.flatMap((_, contest) => {
      const of = (units) => cast.filter((ballot) => units.includes(ballot.unit));
      return partition(this.manifest, contest, (unit) => of([unit]).length).map(({ units, count }) => {
        const shown = count >= Number(this.manifest.minimum);
        const pieces = shown ? of(units).map((ballot) => split(ballot.contests.find((part) => part.contest === contest).ciphertexts, 32).map(decodePoint)) : [];
        const sums = shown ? pieces[0].map((_, i) => pieces.reduce((sum, piece) => sum.add(piece[i]), IDENTITY)) : [];
        const votes = pieces.length > 0 ? pieces[0].filter((_, i) => i % 2 === 0).map((_, i) =>
          of(units).reduce((sum, ballot) => sum + ballot.contests.find((part) => part.contest === contest).votes[i], 0)) : [];
        return { contest, units, ballots: count, sums, votes };
      });
    });
  }

  totals() {
    this.tallied = this.parts();
    const parts = this.tallied.map(({ contest, units, ballots, sums }) =>
      ({ contest, units, ballots, sums: concat(...sums.map((point) => point.toBytes())) }));
    const chunks = [parts.slice(0, 1), parts.slice(1)].map((part, chunk) => this.post('totals', { chunk, parts: part }, [this.keys.board]));
    this.post('totals-end', { end: this.endIndex, chunks: this.leaves(chunks) }, [this.keys.board]);
  }

  /** The share of a trustee, in two chunks if there are points for two. @param {number} trustee from 1 */
  share(trustee, { secret = this.secrets[trustee - 1] } = {}) {
    const alphas = this.tallied.flatMap((part) => part.sums.filter((_, i) => i % 2 === 0));
    if (alphas.length === 0) return;
    const partials = alphas.map((alpha) => multiply(alpha, secret));
    const root = this.root(this.endIndex + 1);
    const statement = { E: this.E, K: this.K.bytes, end: this.endIndex, root, trustee, secret, alphas, partials };
    const signing = [this.trustees[trustee - 1].signing];
    const chunks = [partials.slice(0, 3), partials.slice(3)].filter((part) => part.length > 0).map((part, chunk) =>
      this.post('share', { trustee, chunk, points: concat(...part.map((point) => point.toBytes())) }, signing));
    this.post('share-end', { trustee, end: this.endIndex, root, chunks: this.leaves(chunks), proof: proveShare(statement) }, signing);
  }

  result(trustees = this.tallied.some((part) => part.sums.length > 0) ? [1, 2] : []) {
    const parts = this.tallied.map(({ contest, units, ballots, votes }) => {
      const asked = this.manifest.contests[contest];
      const { voteForOne, limit } = contestForm(asked);
      const withheld = ballots > 0 && votes.length === 0;
      const options = withheld ? [] : optionIds(asked).map((id, i) => [id, votes[i] ?? 0]);
      const sum = options.reduce((total, [, count]) => total + count, 0);
      const undervotes = withheld ? 0 : voteForOne ? options.at(-1)[1] : limit * ballots - sum;
      return { contest: asked.id, units: units.map((unit) => this.manifest.units[unit].id), ballots, options, undervotes };
    });
    const chunks = [this.post('result', { chunk: 0, parts }, [this.keys.authority])];
    this.post('result-end', { end: this.endIndex, trustees, chunks: this.leaves(chunks) }, [this.keys.authority]);
  }

}

/** The manifest, ceremony and roll of four voters in the north, one in the south and none on the island. */
export function setUp(options = {}, units = [1, 1, 1, 1, 2]) {
  const election = new Election(options);
  election.ceremony();
  election.roll(units);
  return election;
}

/** Open, ballots, casts and a test: six ballots of five voters, one of them tested, one not decided. */
export function vote(election) {
  election.open();
  election.tick();
  const first = election.ballot(0, [[1, 0, 0, 0], [1, 1, 0]]);
  const second = election.ballot(1, [[0, 1, 0, 0], [0, 0, 1]], { booth: election.keys.booth2 });
  election.tick();
  election.cast(first);
  election.test(second);
  const third = election.ballot(1, [[0, 0, 0, 1], [0, 0, 0]]);
  const fourth = election.ballot(2, [[0, 1, 0, 0], [0, 1, 1]]);
  const fifth = election.ballot(4, [[0, 0, 1, 0], [1, 0, 0]]);
  election.ballot(3, [[1, 0, 0, 0], [1, 0, 0]]);
  election.tick();
  election.cast(third);
  election.cast(fourth);
  election.cast(fifth);
}

/** Close, end, totals, shares and result. */
export function count(election) {
  election.close();
  election.end();
  election.totals();
  election.share(1);
  election.share(2);
  election.result();
}

/** A whole election. */
export function wholeElection(options, units) {
  const election = setUp(options, units);
  vote(election);
  count(election);
  return election;
}
