package monitor

import (
	"fmt"
	"strings"
	"time"

	"rollcall/verifier"
)

// tickEvery is how often a board ticks at least from opening to end: SPEC.md,
// section 8, which also says what is told of one that does not.
const tickEvery = time.Minute

// namedVoids is how many void entries of one round are named.
const namedVoids = 3

// tellVoid tells void entries that were not there before, with ticks whose time
// is not their witnesses' by themselves.
func (m *Monitor) tellVoid(main *board, report *verifier.Report) {
	for _, strayed := range []bool{false, true} {
		var names []string
		n := 0
		for i := range report.Void {
			v := &report.Void[i]
			if v.Index < m.size || v.Strayed() != strayed {
				continue
			}
			if n++; n <= namedVoids {
				names = append(names, fmt.Sprintf("entry %d, %s (%s): %s", v.Index, v.Kind, v.Check, v.Reason))
			}
		}
		if n == 0 {
			continue
		}
		kind, what := "void", "void entries, which count for nothing"
		if strayed {
			kind, what = "tick-time", "ticks whose time strays from their cosignatures"
		}
		if n > namedVoids {
			names = append(names, "and more")
		}
		m.alarms.once(kind, main.Name, Event{Text: fmt.Sprintf("%d new %s: %s", n, what, strings.Join(names, "; "))})
	}
}

// tellGap tells that ticks stood too far apart, unless it was told while it
// lasted.
func (m *Monitor) tellGap(main *board, report *verifier.Report) {
	gap := seconds(report.Clock.Gap)
	if gap > tickEvery+m.opts.TickSlack && !m.alarms.isActive("tick", main.Name) {
		m.alarms.once("tick", main.Name, Event{Text: fmt.Sprintf("the tick at entry %d came %v after the one before it, and %v is promised",
			report.Clock.GapAt, gap, tickEvery)})
	}
}

// checkTicks tells that a tick does not come, or is from the future. Of a board
// that can not be read it says nothing: that is another alarm.
func (m *Monitor) checkTicks() {
	main := m.boards[0]
	if m.sum == nil || main.now == nil {
		return
	}
	c := m.sum.Clock
	last := m.began
	if c.Last > 0 {
		last = time.Unix(int64(min(c.Last, 1<<40)), 0)
	}
	switch since := m.alarms.now.Sub(last); {
	case !c.Running:
		m.alarms.lower("tick", main.Name, "the election has ended: no tick is due any more")
	case since > tickEvery+m.opts.TickSlack:
		m.alarms.raise("tick", main.Name, Event{Text: fmt.Sprintf("no tick for %v, and one a minute is promised until the election ends", since.Round(time.Second))})
	default:
		m.alarms.lower("tick", main.Name, "a tick came")
	}
	if ahead := last.Sub(m.alarms.now); c.Last > 0 && ahead > m.opts.TickSlack {
		m.alarms.raise("tick-time/ahead", main.Name, Event{Text: fmt.Sprintf("the last tick's time is %v ahead of this machine's", ahead.Round(time.Second))})
	} else {
		m.alarms.lower("tick-time/ahead", main.Name, "the last tick's time has come")
	}
}

func seconds(n uint64) time.Duration { return time.Duration(min(n, 1<<32)) * time.Second }

// sample is how many ballots had run out at a time of the board.
type sample struct{ time, expired, undecided uint64 }

// window is the samples of the last while, of which there are at most some 200.
type window struct {
	length  time.Duration
	samples []sample
}

const samplesPerWindow = 200

// add takes the next sample and returns what ran out within the window. With
// fresh, the first one is counted from nothing.
func (w *window) add(s sample, fresh bool) (expired, undecided uint64) {
	length := uint64(w.length / time.Second)
	if len(w.samples) == 0 {
		first := s
		if fresh {
			first = sample{time: s.time}
		}
		w.samples = append(w.samples, first)
	}
	// The base is the last sample that is older than the window.
	for len(w.samples) > 1 && s.time-w.samples[1].time >= length {
		w.samples = w.samples[1:]
	}
	base := w.samples[0]
	if s.time-w.samples[len(w.samples)-1].time >= max(1, length/samplesPerWindow) {
		w.samples = append(w.samples, s)
	}
	return s.expired - base.expired, s.undecided - base.undecided
}

// tellUndecided tells that too many ballots were left undecided until their time
// had run out: callers who are cut off, or a booth that seals for nobody.
func (m *Monitor) tellUndecided(main *board, report *verifier.Report) {
	c := report.Clock
	expired, undecided := m.undecided.add(sample{c.Last, c.Expired, c.Undecided}, report.Before == 0)
	if expired < max(m.opts.Least, 1) {
		return
	}
	share := float64(undecided) / float64(expired)
	m.found.Undecided = &Share{Undecided: undecided, Expired: expired, Percent: 100 * share}
	text := fmt.Sprintf("of %d ballots whose time ran out lately, %d were never decided: %.0f %%", expired, undecided, 100*share)
	if share > m.opts.Undecided {
		m.alarms.raise("undecided", main.Name, Event{Text: text})
	} else {
		m.alarms.lower("undecided", main.Name, text)
	}
}
