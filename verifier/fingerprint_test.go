package verifier

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
)

// TestRelook makes two different keys share a fingerprint and holds that this
// is noticed, while a real repetition is not taken for that. It looks into the judge:
// of the record, everybody is asked in TestTamperedBallots, "replayed as it was".
func TestRelook(t *testing.T) {
	r := build(t, at("tick 3", func(r *record, _ entry.Body) { r.append(r.raws[r.ballots["ballot n0"].index]) }))
	j := newJudge(r.publish(), r.options())
	if err := j.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(j.hits) != 1 {
		t.Fatalf("%d hits, want the one of the copied alpha", len(j.hits))
	}
	if collided, err := j.relook(t.Context()); err != nil || collided {
		t.Errorf("a real copy: collided %v, %v", collided, err)
	}
	// Under a key that maps everything to one fingerprint all values collide.
	j.prints.mask = 0
	j.hits = map[uint64]bool{0: true}
	if collided, err := j.relook(t.Context()); err != nil || !collided {
		t.Errorf("all on one fingerprint: collided %v, %v", collided, err)
	}
}

// TestBallotNumbers holds that a ballot number of two voters is a fault: no
// test can find two keys of one number, so the roll is filled by hand.
func TestBallotNumbers(t *testing.T) {
	j := newJudge(nil, Options{})
	j.roll.list = []voter{{numberLow: 4}, {numberLow: 1}, {numberLow: 4}}
	j.manifest = &entry.Manifest{}
	j.takeRollEnd(&prepared{index: 9}, &entry.RollEnd{})
	if want := "entry 9: roll-end: ballot number 000000000486 belongs to two voters"; j.checks[v04].err == nil || j.checks[v04].err.Error() != want {
		t.Errorf("error %v, want %s", j.checks[v04].err, want)
	}
	key := schnorr.GenerateKey().Public().Bytes()
	if a, b := ballotNumber([64]byte{1}, key), ballotNumber([64]byte{2}, key); a == b || a >= 1e10 || b >= 1e10 {
		t.Errorf("ballot numbers %d and %d in two elections", a, b)
	}
}

// TestChangingRecord holds that a source that answers otherwise the second time
// is not believed, in batches or not. A program is given a folder, which answers the
// same each time, so none is asked.
func TestChangingRecord(t *testing.T) {
	r := build(t, at("tick 3", func(r *record, _ entry.Body) { r.append(r.raws[r.ballots["ballot n0"].index]) }))
	for _, c := range []struct {
		name   string
		cut    bool
		failed bool
	}{
		{"gone", false, false},
		{"cut", true, true},
	} {
		o := r.options()
		for _, o.OneByOne = range []bool{false, true} {
			report, err := Verify(t.Context(), &changing{board: r.publish(), cut: c.cut}, o)
			if report.Verified() || report.Failed() != c.failed || errors.Is(err, tlog.ErrFetch) == c.failed || report.Snapshot != nil {
				dump(t, report)
				t.Errorf("%s: error %v, want a failure: %v, and else one of fetching and nothing verified", c.name, err, c.failed)
			}
		}
	}
}

// changing has no bundles, or cut ones, once they have been read.
type changing struct {
	board
	cut   bool
	reads int
}

func (c *changing) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	if t.Level == tlog.EntriesLevel {
		if c.reads++; c.reads > 1 {
			if c.cut {
				return []byte{0}, nil
			}
			return nil, fmt.Errorf("%w bundle", tlog.ErrFetch)
		}
	}
	return c.board.Tile(ctx, t)
}
