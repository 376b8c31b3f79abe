package election

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/crypto/credential"
	"rollcall/crypto/dkg"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/tally/booth"
	"rollcall/tally/count"
	"rollcall/tally/door"
	"rollcall/tally/manifest"
)

// Options of a simulated election.
type Options struct {
	// Dir is where board.db, board/, policy and election are written.
	Dir string
	// File describes the election; its windows are replaced by one around the
	// simulated day.
	File *manifest.File
	// Voters is the number of voters of each unit, by position; 0 for units
	// that are no leaves.
	Voters []int
	// Trustees is n; the threshold is the file's.
	Trustees int
	// Began is when the simulated day begins; where zero, so that it ends about now.
	Began time.Time
	// Open is how long voters can call from then on; 0 is an hour.
	Open time.Duration
	// Progress, where set, is told what is being done and how far it is, by one
	// goroutine at a time.
	Progress func(what string, done, total int)
}

// Voter is one simulated voter.
type Voter struct {
	Ballot, Cast *schnorr.SecretKey
	Unit         uint64
}

// Election is a simulated election with all its keys.
type Election struct {
	Dir      string
	Manifest *entry.Manifest
	Entry    *entry.Entry // the manifest entry
	Hash     [entry.HashSize]byte
	Door     *door.Door
	Board    *bulletin.Board
	Booth    *booth.Booth // once open
	Voters   []Voter
	Logger   *slog.Logger // the door's, from the next Restart on; nil for none
	// Cosigned is the door's way to its witnesses, from the next Restart on; nil
	// where it has none.
	Cosigned func(ctx context.Context, size uint64, since time.Time) (door.Cosigned, error)

	Authority, Registrar, BoardKey, BoothKey *schnorr.SecretKey
	Signing                                  []*schnorr.SecretKey // trustees'
	Shares                                   []*dkg.KeyShare      // after the ceremony

	ceremony []*group.Scalar
	log      *checkpoint.Signer
	clock    atomic.Int64 // Unix seconds
	waveSize int
	counting sync.Mutex // held while progress is told
	progress func(string, int, int)
}

// Policy returns the path of the witness policy file.
func (e *Election) Policy() string { return filepath.Join(e.Dir, "policy") }

// Public returns the directory of the public files.
func (e *Election) Public() string { return filepath.Join(e.Dir, "board") }

// ID returns the election id.
func (e *Election) ID() entry.ElectionID { return entry.NewElectionID(e.Hash) }

// Now is the simulated time in Unix seconds.
func (e *Election) Now() uint64 { return uint64(e.clock.Load()) }

// Advance moves the simulated clock.
func (e *Election) Advance(d time.Duration) { e.clock.Add(int64(d / time.Second)) }

// New makes all keys and a board whose only entry is the manifest.
func New(ctx context.Context, o Options) (*Election, error) {
	e := &Election{Dir: o.Dir, progress: o.Progress, waveSize: defaultWave}
	if e.progress == nil {
		e.progress = func(string, int, int) {}
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	if o.Open == 0 {
		o.Open = time.Hour
	}
	if o.Began.IsZero() {
		// The simulated day ends about now, so that no time lies in the future.
		o.Began = time.Now().Add(-time.Duration(o.File.DecisionSeconds)*time.Second - o.Open)
	}
	e.clock.Store(o.Began.Unix())

	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	signer, err := checkpoint.GenerateSigner("rollcall/"+hex.EncodeToString(nonce), rand.Reader)
	if err != nil {
		return nil, err
	}
	oprf, err := credential.GenerateOPRFKey()
	if err != nil {
		return nil, err
	}
	e.Authority, e.Registrar = schnorr.GenerateKey(), schnorr.GenerateKey()
	e.BoardKey, e.BoothKey = schnorr.GenerateKey(), schnorr.GenerateKey()
	keys := manifest.Keys{
		Log:       entry.Log{Origin: signer.Origin(), Key: signer.Verifier().PublicKey()},
		Authority: e.Authority.Public().Bytes(), Registrar: e.Registrar.Public().Bytes(), Board: e.BoardKey.Public().Bytes(),
		Booths: [][]byte{e.BoothKey.Public().Bytes()}, OPRF: [][]byte{oprf.Public().Bytes()},
	}
	for i := range o.Trustees {
		sign, secret := schnorr.GenerateKey(), group.RandomScalar()
		e.Signing, e.ceremony = append(e.Signing, sign), append(e.ceremony, secret)
		keys.Trustees = append(keys.Trustees, entry.Trustee{Name: fmt.Sprintf("Trustee %d", i+1),
			Signing: sign.Public().Bytes(), Ceremony: group.MulBase(secret).Bytes()})
	}
	e.Manifest, err = o.File.Build(keys)
	if err != nil {
		return nil, err
	}
	e.Manifest.Windows = []entry.Window{{From: e.Now(), To: e.Now() + uint64(o.Open/time.Second)}}
	if e.Entry, err = entry.Sign(e.Manifest, nil, e.Authority); err != nil {
		return nil, err
	}
	e.Hash = e.Entry.Hash()
	policy := checkpoint.Policy{Log: signer.Verifier()}
	text, err := policy.Marshal()
	if err != nil {
		return nil, err
	}
	err = errors.Join(os.WriteFile(e.Policy(), text, 0o644),
		os.WriteFile(filepath.Join(o.Dir, "election"), []byte(string(e.ID())+"\n"), 0o644))
	if err != nil {
		return nil, err
	}
	if err := e.makeVoters(ctx, o.Voters); err != nil {
		return nil, err
	}
	e.log = signer
	return e, e.openBoard(ctx)
}

func (e *Election) openBoard(ctx context.Context) error {
	e.Door = door.New(door.Config{BoardKey: e.BoardKey, Logger: e.Logger, Cosigned: e.Cosigned, Now: func() time.Time { return time.Unix(e.clock.Load(), 0) }})
	var err error
	e.Board, err = bulletin.Open(ctx, bulletin.Config{
		Database: filepath.Join(e.Dir, "board.db"), Dir: e.Public(), Signer: e.log, Admitter: e.Door.Admitter()})
	if err != nil {
		return err
	}
	e.Door.Attach(e.Board)
	_, err = e.Door.Post(ctx, e.Entry.Bytes())
	return err
}

// makeVoters draws keys directly, on all processors: what a registrar derives
// from PINs a simulation has no letters for.
func (e *Election) makeVoters(ctx context.Context, perUnit []int) error {
	for u, n := range perUnit {
		e.Voters = append(e.Voters, slices.Repeat([]Voter{{Unit: uint64(u)}}, n)...)
	}
	numbers := newNumbers(e.Hash, len(e.Voters))
	chunks := slices.Collect(slices.Chunk(e.Voters, entry.MaxRollVoters))
	count := e.counter("drawing keys", len(e.Voters))
	return each(ctx, runtime.GOMAXPROCS(0), len(chunks), func(_ context.Context, i int) error {
		for j := range chunks[i] {
			v := &chunks[i][j]
			v.Ballot, v.Cast = numbers.draw(), schnorr.GenerateKey()
		}
		count(len(chunks[i]))
		return nil
	})
}

// Close closes the board.
func (e *Election) Close() error { return e.Board.Close() }

// post signs a body and posts it.
func (e *Election) post(ctx context.Context, body entry.Body, keys ...*schnorr.SecretKey) (*entry.Entry, uint64, error) {
	signed, err := entry.Sign(body, e.Hash[:], keys...)
	if err != nil {
		return nil, 0, err
	}
	index, err := e.Door.Post(ctx, signed.Bytes())
	if err != nil {
		return nil, 0, fmt.Errorf("posting %s: %w", body.Kind(), err)
	}
	return signed, index, nil
}

// Ceremony runs the key ceremony with all trustees.
func (e *Election) Ceremony(ctx context.Context) error {
	const attempt = 1
	if _, _, err := e.post(ctx, &entry.Ceremony{Attempt: attempt, Time: e.Now()}, e.Authority); err != nil {
		return err
	}
	params, err := count.Params(e.Manifest, e.Hash, attempt)
	if err != nil {
		return err
	}
	n := len(e.Signing)
	trustees, messages := make([]*dkg.Trustee, n), make([][]byte, n)
	for i := range trustees {
		if trustees[i], err = dkg.NewTrustee(params, i+1, e.ceremony[i]); err != nil {
			return err
		}
		if messages[i], err = trustees[i].Round1(rand.Reader, nil); err != nil {
			return err
		}
		h := dkg.CommitmentHash(dkg.SessionID(e.Hash, attempt), i+1, messages[i])
		if _, _, err := e.post(ctx, &entry.Commitment{Attempt: attempt, Trustee: uint64(i + 1), Hash: h[:]}, e.Signing[i]); err != nil {
			return err
		}
	}
	for i := range trustees {
		if _, _, err := e.post(ctx, &entry.Round1{Attempt: attempt, Trustee: uint64(i + 1), Message: messages[i]}, e.Signing[i]); err != nil {
			return err
		}
	}
	ceremony, err := dkg.VerifyMessages(params, messages)
	if err != nil {
		return err
	}
	rounds, signatures := make([]*dkg.Round2, n), make([][]byte, n)
	for i := range trustees {
		if rounds[i], err = trustees[i].Round2(ceremony, messages[i]); err != nil {
			return err
		}
		signatures[i] = rounds[i].Signature()
		if _, _, err := e.post(ctx, &entry.Confirm{Attempt: attempt, Trustee: uint64(i + 1), Signature: signatures[i]}, e.Signing[i]); err != nil {
			return err
		}
	}
	for i := range rounds {
		share, err := rounds[i].Finish(signatures)
		if err != nil {
			return err
		}
		e.Shares = append(e.Shares, share)
	}
	return nil
}
