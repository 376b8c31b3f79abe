package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness"
)

// openBoard opens a board in a directory, with witnesses of whom quorum are
// needed.
func openBoard(t *testing.T, dir string, log *testLog, quorum int, members ...witness.Member) (*bulletin.Board, *witness.Group) {
	t.Helper()
	g, err := witness.NewGroup(members, quorum, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "board.db"), Dir: filepath.Join(dir, "board"), Signer: log.signer, Cosign: g.Cosign})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, g
}

func policyOf(t *testing.T, log *testLog, quorum int, members ...witness.Member) (*checkpoint.Policy, torchwood.Policy) {
	t.Helper()
	p := &checkpoint.Policy{Log: log.signer.Verifier(), Quorum: quorum}
	for _, m := range members {
		p.Witnesses = append(p.Witnesses, checkpoint.Witness{Name: m.Key.Name(), Key: m.Key})
	}
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	outside, err := torchwood.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p, outside
}

// runWitness runs one of ours for a log, under a name.
func runWitness(t *testing.T, name string, log *testLog) witness.Member {
	t.Helper()
	key, err := checkpoint.GenerateCosigner(name, &counter{})
	if err != nil {
		t.Fatal(err)
	}
	return witness.Member{Key: key.Verifier(), URL: start(t, key, log)}
}

// counter is a source of different keys for tests.
type counter struct{}

var counted byte

func (*counter) Read(p []byte) (int, error) {
	counted++
	for i := range p {
		p[i] = counted
	}
	return len(p), nil
}

// TestBoardCosigned has litewitness, unmodified, and one of ours cosign a board,
// and torchwood judge what is published.
func TestBoardCosigned(t *testing.T) {
	log := newLog(t, "log.example")
	url, key := litewitness(t, log)
	members := []witness.Member{{Key: key, URL: url}, runWitness(t, "ours.example", log)}
	ours, outside := policyOf(t, log, 2, members...)
	dir := t.TempDir()
	for round := range 3 { // each time it is opened it must learn anew what they know
		b, g := openBoard(t, dir, log, 2, members...)
		for i := range 5 {
			if _, err := b.Append(t.Context(), []byte{byte(round), byte(i)}); err != nil {
				t.Fatal(err)
			}
			signed := b.Latest().Signed
			if c, err := ours.Open(signed); err != nil || c.Size != uint64(5*round+i+1) {
				t.Errorf("size %d: %v", c.Size, err)
			}
			if c, _, err := torchwood.VerifyCheckpoint(signed, outside); err != nil || c.N != int64(5*round+i+1) {
				t.Errorf("torchwood: size %d: %v", c.N, err)
			}
		}
		if r := g.Report(); r.Err != nil || r.Last.IsZero() || r.Members[0].Err != nil || r.Members[1].Err != nil {
			t.Errorf("report %+v", r)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCosignedAgain asks for new cosignatures of a tree that has them.
func TestCosignedAgain(t *testing.T) {
	log := newLog(t, "log.example")
	b, _ := openBoard(t, t.TempDir(), log, 1, runWitness(t, "ours.example", log))
	if _, err := b.Append(t.Context(), []byte("a")); err != nil {
		t.Fatal(err)
	}
	first := b.Latest()
	same, err := b.Cosigned(t.Context(), 1, first.Asked)
	if err != nil || !same.Asked.Equal(first.Asked) {
		t.Errorf("asked again for nothing: %v", err)
	}
	since := time.Now()
	again, err := b.Cosigned(t.Context(), 1, since)
	if err != nil || again.Asked.Before(since) || again.Size != 1 || len(again.Cosignatures) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestFaultyWitnesses: with one down, one that hangs and one that was shown a
// fork, a quorum of the others is enough, and with too few nothing is published.
func TestFaultyWitnesses(t *testing.T) {
	log := newLog(t, "log.example")
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	a, b := runWitness(t, "a.example", log), runWitness(t, "b.example", log)
	forked := runWitness(t, "forked.example", log)
	if got := post(t, forked.URL, log.request(t, 0, 2).Marshal()); got.code != http.StatusOK {
		t.Fatalf("the fork: %d", got.code)
	}
	dead := runWitness(t, "down.example", log)
	dead.URL = down.URL
	hung := runWitness(t, "slow.example", log)
	hung.URL = slow.URL
	members := []witness.Member{dead, hung, forked, a, b}
	dir := t.TempDir()
	board, g := openBoard(t, dir, log, 2, members...)
	policy, _ := policyOf(t, log, 2, members...)
	for i := range 5 {
		if _, err := board.Append(t.Context(), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		if _, err := policy.Open(board.Latest().Signed); err != nil {
			t.Error(err)
		}
	}
	if r := g.Report(); r.Err != nil {
		t.Errorf("report %+v", r)
	}
	if err := board.Close(); err != nil {
		t.Fatal(err)
	}
	// Four are needed, of whom three fail.
	board, g = openBoard(t, dir, log, 4, members...)
	before := board.Latest()
	_, err := board.Append(t.Context(), []byte("more"))
	if !errors.Is(err, bulletin.ErrNotPublished) || !errors.Is(err, witness.ErrNoQuorum) || !errors.Is(err, witness.ErrHistory) {
		t.Errorf("too few cosign: %v", err)
	}
	if now := board.Latest(); now.Size != before.Size || now.Size != 5 {
		t.Errorf("published %d entries without a quorum", now.Size)
	}
	r := g.Report()
	for i, want := range []string{"can not be reached", "no answer in time", "another history"} {
		if r.Members[i].Err == nil || !strings.Contains(r.Members[i].Err.Error(), want) {
			t.Errorf("%s: %v, want %s", r.Members[i].Name, r.Members[i].Err, want)
		}
	}
	if !errors.Is(r.Err, witness.ErrNoQuorum) || r.Members[3].Err != nil || r.Members[4].Err != nil {
		t.Errorf("report %+v", r)
	}
}

// TestRestoredFromOldCopy puts an old copy of a board in its place: the witness
// refuses it, whatever is appended, and it says why.
func TestRestoredFromOldCopy(t *testing.T) {
	log := newLog(t, "log.example")
	w := runWitness(t, "ours.example", log)
	dir, old := t.TempDir(), t.TempDir()
	appendTo := func(dir string, entries ...string) error {
		b, _ := openBoard(t, dir, log, 1, w)
		defer b.Close()
		var errs []error
		for _, e := range entries {
			_, err := b.Append(t.Context(), []byte(e))
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}
	if err := appendTo(dir, "a", "b"); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := appendTo(dir, "c", "d", "e"); err != nil {
		t.Fatal(err)
	}
	err := appendTo(old, "x")
	if !errors.Is(err, witness.ErrHistory) || !strings.Contains(err.Error(), "it has signed 5 entries and the board has only 3; was the board restored from an old copy?") {
		t.Errorf("a board that is shorter: %v", err)
	}
	if err := appendTo(old, "y", "z", "1", "2"); !errors.Is(err, witness.ErrHistory) || !strings.Contains(err.Error(), "no beginning of the board") {
		t.Errorf("a board that has outgrown what was signed: %v", err)
	}
	if err := appendTo(dir, "f"); err != nil {
		t.Errorf("the board itself: %v", err)
	}
}

// TestAnswersOfOthers: what a witness answers is believed only as far as it can
// be checked.
func TestAnswersOfOthers(t *testing.T) {
	log := newLog(t, "log.example")
	c, signed := log.checkpoint(t, 5)
	other, err := newKey(t).Cosign(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		code       int
		body, want string
	}{
		"another's cosignature": {200, other.Line(), "not among the lines"},
		"nothing":               {200, "", "not lines of signatures"},
		"a page":                {200, "<html>\n", "malformed line"},
		"a redirect":            {302, "", "it answers 302"},
		"409 with words":        {409, "no\n", "without a tree size"},
		"409 with a size":       {409, "9000000000000000000\n", "has only 5"},
		"409 with the same":     {409, "0\n", "another tree"},
		"404":                   {404, "", "does not know this log"},
		"403":                   {403, "", "another key"},
		"500":                   {500, "", "it answers 500"},
		"409 without end":       {409, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				body, want := test.body, test.code
				if name == "409 without end" {
					n++
					body = []string{"1\n", "2\n"}[n%2]
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(want)
				_, _ = w.Write([]byte(body))
			}))
			defer s.Close()
			g, err := witness.NewGroup([]witness.Member{{Key: newKey(t).Verifier(), URL: s.URL}}, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if want == "" {
				want = "its size changes with each request"
			}
			list, err := g.Cosign(t.Context(), witness.Tree{Checkpoint: c, Signed: signed, Proof: func(context.Context, uint64) ([][32]byte, error) { return nil, nil }})
			if len(list) != 0 || !errors.Is(err, witness.ErrNoQuorum) || !strings.Contains(err.Error(), want) {
				t.Errorf("%d cosignatures, %v, want %s", len(list), err, want)
			}
		})
	}
	for _, bad := range []string{"", "witness.example", "ftp://witness.example", "https://", "https://w.example?x", "https://u:p@w.example"} {
		if witness.CheckURL(bad) == nil {
			t.Errorf("%q is an address", bad)
		}
	}
	if _, err := witness.NewGroup(nil, 0, nil); err == nil {
		t.Error("a group of nobody")
	}
}
