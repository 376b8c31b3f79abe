package verifier

import (
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/tlog"
)

// FuzzRecord puts any bytes in the place of any entry of a good record, in a
// tree that is right about them. Whatever they are, the verifier ends with a
// report, in batches and one by one; and it never verifies a record whose entry it
// could not take. A program to be asked of each would leave the fuzzer no time: such
// records are asked of them in TestFlippedEntries.
func FuzzRecord(f *testing.F) {
	var honest *record
	f.Fuzz(func(t *testing.T, place uint16, raw []byte) {
		if len(raw) == 0 || len(raw) > 65535 {
			t.Skip()
		}
		if honest == nil {
			honest = build(t, tamper{})
		}
		r := *honest
		r.t = t
		at := int(place) % len(r.raws)
		if slices.Equal(r.raws[at], raw) {
			t.Skip()
		}
		r.replace(at, raw)
		report, err := judgeHere(t, r.publish(), r.options())
		r.must(err)
		if report.Verified() {
			t.Errorf("entry %d can be %x", at, raw)
		}
	})
}

// TestFlippedEntries flips bits of entries and puts them into a tree that is
// right about them, as a board could. Nothing that follows may be taken for
// the honest record: it fails, or lists the entry as void. Under the race detector
// circl is asked about some of them only.
func TestFlippedEntries(t *testing.T) {
	honest := build(t, tamper{})
	for at := range honest.raws {
		r := *honest
		raw := slices.Clone(r.raws[at])
		place := []int{min(10, len(raw)-1), len(raw) / 2}[at%2]
		raw[place] ^= 1
		r.replace(at, raw)
		report, err := judgeCase(t, at, r.publish(), r.options())
		r.must(err)
		if report.Verified() {
			t.Errorf("entry %d with byte %d flipped: verified", at, place)
		}
	}
}

// replace changes one entry and makes the tree anew.
func (r *record) replace(at int, raw []byte) {
	raws := slices.Clone(r.raws)
	raws[at] = raw
	r.raws, r.tree = nil, tlog.NewRangeBuilder()
	for _, raw := range raws {
		r.append(raw)
	}
}

// FuzzParseQuery holds that what is taken for a receipt code or ballot number
// is written back as the same digits.
func FuzzParseQuery(f *testing.F) {
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuery(s)
		if err != nil {
			return
		}
		again := formatBallotNumber(q.number)
		if q.byCode {
			again = formatCode(q.code)
		}
		if digits := strings.NewReplacer(" ", "", "-", "").Replace(s); again != digits {
			t.Errorf("%q is read as %s", s, again)
		}
	})
}

// FuzzReadExpectedCounts holds that no file of counts brings the reader down.
func FuzzReadExpectedCounts(f *testing.F) {
	f.Fuzz(func(t *testing.T, s string) {
		if counts, err := ReadExpectedCounts(strings.NewReader(s)); (counts == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", s, counts, err)
		}
	})
}
