package live

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// places are all cursors of small parts.
func places() []cursor {
	var all []cursor
	for size := range uint64(3) {
		for phase := range len(phases) + 1 {
			for result := range 3 {
				all = append(all, cursor{size, phase, result})
			}
		}
	}
	return all
}

// TestNews holds for every pair of places: what is new is what differs, in the
// order of kinds, and leads from one to the other by steps that each go on.
func TestNews(t *testing.T) {
	ordered := 0
	for _, c := range places() {
		for _, d := range places() {
			before := c != d && c.size <= d.size && c.phase <= d.phase && c.result <= d.result
			if c.before(d) != before {
				t.Fatalf("%v before %v: %v", c, d, !before)
			}
			if covers := c == d || d.before(c); c.covers(d) != covers {
				t.Fatalf("%v covers %v: %v", c, d, !covers)
			}
			if !before && c != d {
				continue
			}
			ordered++
			var want []kind
			if c.size != d.size {
				want = append(want, board)
			}
			if c.phase != d.phase {
				want = append(want, phase)
			}
			if c.result != d.result {
				want = append(want, result)
			}
			news := c.news(d)
			if !slices.Equal(news, want) {
				t.Fatalf("news from %v to %v: %v, want %v", c, d, news, want)
			}
			at := c
			for _, k := range news {
				next := at.take(k, d)
				if !at.before(next) {
					t.Fatalf("from %v to %v: step %v leads from %v to %v", c, d, k, at, next)
				}
				at = next
			}
			if at != d {
				t.Fatalf("news from %v to %v lead to %v", c, d, at)
			}
		}
	}
	if want := 6 * 15 * 6; ordered != want { // n(n+1)/2 ordered pairs of each part
		t.Fatalf("%d ordered pairs, want %d", ordered, want)
	}
}

func TestStateCursor(t *testing.T) {
	for i, name := range phases {
		s := State{Size: 7, Phase: name, Result: 2}
		if got, want := s.cursor(), (cursor{7, i + 1, 2}); got != want || !s.valid() {
			t.Errorf("%s: cursor %v, valid %v", name, got, s.valid())
		}
	}
	if got := (State{}).cursor(); got != (cursor{}) {
		t.Errorf("the zero state stands at %v", got)
	}
	for _, s := range []State{{}, {Phase: "Open"}, {Phase: "open\nid: 1"}, {Phase: "open", Result: -1}} {
		if s.valid() {
			t.Errorf("%+v is valid", s)
		}
	}
}

func TestTell(t *testing.T) {
	s := State{
		Size: 1234, Time: time.Date(2026, 11, 3, 9, 30, 0, 5, time.FixedZone("", -6*3600)), Phase: "open", Result: 3,
		Cast: 40, Tested: 5, Undecided: 2, Void: 1,
	}
	for _, test := range []struct {
		kind     kind
		state    State
		election string
		want     string
	}{
		{board, s, "", `{"size":1234,"time":"2026-11-03T15:30:00Z","ballots":{"cast":40,"tested":5,"undecided":2,"void":1}}`},
		{phase, s, "", `{"phase":"open","size":1234,"time":"2026-11-03T15:30:00Z"}`},
		{result, s, "", `{"version":3,"size":1234,"time":"2026-11-03T15:30:00Z"}`},
		{phase, s, "E", `{"election":"E","phase":"open","size":1234,"time":"2026-11-03T15:30:00Z"}`},
		{board, State{Size: 1, Phase: "setup"}, "", `{"size":1,"ballots":{"cast":0,"tested":0,"undecided":0,"void":0}}`},
		{phase, State{Phase: "setup"}, "", `{"phase":"setup","size":0}`},
	} {
		if got := string(encode(test.state.tell(test.kind, test.election))); got != test.want {
			t.Errorf("%v: %s\nwant %s", test.kind, got, test.want)
		}
	}
	// No clock of the process can make a text that is no line.
	s.Time = time.Unix(1<<55, 0)
	if got := encode(s.tell(board, "")); strings.ContainsAny(string(got), "\r\n") {
		t.Errorf("a far time: %s", got)
	}
}

func TestCursorText(t *testing.T) {
	for _, test := range []struct {
		c    cursor
		want string
	}{
		{cursor{}, "0.0.0"},
		{cursor{1234, 2, 0}, "1234.2.0"},
		{cursor{1<<64 - 1, 4, 1<<63 - 1}, "18446744073709551615.4.9223372036854775807"},
	} {
		if got := test.c.String(); got != test.want || len(got) > maxID {
			t.Errorf("%#v: %q", test.c, got)
		}
		if got, ok := parseCursor(test.want); !ok || got != test.c {
			t.Errorf("%q: %#v %v", test.want, got, ok)
		}
	}
	for _, bad := range []string{
		"", ".", "..", "1", "1.2", "1.2.", ".2.0", "1..0", "1.2.0.", "1.2.0.0", " 1.2.0", "1.2.0 ", "1 .2.0", "1.2.0\n",
		"+1.2.0", "1.+2.0", "1.2.-1", "-1.2.0", "01.2.0", "1.02.0", "1.2.00", "1.5.0", "1.-1.0", "0x1.2.0", "1_0.2.0", "1e1.2.0",
		"١.2.0", "1,2,0", "18446744073709551616.2.0", "1.2.9223372036854775808", "1.2.99999999999999999999999999", "a.b.c",
		strings.Repeat("0", 40) + "1.2.0", strings.Repeat("1.2.0", 1000),
	} {
		if c, ok := parseCursor(bad); ok {
			t.Errorf("%.60q is taken as %v", bad, c)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "0.0.0", "1234.2.1", "18446744073709551615.4.9223372036854775807", "01.2.0", "1.2.0.0", "+1.2.0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := parseCursor(s)
		if !ok {
			return
		}
		if c.String() != s {
			t.Errorf("%q is taken as %v", s, c)
		}
		if c.phase < 0 || c.phase > len(phases) || c.result < 0 {
			t.Errorf("%q leads out of range: %#v", s, c)
		}
	})
}
