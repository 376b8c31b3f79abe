package export

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/tally/merge"
)

// alphabet is what random ids and names are made of.
var alphabet = []rune("ab =+-@;,\"'<&\t\n\u00a0\u200b\u2028é日＝%#/\\0_.")

// maker draws manifests and results.
type maker struct {
	*rand.Rand
	extra string // goes into some names
}

// label is a text of 1 to 12 characters, with n in it: no two of a manifest are
// equal.
func (r maker) label(n int) string {
	s := ""
	for range r.IntN(6) {
		s += string(alphabet[r.IntN(len(alphabet))])
	}
	return s + fmt.Sprint(n)
}

func (r maker) text(languages []string) entry.Text {
	t := entry.Text{}
	for _, l := range languages {
		t[l] = r.extra
		for i := r.IntN(8); i >= 0; i-- {
			t[l] += string(alphabet[r.IntN(len(alphabet))])
		}
	}
	return t
}

// manifest draws one that keeps the rules which concern results.
func (r maker) manifest() *entry.Manifest {
	m := &entry.Manifest{Languages: []string{"en", "es", "zh", "vi"}[:1+r.IntN(4)], Minimum: 2 + r.Uint64N(20), Rehearsal: r.IntN(2) == 0}
	m.Title = r.text(m.Languages)
	from := r.Uint64N(1 << r.IntN(64))
	m.Windows = []entry.Window{{From: from, To: from + 1 + r.Uint64N(1<<20)}}
	for i := range 1 + r.IntN(20) {
		m.Units = append(m.Units, entry.Unit{ID: r.label(i), Name: r.text(m.Languages), Parent: r.Uint64N(uint64(max(i, 1)))})
	}
	var leaves []uint64
	for i := range m.Units {
		if m.IsLeaf(uint64(i)) {
			leaves = append(leaves, uint64(i))
		}
	}
	for i := range 1 + r.IntN(5) {
		c := entry.Contest{ID: r.label(i), Title: r.text(m.Languages)}
		for j := range 1 + r.IntN(6) {
			c.Options = append(c.Options, entry.Option{ID: r.label(j), Name: r.text(m.Languages)})
		}
		c.Limit = 1 + r.Uint64N(uint64(len(c.Options)))
		for _, u := range leaves {
			if r.IntN(3) > 0 {
				c.Units = append(c.Units, u)
			}
		}
		if len(c.Units) == 0 {
			c.Units = leaves[:1]
		}
		m.Contests = append(m.Contests, c)
	}
	return m
}

// result draws a result of m, merged as the board merges.
func (r maker) result(m *entry.Manifest) Result {
	out := Result{Manifest: m, ID: r.label(0), Published: noon, Version: 1 + r.IntN(9)}
	if r.IntN(5) == 0 {
		return out // a zero report
	}
	out.Index = 1 + r.Uint64N(1<<40)
	cast, most := make([]uint64, len(m.Units)), 1+r.Uint64N(40)
	for i := range cast {
		cast[i] = r.Uint64N(most)
	}
	for i := range m.Contests {
		c := &m.Contests[i]
		for _, p := range merge.Partition(m, c, cast) {
			part := entry.ResultPart{Contest: c.ID, Ballots: p.Ballots}
			for _, u := range p.Units {
				part.Units = append(part.Units, m.Units[u].ID)
			}
			if !p.Withheld(m.Minimum) {
				part.Undervotes = c.Limit * p.Ballots
				for _, o := range c.Options {
					n := r.Uint64N(min(part.Undervotes, p.Ballots) + 1)
					part.Undervotes -= n
					part.Options = append(part.Options, entry.OptionCount{Option: o.ID, Votes: n})
				}
				if c.Limit == 1 {
					part.Options = append(part.Options, entry.OptionCount{Option: entry.NoneID, Votes: part.Undervotes})
				}
			}
			out.Parts = append(out.Parts, part)
		}
	}
	return out
}

// checkBoth holds both formats against a result.
func checkBoth(t testing.TB, r Result) {
	t.Helper()
	checkCounts(t, r, report(t, r))
	for _, lang := range r.Manifest.Languages {
		checkTable(t, r, rowsOf(t, r, lang))
	}
}

// TestRandom draws results, and holds that all sorts of them have come up.
func TestRandom(t *testing.T) {
	var zero, withheld, merged, empty int
	for seed := range uint64(300) {
		r := maker{Rand: rand.New(rand.NewPCG(seed, 1))}
		result := r.result(r.manifest())
		checkBoth(t, result)
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, result)
		}
		if len(result.Parts) == 0 {
			zero++
		}
		for _, p := range result.Parts {
			switch {
			case len(p.Options) == 0:
				withheld++
			case len(p.Units) > 1:
				merged++
			case p.Ballots == 0:
				empty++
			}
		}
	}
	if zero < 20 || withheld < 20 || merged < 20 || empty < 20 {
		t.Errorf("only %d zero reports, %d parts withheld, %d merged, %d empty", zero, withheld, merged, empty)
	}
}

// FuzzExport has names by the fuzzer; what is no text at all, too.
func FuzzExport(f *testing.F) {
	f.Add(uint64(1), "=1+1")
	f.Add(uint64(2), "\xff\xfe;@")
	f.Add(uint64(3), "\x00\r\n\u2028")
	f.Fuzz(func(t *testing.T, seed uint64, name string) {
		r := maker{Rand: rand.New(rand.NewPCG(seed, 2)), extra: name}
		checkBoth(t, r.result(r.manifest()))
	})
}

// FuzzParts spoils a result. It is refused, or all is as it was written.
func FuzzParts(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3))
	f.Add(uint64(5), uint64(1<<63), uint64(1<<63))
	f.Fuzz(func(t *testing.T, seed, ballots, votes uint64) {
		r := maker{Rand: rand.New(rand.NewPCG(seed, 3))}
		result := r.result(r.manifest())
		if len(result.Parts) == 0 {
			return
		}
		p := &result.Parts[r.IntN(len(result.Parts))]
		p.Ballots += ballots
		if len(p.Options) > 0 {
			p.Options[r.IntN(len(p.Options))].Votes += votes
		}
		if _, err := NIST(result); err == nil {
			checkBoth(t, result)
		}
	})
}

// BenchmarkNIST writes the largest report that there can be, about: 300 options
// in 999 units.
func BenchmarkNIST(b *testing.B) {
	m := &entry.Manifest{Languages: []string{"en"}, Windows: []entry.Window{{From: 1, To: 2}}, Title: entry.Text{"en": "Large"}}
	m.Units = append(m.Units, entry.Unit{ID: "all", Name: entry.Text{"en": "All"}})
	for i := range uint64(999) {
		m.Units = append(m.Units, entry.Unit{ID: fmt.Sprint(i), Name: entry.Text{"en": fmt.Sprint("Unit ", i)}})
	}
	for i := range 2 {
		c := entry.Contest{ID: fmt.Sprint(i), Title: entry.Text{"en": "Contest"}, Limit: 1}
		for j := range 150 {
			c.Options = append(c.Options, entry.Option{ID: fmt.Sprint(j), Name: entry.Text{"en": fmt.Sprint("Option ", j)}})
		}
		for u := range uint64(999) {
			c.Units = append(c.Units, u+1)
		}
		m.Contests = append(m.Contests, c)
	}
	for b.Loop() {
		raw, err := NIST(Result{Manifest: m, ID: "large", Published: noon, Version: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(raw))/1e6, "MB")
	}
}
