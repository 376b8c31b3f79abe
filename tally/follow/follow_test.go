package follow_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/internal/election"
	"rollcall/tally/booth"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opened returns an open election with one sealed ballot.
func opened(t *testing.T) (*election.Election, *booth.Sealed) {
	t.Helper()
	ctx := t.Context()
	e, err := election.New(ctx, election.Small(t.TempDir()))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(ctx))
	must(t, e.Open(ctx))
	made, s, err := e.Booth.Make(e.Voters[0].Ballot, e.Voters[0].Unit, [][]int{{0}, {}})
	must(t, err)
	s.Index, err = e.Door.Post(ctx, made.Bytes())
	must(t, err)
	must(t, e.Door.Tick(ctx))
	return e, s
}

// follower follows an election's public files, read through wrap.
func follower(t *testing.T, e *election.Election, wrap func(tlog.Reader) tlog.Reader) *follow.Follower {
	t.Helper()
	reader, err := tlog.OpenDir(e.Public())
	must(t, err)
	text, err := os.ReadFile(e.Policy())
	must(t, err)
	policy, err := checkpoint.ParsePolicy(text)
	must(t, err)
	if wrap != nil {
		reader = wrap(reader)
	}
	return follow.New(reader, policy, e.ID())
}

// altered is a reader that changes what it reads.
type altered struct {
	tlog.Reader
	checkpoint func([]byte) ([]byte, error)
	tile       func(tlog.Tile, []byte) []byte
}

func (a *altered) Checkpoint(ctx context.Context) ([]byte, error) {
	b, err := a.Reader.Checkpoint(ctx)
	if err == nil && a.checkpoint != nil {
		return a.checkpoint(b)
	}
	return b, err
}

func (a *altered) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	b, err := a.Reader.Tile(ctx, t)
	if err == nil && a.tile != nil {
		b = a.tile(t, b)
	}
	return b, err
}

// wrong expects an error that wraps ErrWrong and says detail.
func wrong(t *testing.T, err error, detail string) {
	t.Helper()
	if !errors.Is(err, follow.ErrWrong) || !strings.Contains(err.Error(), detail) {
		t.Errorf("error %v, want one about %q", err, detail)
	}
}

// TestFollow keeps up with a board and has the same state as its door.
func TestFollow(t *testing.T) {
	ctx := t.Context()
	e, s := opened(t)
	f := follower(t, e, nil)
	same := func() {
		t.Helper()
		size, err := f.Update(ctx)
		must(t, err)
		if want := e.Board.Log().Size(); size != want || f.State().Size() != want {
			t.Errorf("read %d and judged %d entries of %d", size, f.State().Size(), want)
		}
		if got, want := f.State().Summary(), e.Door.State().Summary(); got != want {
			t.Errorf("state %+v, the door's %+v", got, want)
		}
	}
	same()
	same() // nothing new
	b, _ := f.State().Ballot(s.Index)
	if d, _ := e.Door.State().Ballot(s.Index); b.Code == "" || b.Code != d.Code {
		t.Errorf("code %q, the door's %q", b.Code, d.Code)
	}
	cast, err := e.Booth.MakeCast(s, e.Voters[0].Cast)
	must(t, err)
	_, err = e.Door.Post(ctx, cast.Bytes())
	must(t, err)
	same()
	for size := range e.Board.Log().Size() + 1 {
		want, err := e.Board.Log().RootAt(ctx, size)
		must(t, err)
		if got, err := f.RootAt(size); err != nil || got != want {
			t.Errorf("root of %d: %v", size, err)
		}
	}
}

func TestFollowWait(t *testing.T) {
	e, _ := opened(t)
	f := follower(t, e, nil)
	must(t, f.Wait(t.Context(), func(s *record.State) bool { return s.Phase() == record.PhaseOpen }))
	over, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.Wait(over, func(*record.State) bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for what never comes: %v", err)
	}
	bad := follower(t, e, func(r tlog.Reader) tlog.Reader {
		return &altered{Reader: r, checkpoint: func(b []byte) ([]byte, error) { return b[:len(b)-9], nil }}
	})
	wrong(t, bad.Wait(t.Context(), func(*record.State) bool { return true }), "checkpoint")
}

func TestWrongElection(t *testing.T) {
	e, _ := opened(t)
	other, _ := opened(t)
	e.Hash = other.Hash // the id that a voter's letter names
	_, err := follower(t, e, nil).Update(t.Context())
	wrong(t, err, "not "+string(other.ID()))
}

func TestForgedCheckpoint(t *testing.T) {
	ctx := t.Context()
	e, _ := opened(t)
	published := e.Board.Latest()
	forger, err := checkpoint.GenerateSigner(published.Origin, rand.Reader)
	must(t, err)
	forged, err := forger.Sign(published.Size, published.Root)
	must(t, err)
	serve := func(b []byte) *follow.Follower {
		return follower(t, e, func(r tlog.Reader) tlog.Reader {
			return &altered{Reader: r, checkpoint: func([]byte) ([]byte, error) { return b, nil }}
		})
	}
	_, err = serve(forged).Update(ctx)
	wrong(t, err, "checkpoint")
	larger := bytes.Replace(published.Signed, []byte("\n"), []byte("\n1"), 1)
	_, err = serve(larger).Update(ctx)
	wrong(t, err, "checkpoint")
	_, err = serve(nil).Update(ctx)
	wrong(t, err, "checkpoint")
}

// TestShrunkenBoard shows an earlier checkpoint again, and one of the same size
// with another root.
func TestShrunkenBoard(t *testing.T) {
	ctx := t.Context()
	e, s := opened(t)
	earlier := e.Board.Latest().Signed
	cast, err := e.Booth.MakeCast(s, e.Voters[0].Cast)
	must(t, err)
	_, err = e.Door.Post(ctx, cast.Bytes())
	must(t, err)
	var shown []byte
	f := follower(t, e, func(r tlog.Reader) tlog.Reader {
		return &altered{Reader: r, checkpoint: func(b []byte) ([]byte, error) {
			if shown != nil {
				return shown, nil
			}
			return b, nil
		}}
	})
	_, err = f.Update(ctx)
	must(t, err)
	shown = earlier
	_, err = f.Update(ctx)
	wrong(t, err, "entries and now shows")
}

// TestEntriesChanged flips a byte of every bundle: the entries no longer hash
// to the checkpoint, and nothing of them is believed.
func TestEntriesChanged(t *testing.T) {
	e, _ := opened(t)
	f := follower(t, e, func(r tlog.Reader) tlog.Reader {
		return &altered{Reader: r, tile: func(_ tlog.Tile, b []byte) []byte {
			b[len(b)-1] ^= 1
			return b
		}}
	})
	_, err := f.Update(t.Context())
	wrong(t, err, "do not hash to its checkpoint")
	if f.State().Size() != 0 {
		t.Error("entries are believed")
	}
}

// TestFetchFails says ErrFetch, not ErrWrong, while files are missing, and goes
// on when they are back.
func TestFetchFails(t *testing.T) {
	ctx := t.Context()
	e, _ := opened(t)
	f := follower(t, e, nil)
	gone := filepath.Join(e.Dir, "gone")
	for _, name := range []string{"checkpoint", "tile"} {
		must(t, os.Rename(filepath.Join(e.Public(), name), gone))
		if _, err := f.Update(ctx); !errors.Is(err, tlog.ErrFetch) || errors.Is(err, follow.ErrWrong) {
			t.Errorf("without %s: %v", name, err)
		}
		must(t, os.Rename(gone, filepath.Join(e.Public(), name)))
	}
	_, err := f.Update(ctx)
	must(t, err)
}

// lax is a board that takes everything, as a dishonest operator's would.
type lax struct {
	t      *testing.T
	e      *election.Election
	board  *bulletin.Board
	follow *follow.Follower
}

// newLax returns a board that has the first n entries of an election.
func newLax(t *testing.T, e *election.Election, n uint64) *lax {
	t.Helper()
	ctx := t.Context()
	signer, err := checkpoint.GenerateSigner("rollcall/lax", rand.Reader)
	must(t, err)
	dir := t.TempDir()
	board, err := bulletin.Open(ctx, bulletin.Config{Database: filepath.Join(dir, "db"), Dir: filepath.Join(dir, "board"), Signer: signer})
	must(t, err)
	t.Cleanup(func() { must(t, board.Close()) })
	must(t, e.Board.Log().Entries(ctx, 0, n, func(_ uint64, raw []byte) error {
		_, err := board.Append(ctx, raw)
		return err
	}))
	reader, err := tlog.OpenDir(filepath.Join(dir, "board"))
	must(t, err)
	return &lax{t, e, board, follow.New(reader, &checkpoint.Policy{Log: signer.Verifier()}, e.ID())}
}

func (l *lax) append(e *entry.Entry, err error) uint64 {
	l.t.Helper()
	must(l.t, err)
	index, err := l.board.Append(l.t.Context(), e.Bytes())
	must(l.t, err)
	return index
}

// TestVoidSkipped has void entries of every kind that may be void. The follower
// passes over them, and takes the honest ones that follow.
func TestVoidSkipped(t *testing.T) {
	e, s := opened(t)
	l := newLax(t, e, e.Board.Log().Size())
	_, err := l.follow.Update(t.Context())
	must(t, err)
	before := l.follow.State().Summary()
	raw, err := e.Board.Log().Entry(t.Context(), s.Index)
	must(t, err)
	ballot, err := entry.Decode(raw)
	must(t, err)
	hash, v := e.Hash[:], e.Voters[0]
	l.append(entry.Sign(ballot.Body, hash, v.Ballot, e.BoothKey))           // its alphas again
	l.append(entry.Sign(ballot.Body, hash, e.Voters[1].Ballot, e.BoothKey)) // copied
	l.append(entry.Sign(&entry.Tick{Time: e.Now(), Size: s.Index + 2, Root: make([]byte, 32), Random: make([]byte, 32)}, hash, e.BoardKey))
	l.append(entry.Sign(&entry.Cast{Ballot: s.Index, Leaf: s.Leaf[:]}, hash, e.Voters[1].Cast, e.BoothKey))
	l.append(entry.Sign(&entry.Test{Ballot: s.Index, Leaf: s.Leaf[:], Openings: make([]entry.Opening, 2)}, hash, v.Ballot, e.BoothKey))
	l.append(entry.Sign(&entry.End{Close: 1}, hash, e.BoardKey))
	l.append(entry.Sign(&entry.Share{Trustee: 1, Points: make([]byte, 32)}, hash, e.Signing[0]))
	_, err = l.follow.Update(t.Context())
	must(t, err)
	after := l.follow.State().Summary()
	before.Size += 7
	if after != before {
		t.Errorf("state %+v, want %+v", after, before)
	}

	l.append(entry.Sign(&entry.Cast{Ballot: s.Index, Leaf: s.Leaf[:]}, hash, v.Cast, e.BoothKey))
	size, root := l.board.Log().Head()
	l.append(entry.Sign(&entry.Tick{Time: e.Now(), Size: size, Root: root[:], Random: make([]byte, 32)}, hash, e.BoardKey))
	_, err = l.follow.Update(t.Context())
	must(t, err)
	if b, _ := l.follow.State().Ballot(s.Index); b.Decision != record.Cast || b.DecidedTime == 0 {
		t.Errorf("ballot %+v", b)
	}
}

// TestFaults has what no honest board can hold. The follower stops.
func TestFaults(t *testing.T) {
	e, _ := opened(t)
	hash := e.Hash[:]
	root := e.Board.Log().Root()
	opening := uint64(0)
	must(t, e.Board.Log().Entries(t.Context(), 0, e.Board.Log().Size(), func(i uint64, raw []byte) error {
		if x, err := entry.Decode(raw); err == nil && x.Kind() == entry.KindOpen {
			opening = i
		}
		return nil
	}))
	counts := e.Door.State().RollCounts()
	rightRoot, err := e.Board.Log().RootAt(t.Context(), opening)
	must(t, err)
	for _, c := range []struct {
		name, detail string
		after        uint64 // entries of the honest board before it
		body         entry.Body
	}{
		{"second manifest", "only that", 1, e.Manifest},
		{"void entry before the manifest", "no manifest yet", 0, &entry.End{}},
		{"ceremony out of order", "the next is 1", 1, &entry.Ceremony{Attempt: 2}},
		{"another key than the ceremony's", "joint_key", opening, &entry.Open{JointKey: group.Base().Bytes(), Attempt: 1, Voters: counts, Size: opening, Root: rightRoot[:]}},
		{"another root than the authority can have seen", "root", opening, &entry.Open{JointKey: e.Door.State().JointKey().Bytes(), Attempt: 1, Voters: counts, Size: opening, Root: root[:]}},
		{"close for another index", "sign again", e.Board.Log().Size(), &entry.Close{Index: 1, Root: make([]byte, 32)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLax(t, e, c.after)
			signed := hash
			if c.body.Kind() == entry.KindManifest {
				signed = nil
			}
			key := e.Authority
			if c.body.Kind() == entry.KindEnd {
				key = e.BoardKey
			}
			l.append(entry.Sign(c.body, signed, key))
			_, err := l.follow.Update(t.Context())
			wrong(t, err, c.detail)
		})
	}
}

// TestNoEntry has bytes on the board that are no entry.
func TestNoEntry(t *testing.T) {
	e, _ := opened(t)
	l := newLax(t, e, e.Board.Log().Size())
	_, err := l.board.Append(t.Context(), []byte("no entry"))
	must(t, err)
	_, err = l.follow.Update(t.Context())
	wrong(t, err, "entry: ")
}
