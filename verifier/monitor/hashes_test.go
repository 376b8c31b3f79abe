package monitor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/verifier/monitor"
)

// lacking says what comes of asking a board for the hashes of its checkpoint.
var lacking = []struct {
	name string
	hide func(*record) files
}{
	{"gives them", (*record).publish},
	{"has none", func(r *record) files { return r.hiding(false) }},
	{"gives wrong ones", func(r *record) files { return r.hiding(true) }},
}

// TestHashesOfAnother has a mirror be ahead of the main board, and holds that the
// hashes of what it shows are asked of it first, and only where it does not give
// them of the others: nothing is wrong with that if they are those of one history,
// and if not, it is found.
func TestHashesOfAnother(t *testing.T) {
	for _, l := range lacking {
		for _, forks := range []bool{false, true} {
			for _, who := range []int{1, 2, 3} {
				t.Run(fmt.Sprintf("mirror %d %s, fork %v", who, l.name, forks), func(t *testing.T) {
					t.Parallel()
					c := newCopies(t, 3)
					c.seen()
					ahead := c.r
					if forks {
						ahead = c.r.clone(t)
						c.r.ticks(2)
						c.show(c.r, c.but(who)...)
					}
					ahead.ticks(3, 3)
					c.boards[who].show(l.hide(ahead))
					has := who%3 + 1 // the only one that surely has them, too
					c.show(ahead, has)
					for _, b := range c.boards {
						b.take()
					}
					c.seen()
					if tile := leaves(ahead.size()); !slices.Contains(c.boards[who].take(), tile) ||
						slices.Contains(c.main.take(), tile) != (l.name != "gives them") {
						t.Errorf("mirror %d was not asked for %s, or the main board without need", who, tile)
					}
					c.neverLost()
					if !forks {
						c.alarms()
						c.proofs()
						c.shows(who, ahead.size())
						c.shows(has, ahead.size())
						return
					}
					first, second := min(who, has), max(who, has)
					c.alarms(fmt.Sprintf("fork %d", first), fmt.Sprintf("fork %d", second))
					c.between(who, 0)
					c.proofs([2]*record{c.r, ahead}, [2]*record{c.r, ahead})
					c.judged(c.r.size())
				})
			}
		}
	}
}

// TestHashesLater has a mirror fork and hide what would prove it: that is no fork
// yet, and nothing that is in order. It is found as soon as another mirror has the
// hashes.
func TestHashesLater(t *testing.T) {
	for _, wrong := range []bool{false, true} {
		t.Run(fmt.Sprintf("wrong hashes %v", wrong), func(t *testing.T) {
			t.Parallel()
			c := newCopies(t, 2)
			c.seen()
			forged := c.r.clone(t)
			c.r.ticks(2)
			forged.ticks(3, 3)
			c.show(c.r, 0, 2)
			c.boards[1].show(forged.hiding(wrong))
			c.seen()
			var want []string
			if wrong {
				want = []string{"tiles 1"}
			} else {
				if notes := c.told(monitor.Note); !slices.Contains(notes, "lost 1") {
					t.Errorf("not told that mirror 1 can not be compared: %q", notes)
				}
				c.shows(1, 0)
			}
			c.alarms(want...)
			c.proofs()
			c.judged(c.r.size())

			c.show(forged, 2)
			c.seen()
			c.alarms(append(want, "fork 1", "fork 2")...)
			c.proofs([2]*record{c.r, forged}, [2]*record{c.r, forged})
			c.shows(0, c.r.size())
		})
	}
}

// ahead has mirror 1 of two show three entries more than the others once did, and
// then be gone with the hashes. They grow by one meanwhile.
func ahead(t *testing.T) (c *copies, before uint64) {
	c = newCopies(t, 2)
	c.seen()
	before = c.r.size()
	c.r.ticks(2, 2, 2)
	c.show(c.r, 1)
	for _, i := range c.but(1) {
		c.boards[i].show(c.r.publishAt(before + 1))
	}
	c.seen()
	c.alarms()
	c.neverLost()
	c.boards[1].show(nil)
	return c, before
}

// TestRollbackIsNoOpenFork has the main board go back while a mirror that was
// ahead is gone. The other mirror's hashes say that what it shows begins what it
// showed: nothing is open, and nothing is kept as if it were.
func TestRollbackIsNoOpenFork(t *testing.T) {
	c, before := ahead(t)
	c.main.show(c.r.publishAt(before))
	c.seen()
	c.alarms("rollback 0")
	c.proofs()
	for _, e := range c.events {
		if e.Kind == "rollback" && strings.Contains(e.Text, "could not be found out") {
			t.Errorf("told as if it were open: %s", e.Text)
		}
	}
	// Without the other mirror's hashes it is open, and both are kept.
	c, before = ahead(t)
	c.main.show(c.r.publishAt(before))
	c.boards[2].show(nil)
	c.seen()
	c.alarms("rollback 0")
	if len(c.kept) != 1 || c.proven() {
		t.Errorf("%d files of evidence", len(c.kept))
	}
	for _, e := range c.events {
		if e.Kind == "rollback" && !strings.Contains(e.Text, "could not be found out") {
			t.Errorf("told as if it were sure: %s", e.Text)
		}
	}
}

// TestWrongHashesAreTold has a mirror give wrong hashes while another that was
// ahead is gone: that the one can not be compared with the other does not hide
// that it can not be compared with itself.
func TestWrongHashesAreTold(t *testing.T) {
	c, before := ahead(t)
	f := c.r.publishAt(before + 2)
	f[leaves(before+2)][40] ^= 1
	c.boards[2].show(f)
	c.seen()
	c.alarms("tiles 2")
	c.proofs()
	for _, e := range c.events {
		if want := fmt.Sprintf("checkpoint of %d entries can not be held against %d:", before+2, before+1); e.Kind == "tiles" && !strings.Contains(e.Text, want) {
			t.Errorf("told otherwise than as %q: %s", want, e.Text)
		}
	}
}
