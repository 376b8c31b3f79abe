package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/api/public"
	"rollcall/bulletin/entry"
	"rollcall/crypto/checkdigit"
	"rollcall/crypto/schnorr"
)

// noon is the time of most things in these tests, inside the second window.
var noon = time.Date(2026, time.November, 3, 12, 0, 0, 0, time.UTC)

// fake is a public.Election whose every answer a test sets.
type fake struct {
	manifest *entry.Manifest
	status   public.Status
	ballots  []public.Ballot
	result   *public.Result
	reports  []public.Report
	own      *public.OwnCheck
	turnout  []public.UnitTurnout
	entries  map[uint64][]byte
	// checkpoint is signed; nil before there is one.
	checkpoint []byte
	err        error // of every method, where set

	mu     sync.Mutex
	posted [][]byte // under mu
	calls  int      // of FindCode and FindBallotNumber; under mu
	post   func(ctx context.Context, raw []byte) (public.Posted, error)
}

func (f *fake) Manifest() *entry.Manifest { return f.manifest }
func (f *fake) ID() entry.ElectionID      { return entry.NewElectionID([64]byte{1, 2, 3}) }

func (f *fake) Status(context.Context) (public.Status, error)  { return f.status, f.err }
func (f *fake) Result(context.Context) (*public.Result, error) { return f.result, f.err }

func (f *fake) OwnCheck(context.Context) (*public.OwnCheck, error) { return f.own, f.err }

func (f *fake) Turnout(context.Context) ([]public.UnitTurnout, error) { return f.turnout, f.err }

func (f *fake) Reports(context.Context) ([]public.Report, error) { return f.reports, f.err }

func (f *fake) find(key func(*public.Ballot) string, n string) ([]public.Ballot, error) {
	f.mu.Lock()
	f.calls++
	f.mu.Unlock()
	var list []public.Ballot
	for i := range f.ballots {
		if key(&f.ballots[i]) == n {
			list = append(list, f.ballots[i])
		}
	}
	return list, f.err
}

func (f *fake) FindCode(_ context.Context, code string) ([]public.Ballot, error) {
	return f.find(func(b *public.Ballot) string { return b.Code }, code)
}

func (f *fake) FindBallotNumber(_ context.Context, n string) ([]public.Ballot, error) {
	return f.find(func(b *public.Ballot) string { return b.Number }, n)
}

func (f *fake) Post(ctx context.Context, raw []byte) (public.Posted, error) {
	if f.post != nil {
		return f.post(ctx, raw)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, p := range f.posted {
		if string(p) == string(raw) {
			return public.Posted{Index: uint64(i), Leaf: entry.LeafHash(raw), Known: true}, f.err
		}
	}
	if f.err == nil {
		f.posted = append(f.posted, raw)
	}
	return public.Posted{Index: uint64(len(f.posted) - 1), Leaf: entry.LeafHash(raw)}, f.err
}

func (f *fake) Entries(_ context.Context, from uint64, n int) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list [][]byte
	for i := from; len(list) < n && f.entries[i] != nil; i++ {
		list = append(list, f.entries[i])
	}
	if list == nil {
		return nil, fmt.Errorf("%w: the board has %d entries", public.ErrNotFound, len(f.entries))
	}
	return list, f.err
}

func (f *fake) Checkpoint(context.Context) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.checkpoint == nil {
		return nil, fmt.Errorf("%w: nothing is published", public.ErrNotFound)
	}
	return f.checkpoint, f.err
}

func (f *fake) Receipt(ctx context.Context, index uint64) ([]byte, error) {
	if _, err := f.Entries(ctx, index, 1); err != nil {
		return nil, err
	}
	return []byte("c2sp.org/tlog-proof@v1\nindex 1\n"), f.err
}

// changes is how much a fake was changed and asked: none of it by bad requests.
func (f *fake) changes() [2]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return [2]int{len(f.posted), f.calls}
}

func text(en, es string) entry.Text { return entry.Text{"en": en, "es": es} }

func newFake() *fake {
	window := func(from, to time.Time) entry.Window {
		return entry.Window{From: uint64(from.Unix()), To: uint64(to.Unix())}
	}
	f := &fake{
		manifest: &entry.Manifest{
			Version: 1, Title: text("Winter Caucus of Alder County", "Asamblea de invierno del condado de Alder"),
			Languages: []string{"en", "es"}, Rehearsal: true,
			Contests: []entry.Contest{{
				ID: "chair", Title: text("County chair", "Presidencia del condado"), Limit: 1, Units: []uint64{1, 2, 3},
				Options: []entry.Option{
					{ID: "amara", Name: text("Amara Osei", "Amara Osei")},
					{ID: "jonas", Name: text("Jonas Lindqvist & <Sons>", "Jonas Lindqvist & <Sons>")},
					{ID: "rosa", Name: text("Rosa Delgado", "Rosa Delgado")},
				},
			}, {
				ID: "council", Title: text("Library council", "Consejo de la biblioteca"), Limit: 2, Units: []uint64{1, 2, 3},
				Options: []entry.Option{
					{ID: "a", Name: text("Ben Tran", "Ben Tran")}, {ID: "b", Name: text("Ida Novak", "Ida Novak")},
				},
			}},
			Units: []entry.Unit{
				{ID: "alder", Name: text("Alder County", "Condado de Alder")},
				{ID: "north", Name: text("North Ward", "Distrito Norte")},
				{ID: "south", Name: text("South Ward", "Distrito Sur")},
				{ID: "mill", Name: text("Mill Island", "Isla del Molino")},
			},
			Minimum: 10, DecisionSeconds: 600, CeremonySeconds: 3600,
			Windows: []entry.Window{
				window(noon.Add(-30*time.Hour), noon.Add(-20*time.Hour)),
				window(noon.Add(-4*time.Hour), noon.Add(8*time.Hour)),
			},
			HelpLine: "+1 555 0100", Phone: "+1 555 0199",
			Log:       entry.Log{Origin: "alder.example/rollcall/5f2c"},
			Trustees:  []entry.Trustee{{Name: "Clerk"}, {Name: "League"}, {Name: "College"}},
			Threshold: 2,
			Software:  []entry.Software{{Name: "rollcall <1>", SHA256: bytes.Repeat([]byte{0xab}, 32)}, {Name: "rollcall-verify", SHA256: bytes.Repeat([]byte{0xcd}, 32)}},
		},
		status: public.Status{
			Phase: public.PhaseOpen, Size: 90, Voters: 1200, Auditors: 8, LastTick: noon,
			Ballots: public.Counts{Cast: 1040, Tested: 7, Undecided: 3, Void: 1},
		},
		entries: map[uint64][]byte{0: {0x80}},
	}
	return f
}

// published is the result of a closed election.
func (f *fake) publish() {
	f.status.Phase = public.PhaseEnded
	options := func(names []string, votes ...uint64) []entry.OptionCount {
		list := make([]entry.OptionCount, len(votes))
		for i := range votes {
			list[i] = entry.OptionCount{Option: names[i], Votes: votes[i]}
		}
		return list
	}
	chair, council := []string{"amara", "jonas", "rosa", "none"}, []string{"a", "b"}
	f.result = &public.Result{Index: 88, Trustees: []uint64{1, 3}, Parts: []entry.ResultPart{
		{Contest: "chair", Units: []string{"north"}, Ballots: 600, Options: options(chair, 210, 350, 30, 10), Undervotes: 10},
		{Contest: "chair", Units: []string{"south", "mill"}, Ballots: 440, Options: options(chair, 300, 120, 20, 0)},
		{Contest: "council", Units: []string{"north", "south"}, Ballots: 1034, Options: options(council, 900, 1000), Undervotes: 168},
		{Contest: "council", Units: []string{"mill"}, Ballots: 6},
	}}
	f.zero()
	f.reports = append(f.reports, public.Report{Published: noon.Add(9 * time.Hour), Checkpoint: []byte("checkpoint of the result\n"), Result: f.result})
}

// zero brings the zero report out.
func (f *fake) zero() {
	f.reports = []public.Report{{Published: noon.Add(-30 * time.Hour), Checkpoint: []byte("checkpoint of the opening\n")}}
}

// check97 completes the check digits of a number, for tests.
func check97(digits string) string {
	s, err := checkdigit.Append97(digits)
	if err != nil {
		panic(err)
	}
	return s
}

// code and ballotNumber make valid numbers from small ones.
func code(n int) string         { return check97(fmt.Sprintf("%014d", 10_000_000_000+n)) }
func ballotNumber(n int) string { return check97(fmt.Sprintf("%010d", 4_000_000+n)) }

// sign signs an entry with a new key; nothing here looks at the signature.
func sign(t testing.TB, body entry.Body) []byte {
	t.Helper()
	keys := []*schnorr.SecretKey{schnorr.GenerateKey(), schnorr.GenerateKey()}
	switch body.(type) {
	case *entry.Cast, *entry.Test, *entry.Ballot:
	default:
		keys = keys[:1]
	}
	e, err := entry.Sign(body, make([]byte, 64), keys...)
	if err != nil {
		t.Fatal(err)
	}
	return e.Bytes()
}

// testEntry is an entry that decodes.
func testEntry(t testing.TB, index uint64) []byte {
	t.Helper()
	return sign(t, &entry.Close{Index: index, Root: make([]byte, 32)})
}

// newServer serves f over HTTP, with a board directory of a few files.
func newServer(t testing.TB, f *fake, change ...func(*Config)) (*httptest.Server, string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"checkpoint": "origin\n90\n", "tile/0/000.p/90": "partial", "tile/entries/000": "full",
		"tile/0/x001/067": "deep", "secret": "secret", "tile/secret": "secret", "tile/0/001.p/7/file": "a directory",
		"hint/000": "hints", "hint/x001/067": "deep hints", "hint/secret": "secret", "hint/.tmp/1": "secret", "hint/002/file": "secret",
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg := Config{Election: f, Board: dir, Posts: Rate{PerSecond: -1}, Lookups: Rate{PerSecond: -1}}
	for _, fn := range change {
		fn(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return server, dir
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func do(t testing.TB, method, url, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return answer{res, string(b)}
}

func get(t testing.TB, url string, header ...string) answer {
	t.Helper()
	return do(t, http.MethodGet, url, "", header...)
}
