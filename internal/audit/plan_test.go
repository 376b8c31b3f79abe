package audit

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/internal/voter"
)

// ballotPaper is an election with windows of two days.
func ballotPaper(now time.Time) *entry.Manifest {
	day := func(from, to time.Duration) entry.Window {
		return entry.Window{From: uint64(now.Add(from).Unix()), To: uint64(now.Add(to).Unix())}
	}
	option := func(id string) entry.Option { return entry.Option{ID: id, Name: entry.Text{"en": id}} }
	return &entry.Manifest{
		Languages: []string{"en"}, Windows: []entry.Window{day(-time.Hour, 4*time.Hour), day(24*time.Hour, 28*time.Hour)},
		Units: []entry.Unit{{ID: "town"}, {ID: "north"}, {ID: "south"}},
		Contests: []entry.Contest{
			{ID: "mayor", Limit: 1, Options: []entry.Option{option("a"), option("b"), option("c")}, Units: []uint64{1, 2}},
			{ID: "board", Limit: 2, Options: []entry.Option{option("d"), option("e"), option("f"), option("g")}, Units: []uint64{1}},
		},
	}
}

func someLetters(n int) []voter.Letter {
	var list []voter.Letter
	for i := range n {
		list = append(list, voter.Letter{BallotNumber: strings.Repeat(string(rune('0'+i%10)), 12-i/10), Unit: []string{"north", "south"}[i%2], Language: "en"})
	}
	return list
}

func source(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

// TestPlanIsLikeVoters holds that all choices that can be made are made, about as
// often; that calls lie in the windows and in order; and that letters rest.
func TestPlanIsLikeVoters(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	m := ballotPaper(now)
	letters := someLetters(40)
	const calls = 900
	p, err := NewPlan(m, letters, PlanOptions{Calls: calls, Spread: 48 * time.Hour, Abandon: 0.25, Now: now, Random: source(1)})
	must(t, err)
	mayor, some, abandoned, days := map[string]int{}, map[int]int{}, 0, [2]int{}
	used := map[string][]time.Time{}
	for i, c := range p.Calls {
		if c.Call != i+1 || i > 0 && c.At.Before(p.Calls[i-1].At) {
			t.Fatalf("call %d is out of order", i+1)
		}
		in := slices.IndexFunc(m.Windows, func(w entry.Window) bool { return int64(w.From) <= c.At.Unix() && c.At.Unix() < int64(w.To) })
		if in < 0 || c.At.Before(now) {
			t.Fatalf("call %d is at %v", i+1, c.At)
		}
		days[in]++
		mayor[list(c.Choices[0].Options)]++
		if len(c.Choices) == 2 {
			some[len(c.Choices[1].Options)]++
		}
		if c.Conduct == Abandons {
			abandoned++
		}
		recent := 0
		for _, at := range used[c.BallotNumber] {
			if c.At.Sub(at) < time.Hour {
				recent++
			}
		}
		if used[c.BallotNumber] = append(used[c.BallotNumber], c.At); recent >= perHour || len(used[c.BallotNumber]) > inAll {
			t.Fatalf("call %d uses a letter too often", i+1)
		}
	}
	for _, o := range []string{"a", "b", "c", "a blank"} {
		if n := mayor[o]; n < calls/4-80 || n > calls/4+80 {
			t.Errorf("%s was chosen %d times of %d", o, n, calls)
		}
	}
	for n := range 3 {
		if some[n] < calls/6-60 || some[n] > calls/6+60 {
			t.Errorf("%d options were chosen %d times", n, some[n])
		}
	}
	if abandoned != calls/4 || days[0] < 380 || days[1] < 380 {
		t.Errorf("%d abandoned, %v in the windows", abandoned, days)
	}
}

// TestPlanAbandonsExactly holds that a plan has as many tests as its options say,
// and that which calls abandon is drawn.
func TestPlanAbandonsExactly(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	for _, tt := range []struct {
		calls int
		share float64
		tests int
	}{{75, 0.2, 60}, {75, 0, 75}, {1, 0.2, 1}, {1, 0.9, 1}, {2, 0.9, 1}, {10, 0.25, 7}, {10, 0.99, 1}} {
		seen := map[string]bool{}
		for seed := range byte(20) {
			p, err := NewPlan(ballotPaper(now), someLetters(10), PlanOptions{Calls: tt.calls, Abandon: tt.share, Now: now, Random: source(seed)})
			must(t, err)
			tests, which := 0, ""
			for _, c := range p.Calls {
				if c.Conduct == Tests {
					tests++
				}
				which += string(c.Conduct[0])
			}
			if seen[which] = true; tests != tt.tests {
				t.Fatalf("%d calls, %v of them to abandon: %d test, want %d", tt.calls, tt.share, tests, tt.tests)
			}
		}
		if most := tt.tests > 1 && tt.tests < tt.calls; most && len(seen) < 10 {
			t.Errorf("of %d calls always the same abandon", tt.calls)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	good := PlanOptions{Calls: 10, Now: now, Random: source(2)}
	for name, tt := range map[string]struct {
		letters []voter.Letter
		change  func(*PlanOptions)
		fault   string
	}{
		"no letters":            {nil, func(*PlanOptions) {}, "no letter"},
		"no calls":              {someLetters(1), func(o *PlanOptions) { o.Calls = 0 }, "needs calls"},
		"all abandoned":         {someLetters(1), func(o *PlanOptions) { o.Abandon = 1 }, "needs calls"},
		"eleven in an hour":     {someLetters(1), func(o *PlanOptions) { o.Calls = 11 }, "10 calls an hour"},
		"too many in all":       {someLetters(1), func(o *PlanOptions) { o.Calls, o.Spread = 31, 48*time.Hour }, "used up"},
		"another election's":    {[]voter.Letter{{Unit: "moon"}}, func(*PlanOptions) {}, "a unit"},
		"the line is closed":    {someLetters(1), func(o *PlanOptions) { o.Now, o.Spread = now.Add(72*time.Hour), time.Hour }, "never open"},
		"randomness has an end": {someLetters(1), func(o *PlanOptions) { o.Random = strings.NewReader("short") }, "EOF"},
	} {
		o := good
		tt.change(&o)
		if _, err := NewPlan(ballotPaper(now), tt.letters, o); err == nil || !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v, want %q", name, err, tt.fault)
		}
	}
	if _, err := NewPlan(ballotPaper(now), someLetters(1), good); err != nil {
		t.Errorf("ten calls with one letter: %v", err)
	}
}
