package monitor_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/count"
	"rollcall/tally/manifest"
)

// opening is when the record of these tests opens, in Unix seconds.
const opening = 1_800_000_000

// record is an open election whose every key is ours, with one witness, so that
// a test can do on the board what only a dishonest one does. A copy goes its own
// way.
type record struct {
	t        *testing.T
	raws     [][]byte
	now      uint64
	manifest *entry.Manifest
	hash     [entry.HashSize]byte
	log      *checkpoint.Signer
	witness  *checkpoint.Cosigner
	authority, registrar, board,
	boothKey *schnorr.SecretKey
	voters []voter
	booth  *booth.Booth
}

type voter struct{ ballot, cast *schnorr.SecretKey }

// opened is made once: a record with a first tick, of 40 voters in one unit.
var opened = sync.OnceValue(func() *record { return newRecord(40) })

// open returns a record of this test's own.
func open(t *testing.T) *record {
	t.Helper()
	return opened().clone(t)
}

func (r *record) clone(t *testing.T) *record {
	c := *r
	c.t, c.raws = t, slices.Clone(r.raws)
	return &c
}

func newRecord(voters int) *record {
	r := &record{now: opening, authority: schnorr.GenerateKey(), registrar: schnorr.GenerateKey(), board: schnorr.GenerateKey(), boothKey: schnorr.GenerateKey()}
	var err error
	r.log, err = checkpoint.GenerateSigner("log.example/monitored", rand.Reader)
	r.must(err)
	r.witness, err = checkpoint.GenerateCosigner("witness.example/w", rand.Reader)
	r.must(err)
	sign, secret := schnorr.GenerateKey(), group.RandomScalar()
	file := election.Small("").File
	file.Threshold = 1
	r.manifest, err = file.Build(manifest.Keys{
		Log:       entry.Log{Origin: r.log.Origin(), Key: r.log.Verifier().PublicKey()},
		Authority: r.authority.Public().Bytes(), Registrar: r.registrar.Public().Bytes(), Board: r.board.Public().Bytes(),
		Booths: [][]byte{r.boothKey.Public().Bytes()}, OPRF: [][]byte{schnorr.GenerateKey().Public().Bytes()},
		Trustees: []entry.Trustee{{Name: "T", Signing: sign.Public().Bytes(), Ceremony: group.MulBase(secret).Bytes()}},
	})
	r.must(err)
	r.manifest.Windows = []entry.Window{{From: opening, To: opening + 1<<20}}
	r.manifest.Witnesses, r.manifest.Quorum = []entry.Witness{{Name: "witness.example/w", Key: r.witness.Verifier().PublicKey()}}, 1
	first, err := entry.Sign(r.manifest, nil, r.authority)
	r.must(err)
	r.hash = first.Hash()
	r.raws = append(r.raws, first.Bytes())
	joint := r.ceremony(sign, secret)
	for range voters {
		r.voters = append(r.voters, voter{schnorr.GenerateKey(), schnorr.GenerateKey()})
	}
	r.roll()
	root := r.root(r.size())
	counts := r.counts()
	r.post(&entry.Open{JointKey: joint.Bytes(), Attempt: 1, Voters: counts, Size: r.size(), Root: root[:]}, r.authority)
	r.booth, err = booth.New(r.manifest, r.hash, joint, r.boothKey, nil) // which makes and posts nothing
	r.must(err)
	r.ticks(0)
	return r
}

// ceremony is that of one trustee.
func (r *record) ceremony(sign *schnorr.SecretKey, secret *group.Scalar) *group.Point {
	r.post(&entry.Ceremony{Attempt: 1, Time: r.now}, r.authority)
	params, err := count.Params(r.manifest, r.hash, 1)
	r.must(err)
	trustee, err := dkg.NewTrustee(params, 1, secret)
	r.must(err)
	message, err := trustee.Round1(rand.Reader, nil)
	r.must(err)
	commitment := dkg.CommitmentHash(dkg.SessionID(r.hash, 1), 1, message)
	r.post(&entry.Commitment{Attempt: 1, Trustee: 1, Hash: commitment[:]}, sign)
	r.post(&entry.Round1{Attempt: 1, Trustee: 1, Message: message}, sign)
	c, err := dkg.VerifyMessages(params, [][]byte{message})
	r.must(err)
	round, err := trustee.Round2(c, message)
	r.must(err)
	r.post(&entry.Confirm{Attempt: 1, Trustee: 1, Signature: round.Signature()}, sign)
	return c.Result().JointKey
}

// south is the unit of all voters, who vote for the mayor alone.
const south = 2

func (r *record) counts() []uint64 {
	counts := make([]uint64, len(r.manifest.Units))
	counts[south] = uint64(len(r.voters))
	return counts
}

func (r *record) roll() {
	body := &entry.Roll{}
	for _, v := range r.voters {
		body.Voters = entry.AppendVoter(body.Voters, entry.Voter{BallotKey: [32]byte(v.ballot.Public().Bytes()), CastKey: [32]byte(v.cast.Public().Bytes()), Unit: south})
	}
	leaf := r.post(body, r.registrar).LeafHash()
	r.post(&entry.RollEnd{Chunks: leaf[:], Counts: r.counts()}, r.registrar)
}

// must panics: a record is also made where there is no test.
func (r *record) must(err error) {
	if err != nil {
		panic(err)
	}
}

func (r *record) size() uint64 { return uint64(len(r.raws)) }

func (r *record) root(size uint64) tlog.Hash {
	b := tlog.NewRangeBuilder()
	for _, raw := range r.raws[:size] {
		b.Append(raw)
	}
	return b.Root()
}

func (r *record) post(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	e, err := entry.Sign(body, r.hash[:], keys...)
	r.must(err)
	r.raws = append(r.raws, e.Bytes())
	return e
}

// ticks adds a tick for each of these pauses after the last, its witness's clock
// being the board's.
func (r *record) ticks(pauses ...uint64) {
	for _, p := range pauses {
		r.now += p
		r.strayed(0)
	}
}

// strayed adds a tick that is so many seconds after its witness's time.
func (r *record) strayed(by uint64) {
	size, root := r.size(), r.root(r.size())
	c, err := r.witness.Cosign(checkpoint.Checkpoint{Origin: r.log.Origin(), Size: size, Root: root}, r.now-by)
	r.must(err)
	r.post(&entry.Tick{Time: r.now, Size: size, Root: root[:], Random: make([]byte, 32),
		Cosignatures: []entry.Cosignature{{Witness: 0, Time: c.Time, Value: c.Sig}}}, r.board)
}

// ballot seals a ballot of a voter and ticks.
func (r *record) ballot(v int) *booth.Sealed {
	made, sealed, err := r.booth.Make(r.voters[v].ballot, south, [][]int{{v % 3}})
	r.must(err)
	sealed.Index = r.size()
	r.raws = append(r.raws, made.Bytes())
	r.ticks(1)
	return sealed
}

// cast adds a cast of a sealed ballot.
func (r *record) cast(v int, s *booth.Sealed) {
	e, err := r.booth.MakeCast(s, r.voters[v].cast)
	r.must(err)
	r.raws = append(r.raws, e.Bytes())
}

// policy asks for the log and its one witness.
func (r *record) policy() *checkpoint.Policy {
	return &checkpoint.Policy{Log: r.log.Verifier(), Quorum: 1, Witnesses: []checkpoint.Witness{{Name: r.witness.Verifier().Name(), Key: r.witness.Verifier()}}}
}

// files are what a board publishes, by path.
type files map[string][]byte

// publish returns the files of the record.
func (r *record) publish() files { return r.publishAt(r.size()) }

// publishAt returns the files of the first size entries.
func (r *record) publishAt(size uint64) files {
	f := files{tlog.CheckpointPath: r.checkpoint(size, true)}
	r.must(tlog.TreeTiles(size, func(t tlog.Tile) error {
		if t.Level == tlog.EntriesLevel {
			var b []byte
			for _, raw := range r.raws[t.Index*tlog.TileWidth:][:t.Width] {
				var err error
				b, err = tlog.AppendBundleEntry(b, raw)
				r.must(err)
			}
			f[t.Path()] = b
			return nil
		}
		var hashes []tlog.Hash
		width := 1 << (8 * t.Level)
		for i := range t.Width {
			at := (int(t.Index)*tlog.TileWidth + i) * width
			b := tlog.NewRangeBuilder()
			for _, raw := range r.raws[at : at+width] {
				b.Append(raw)
			}
			hashes = append(hashes, b.Root())
		}
		f[t.Path()] = tlog.EncodeHashTile(hashes)
		return nil
	}))
	return f
}

// leaves is the path of the first tile of hashes of the leaves, in a tree of so
// many entries that it is not full.
func leaves(size uint64) string { return (tlog.Tile{Width: int(size)}).Path() }

// hiding is what a record publishes without the hashes of its leaves; with wrong
// they are there, and not its own.
func (r *record) hiding(wrong bool) files {
	f := r.publish()
	if wrong {
		f[leaves(r.size())][40] ^= 1
	} else {
		delete(f, leaves(r.size()))
	}
	return f
}

// checkpoint signs the first size entries, with the witness or without.
func (r *record) checkpoint(size uint64, witnessed bool) []byte {
	root := r.root(size)
	signed, err := r.log.Sign(size, root)
	r.must(err)
	if witnessed {
		c, err := r.witness.Cosign(checkpoint.Checkpoint{Origin: r.log.Origin(), Size: size, Root: root}, r.now)
		r.must(err)
		signed, err = checkpoint.AddCosignatures(signed, c)
		r.must(err)
	}
	return signed
}

// server is a board on the network, whose files a test changes between rounds;
// without any it is gone.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	files files    // under mu
	cut   bool     // under mu: every connection breaks
	asked []string // under mu: the paths, since they were last taken
}

func serve(t *testing.T, f files) *server {
	t.Helper()
	s := &server{files: f}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		b, ok := s.files[r.URL.Path[1:]]
		cut := s.cut
		s.asked = append(s.asked, r.URL.Path[1:])
		s.mu.Unlock()
		if cut {
			panic(http.ErrAbortHandler)
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) show(f files) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = f
}

// breaks has every connection end without an answer.
func (s *server) breaks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
}

// take returns the paths that were asked for since the last time.
func (s *server) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}
