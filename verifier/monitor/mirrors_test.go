package monitor_test

import (
	"fmt"
	"slices"
	"testing"

	"rollcall/bulletin/tlog"
)

// TestMirrorsAgree has boards and mirrors be ahead of each other in turn, within
// one tile and over the end of the first, and holds that this is in order.
func TestMirrorsAgree(t *testing.T) {
	for _, mirrors := range []int{2, 3} {
		t.Run(fmt.Sprint(mirrors), func(t *testing.T) {
			t.Parallel()
			c := newCopies(t, mirrors)
			c.seen()
			for round := range 8 {
				c.r.ticks(slices.Repeat([]uint64{1}, 40)...)
				for i := range c.boards {
					c.add(i, c.behind(round, i))
				}
				c.seen()
				for i := range c.boards {
					c.shows(i, c.behind(round, i))
				}
				c.judged(c.behind(round, 0))
			}
			c.alarms()
			c.neverLost()
			c.proofs()
			if largest := c.m.Status().Largest; largest.Size != c.r.size() || c.r.size() <= tlog.TileWidth {
				t.Errorf("the largest has %d of %d entries", largest.Size, c.r.size())
			}
		})
	}
}

// behind is how much of the record board i shows: another one is the first in
// each round, and the others are up to 33 entries behind.
func (c *copies) behind(round, i int) uint64 {
	return c.r.size() - uint64((round+i)%len(c.boards)*11)
}

// TestMirrorLags has one of two mirrors stand still while the others grow, and
// then follow: nothing promises how fast a copy is. That it goes back is an alarm,
// and its own.
func TestMirrorLags(t *testing.T) {
	for _, who := range []int{1, 2} {
		t.Run(fmt.Sprint(who), func(t *testing.T) {
			t.Parallel()
			c := newCopies(t, 2)
			c.seen()
			first := c.r.size()
			for range 4 {
				c.r.ticks(60, 60)
				for _, i := range c.but(who) {
					c.add(i, c.r.size())
				}
				c.seen()
				c.shows(who, first)
				c.judged(c.r.size())
			}
			c.add(who, first+3)
			c.seen()
			c.shows(who, first+3)
			c.alarms()
			c.neverLost()
			c.add(who, first+1)
			c.seen()
			c.alarms(fmt.Sprintf("rollback %d", who))
			c.shows(who, 0)
			c.proofs()
			c.add(who, c.r.size())
			c.seen()
			c.shows(who, c.r.size())
			if n := len(c.m.Status().Standing); n != 0 {
				t.Errorf("%d alarms stand", n)
			}
		})
	}
}

// forks are ways in which one of several mirrors comes to show what another
// history is. Each is told as one with a board that shows the true one.
var forks = []struct {
	name string
	// run returns the other history, who being the mirror that shows it and other
	// another one, and looks.
	run func(c *copies, who, other int) *record
	// with is the board that the fork is told as one with: the main one, or other.
	with string
}{
	{"as long", func(c *copies, who, _ int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		return c.part(forged, 2, 2, c.but(who), who)
	}, "main"},
	{"longer", func(c *copies, who, _ int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		return c.part(forged, 2, 5, c.but(who), who)
	}, "main"},
	{"shorter", func(c *copies, who, _ int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		return c.part(forged, 5, 2, c.but(who), who)
	}, "main"},
	{"at first sight", func(c *copies, who, _ int) *record {
		return c.part(c.r.clone(c.t), 2, 3, c.but(who), who)
	}, "main"},
	{"after a restart", func(c *copies, who, _ int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		c.watch(c.all)
		return c.part(forged, 2, 3, c.but(who), who)
	}, "main"},
	{"while another mirror is gone", func(c *copies, who, other int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		c.boards[other].show(nil)
		return c.part(forged, 2, 3, c.but(who, other), who)
	}, "main"},
	{"while another mirror breaks connections", func(c *copies, who, other int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		c.boards[other].breaks()
		return c.part(forged, 2, 3, c.but(who, other), who)
	}, "main"},
	{"while another mirror was never there", func(c *copies, who, other int) *record {
		c.boards[other].show(nil)
		return c.part(c.r.clone(c.t), 3, 2, c.but(who, other), who)
	}, "main"},
	{"while another mirror lags", func(c *copies, who, other int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		return c.part(forged, 3, 2, c.but(who, other), who)
	}, "main"},
	{"while another mirror that was ahead is gone", func(c *copies, who, other int) *record {
		forged := c.r.clone(c.t)
		c.seen()
		c.r.ticks(2, 2, 2)
		c.show(c.r, other)
		c.seen()
		c.boards[other].show(nil)
		// The main board has as much now, and gives the hashes of what other showed.
		return c.part(forged, 0, 2, c.but(who, other), who)
	}, "other"},
}

// part grows the record by so many ticks and another history by so many others,
// has boards show the one and who the other, and looks.
func (c *copies) part(forged *record, more, others int, boards []int, who int) *record {
	c.r.ticks(slices.Repeat([]uint64{2}, more)...)
	forged.ticks(slices.Repeat([]uint64{3}, others)...)
	c.show(c.r, boards...)
	c.show(forged, who)
	c.seen()
	return forged
}

// TestMirrorForks has one of two or three mirrors fork, and holds that this is
// the one alarm, told once and of this mirror; that the evidence proves it; and
// that the main board is verified as before.
func TestMirrorForks(t *testing.T) {
	for _, f := range forks {
		for _, place := range [][3]int{{2, 1, 2}, {2, 2, 1}, {3, 2, 3}, {3, 3, 1}} { // mirrors, who, another one
			mirrors, who, other := place[0], place[1], place[2]
			t.Run(fmt.Sprintf("%s, mirror %d of %d", f.name, who, mirrors), func(t *testing.T) {
				t.Parallel()
				c := newCopies(t, mirrors)
				forged := f.run(c, who, other)
				alarm := fmt.Sprintf("fork %d", who)
				c.alarms(alarm)
				with := 0
				if f.with == "other" {
					with = other
				}
				c.between(who, with)
				c.proofs([2]*record{c.r, forged})
				c.shows(who, 0)
				c.judged(c.r.size())

				kept := len(c.kept)
				c.part(forged, 2, 4, c.but(who, other), who)
				c.alarms(alarm)
				c.shows(who, 0)
				c.judged(c.r.size())
				if len(c.kept) != kept {
					t.Errorf("%d files of evidence", len(c.kept))
				}
				for _, i := range c.but(who, other) {
					c.shows(i, c.r.size())
				}
			})
		}
	}
}

// TestMirrorsContradict has two mirrors contradict each other while the main
// board has no more than both begin with, or is gone: there is nothing on it that
// would tell. Then it agrees with one of them.
func TestMirrorsContradict(t *testing.T) {
	for _, gone := range []bool{false, true} {
		for _, mirrors := range []int{2, 3} {
			for _, agrees := range []int{mirrors - 1, mirrors} { // the last two contradict
				t.Run(fmt.Sprintf("%d mirrors, main gone %v and then as mirror %d", mirrors, gone, agrees), func(t *testing.T) {
					t.Parallel()
					c := newCopies(t, mirrors)
					c.seen()
					before := c.r.size()
					if gone {
						c.main.show(nil)
					}
					one, other := c.r.clone(t), c.r.clone(t)
					one.ticks(2, 2, 2)
					other.ticks(3, 3)
					c.show(one, mirrors-1)
					c.show(other, mirrors)
					c.seen()
					fork := fmt.Sprintf("fork %d", mirrors)
					c.alarms(fork)
					c.between(mirrors, mirrors-1)
					c.proofs([2]*record{one, other})
					c.judged(before)
					if c.m.Lost() != gone {
						t.Errorf("the main board is lost: %v", c.m.Lost())
					}

					if agrees == mirrors {
						// What was shown first is what later ones are held against: the main
						// board is not verified beyond it.
						c.show(other, 0)
						c.seen()
						c.alarms(fork, "fork 0")
						c.between(0, mirrors-1)
						c.proofs([2]*record{one, other}, [2]*record{one, other})
						c.shows(0, 0)
						c.judged(before)
						return
					}
					c.show(one, 0)
					c.seen()
					c.alarms(fork)
					c.shows(0, one.size())
					c.judged(one.size())
				})
			}
		}
	}
}

// TestEveryMirrorForks has three mirrors each show a history of its own: each is
// told, with evidence of its own, and the main board is verified.
func TestEveryMirrorForks(t *testing.T) {
	c := newCopies(t, 3)
	c.seen()
	var pairs [][2]*record
	for i := range 3 {
		forged := c.r.clone(t)
		forged.ticks(slices.Repeat([]uint64{uint64(10 + i)}, 1+i)...)
		c.show(forged, 1+i)
		pairs = append(pairs, [2]*record{c.r, forged})
	}
	c.r.ticks(2, 2)
	c.show(c.r, 0)
	c.seen()
	c.alarms("fork 1", "fork 2", "fork 3")
	c.proofs(pairs...)
	c.judged(c.r.size())
	for i := range 3 {
		c.between(1+i, 0)
	}
}

// TestSavedTellsForks has a monitor begin anew while the main board is gone, and
// holds that what was saved of it tells that a mirror forks. Only of the larger
// history hashes are needed: the other mirror has them, or this one itself.
func TestSavedTellsForks(t *testing.T) {
	for _, who := range []int{1, 2} {
		for _, more := range []int{1, 2, 3} { // than what both histories begin with; of the true one, 2 are saved
			t.Run(fmt.Sprintf("mirror %d, %d more", who, more), func(t *testing.T) {
				t.Parallel()
				c := newCopies(t, 2)
				forged := c.r.clone(t)
				c.r.ticks(2, 2)
				c.show(c.r, 0, 1, 2)
				c.seen()
				c.watch(c.all)
				for _, i := range c.but(who) {
					c.boards[i].show(nil)
				}
				if more == 1 {
					c.show(c.r, 3-who)
				}
				c.part(forged, 0, more, nil, who)
				c.alarms(fmt.Sprintf("fork %d", who))
				c.between(who, 0)
				c.proofs([2]*record{c.r, forged})
				if !c.m.Lost() {
					t.Error("the main board is not lost")
				}
			})
		}
	}
}
