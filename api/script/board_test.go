package script_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/credential"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/code"
	"rollcall/tally/manifest"
)

const noon = 1_800_000_000 // Unix seconds: when everything here happens

// board is a record that holds what a ballot rests on and no more, with all its
// keys, so that every entry can be wrong in any way and still be signed. Its
// entries, by what they are:
//
//	0 manifest, 1 and 2 roll, 3 roll-end, 4 open, 5 tick, 6 and 7 ballots, 8 a
//	void tick over both, 9 their code tick, 10 cast of 6, 11 test of 7, 12
//	tick, 13 a ballot that no tick covers
type board struct {
	keys
	manifest *entry.Manifest
	hash     [entry.HashSize]byte
	booth    *booth.Booth
	entries  [][]byte
	tick     *entry.Tick // at 9
	extra    int         // chunks of strangers after the roll, by which all that follows is moved
}

// atRoll is the chunk with voters 3 to 5.
const (
	atRoll, atOpen, atCast, atTested, atTick, atCastEntry, atTestEntry, atLate = 2, 4, 6, 7, 9, 10, 11, 13
)

// keys of everyone. Tests share them; each board has a log of its own.
type keys struct {
	authority, registrar, board, booth, booth2 *schnorr.SecretKey
	voters                                     []voter
	joint                                      *group.Point
	witness                                    ed25519.PrivateKey
	log                                        *checkpoint.Signer
}

type voter struct{ ballot, cast *schnorr.SecretKey }

// forge changes an entry before it is signed, and by whom it is.
type forge func(b *board, body entry.Body, signers []*schnorr.SecretKey) []*schnorr.SecretKey

func newKeys(t testing.TB) keys {
	t.Helper()
	_, witness, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := keys{authority: schnorr.GenerateKey(), registrar: schnorr.GenerateKey(), board: schnorr.GenerateKey(),
		booth: schnorr.GenerateKey(), booth2: schnorr.GenerateKey(), joint: group.MulBase(group.RandomScalar()), witness: witness}
	for range 6 {
		k.voters = append(k.voters, voter{schnorr.GenerateKey(), schnorr.GenerateKey()})
	}
	if k.log, err = checkpoint.GenerateSigner("board.example/1", rand.Reader); err != nil {
		t.Fatal(err)
	}
	return k
}

// newBoard makes a board, with the entries at some places forged.
func newBoard(t testing.TB, forged map[int]forge) *board { return newLongBoard(t, forged, 0) }

// newLongBoard is newBoard with more chunks of the roll.
func newLongBoard(t testing.TB, forged map[int]forge, extra int) *board {
	t.Helper()
	b := &board{keys: newKeys(t), extra: extra}
	b.makeManifest(t, election.Small(t.TempDir()).File)
	post := func(body entry.Body, signers ...*schnorr.SecretKey) *entry.Entry {
		t.Helper()
		at := len(b.entries)
		if f := forged[at]; f != nil {
			signers = f(b, body, signers)
		}
		hash := b.hash[:]
		if at == 0 {
			hash = nil
		}
		e, err := entry.Sign(body, hash, signers...)
		if err != nil {
			t.Fatal(err)
		}
		b.entries = append(b.entries, e.Bytes())
		return e
	}
	b.hash = post(b.manifest, b.authority).Hash()

	for chunk := range uint64(2) {
		roll := &entry.Roll{Chunk: chunk}
		for _, v := range b.voters[3*chunk : 3*chunk+3] {
			roll.Voters = entry.AppendVoter(roll.Voters, entry.Voter{BallotKey: [32]byte(v.ballot.Public().Bytes()),
				CastKey: [32]byte(v.cast.Public().Bytes()), Unit: 1})
		}
		post(roll, b.registrar)
	}
	for i := range extra {
		post(&entry.Roll{Chunk: uint64(i + 2), Voters: make([]byte, entry.VoterSize)}, b.registrar)
	}
	post(&entry.RollEnd{Counts: []uint64{0, 6, 0, 0}}, b.registrar)
	root := b.root()
	post(&entry.Open{JointKey: b.joint.Bytes(), Attempt: 1, Voters: []uint64{0, 6, 0, 0}, Size: uint64(len(b.entries)), Root: root[:]}, b.authority)
	post(b.newTick(t), b.board)

	var err error
	if b.booth, err = booth.New(b.manifest, b.hash, b.joint, b.keys.booth, nil); err != nil {
		t.Fatal(err)
	}
	var sealed []*booth.Sealed
	seal := func(v voter, choices [][]int) {
		made, s, err := b.booth.Make(v.ballot, 1, choices)
		if err != nil {
			t.Fatal(err)
		}
		s.Index = uint64(len(b.entries))
		s.Leaf = post(made.Body, v.ballot, b.keys.booth).LeafHash()
		sealed = append(sealed, s)
	}
	decide := func(e *entry.Entry, err error, key *schnorr.SecretKey) {
		if err != nil {
			t.Fatal(err)
		}
		post(e.Body, key, b.keys.booth)
	}
	caster, tester := b.voters[3], b.voters[0]
	seal(caster, [][]int{{0}, {0, 2}})
	seal(tester, [][]int{{}, {1}})
	post(b.newTick(t), b.authority) // is nobody's to sign
	b.tick = b.newTick(t)
	post(b.tick, b.board)
	made, err := b.booth.MakeCast(sealed[0], caster.cast)
	decide(made, err, caster.cast)
	made, err = b.booth.MakeTest(sealed[1], tester.ballot)
	decide(made, err, tester.ballot)
	post(b.newTick(t), b.board)
	seal(b.voters[5], [][]int{{1}, {}})
	return b
}

func (b *board) makeManifest(t testing.TB, f *manifest.File) {
	t.Helper()
	oprf, err := credential.GenerateOPRFKey()
	if err != nil {
		t.Fatal(err)
	}
	public := func(k *schnorr.SecretKey) []byte { return k.Public().Bytes() }
	k := manifest.Keys{Log: entry.Log{Origin: b.log.Origin(), Key: b.log.Verifier().PublicKey()},
		Authority: public(b.authority), Registrar: public(b.registrar), Board: public(b.board),
		Booths: [][]byte{public(b.keys.booth), public(b.booth2)}, OPRF: [][]byte{oprf.Public().Bytes()}}
	key, err := checkpoint.NewWitnessVerifier("witness.example", b.witness.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	f.Witnesses, f.Quorum = []manifest.Witness{{Key: key.String(), URL: "https://witness.example"}}, 1
	for i := range 3 {
		k.Trustees = append(k.Trustees, entry.Trustee{Name: fmt.Sprint("Trustee ", i),
			Signing: public(schnorr.GenerateKey()), Ceremony: public(schnorr.GenerateKey())})
	}
	if b.manifest, err = f.Build(k); err != nil {
		t.Fatal(err)
	}
}

// newTick is a tick over all entries, cosigned.
func (b *board) newTick(t testing.TB) *entry.Tick {
	t.Helper()
	root, random := b.root(), make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	tick := &entry.Tick{Time: noon + uint64(len(b.entries)), Size: uint64(len(b.entries)), Root: root[:], Random: random}
	b.cosign(t, tick)
	return tick
}

// cosign replaces a tick's cosignatures.
func (b *board) cosign(t testing.TB, tick *entry.Tick) {
	t.Helper()
	value, err := checkpoint.SignCosignature(b.witness, b.log.Origin(), tick.Size, [32]byte(tick.Root), tick.Time-5)
	if err != nil {
		t.Fatal(err)
	}
	tick.Cosignatures = []entry.Cosignature{{Witness: 0, Time: tick.Time - 5, Value: value}}
}

func (b *board) root() [32]byte { return treeHash(b.entries) }

// treeHash and auditPath are MTH and PATH of RFC 6962, sections 2.1 and 2.1.1.
func treeHash(entries [][]byte) [32]byte {
	if len(entries) == 1 {
		return entry.LeafHash(entries[0])
	}
	k := split(len(entries))
	left, right := treeHash(entries[:k]), treeHash(entries[k:])
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// split is the largest power of two below n.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

func auditPath(index int, entries [][]byte) []tlog.Hash {
	if len(entries) == 1 {
		return nil
	}
	k := split(len(entries))
	if index < k {
		return append(auditPath(index, entries[:k]), treeHash(entries[k:]))
	}
	return append(auditPath(index-k, entries[k:]), treeHash(entries[:k]))
}

// proof is the tlog-proof of an entry.
func (b *board) proof(index int) []byte {
	signed, err := b.log.Sign(uint64(len(b.entries)), b.root())
	if err != nil {
		panic(err) // a signer that has signed before
	}
	return (&tlog.Receipt{Index: uint64(index), Path: auditPath(index, b.entries), Checkpoint: signed}).Marshal()
}

// claim is what the page says of the ballot at an index, as data attributes.
func (b *board) claim(t testing.TB, ballot int) map[string]string {
	t.Helper()
	e, err := entry.Decode(b.entries[ballot])
	if err != nil {
		t.Fatal(err)
	}
	signer, err := schnorr.ParsePublicKey(e.Signatures[0].Signer)
	if err != nil {
		t.Fatal(err)
	}
	tick, err := code.NewTick(b.hash, b.tick)
	if err != nil {
		t.Fatal(err)
	}
	c := map[string]string{"election": string(entry.NewElectionID(b.hash)), "ballot": strconv.Itoa(ballot),
		"number": credential.BallotNumber(b.hash, signer), "code": tick.Code(e.LeafHash()), "roll": strconv.Itoa(atRoll)}
	switch ballot - b.extra {
	case atCast:
		c["decision"], c["kind"] = strconv.Itoa(atCastEntry+b.extra), "cast"
	case atTested:
		c["decision"], c["kind"], c["opened"], c["roll"] = strconv.Itoa(atTestEntry+b.extra), "test", "0:3 1:1", "1"
	case atLate:
		delete(c, "code")
	}
	return c
}

// answers gives the bytes of a file of the public interface, or the status
// without any.
type answers func(path string) (body []byte, status int)

func (b *board) answers(path string) ([]byte, int) {
	what, number, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
	i, err := strconv.Atoi(number)
	if err != nil || i >= len(b.entries) {
		return nil, http.StatusNotFound
	}
	if what == "proofs" {
		return b.proof(i), http.StatusOK
	}
	return b.entries[i], http.StatusOK
}

// serve gives the public interface over HTTP.
func serve(t testing.TB, a answers) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, status := a(r.URL.Path)
		w.WriteHeader(status)
		w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
