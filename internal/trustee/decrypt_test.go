package trustee

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/tally/count"
)

// votesOf flattens a result: votes by option over all parts.
func votesOf(c *count.Counted) map[string]uint64 {
	votes := map[string]uint64{}
	for _, p := range c.Parts {
		for _, o := range p.Options {
			votes[o.Option] += o.Votes
		}
	}
	return votes
}

// checkResult holds that the shares on the board give the votes that were cast:
// of six voters every second one for Ben.
func (e *election) checkResult(trustees ...uint64) {
	e.t.Helper()
	counted, err := e.result()
	if err != nil {
		e.t.Fatal(err)
	}
	if v := votesOf(counted); v["ada"] != 3 || v["ben"] != 3 || v["none"] != 0 {
		e.t.Errorf("votes %v, want 3 for each", v)
	}
	if !slices.Equal(counted.Trustees, trustees) {
		e.t.Errorf("combined from trustees %v, want %v", counted.Trustees, trustees)
	}
}

func TestDecryptAnySubset(t *testing.T) {
	e := ended(t, 3)
	for _, pair := range [][]int{{1, 2}, {1, 3}, {2, 3}, {3, 1}} {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			// A fork shows the same tree up to the end, so that the pins hold.
			f := e.fork()
			f.t = t
			for i, trustee := range pair {
				if _, err := f.result(); i < 2 && !errors.Is(err, count.ErrShares) {
					t.Fatalf("with %d shares: error %v, want ErrShares", i, err)
				}
				f.must(f.decrypt(trustee, false))
			}
			sorted := []uint64{uint64(min(pair[0], pair[1])), uint64(max(pair[0], pair[1]))}
			f.checkResult(sorted...)
		})
	}
}

// TestDecryptTwice posts a share once, however often it is asked to.
func TestDecryptTwice(t *testing.T) {
	e := ended(t, 3)
	for range 3 {
		e.must(e.decrypt(1, false))
	}
	if n := e.shareEntries(); n != 2 {
		t.Errorf("%d entries of shares, want a chunk and its end", n)
	}
	// Another machine with the same key file, restored or not.
	e.dirs[0] = e.copyOf(1)
	e.must(e.decrypt(1, false))
	e.must(e.decrypt(2, false))
	e.must(e.decrypt(1, true))
	e.checkResult(1, 2)
}

// TestDecryptAfterCrash goes on where an earlier try was cut off.
func TestDecryptAfterCrash(t *testing.T) {
	e := ended(t, 3)
	e.refuse = func(made *entry.Entry) error {
		if made.Kind() == entry.KindShareEnd {
			return errors.New("cut off")
		}
		return nil
	}
	if err := e.decrypt(1, false); err == nil {
		t.Fatal("no error though the end of the share was not posted")
	}
	if n := e.shareEntries(); n != 1 {
		t.Fatalf("%d entries of shares, want the chunk", n)
	}
	e.refuse = nil
	e.must(e.decrypt(1, false))
	e.must(e.decrypt(3, false))
	e.checkResult(1, 3)
}

// TestWrongShare has a trustee post rubbish: it is named and ignored.
func TestWrongShare(t *testing.T) {
	e := ended(t, 3)
	signing, _ := e.secretsOf(2)
	end, _ := e.state.End()
	root, err := e.tree.RootAt(end + 1)
	e.must(err)
	n := 0
	for _, p := range e.totals() {
		n += len(p.Sums) / 64
	}
	var points []byte
	for range n {
		points = append(points, group.MulBase(group.RandomScalar()).Bytes()...)
	}
	leaf := e.post(&entry.Share{Trustee: 2, Points: points}, signing).LeafHash()
	e.post(&entry.ShareEnd{Trustee: 2, End: end, Root: root[:], Chunks: leaf[:], Proof: make([]byte, 128)}, signing)
	e.must(e.decrypt(1, false))
	counted, err := e.result()
	if !errors.Is(err, count.ErrShares) || len(counted.Bad) != 1 || counted.Bad[0].Trustee != 2 {
		t.Errorf("error %v, bad %v; want ErrShares and trustee 2", err, counted.Bad)
	}
	if err := e.decrypt(2, false); !errors.Is(err, ErrForeign) {
		t.Errorf("trustee 2 whose share is not its own: error %v, want ErrForeign", err)
	}
	e.must(e.decrypt(3, false))
	e.checkResult(1, 3)
}

// TestTwoTails shows one trustee two endings of an election after one close: it
// decrypts one of them and never the other.
func TestTwoTails(t *testing.T) {
	e := newElection(t, 3)
	e.seal()
	e.castAll(e.voters[:5]...)
	e.close()
	other := e.fork()
	other.castAll(e.voters[5]) // the same ballots, one more cast
	for _, f := range []*election{e, other} {
		f.end()
		f.postTotals(f.totals())
	}
	e.must(e.decrypt(1, false))
	for range 2 {
		for _, restored := range []bool{false, true} {
			if err := other.decrypt(1, restored); err == nil {
				t.Fatal("a second record was decrypted")
			} else if !restored && !errors.Is(err, ErrPinned) {
				t.Fatalf("error %v, want ErrPinned", err)
			}
		}
	}
	if n := other.shareEntries(); n != 0 {
		t.Errorf("%d entries of shares of the second record", n)
	}
	e.must(e.decrypt(1, false)) // the first one still is its own
}

// TestPinFirst holds that the pin is on disk before the first share is posted,
// and that nothing is posted if it can not be written.
func TestPinFirst(t *testing.T) {
	e := ended(t, 3)
	e.refuse = func(made *entry.Entry) error {
		if made.Kind() != entry.KindShare {
			return nil
		}
		again := &Trustee{dir: e.dirs[0], passphrase: testPass}
		e.must(again.load(e.dirs[0] + "/" + secretsFile))
		if end, _ := e.state.End(); again.s.Pinned == nil || again.s.Pinned.End != end {
			t.Error("a share is posted before the pin is on disk")
		}
		return nil
	}
	e.must(e.decrypt(1, false))
	e.refuse = nil

	two := e.open(2)
	defer two.Close()
	two.dir += "/gone"
	for range 2 { // the second time as well: what is not on disk does not hold
		if err := two.Decrypt(t.Context(), e.source(), e, false); err == nil || !strings.Contains(err.Error(), "writing the key file") {
			t.Errorf("error %v, want that the key file could not be written", err)
		}
	}
	if n := e.shareEntries(); n != 2 {
		t.Errorf("%d entries of shares, want only those of trustee 1", n)
	}
}

// TestRestored has a key from a backup wait for the others.
func TestRestored(t *testing.T) {
	e := ended(t, 3)
	if err := e.decrypt(1, true); !errors.Is(err, ErrRestored) {
		t.Fatalf("first of all: error %v, want ErrRestored", err)
	}
	e.must(e.decrypt(1, false))
	if err := e.decrypt(1, true); !errors.Is(err, ErrRestored) {
		t.Errorf("its own share counts as another's: error %v, want ErrRestored", err)
	}
	e.dirs[0] = e.copyOf(1)
	if err := e.decrypt(2, true); err != nil {
		t.Errorf("after threshold-1 others: %v", err)
	}
	e.checkResult(1, 2)
}

// TestRestoredNotByRubbish does not count shares that are not valid.
func TestRestoredNotByRubbish(t *testing.T) {
	e := ended(t, 3)
	signing, _ := e.secretsOf(2)
	end, _ := e.state.End()
	root, err := e.tree.RootAt(end + 1)
	e.must(err)
	e.post(&entry.ShareEnd{Trustee: 2, End: end, Root: root[:], Proof: make([]byte, 128)}, signing)
	if err := e.decrypt(1, true); !errors.Is(err, ErrRestored) {
		t.Errorf("error %v, want ErrRestored", err)
	}
}

// TestUnfinished refuses to decrypt with a key file that has no share of this
// key, and does not bind it.
func TestUnfinished(t *testing.T) {
	e := ended(t, 3)
	dir := t.TempDir()
	_, err := Create(dir, "stranger", testPass, testWork)
	e.must(err)
	e.dirs[0] = dir
	if err := e.decrypt(1, false); err == nil || !strings.Contains(err.Error(), "no share of the election key") {
		t.Errorf("error %v, want that there is no share", err)
	}
	stranger := e.open(1)
	defer stranger.Close()
	if stranger.s.Election != nil || stranger.s.Pinned != nil {
		t.Error("the key file of a stranger was bound")
	}
	err = stranger.change(func(s *secrets) { s.Share = group.RandomScalar().Bytes() })
	e.must(err)
	if err := stranger.Decrypt(t.Context(), e.source(), e, false); err == nil || !strings.Contains(err.Error(), "belongs to another key") {
		t.Errorf("error %v, want that the share is of another key", err)
	}
}
