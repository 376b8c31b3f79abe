package api

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"rollcall/api/public"
)

// TestLooked: each cast ballot counts once, however often and by whom it is looked
// up, and others never; what an earlier run counted is not lost.
func TestLooked(t *testing.T) {
	var l looked
	cast := func(indexes ...uint64) (list []public.Match) {
		for _, i := range indexes {
			list = append(list, public.Match{Ballot: public.Ballot{Index: i, State: public.StateCast}})
		}
		return list
	}
	for _, c := range []struct {
		matches []public.Match
		want    uint64
	}{
		{nil, 0}, {cast(7), 1}, {cast(7, 7), 1}, {cast(63, 64, 65), 4}, {cast(1 << 20), 5}, {cast(7, 1<<20), 5},
		{[]public.Match{{Ballot: public.Ballot{Index: 9, State: public.StateTested}}, {Ballot: public.Ballot{Index: 10, State: public.StateVoid}}}, 5},
	} {
		l.note(c.matches)
		if got := l.atLeast(); got != c.want {
			t.Errorf("%d looked up after %v, want %d", got, c.matches, c.want)
		}
	}
	again := looked{before: 5}
	again.note(cast(1, 2))
	if got := again.atLeast(); got != 5 {
		t.Errorf("%d after a restart, want 5", got)
	}
	again.note(cast(3, 4, 5, 6))
	if got := again.atLeast(); got != 6 {
		t.Errorf("%d after a restart and 6, want 6", got)
	}

	// Against a set, from many goroutines.
	var random looked
	set := sync.Map{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				i := rand.Uint64N(1000)
				random.note(cast(i))
				set.Store(i, true)
			}
		})
	}
	wg.Wait()
	want := uint64(0)
	set.Range(func(any, any) bool { want++; return true })
	if got := random.atLeast(); got != want {
		t.Errorf("%d looked up, want %d", got, want)
	}
}

// TestLookUpsAreCounted: by the page and by the interface, and shown by both.
func TestLookUpsAreCounted(t *testing.T) {
	f := newFake()
	f.publish()
	f.ballots = []public.Ballot{castAt(1), castAt(2), sealedAt(3, public.StateLapsed)}
	server, _ := newServer(t, f, func(c *Config) { c.LookedUp = 1 })
	shows := func(want string) {
		t.Helper()
		if page := seen(get(t, server.URL+"/results").body); !strings.Contains(page, want) {
			t.Errorf("results lack %q:\n%s", want, page)
		}
	}
	shows("Somebody looked up at least 1 of 1,040 cast ballots (0.1%).")
	lookUp(t, server.URL, code(1), "en")
	lookUp(t, server.URL, code(3), "en")
	lookUp(t, server.URL, code(8), "en")
	shows("at least 1 of 1,040")
	get(t, server.URL+"/api/v1/receipts/"+code(2))
	get(t, server.URL+"/api/v1/receipts/"+code(2))
	shows("People looked up at least 2 of 1,040 cast ballots (0.2%).")
	if body := get(t, server.URL+"/api/v1/election").body; !strings.Contains(body, `"looked_up":2`) {
		t.Errorf("election: %s", body)
	}
}
