package verifier

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
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
	randoms int            // drawn for ticks
	seals   map[string]int // contests sealed, by voter and contest

	auditors [][32]byte // credentials, in ascending order
}

// tamper is what a test does to the honest election. All may be nil.
type tamper struct {
	// keys is another name for another election of other keys.
	keys string
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
	// audit names voters whose credentials are auditors'; nil for an election without.
	audit []string
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
	r.authority, r.registrar, r.board, r.booth, r.booth2 = r.key("authority"), r.key("registrar"), r.key("board"), r.key("booth"), r.key("booth2")
	r.log = once(func() *checkpoint.Signer {
		s, err := checkpoint.GenerateSigner("rollcall.test/log", rand.Reader)
		r.must(err)
		return s
	}, "log", r.tamper.keys)
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
		OPRFKeys: [][]byte{r.key("oprf").Public().Bytes()}, Threshold: 2, Quorum: 2,
		Software: []entry.Software{{Name: "rollcall", SHA256: bytes.Repeat([]byte{7}, 32)}},
	}
	for i := range 3 {
		sign := r.key(fmt.Sprint("trustee", i))
		secret := once(group.RandomScalar, "ceremony key", r.tamper.keys, i)
		r.signing, r.ceremony = append(r.signing, sign), append(r.ceremony, secret)
		m.Trustees = append(m.Trustees, entry.Trustee{Name: fmt.Sprint(i), Signing: sign.Public().Bytes(), Ceremony: group.MulBase(secret).Bytes()})
		private := once(func() ed25519.PrivateKey {
			_, private, err := ed25519.GenerateKey(rand.Reader)
			r.must(err)
			return private
		}, "witness", r.tamper.keys, i)
		r.witnesses = append(r.witnesses, private)
		m.Witnesses = append(m.Witnesses, entry.Witness{Name: fmt.Sprintf("w%d", i), Key: private.Public().(ed25519.PublicKey)})
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
	e := r.signFor(hash, body, keys)
	raw := e.Bytes()
	if r.tamper.raw != nil {
		raw = r.tamper.raw(r, step, raw)
	}
	r.append(raw)
	return e
}

// insert posts an entry beside the honest steps.
func (r *record) insert(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	e := r.sign(body, keys...)
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
