package verifier

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
	"rollcall/crypto/threshold"
)

// record writes a board by hand, so that a test can do wrong at any step. Each
// step has a name, such as "ballot n0" or "tick 2"; what the honest election
// would post there can be changed, dropped, signed by others, or preceded by
// more.
type record struct {
	t      *testing.T
	raws   [][]byte
	tree   *tlog.RangeBuilder
	now    uint64
	tamper tamper

	manifest  *entry.Manifest
	hash      [64]byte
	rehash    *entry.Entry // the manifest entry, if its bytes were tampered with
	rollRaw   []byte       // the last roll chunk, if its bytes were
	copied    bool         // for tests that do something once
	log       *checkpoint.Signer
	witnesses []ed25519.PrivateKey
	authority, registrar, board,
	booth, booth2 *schnorr.SecretKey
	signing  []*schnorr.SecretKey
	ceremony []*group.Scalar
	messages [][]byte // of round 1 of the key ceremony, as honest

	voters  map[string]*testVoter
	order   []string
	enc     *elgamal.Encryptor
	shares  []*dkg.KeyShare
	ballots map[string]*testBallot // by step name
	casts   []*testBallot
	close   uint64
	end     uint64
	root    [32]byte
	totals  []entry.Part
	votes   [][]uint64 // of every part of the totals
	chunks  []byte     // of the totals
	ticks   int
}

// tamper is what a test does to the honest election. All may be nil.
type tamper struct {
	// manifest changes the manifest before it is signed.
	manifest func(m *entry.Manifest)
	// before is called with the name and body of every step. It may change the
	// body and post more; it returns false to leave the step out.
	before func(r *record, step string, body entry.Body) bool
	// signers may change who signs a step.
	signers func(r *record, step string, keys []*schnorr.SecretKey) []*schnorr.SecretKey
	// raw may change the bytes of a step.
	raw func(r *record, step string, raw []byte) []byte
	// partition replaces the partition of the totals: a contest and units each.
	partition []entry.Part
	// small sums up parts below the minimum too.
	small bool
	// stop is the step before which the election stops.
	stop string
}

type testVoter struct {
	ballot, cast *schnorr.SecretKey
	unit         uint64
}

type testBallot struct {
	voter   *testVoter
	index   uint64
	leaf    [32]byte
	body    *entry.Ballot
	votes   [][]uint64 // by contest of the ballot
	nonces  [][]*group.Scalar
	choices [][]uint64
}

// stopped ends the building of a record early.
type stopped struct{}

const testWindow = 1000 // when the window of the test election begins

// build makes the whole record of a small election: units north, south, isle
// and empty under one root, a minimum of 3, three trustees of whom 1 and 3
// decrypt, three witnesses of whom two are needed. Casts: four in north, three
// in south, one in isle. Contest "mayor" (one of three) is asked everywhere,
// "council" (up to two of three) in north and south, "ferry" in isle only.
func build(t *testing.T, tampered tamper) (r *record) {
	t.Helper()
	r = &record{t: t, tree: tlog.NewRangeBuilder(), now: testWindow, tamper: tampered,
		voters: map[string]*testVoter{}, ballots: map[string]*testBallot{}}
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(stopped); !ok {
				panic(e)
			}
		}
	}()
	r.setUp()
	r.vote()
	r.finish()
	return r
}

func text(s string) entry.Text { return entry.Text{"en": s} }

func (r *record) setUp() {
	key := schnorr.GenerateKey
	r.authority, r.registrar, r.board, r.booth, r.booth2 = key(), key(), key(), key(), key()
	var err error
	r.log, err = checkpoint.GenerateSigner("rollcall.test/log", rand.Reader)
	r.must(err)
	option := func(ids ...string) (list []entry.Option) {
		for _, id := range ids {
			list = append(list, entry.Option{ID: id, Name: text(id)})
		}
		return list
	}
	m := &entry.Manifest{
		Version: 1, Title: text("test"), Languages: []string{"en"},
		Contests: []entry.Contest{
			{ID: "mayor", Title: text("mayor"), Options: option("a", "b", "c"), Limit: 1, Units: []uint64{1, 2, 3, 4}},
			{ID: "council", Title: text("council"), Options: option("x", "y", "z"), Limit: 2, Units: []uint64{1, 2}},
			{ID: "ferry", Title: text("ferry"), Options: option("yes", "no"), Limit: 1, Units: []uint64{3}},
		},
		Units: []entry.Unit{{ID: "all", Name: text("all")}, {ID: "north", Name: text("north")}, {ID: "south", Name: text("south")},
			{ID: "isle", Name: text("isle")}, {ID: "empty", Name: text("empty")}},
		Minimum: 3, Windows: []entry.Window{{From: testWindow, To: testWindow + 4000}},
		DecisionSeconds: 600, CeremonySeconds: 60, HelpLine: "1", Phone: "2",
		Log:       entry.Log{Origin: r.log.Origin(), Key: r.log.Verifier().PublicKey()},
		Authority: r.authority.Public().Bytes(), Registrar: r.registrar.Public().Bytes(), Board: r.board.Public().Bytes(),
		Booths:   [][]byte{r.booth.Public().Bytes(), r.booth2.Public().Bytes()},
		OPRFKeys: [][]byte{key().Public().Bytes()}, Threshold: 2, Quorum: 2,
	}
	for i := range 3 {
		sign, secret := key(), group.RandomScalar()
		r.signing, r.ceremony = append(r.signing, sign), append(r.ceremony, secret)
		m.Trustees = append(m.Trustees, entry.Trustee{Name: fmt.Sprint(i), Signing: sign.Public().Bytes(), Ceremony: group.MulBase(secret).Bytes()})
		pub, private, err := ed25519.GenerateKey(rand.Reader)
		r.must(err)
		r.witnesses = append(r.witnesses, private)
		m.Witnesses = append(m.Witnesses, entry.Witness{Name: fmt.Sprintf("w%d", i), Key: pub})
	}
	if r.tamper.manifest != nil {
		r.tamper.manifest(m)
	}
	r.manifest = m
	e := r.post("manifest", m, r.authority)
	r.hash = e.Hash()
	if r.rehash != nil {
		r.hash = r.rehash.Hash()
	}
	r.runCeremony(1)
	r.makeRoll()
	root := r.tree.Root()
	r.post("open", &entry.Open{JointKey: r.enc.Key().Bytes(), Attempt: 1, Voters: []uint64{0, 5, 3, 1, 1},
		Size: r.size(), Root: root[:]}, r.authority)
}

func (r *record) runCeremony(attempt uint64) {
	r.post("ceremony", &entry.Ceremony{Attempt: attempt, Time: r.now}, r.authority)
	var keys, messages, signatures [][]byte
	for _, t := range r.manifest.Trustees {
		keys = append(keys, t.Ceremony)
	}
	session := dkg.SessionID(r.hash, attempt)
	params, err := dkg.NewParams(session, 2, keys)
	r.must(err)
	var trustees []*dkg.Trustee
	for i := range keys {
		trustee, err := dkg.NewTrustee(params, i+1, r.ceremony[i])
		r.must(err)
		m, err := trustee.Round1(rand.Reader, nil)
		r.must(err)
		trustees, messages = append(trustees, trustee), append(messages, m)
		r.messages = messages
		h := dkg.CommitmentHash(session, i+1, m)
		r.post(fmt.Sprintf("commitment %d", i+1), &entry.Commitment{Attempt: attempt, Trustee: uint64(i) + 1, Hash: h[:]}, r.signing[i])
	}
	for i, m := range messages {
		r.post(fmt.Sprintf("message %d", i+1), &entry.Round1{Attempt: attempt, Trustee: uint64(i) + 1, Message: slices.Clone(m)}, r.signing[i])
	}
	c, err := dkg.VerifyMessages(params, messages)
	r.must(err)
	var rounds []*dkg.Round2
	for i, t := range trustees {
		round, err := t.Round2(c, messages[i])
		r.must(err)
		rounds, signatures = append(rounds, round), append(signatures, round.Signature())
		r.post(fmt.Sprintf("confirm %d", i+1), &entry.Confirm{Attempt: attempt, Trustee: uint64(i) + 1, Signature: round.Signature()}, r.signing[i])
	}
	for _, round := range rounds {
		share, err := round.Finish(signatures)
		r.must(err)
		r.shares = append(r.shares, share)
	}
	r.enc, err = elgamal.NewEncryptor(c.Result().JointKey)
	r.must(err)
}

func (r *record) makeRoll() {
	for _, v := range strings.Fields("n0 s0 n1 i0 n2 s1 e0 n3 s2 n4") {
		unit := uint64(strings.IndexByte("_nsie", v[0]))
		r.voters[v] = &testVoter{schnorr.GenerateKey(), schnorr.GenerateKey(), unit}
		r.order = append(r.order, v)
	}
	var chunks []byte
	for c, names := range [][]string{r.order[:6], r.order[6:]} {
		var b []byte
		for _, v := range names {
			b = entry.AppendVoter(b, r.line(v))
		}
		if e := r.post(fmt.Sprintf("roll %d", c), &entry.Roll{Chunk: uint64(c), Voters: b}, r.registrar); e != nil {
			leaf := e.LeafHash()
			chunks = append(chunks, leaf[:]...)
		}
	}
	r.post("roll-end", &entry.RollEnd{Chunks: chunks, Counts: []uint64{0, 5, 3, 1, 1}}, r.registrar)
}

func (r *record) line(name string) entry.Voter {
	v := r.voters[name]
	return entry.Voter{BallotKey: [32]byte(v.ballot.Public().Bytes()), CastKey: [32]byte(v.cast.Public().Bytes()), Unit: v.unit}
}

// vote is the open election, and its end.
func (r *record) vote() {
	r.tick()
	for _, round := range [][]string{{"n0", "n1", "s0", "i0"}, {"n2", "n3", "n4", "s1", "s2"}} {
		for _, v := range round {
			r.ballot("ballot "+v, v)
		}
		r.tick()
		for _, v := range round {
			switch v {
			case "n3": // hangs up
			case "n4":
				r.test("test n4", "ballot n4")
			default:
				r.cast("cast "+v, "ballot "+v)
			}
		}
		r.now += 60
	}
	r.ballot("ballot n4 again", "n4")
	r.tick()
	r.cast("cast n4", "ballot n4 again")
	r.close = r.size()
	r.post("close", &entry.Close{Index: r.size()}, r.authority)
	r.close = r.size() - 1
	r.tick()
	r.now += r.manifest.DecisionSeconds
	r.tick()
	r.post("end", &entry.End{Close: r.close}, r.board)
	r.end, r.root = r.size()-1, r.tree.Root()
}

// finish posts totals, shares and result.
func (r *record) finish() {
	parts := []entry.Part{
		{Contest: 0, Units: []uint64{1}}, {Contest: 0, Units: []uint64{2, 3}}, {Contest: 0, Units: []uint64{4}},
		{Contest: 1, Units: []uint64{1}}, {Contest: 1, Units: []uint64{2}},
		{Contest: 2, Units: []uint64{3}},
	}
	if r.tamper.partition != nil {
		parts = r.tamper.partition
	}
	for _, p := range parts {
		r.totals = append(r.totals, r.part(p.Contest, p.Units))
	}
	for c, parts := range [][]entry.Part{r.totals[:3], r.totals[3:]} {
		r.post(fmt.Sprintf("totals %d", c), &entry.Totals{Chunk: uint64(c), Parts: slices.Clone(parts)}, r.board)
		r.chunks = append(r.chunks, r.lastLeaf()...)
	}
	r.post("totals-end", &entry.TotalsEnd{End: r.end, Chunks: r.chunks}, r.board)
	for _, i := range []uint64{1, 3} {
		r.share(i)
	}
	result := &entry.Result{}
	for i, p := range r.totals {
		result.Parts = append(result.Parts, r.resultPart(i, p))
	}
	r.post("result 0", result, r.authority)
	r.post("result-end", &entry.ResultEnd{End: r.end, Trustees: []uint64{1, 3}, Chunks: r.lastLeaf()}, r.authority)
}

// part adds up the cast ballots of some units.
func (r *record) part(contest uint64, units []uint64) entry.Part {
	p := entry.Part{Contest: contest, Units: units}
	n := r.manifest.Contests[contest].Ciphertexts()
	sums, votes := make([]elgamal.Ciphertext, n), make([]uint64, n)
	for k := range sums {
		sums[k] = elgamal.Zero()
	}
	for _, b := range r.casts {
		if !slices.Contains(units, b.voter.unit) {
			continue
		}
		p.Ballots++
		for i, sealed := range b.body.Contests {
			if sealed.Contest != contest {
				continue
			}
			cs, err := elgamal.ParseCiphertexts(sealed.Ciphertexts, n)
			r.must(err)
			for k := range cs {
				sums[k] = sums[k].Add(cs[k])
				votes[k] += b.votes[i][k]
			}
		}
	}
	if p.Ballots >= r.manifest.Minimum || r.tamper.small && p.Ballots > 0 {
		p.Sums = elgamal.Encode(sums)
	}
	r.votes = append(r.votes, votes)
	return p
}

func (r *record) share(i uint64) {
	st := &threshold.Statement{ElectionHash: r.hash, Key: r.enc.Key(), End: r.end, Root: r.root, Trustee: i,
		VerificationShare: r.shares[i-1].Public.VerificationShares[i-1]}
	for _, p := range r.totals {
		cs, err := elgamal.ParseSums(p.Sums, len(p.Sums)/64)
		r.must(err)
		for _, c := range cs {
			st.Alphas = append(st.Alphas, c.Alpha)
		}
	}
	points, proof, err := threshold.Prove(st, r.shares[i-1].Secret)
	r.must(err)
	var chunks []byte
	for c, part := range [][]*group.Point{points[:5], points[5:]} {
		var b []byte
		for _, p := range part {
			b = append(b, p.Bytes()...)
		}
		r.post(fmt.Sprintf("share %d.%d", i, c), &entry.Share{Trustee: i, Chunk: uint64(c), Points: b}, r.signing[i-1])
		chunks = append(chunks, r.lastLeaf()...)
	}
	r.post(fmt.Sprintf("share-end %d", i), &entry.ShareEnd{Trustee: i, End: r.end, Root: r.root[:], Chunks: chunks, Proof: proof}, r.signing[i-1])
}

func (r *record) resultPart(i int, p entry.Part) entry.ResultPart {
	c := &r.manifest.Contests[p.Contest]
	out := entry.ResultPart{Contest: c.ID, Ballots: p.Ballots}
	for _, u := range p.Units {
		out.Units = append(out.Units, r.manifest.Units[u].ID)
	}
	if p.Ballots > 0 && len(p.Sums) == 0 {
		return out
	}
	ids := []string{}
	for _, o := range c.Options {
		ids = append(ids, o.ID)
	}
	out.Undervotes = c.Limit * p.Ballots
	if c.Limit == 1 {
		ids = append(ids, entry.NoneID)
		out.Undervotes = r.votes[i][len(ids)-1]
	}
	for k, id := range ids {
		out.Options = append(out.Options, entry.OptionCount{Option: id, Votes: r.votes[i][k]})
		if c.Limit > 1 {
			out.Undervotes -= r.votes[i][k]
		}
	}
	return out
}

// post takes a step. It returns nil if the tampering left it out.
func (r *record) post(step string, body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	if step == r.tamper.stop && step != "" {
		panic(stopped{})
	}
	if r.tamper.before != nil && !r.tamper.before(r, step, body) {
		return nil
	}
	if r.tamper.signers != nil {
		keys = r.tamper.signers(r, step, keys)
	}
	var hash []byte
	if step != "manifest" {
		hash = r.hash[:]
	}
	e, err := entry.Sign(body, hash, keys...)
	r.must(err)
	raw := e.Bytes()
	if r.tamper.raw != nil {
		raw = r.tamper.raw(r, step, raw)
	}
	r.append(raw)
	return e
}

// insert posts an entry beside the honest steps.
func (r *record) insert(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	e, err := entry.Sign(body, r.hash[:], keys...)
	r.must(err)
	r.append(e.Bytes())
	return e
}

func (r *record) append(raw []byte) {
	r.raws = append(r.raws, raw)
	r.tree.Append(raw)
}

func (r *record) size() uint64 { return uint64(len(r.raws)) }

func (r *record) lastLeaf() []byte {
	leaf := tlog.LeafHash(r.raws[len(r.raws)-1])
	return leaf[:]
}

func (r *record) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// tick posts a tick over everything so far.
func (r *record) tick() {
	r.ticks++
	r.now++
	r.post(fmt.Sprintf("tick %d", r.ticks), r.makeTick(r.size(), 0, 2), r.board)
}

// makeTick makes a tick over the first size entries, cosigned by witnesses.
func (r *record) makeTick(size uint64, witnesses ...uint64) *entry.Tick {
	root, err := r.tree.RootAt(size)
	r.must(err)
	t := &entry.Tick{Time: r.now, Size: size, Root: root[:], Random: make([]byte, 32)}
	rand.Read(t.Random)
	r.cosign(t, witnesses...)
	return t
}

func (r *record) cosign(t *entry.Tick, witnesses ...uint64) {
	t.Cosignatures = nil
	for _, w := range witnesses {
		sig, err := checkpoint.SignCosignature(r.witnesses[w], r.log.Origin(), t.Size, [32]byte(t.Root), t.Time)
		r.must(err)
		t.Cosignatures = append(t.Cosignatures, entry.Cosignature{Witness: w, Time: t.Time, Value: sig})
	}
}

// makeBallot seals a ballot that votes for option i of contest i, "none" in
// the third of a unit.
func (r *record) makeBallot(voter string) *testBallot {
	v := r.voters[voter]
	b := &testBallot{voter: v, body: &entry.Ballot{}}
	for c := range r.manifest.Contests {
		contest := &r.manifest.Contests[c]
		if !slices.Contains(contest.Units, v.unit) {
			continue
		}
		choices := []uint64{uint64(len(b.votes)) + uint64(voter[1]-'0')%2}
		if contest.Limit > 1 {
			choices = []uint64{0, 2}
		}
		b.seal(r, uint64(c), choices)
	}
	return b
}

// seal adds a contest to the ballot.
func (b *testBallot) seal(r *record, c uint64, choices []uint64) {
	contest := &r.manifest.Contests[c]
	n := contest.Ciphertexts()
	votes, nonces, cs := make([]uint64, n), make([]*group.Scalar, n), make([]elgamal.Ciphertext, n)
	for _, k := range choices {
		votes[k] = 1
	}
	for k := range cs {
		nonces[k] = group.RandomScalar()
		cs[k] = r.enc.Encrypt(votes[k], nonces[k])
	}
	st := &sigma.Statement{ElectionHash: r.hash, Key: r.enc.Key(), Credential: [32]byte(b.voter.ballot.Public().Bytes()),
		Contest: c, Unit: b.voter.unit, Limit: int(contest.Limit), Ciphertexts: cs}
	var proof []byte
	var err error
	if contest.Limit == 1 {
		proof, err = sigma.ProveUnitVector(r.enc, st, int(choices[0]), nonces)
	} else {
		proof, err = sigma.ProveRange(r.enc, st, votes, nonces)
	}
	r.must(err)
	b.body.Contests = append(b.body.Contests, entry.SealedContest{Contest: c, Ciphertexts: elgamal.Encode(cs), Proof: proof})
	b.votes, b.nonces, b.choices = append(b.votes, votes), append(b.nonces, nonces), append(b.choices, choices)
}

func (r *record) ballot(step, voter string) *testBallot {
	b := r.makeBallot(voter)
	r.ballots[step] = b
	r.post(step, b.body, b.voter.ballot, r.booth)
	r.placed(b)
	return b
}

// placed notes where a ballot stands: it is the last entry.
func (r *record) placed(b *testBallot) {
	b.index, b.leaf = r.size()-1, [32]byte(r.lastLeaf())
}

func (r *record) cast(step, ballot string) {
	b := r.ballots[ballot]
	size := r.size()
	r.post(step, &entry.Cast{Ballot: b.index, Leaf: b.leaf[:]}, b.voter.cast, r.booth)
	if r.size() > size {
		r.casts = append(r.casts, b)
	}
}

func (r *record) test(step, ballot string) {
	b := r.ballots[ballot]
	r.post(step, b.opening(), b.voter.ballot, r.booth)
}

// opening returns the right opening of a ballot.
func (b *testBallot) opening() *entry.Test {
	t := &entry.Test{Ballot: b.index, Leaf: b.leaf[:]}
	for i, c := range b.body.Contests {
		o := entry.Opening{Contest: c.Contest, Selected: b.choices[i]}
		for _, n := range b.nonces[i] {
			o.Nonces = append(o.Nonces, n.Bytes()...)
		}
		t.Openings = append(t.Openings, o)
	}
	return t
}

// board is the published files of a record.
type board map[string][]byte

func (r *record) publish() board {
	r.t.Helper()
	files := board{}
	r.must(tlog.TreeTiles(r.size(), func(t tlog.Tile) error {
		var b []byte
		for _, raw := range r.raws[t.Index*tlog.TileWidth:][:t.Width] {
			switch t.Level {
			case tlog.EntriesLevel:
				var err error
				b, err = tlog.AppendBundleEntry(b, raw)
				r.must(err)
			case 0:
				leaf := tlog.LeafHash(raw)
				b = append(b, leaf[:]...)
			default:
				r.t.Fatal("test record of more than one tile")
			}
		}
		files[t.Path()] = b
		return nil
	}))
	files[tlog.CheckpointPath] = r.checkpoint(r.size(), 0, 1)
	return files
}

// checkpoint signs the first size entries.
func (r *record) checkpoint(size uint64, witnesses ...int) []byte {
	root, err := r.tree.RootAt(size)
	r.must(err)
	return r.checkpointOf(size, root, witnesses...)
}

// checkpointOf signs any root.
func (r *record) checkpointOf(size uint64, root [32]byte, witnesses ...int) []byte {
	signed, err := r.log.Sign(size, root)
	r.must(err)
	for _, w := range witnesses {
		key, err := checkpoint.NewWitnessVerifier(r.manifest.Witnesses[w].Name, r.manifest.Witnesses[w].Key)
		r.must(err)
		sig, err := checkpoint.SignCosignature(r.witnesses[w], r.log.Origin(), size, root, r.now)
		r.must(err)
		signed, err = checkpoint.AddCosignatures(signed, checkpoint.Cosignature{Witness: key, Time: r.now, Sig: sig})
		r.must(err)
	}
	return signed
}

// policy is two of the three witnesses.
func (r *record) policy() *checkpoint.Policy {
	p := &checkpoint.Policy{Log: r.log.Verifier(), Quorum: 2}
	for _, w := range r.manifest.Witnesses {
		key, err := checkpoint.NewWitnessVerifier(w.Name, w.Key)
		r.must(err)
		p.Witnesses = append(p.Witnesses, checkpoint.Witness{Name: w.Name, Key: key})
	}
	return p
}

func (r *record) options() Options {
	return Options{ElectionID: entry.NewElectionID(r.hash), Policy: r.policy()}
}

// Checkpoint implements tlog.Reader.
func (b board) Checkpoint(context.Context) ([]byte, error) { return b.file(tlog.CheckpointPath) }

// Tile implements tlog.Reader.
func (b board) Tile(_ context.Context, t tlog.Tile) ([]byte, error) { return b.file(t.Path()) }

func (b board) file(path string) ([]byte, error) {
	data, ok := b[path]
	if !ok {
		return nil, fmt.Errorf("%w %s: %w", tlog.ErrFetch, path, fs.ErrNotExist)
	}
	return slices.Clone(data), nil
}

// verify judges the record as published.
func (r *record) verify() *Report {
	r.t.Helper()
	report, err := Verify(r.t.Context(), r.publish(), r.options())
	r.must(err)
	return report
}

// minusOne stands for -1 in votes.
const minusOne = ^uint64(0)

// votes replaces the ciphertexts of contest i of a ballot by encryptions of
// other numbers, and keeps the proof.
func votes(r *record, b *testBallot, i int, vote func(k int) uint64) {
	c := &b.body.Contests[i]
	cs := make([]elgamal.Ciphertext, len(b.nonces[i]))
	for k := range cs {
		if v := vote(k); v != minusOne {
			cs[k] = r.enc.Encrypt(v, b.nonces[i][k])
			continue
		}
		// alpha = r*G, beta = (r-1)*K.
		less := b.nonces[i][k].Sub(group.ScalarFromUint64(1))
		cs[k] = elgamal.Ciphertext{Alpha: group.MulBase(b.nonces[i][k]), Beta: r.enc.Key().Mul(less)}
	}
	c.Ciphertexts = elgamal.Encode(cs)
}

// sign signs an entry without posting it.
func (r *record) sign(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	e, err := entry.Sign(body, r.hash[:], keys...)
	r.must(err)
	return e
}

func itoa(n uint64) string { return fmt.Sprint(n) }
