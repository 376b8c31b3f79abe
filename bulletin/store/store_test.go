package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rollcall/bulletin/tlog"
)

func openTest(t testing.TB, path string, cfg Config) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "board ü?#%.db") }

func mustAppend(t testing.TB, s *Store, entry string, claims ...Claim) uint64 {
	t.Helper()
	index, err := s.Append(context.Background(), []byte(entry), claims...)
	if err != nil {
		t.Fatalf("appending %q: %v", entry, err)
	}
	return index
}

// checkLog checks that the log holds exactly want, in memory, in the database
// and in its tree.
func checkLog(t testing.TB, s *Store, want ...string) {
	t.Helper()
	ctx := context.Background()
	b := tlog.NewRangeBuilder()
	for _, e := range want {
		b.Append([]byte(e))
	}
	size, root := s.Head()
	if size != uint64(len(want)) || root != b.Root() {
		t.Fatalf("size %d with root %x, want %d with %x", size, root, len(want), b.Root())
	}
	n := 0
	err := s.Entries(ctx, 0, size, func(i uint64, e []byte) error {
		if i != uint64(n) || string(e) != want[n] {
			return fmt.Errorf("entry %d is %q, want number %d, %q", i, e, n, want[n])
		}
		n++
		return nil
	})
	if err != nil || n != len(want) {
		t.Fatalf("%d entries read, error %v", n, err)
	}
	if got, err := s.RootAt(ctx, size); err != nil || got != root {
		t.Fatalf("root from the database %x, %v, want %x", got, err, root)
	}
}

func TestAppendAndReopen(t *testing.T) {
	path := newPath(t)
	ctx := context.Background()
	var all []string
	for range 3 {
		s := openTest(t, path, Config{})
		checkLog(t, s, all...)
		for range 300 { // crosses tile borders
			e := fmt.Sprint("entry ", len(all))
			if index := mustAppend(t, s, e, Claim("claim "+e)); index != uint64(len(all)) {
				t.Fatalf("index %d, want %d", index, len(all))
			}
			all = append(all, e)
		}
		checkLog(t, s, all...)
		if e, err := s.Entry(ctx, 256); err != nil || string(e) != "entry 256" {
			t.Errorf("entry 256 is %q, %v", e, err)
		}
		if h, err := s.LeafHash(ctx, 256); err != nil || h != tlog.LeafHash([]byte("entry 256")) {
			t.Errorf("leaf hash 256 is %x, %v", h, err)
		}
		if i, ok, err := s.Claimed(ctx, "claim entry 256"); i != 256 || !ok || err != nil {
			t.Errorf("claim of entry 256: %d, %v, %v", i, ok, err)
		}
		if _, ok, err := s.Claimed(ctx, "claim nobody has"); ok || err != nil {
			t.Errorf("a claim nobody has: %v, %v", ok, err)
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(ctx, []byte("late")); !errors.Is(err, ErrClosed) {
			t.Errorf("append after Close: error %v, want ErrClosed", err)
		}
	}
}

func TestReadsOutsideTheLog(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{})
	mustAppend(t, s, "a")
	none := func(uint64, []byte) error { return errors.New("called") }
	_, errEntry := s.Entry(ctx, 1)
	_, errLeaf := s.LeafHash(ctx, 1)
	_, errRoot := s.RootAt(ctx, 2)
	_, errIncl := s.InclusionProof(ctx, 0, 2)
	_, errCons := s.ConsistencyProof(ctx, 1, 2)
	for name, err := range map[string]error{
		"Entry": errEntry, "LeafHash": errLeaf, "RootAt": errRoot, "InclusionProof": errIncl, "ConsistencyProof": errCons,
		"Entries beyond": s.Entries(ctx, 0, 2, none), "Entries backwards": s.Entries(ctx, 1, 0, none),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: error %v, want ErrNotFound", name, err)
		}
	}
	if _, err := s.InclusionProof(ctx, 1, 1); err == nil {
		t.Error("a proof of an entry that is not in the tree")
	}
	stop := errors.New("stop")
	if err := s.Entries(ctx, 0, 1, func(uint64, []byte) error { return stop }); err != stop {
		t.Errorf("the callback's error came back as %v", err)
	}
}

func TestProofsFromTheDatabase(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{})
	var all [][]byte
	for i := range 70_000 {
		all = append(all, fmt.Append(nil, i))
	}
	if _, err := s.AppendAll(ctx, all); err != nil {
		t.Fatal(err)
	}
	size, root := s.Head()
	for _, i := range []uint64{0, 255, 256, 65_535, 65_536, 69_999} {
		path, err := s.InclusionProof(ctx, i, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.VerifyInclusion(tlog.LeafHash(all[i]), i, size, path, root); err != nil {
			t.Error(err)
		}
		old, err := s.RootAt(ctx, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if path, err = s.ConsistencyProof(ctx, i+1, size); err != nil {
			t.Fatal(err)
		}
		if err := tlog.VerifyConsistency(i+1, size, path, old, root); err != nil {
			t.Error(err)
		}
	}
}

func TestClaims(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{})
	if i := mustAppend(t, s, "first", "cast/ann", "code/ann/1"); i != 0 {
		t.Fatalf("index %d", i)
	}
	for name, c := range map[string]struct {
		entry  string
		claims []Claim
		claim  Claim // the one that refuses; "" for found at 0
	}{
		"retry":               {"first", []Claim{"cast/ann", "code/ann/1"}, ""},
		"retry, other order":  {"first", []Claim{"code/ann/1", "cast/ann"}, ""},
		"retry without":       {"first", nil, ""},
		"other bytes":         {"second", []Claim{"cast/ann"}, "cast/ann"},
		"one of two":          {"second", []Claim{"cast/bob", "code/ann/1"}, "code/ann/1"},
		"same bytes, more":    {"first", []Claim{"cast/ann", "cast/bob"}, "cast/ann"},
		"other bytes, twice ": {"third", []Claim{"cast/ann", "cast/ann"}, "cast/ann"},
	} {
		index, err := s.Append(ctx, []byte(c.entry), c.claims...)
		var claimed *ClaimedError
		switch {
		case c.claim == "":
			if err != nil || index != 0 {
				t.Errorf("%s: index %d, error %v, want 0", name, index, err)
			}
		case !errors.Is(err, ErrClaimed) || !errors.As(err, &claimed) || claimed.Claim != c.claim || claimed.Index != 0:
			t.Errorf("%s: error %v, want claim %q of entry 0", name, err, c.claim)
		}
	}
	checkLog(t, s, "first")
	// A refused entry takes none of its claims.
	if _, ok, _ := s.Claimed(ctx, "cast/bob"); ok {
		t.Error("a refused entry holds a claim")
	}
	// The same bytes under claims of their own are a new entry, found again.
	if i := mustAppend(t, s, "first", "cast/bob", "cast/bob"); i != 1 {
		t.Errorf("index %d, want 1", i)
	}
	if i := mustAppend(t, s, "first", "cast/bob"); i != 1 {
		t.Errorf("retry under the second claim: index %d, want 1", i)
	}
	checkLog(t, s, "first", "first")
}

func TestConcurrentClaimHasOneWinner(t *testing.T) {
	s := openTest(t, newPath(t), Config{})
	const callers, rounds = 16, 20
	for round := range rounds {
		claim := Claim(fmt.Sprint("cast/", round))
		var wg sync.WaitGroup
		indexes, errs := make([]uint64, callers), make([]error, callers)
		for i := range callers {
			wg.Go(func() {
				indexes[i], errs[i] = s.Append(context.Background(), fmt.Append(nil, round, " by ", i), claim)
			})
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			var claimed *ClaimedError
			if err == nil {
				won++
			} else if !errors.As(err, &claimed) || claimed.Index != uint64(round) {
				t.Errorf("round %d, caller %d: index %d, error %v", round, i, indexes[i], err)
			}
		}
		if won != 1 {
			t.Errorf("round %d: %d winners", round, won)
		}
	}
	if s.Size() != rounds {
		t.Errorf("size %d, want %d", s.Size(), rounds)
	}
}

func TestConcurrentRetriesAreOneEntry(t *testing.T) {
	s := openTest(t, newPath(t), Config{})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			want := []byte(fmt.Sprint("entry ", i%10))
			index, err := s.Append(context.Background(), want, Claim(want))
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := s.Entry(context.Background(), index); err != nil || !bytes.Equal(got, want) {
				t.Errorf("entry %d is %q, %v, want %q", index, got, err, want)
			}
		})
	}
	wg.Wait()
	if s.Size() != 10 {
		t.Errorf("size %d, want 10", s.Size())
	}
}

func TestAppendRefusesInput(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{})
	for name, c := range map[string]struct {
		entry []byte
		claim Claim
	}{
		"empty entry":    {nil, "c"},
		"entry too long": {make([]byte, tlog.MaxEntry+1), "c"},
		"empty claim":    {[]byte("e"), ""},
		"claim too long": {[]byte("e"), Claim(strings.Repeat("c", MaxClaim+1))},
		"claim with NUL": {[]byte("e"), "a\x00b"},
		"claim no UTF-8": {[]byte("e"), "a\xff"},
	} {
		if _, err := s.Append(ctx, c.entry, c.claim); err == nil {
			t.Errorf("%s: accepted", name)
		}
		fn := func(uint64, tlog.Hash) ([]byte, []Claim, error) { return c.entry, []Claim{c.claim}, nil }
		if _, err := s.AppendFunc(ctx, fn); err == nil {
			t.Errorf("%s, by AppendFunc: accepted", name)
		}
	}
	checkLog(t, s)
	if i := mustAppend(t, s, strings.Repeat("e", tlog.MaxEntry), Claim(strings.Repeat("c", MaxClaim))); i != 0 {
		t.Errorf("the largest entry has index %d", i)
	}
}

func TestAppendFuncSeesItsTree(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			s.Append(ctx, fmt.Append(nil, "noise ", i))
		})
		wg.Go(func() {
			index, err := s.AppendFunc(ctx, func(size uint64, root tlog.Hash) ([]byte, []Claim, error) {
				return fmt.Appendf(nil, "tick %d %x", size, root), nil, nil
			})
			if err != nil {
				t.Error(err)
				return
			}
			root, err := s.RootAt(ctx, index)
			if err != nil {
				t.Error(err)
				return
			}
			if e, _ := s.Entry(ctx, index); string(e) != fmt.Sprintf("tick %d %x", index, root) {
				t.Errorf("entry %d is %q", index, e)
			}
		})
	}
	wg.Wait()
	no := errors.New("no")
	if _, err := s.AppendFunc(ctx, func(uint64, tlog.Hash) ([]byte, []Claim, error) { return nil, nil, no }); err != no {
		t.Errorf("the function's error came back as %v", err)
	}
	if s.Size() != 100 {
		t.Errorf("size %d, want 100", s.Size())
	}
}

func TestAppendAll(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{Admitter: &follower{}})
	got, err := s.AppendAll(ctx, [][]byte{[]byte("a"), []byte("b"), []byte("a"), []byte("c")})
	if err != nil || fmt.Sprint(got) != "[0 1 0 2]" {
		t.Errorf("indexes %v, error %v", got, err)
	}
	got, err = s.AppendAll(ctx, [][]byte{[]byte("d"), []byte("bad e"), []byte("f")})
	if !errors.Is(err, errBad) || fmt.Sprint(got) != "[3]" {
		t.Errorf("indexes %v, error %v, want [3] and the refusal", got, err)
	}
	checkLog(t, s, "a", "b", "c", "d")
	if got, err := s.AppendAll(ctx, nil); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

// The caller's slices are the caller's.
func TestAppendCopies(t *testing.T) {
	f := &follower{}
	s := openTest(t, newPath(t), Config{Admitter: f})
	entry := []byte("mine")
	if _, err := s.Append(context.Background(), entry); err != nil {
		t.Fatal(err)
	}
	copy(entry, "xxxx")
	if got := f.log(); got[0] != "mine" {
		t.Errorf("the admitter's entry changed to %q", got[0])
	}
	checkLog(t, s, "mine")
}

func TestOpenRefusesOtherSchema(t *testing.T) {
	path := newPath(t)
	s := openTest(t, path, Config{})
	if _, err := s.db.Exec(`UPDATE meta SET value = '99' WHERE name = 'version'`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(context.Background(), path, Config{}); err == nil || !strings.Contains(err.Error(), "schema version") {
		t.Errorf("error %v, want one of the schema version", err)
	}
	if _, err := Open(context.Background(), filepath.Join(t.TempDir(), "no", "such", "dir.db"), Config{}); err == nil {
		t.Error("opened a database in no directory")
	}
}
