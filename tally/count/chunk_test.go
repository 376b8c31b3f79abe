package count

import (
	"fmt"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// fits signs each chunk as an entry, which refuses what is too large.
func fits(t *testing.T, body entry.Body) {
	t.Helper()
	if _, err := entry.Sign(body, make([]byte, 64), schnorr.GenerateKey()); err != nil {
		t.Errorf("%s: %v", body.Kind(), err)
	}
}

const most = 1<<64 - 1

// TestTotalsChunks cuts parts of every size. All chunks fit, and together they
// are the parts in order.
func TestTotalsChunks(t *testing.T) {
	many := func(n int) []uint64 {
		units := make([]uint64, n)
		for i := range units {
			units[i] = 999
		}
		return units
	}
	for name, part := range map[string]entry.Part{
		"empty":      {Contest: 63, Units: many(1)},
		"withheld":   {Contest: 63, Units: many(1), Ballots: most},
		"two sums":   {Contest: 63, Units: many(1), Ballots: most, Sums: make([]byte, 128)},
		"200 sums":   {Contest: 63, Units: many(1), Ballots: most, Sums: make([]byte, 201*64)},
		"1000 units": {Contest: 63, Units: many(1000), Ballots: most, Sums: make([]byte, 201*64)},
	} {
		parts := make([]entry.Part, 1000)
		for i := range parts {
			parts[i] = part
			parts[i].Contest = uint64(i % 64)
		}
		n := 0
		for i, chunk := range Chunks(parts) {
			fits(t, &entry.Totals{Chunk: uint64(i), Parts: chunk})
			for _, p := range chunk {
				if p.Contest != uint64(n%64) {
					t.Fatalf("%s: part %d is out of order", name, n)
				}
				n++
			}
		}
		if n != len(parts) {
			t.Errorf("%s: %d parts, want %d", name, n, len(parts))
		}
	}
}

// TestResultChunks has labels and numbers of the greatest size in parts of
// every shape.
func TestResultChunks(t *testing.T) {
	label := strings.Repeat("x", 40)
	for _, units := range []int{1, 2, 40, 1000} {
		for _, options := range []int{0, 1, 2, 3, 50, 201} {
			t.Run(fmt.Sprintf("%d units, %d options", units, options), func(t *testing.T) {
				p := entry.ResultPart{Contest: label, Ballots: most, Undervotes: most}
				for range units {
					p.Units = append(p.Units, label)
				}
				for range options {
					p.Options = append(p.Options, entry.OptionCount{Option: label, Votes: most})
				}
				parts := make([]entry.ResultPart, 1200)
				for i := range parts {
					parts[i] = p
				}
				chunks, n := ResultChunks(parts), 0
				for i, chunk := range chunks {
					if i == 0 || i == len(chunks)-1 {
						fits(t, &entry.Result{Chunk: uint64(i), Parts: chunk})
					}
					n += len(chunk)
				}
				if n != len(parts) {
					t.Errorf("%d parts, want %d", n, len(parts))
				}
			})
		}
	}
}

func TestShareChunks(t *testing.T) {
	for _, n := range []int{0, 1, 1900, 1901, 4000} {
		points := make([]*group.Point, n)
		for i := range points {
			points[i] = group.Base()
		}
		total := 0
		for i, chunk := range ShareChunks(points) {
			fits(t, &entry.Share{Trustee: 1, Chunk: uint64(i), Points: chunk})
			total += len(chunk)
		}
		if total != n*group.PointSize {
			t.Errorf("%d points: %d bytes", n, total)
		}
	}
}

func TestLabel(t *testing.T) {
	m := &entry.Manifest{
		Units: []entry.Unit{{ID: "all"}, {ID: "north"}, {ID: "south"}},
		Contests: []entry.Contest{
			{ID: "one", Limit: 1, Options: []entry.Option{{ID: "a"}, {ID: "b"}}},
			{ID: "up", Limit: 2, Options: []entry.Option{{ID: "c"}, {ID: "d"}, {ID: "e"}}},
		},
	}
	sums := make([]byte, 1) // label looks only whether there are any
	got := label(m, []entry.Part{
		{Contest: 0, Units: []uint64{1, 2}, Ballots: 9, Sums: sums},
		{Contest: 1, Units: []uint64{1}, Ballots: 4, Sums: sums},
		{Contest: 1, Units: []uint64{2}},
		{Contest: 0, Units: []uint64{2}, Ballots: 1},
	}, []uint64{5, 3, 1, 4, 1, 0})
	want := "[{one [north south] 9 [{{} a 5} {{} b 3} {{} none 1}] 1} {up [north] 4 [{{} c 4} {{} d 1} {{} e 0}] 3} " +
		"{up [south] 0 [{{} c 0} {{} d 0} {{} e 0}] 0} {one [south] 1 [] 0}]"
	if fmt.Sprint(got) != want {
		t.Errorf("%v\nwant %s", got, want)
	}
}
