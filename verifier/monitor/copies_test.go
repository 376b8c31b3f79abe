package monitor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/tlog"
	"rollcall/verifier/evidence"
	"rollcall/verifier/monitor"
)

// copies is a scene with several mirrors. Board 0 is the main one, the others are
// its mirrors, in the order in which they are looked at.
type copies struct {
	*scene
	boards []*server
}

// newCopies has a board and so many mirrors show one record.
func newCopies(t *testing.T, mirrors int) *copies {
	t.Helper()
	c := &copies{scene: &scene{t: t, r: open(t), store: &memory{}}}
	for range 1 + mirrors {
		c.boards = append(c.boards, serve(t, c.r.publish()))
	}
	c.main, c.mirror = c.boards[0], c.boards[1]
	c.watch(c.all)
	return c
}

// all has a monitor compare every mirror.
func (c *copies) all(o *monitor.Options) {
	o.Mirrors = nil
	for _, b := range c.boards[1:] {
		o.Mirrors = append(o.Mirrors, c.reader(b))
	}
}

// show has boards show a record as it is.
func (c *copies) show(r *record, boards ...int) {
	for _, i := range boards {
		c.boards[i].show(r.publish())
	}
}

// add has a board show more, or less, of the record, and keep what it published
// before: the narrow tiles of older checkpoints.
func (c *copies) add(board int, size uint64) {
	f := c.r.publishAt(size)
	for path, data := range c.boards[board].files {
		if path != tlog.CheckpointPath {
			f[path] = data
		}
	}
	c.boards[board].show(f)
}

// but returns all boards except these.
func (c *copies) but(not ...int) []int {
	var rest []int
	for i := range c.boards {
		if !slices.Contains(not, i) {
			rest = append(rest, i)
		}
	}
	return rest
}

// told returns what was told so far of a level, as kinds and numbers of boards.
func (c *copies) told(level string) []string {
	var told []string
	for _, e := range c.events {
		if e.Level != level {
			continue
		}
		i := slices.IndexFunc(c.boards, func(b *server) bool { return b.URL == e.Board })
		told = append(told, fmt.Sprintf("%s %d", e.Kind, i))
	}
	return told
}

// alarms holds what alarms there were so far, in their order.
func (c *copies) alarms(want ...string) {
	c.t.Helper()
	if got := c.told(monitor.Alarm); !slices.Equal(got, want) {
		c.t.Errorf("alarms %q, want %q: %+v", got, want, c.events)
	}
}

// neverLost holds that no board was taken for one that can not be read.
func (c *copies) neverLost() {
	c.t.Helper()
	for _, note := range c.told(monitor.Note) {
		if strings.HasPrefix(note, "lost ") {
			c.t.Errorf("told: %s: %+v", note, c.events)
		}
	}
}

// shows holds that what a board shows is that many entries, and in order; 0 is
// that nothing of it is.
func (c *copies) shows(board int, size uint64) {
	c.t.Helper()
	switch h := c.m.Status().Boards[board].Shows; {
	case h == nil && size != 0:
		c.t.Errorf("board %d shows nothing in order, want %d entries: %+v", board, size, c.events)
	case h != nil && h.Size != size:
		c.t.Errorf("board %d shows %d entries, want %d", board, h.Size, size)
	}
}

// judged holds how many entries were verified.
func (c *copies) judged(size uint64) {
	c.t.Helper()
	if j := c.m.Status().Judged; j == nil || j.Size != size {
		c.t.Errorf("judged: %+v, want %d entries", j, size)
	}
}

// proofs holds that each file of evidence proves a fork, by its bytes and the
// log's key alone, and that there is one of each of these pairs of records, as
// large as they are now.
func (c *copies) proofs(want ...[2]*record) {
	c.t.Helper()
	var got, pairs []string
	for _, b := range c.kept {
		e, err := evidence.Parse(b)
		if err != nil {
			c.t.Fatal(err)
		}
		p, err := e.Prove(c.r.log.Verifier())
		if err != nil {
			c.t.Errorf("evidence of nothing: %v", err)
			continue
		}
		got = append(got, pair(headline(p.Small.Size, p.Small.Root), headline(p.Large.Size, p.Large.Root)))
	}
	for _, w := range want {
		pairs = append(pairs, pair(headline(w[0].size(), w[0].root(w[0].size())), headline(w[1].size(), w[1].root(w[1].size()))))
	}
	if !slices.Equal(got, pairs) {
		c.t.Errorf("proven:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(pairs, "\n"))
	}
	for _, e := range c.events {
		if (e.Kind == "fork") != (e.Evidence != "") {
			c.t.Errorf("evidence %q of %+v", e.Evidence, e)
		}
	}
}

func headline(size uint64, root tlog.Hash) string { return fmt.Sprintf("%d %x", size, root[:8]) }

// pair is of two checkpoints whatever their order.
func pair(a, b string) string { return min(a, b) + ", " + max(a, b) }

// between holds that a board's fork is told as one between two boards.
func (c *copies) between(board, other int) {
	c.t.Helper()
	for _, e := range c.events {
		if e.Level == monitor.Alarm && e.Kind == "fork" && e.Board == c.boards[board].URL {
			for _, i := range []int{board, other} {
				if !strings.Contains(e.Text, "shown by "+c.boards[i].URL) {
					c.t.Errorf("board %d is not named: %s", i, e.Text)
				}
			}
			return
		}
	}
	c.t.Errorf("no fork of board %d", board)
}

// seen looks, a moment after the record's last time.
func (c *copies) seen() {
	c.t.Helper()
	c.look(time.Second)
}
