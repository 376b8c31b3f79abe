package callflow

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/internal/text"
)

// fuzzEvents are what a byte above the keys stands for.
var fuzzEvents = []Event{
	Answered{}, Said{}, Timeout{}, HungUp{}, Identified{Contests: smallBallot(), Seed: 5}, Identified{Contests: ballot(), Seed: 1 << 63},
	Identified{}, IdentifyFailed{WrongPIN}, IdentifyFailed{Reason(-1)}, Sealed{testCode}, Sealed{}, SealFailed{NotSealed}, Casted{},
	CastFailed{WrongCastCode}, CastFailed{Unknown}, CastFailed{Closed}, Tested{}, TestFailed{TooLate}, Digit{0}, Digit{0xff}, nil,
}

func fuzzEvent(b byte) Event {
	const keys = "0123456789*#"
	if int(b) < len(keys) {
		return Digit{keys[b]}
	}
	return fuzzEvents[int(b)%len(fuzzEvents)]
}

// watcher is an independent account of what the caller heard and keyed.
type watcher struct {
	t       *testing.T
	reading bool   // the latest utterance holds the receipt code
	heard   bool   // it was read to its end, for this ballot
	asked   bool   // the latest utterance was "press 1 for more time"
	typed   []byte // since then and since the last *, # or silence
	waiting bool   // a cast or test is under way
	decided bool   // the ballot is cast or tested, or nobody knows
	over    bool
}

func (w *watcher) watch(ev Event, commands []Command) {
	if w.over && len(commands) > 0 {
		w.t.Fatalf("%T after the end gives %q", ev, show(commands))
	}
	switch ev := ev.(type) {
	case Said:
		w.heard = w.heard || w.reading
	case Digit:
		switch {
		case len(commands) == 0 || (w.asked && ev.Key == '1'):
		case ev.Key == '*':
			w.typed = nil
		case ev.Key != '#' && w.heard:
			w.typed = append(w.typed, ev.Key)
		}
	case CastFailed:
		if len(commands) > 0 {
			w.waiting, w.decided = false, ev.Reason != WrongCastCode
		}
	case Casted, Tested, TestFailed:
		if len(commands) > 0 {
			w.waiting, w.decided = false, true
		}
	}
	for _, c := range commands {
		w.command(ev, c)
	}
	_, silent := ev.(Timeout)
	if key, ok := ev.(Digit); len(commands) > 0 && (silent || ok && key.Key == '#') {
		w.typed = nil
	}
}

func (w *watcher) command(ev Event, c Command) {
	switch c := c.(type) {
	case Say:
		is := func(id text.ID) bool {
			return slices.ContainsFunc(c.Messages, func(m text.Message) bool { return m.ID == id })
		}
		w.reading, w.asked = is(text.CodeIs), is(text.MoreTime)
		if _, err := text.Render(c.Messages); err != nil {
			w.t.Fatalf("can not be said: %v", err)
		}
	case Seal:
		if ev != (Digit{'1'}) {
			w.t.Fatalf("%T seals", ev)
		}
		w.heard, w.decided, w.typed = false, false, nil
	case Cast:
		if ev != (Digit{'#'}) || !w.heard || len(w.typed) != 6 || !bytes.Equal(w.typed, c.CastCode) {
			w.t.Fatalf("cast with %d digits keyed after the code was read (%v)", len(w.typed), w.heard)
		}
		w.decide()
	case Test:
		if ev != (Digit{'#'}) || !w.heard || string(w.typed) != "2" {
			w.t.Fatalf("tested with %d digits keyed after the code was read (%v)", len(w.typed), w.heard)
		}
		w.decide()
	case Hangup:
		w.over = true
	}
}

func (w *watcher) decide() {
	if w.waiting || w.decided {
		w.t.Fatal("a second decision for one ballot")
	}
	w.waiting = true
}

// fuzzCode writes a script as fuzz input: keys as they are, a letter for the
// event of that place in fuzzEvents.
func fuzzCode(script string) []byte {
	var raw []byte
	for _, r := range script {
		switch {
		case r >= '0' && r <= '9':
			raw = append(raw, byte(r-'0'))
		case r == '*':
			raw = append(raw, 10)
		case r == '#':
			raw = append(raw, 11)
		default:
			raw = append(raw, byte(2*len(fuzzEvents)+int(r-'a')))
		}
	}
	return raw
}

// FuzzMachine feeds any events in any order, from the start or from one of the
// later states: the machine never panics, and casts only what was keyed whole
// after the receipt code was read to its end, once.
func FuzzMachine(f *testing.F) {
	// a Answered, b Said, c Timeout, d HungUp, e Identified, j Sealed, m Casted, n wrong cast code, q Tested
	const contest = "a1" + testNumber + testPIN + "beb"
	starts := []string{"", contest, contest + "1#b1#b", contest + "1#b1#b1b", contest + "1#b1#b1bjbb"}
	last := uint8(len(starts) - 1)
	f.Add(last, fuzzCode("456789#mb"))
	f.Add(last, fuzzCode("444444#n456789#m"))
	f.Add(last, fuzzCode("2#qb1#1#1bjb3#b4567c89#456789#o"))
	f.Add(uint8(0), fuzzCode("a1ccccd"))
	f.Fuzz(func(t *testing.T, start uint8, raw []byte) {
		m, err := New(testElection)
		if err != nil {
			t.Fatal(err)
		}
		w := &watcher{t: t}
		for _, b := range append(fuzzCode(starts[int(start)%len(starts)]), raw...) {
			ev := fuzzEvent(b)
			w.watch(ev, m.Step(ev))
		}
	})
}
