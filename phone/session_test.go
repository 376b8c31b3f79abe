package phone

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/demo/names"
	"rollcall/internal/text"
	"rollcall/phone/callflow"
)

// The caller's way, a step at a time. Each hears the question out and answers.
var way = []struct {
	name  string
	hears text.ID
	keys  string
}{
	{"language", text.Language, "1"},
	{"number", text.AskNumber, testNumber},
	{"pin", text.AskPIN, testPIN},
	{"council", text.LeaveBlank, "2#"}, // the seed of 7 makes this option 8
	{"projects", text.LeaveBlank, "14#"},
	{"review", text.KeepOrChange, "1"},
	{"code", text.CodeIs, ""},
	{"decide", text.Decide, testCast + "#"},
}

// walk follows the way up to and without the named step.
func walk(l *line, until string) {
	for _, w := range way {
		if w.name == until {
			return
		}
		l.await("en", w.hears)
		l.press(w.keys)
	}
}

func nobody(*line, func()) {}

func TestAWholeCall(t *testing.T) {
	e := &election{identifyTime: time.Second, sealTime: 1500 * time.Millisecond, castTime: 1100 * time.Millisecond}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "")
		l.await("en", text.Cast)
	})
	if res.outcome != callflow.OutcomeCast {
		t.Errorf("the call ended as %q", res.outcome)
	}
	if want := [][][]int{{{8}, {2, 3}}}; !reflect.DeepEqual(e.sealed, want) {
		t.Errorf("sealed %v, want %v", e.sealed, want)
	}
	if !slices.Equal(e.cast, []string{testCast}) || e.tested != 0 || e.closed != 1 {
		t.Errorf("%d casts, %d tests, closed %d times", len(e.cast), e.tested, e.closed)
	}
	code, ok := text.CodeFromPhrases(res.line.recognise())
	if !ok || code != testCode {
		t.Errorf("heard the code %q, want %q", code, testCode)
	}
	if res.log != "" {
		t.Errorf("a good call is logged: %s", res.log)
	}
	heard := res.line.messages("en")
	if last := heard[len(heard)-1]; last.ID != text.Goodbye || !last.Whole {
		t.Errorf("the call ended with %v", last)
	}
}

// Words that accompany a question to the election are not cut short by a quick
// answer.
func TestAQuickElectionDoesNotCutWords(t *testing.T) {
	res := dial(t, &election{}, Config{}, func(l *line, _ func()) {
		walk(l, "")
		l.await("en", text.Cast)
	})
	for _, id := range []text.ID{text.OneMoment, text.Sealing, text.Casting} {
		if res.line.times("en", id) != 1 {
			t.Errorf("%q was not heard whole", id)
		}
	}
}

// What is offered for a key is what is sealed for it.
func TestTheBallotIsTheOneHeard(t *testing.T) {
	e := &election{}
	var want string
	dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "council")
		l.await("en", text.LeaveBlank)
		for _, h := range l.messages("en") {
			if h.ID == text.Offer && h.Digits == "5" {
				want = h.Name
			}
		}
		l.press("5#")
		l.await("en", text.LeaveBlank)
		l.press("#")
		l.await("en", text.KeepOrChange)
		l.press("1")
	})
	if len(e.sealed) != 1 || len(e.sealed[0][0]) != 1 {
		t.Fatalf("sealed %v", e.sealed)
	}
	if got := text.Name("en", names.Ballot("en")[0].Options[e.sealed[0][0][0]]).ID(); got != want {
		t.Errorf("heard %s for the key, sealed %s", want, got)
	}
}

func TestTestThenCastInSpanish(t *testing.T) {
	e := &election{sealTime: time.Second, tests: time.Second}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		l.await("es", text.Language)
		l.press("2")
		l.await("es", text.AskNumber)
		l.press(testNumber + "#") // a needless pound does no harm
		l.await("es", text.AskPIN)
		l.press(testPIN + "#")
		for _, decision := range []string{"2#", "3#", testCast + "#"} {
			if decision[0] != testCast[0] {
				for range 2 {
					l.await("es", text.LeaveBlank)
					l.press("1#")
				}
				l.await("es", text.KeepOrChange)
				l.press("1")
			}
			l.await("es", text.Decide)
			l.press(decision)
		}
		l.await("es", text.Goodbye)
	})
	if res.outcome != callflow.OutcomeCast || e.tested != 1 || len(e.cast) != 1 || len(e.sealed) != 2 {
		t.Errorf("%q with %d tests, %d casts, %d ballots", res.outcome, e.tested, len(e.cast), len(e.sealed))
	}
	if n := res.line.times("es", text.CodeIs); n != 3 {
		t.Errorf("heard the code %d times, want 3", n)
	}
	if res.line.times("es", text.Tested) != 1 {
		t.Error("was not told that the test is public")
	}
	// The other language is heard in its own offer only.
	for _, h := range res.line.messages("en") {
		if h.ID != text.Language {
			t.Errorf("heard %q in English", h.ID)
		}
	}
}

// A call that drops before the cast code casts nothing, wherever it drops, and
// however the line tells it.
func TestHangUpEverywhereCastsNothing(t *testing.T) {
	for _, byContext := range []bool{false, true} {
		for _, w := range way {
			for _, midway := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s-midway=%v-context=%v", w.name, midway, byContext), func(t *testing.T) {
					e := &election{identifyTime: 2 * time.Second, sealTime: 2 * time.Second}
					res := dial(t, e, Config{}, func(l *line, cancel func()) {
						walk(l, w.name)
						if midway { // some keys, and not the last
							l.await("en", w.hears)
							l.press(w.keys[:max(0, len(w.keys)-1)])
						} else {
							time.Sleep(700 * time.Millisecond) // in the middle of the prompt, or while the election works
						}
						if byContext {
							cancel()
						} else {
							close(l.digits)
						}
					})
					if res.outcome != callflow.OutcomeHungUp {
						t.Errorf("the call ended as %q", res.outcome)
					}
					if len(e.cast) != 0 || e.tested != 0 {
						t.Errorf("%d casts, %d tests", len(e.cast), e.tested)
					}
					if e.closed > 1 {
						t.Errorf("closed %d times", e.closed)
					}
					if reached := len(e.sealed) > 0; reached && e.closed != 1 {
						t.Error("the voter was not closed")
					}
				})
			}
		}
	}
}

// Who hung up after the whole cast code gets the cast, and the log the truth.
func TestHangUpWhileCasting(t *testing.T) {
	for name, after := range map[string]time.Duration{"at-once": 0, "while-told-to-wait": 300 * time.Millisecond, "later": 4 * time.Second} {
		t.Run(name, func(t *testing.T) {
			e := &election{castTime: 5 * time.Second}
			res := dial(t, e, Config{}, func(l *line, cancel func()) {
				walk(l, "")
				time.Sleep(after)
				close(l.digits)
				cancel()
			})
			if res.outcome != callflow.OutcomeCast || len(e.cast) != 1 || e.closed != 1 {
				t.Errorf("%q after %d casts, closed %d times", res.outcome, len(e.cast), e.closed)
			}
			if res.line.times("en", text.Cast) != 0 {
				t.Error("spoke to a caller who is gone")
			}
		})
	}
}

func TestHangUpGivesTheSealUp(t *testing.T) {
	e := &election{sealTime: time.Hour}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "code")
		close(l.digits)
	})
	if res.outcome != callflow.OutcomeHungUp || !errors.Is(e.sealCtxErr, context.Canceled) || e.closed != 1 {
		t.Errorf("%q, seal ended with %v, closed %d times", res.outcome, e.sealCtxErr, e.closed)
	}
}

// Keys between "keep" and the end of the code decide nothing, and do not cut the
// code short.
func TestABouncedKey(t *testing.T) {
	e := &election{sealTime: 3 * time.Second}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "code")
		l.press("1112#") // while it is sealed
		l.await("en", text.Sealed)
		l.press("2#" + testCast + "#") // while the code is read
		l.await("en", text.CodeIs)
		l.await("en", text.Decide)
		l.press("#")
		time.Sleep(time.Second)
		close(l.digits)
	})
	if res.outcome != callflow.OutcomeHungUp || len(e.cast)+e.tested != 0 || len(e.sealed) != 1 {
		t.Errorf("%q with %d casts, %d tests, %d ballots", res.outcome, len(e.cast), e.tested, len(e.sealed))
	}
	if code, _ := text.CodeFromPhrases(res.line.recognise()); code != testCode {
		t.Error("the code was not heard in full")
	}
}

func TestTheCastCodeKeyedManyTimes(t *testing.T) {
	e := &election{castTime: 3 * time.Second}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "")
		l.press(testCast + "#" + testCast + "#")
		l.await("en", text.Cast)
	})
	if res.outcome != callflow.OutcomeCast || len(e.cast) != 1 {
		t.Errorf("%q after %d casts", res.outcome, len(e.cast))
	}
}

func TestADigitInterruptsAPrompt(t *testing.T) {
	res := dial(t, &election{}, Config{}, func(l *line, _ func()) {
		time.Sleep(300 * time.Millisecond)
		l.press("1")
		time.Sleep(300 * time.Millisecond)
		l.press(testNumber)
		l.await("en", text.AskPIN)
		close(l.digits)
	})
	if res.line.times("en", text.Language) != 0 || res.line.times("en", text.AskNumber) != 0 {
		t.Error("a prompt went on after a key")
	}
}

func TestSilenceEndsTheCall(t *testing.T) {
	usual := dial(t, &election{}, Config{}, nobody)
	if usual.outcome != callflow.OutcomeSilent || usual.line.times("en", text.Silence) != 1 || usual.line.times("en", text.MoreTime) != 1 {
		t.Errorf("%q after %v", usual.outcome, usual.line.messages("en"))
	}
	fast := dial(t, &election{}, Config{Speed: 10}, nobody)
	// Three waits of 8 s each are shortened, what is spoken is not.
	if saved := usual.took - fast.took; saved < 21*time.Second || saved > 22*time.Second {
		t.Errorf("ten times the speed saves %v of %v", saved, usual.took)
	}
}

func TestCodeKeyedSlowlyIsNotSubmitted(t *testing.T) {
	e := &election{}
	dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "decide")
		l.await("en", text.Decide)
		l.press(testCast)
		l.await("en", text.Cleared)
		l.press("#")
		time.Sleep(time.Second)
		close(l.digits)
	})
	if len(e.cast) != 0 {
		t.Error("a timeout kept the cast code for a later #")
	}
}

// Every error of the election is told in its own words.
func TestErrorsInPlainWords(t *testing.T) {
	fault := errors.New("some fault")
	for _, tc := range []struct {
		name    string
		e       *election
		says    text.ID
		outcome Outcome
	}{
		{"identify-budget", &election{identifyErr: ErrTooManyAttempts}, text.TooManyAttempts, callflow.OutcomeTooManyAttempts},
		{"identify-cast", &election{identifyErr: fmt.Errorf("wrapped: %w", ErrAlreadyCast)}, text.AlreadyCast, callflow.OutcomeAlreadyCast},
		{"identify-hours", &election{identifyErr: ErrOutsideHours}, text.OutsideHours, callflow.OutcomeOutsideHours},
		{"identify-not-open", &election{identifyErr: ErrNotOpen}, text.NotOpen, callflow.OutcomeNotOpen},
		{"identify-closed", &election{identifyErr: ErrClosed}, text.Closed, callflow.OutcomeClosed},
		{"identify-fault", &election{identifyErr: fault}, text.Fault, callflow.OutcomeFault},
		{"identify-unknown", &election{identifyErr: fmt.Errorf("wrapped: %w", ErrUnknown)}, text.CastUnknown, callflow.OutcomeUnknown},
		{"identify-never", &election{identifyTime: time.Hour}, text.Fault, callflow.OutcomeFault},
		{"seal-ballots", &election{sealErr: ErrTooManyBallots}, text.TooManyBallots, callflow.OutcomeTooManyBallots},
		{"seal-no-tick", &election{sealErr: ErrNotSealed}, text.NotSealed, callflow.OutcomeNotSealed},
		{"seal-never", &election{sealTime: time.Hour}, text.NotSealed, callflow.OutcomeNotSealed},
		{"seal-fault", &election{sealErr: fault}, text.Fault, callflow.OutcomeFault},
		{"cast-already", &election{castErr: ErrAlreadyCast}, text.AlreadyCast, callflow.OutcomeAlreadyCast},
		{"cast-late", &election{castErr: ErrTooLate}, text.TooLate, callflow.OutcomeTooLate},
		{"cast-budget", &election{castErr: ErrTooManyAttempts}, text.TooManyAttempts, callflow.OutcomeTooManyAttempts},
		{"cast-fault", &election{castErr: fault}, text.CastUnknown, callflow.OutcomeUnknown},
		{"cast-never", &election{castTime: time.Hour}, text.CastUnknown, callflow.OutcomeUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := dial(t, tc.e, Config{}, func(l *line, _ func()) {
				for _, w := range way {
					done := false
					for !done && !over(l) {
						time.Sleep(100 * time.Millisecond)
						heard := l.messages("en")
						done = len(heard) > 0 && heard[len(heard)-1] == text.Heard{ID: w.hears, Digits: heard[len(heard)-1].Digits, Whole: true}
					}
					if over(l) {
						return
					}
					l.press(w.keys)
				}
			})
			if res.outcome != tc.outcome || res.line.times("en", tc.says) != 1 {
				t.Errorf("ended as %q, want %q; heard %v", res.outcome, tc.outcome, res.line.messages("en"))
			}
			if res.line.times("en", text.Cast) != 0 {
				t.Error("said that the ballot was cast")
			}
		})
	}
}

// TestPatience: from the moment the voter has finished choosing, a call waits 20
// seconds for a sealed ballot, and no more and no less for a decision.
func TestPatience(t *testing.T) {
	e := &election{sealTime: 19900 * time.Millisecond, castTime: time.Hour}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "")
		l.await("en", text.CastUnknown)
	})
	if res.line.times("en", text.CodeIs) != 1 || res.outcome != callflow.OutcomeUnknown {
		t.Errorf("a ballot that is sealed in time: %q after %v", res.outcome, res.line.messages("en"))
	}
	for i, waited := range e.patience {
		if waited != 20*time.Second {
			t.Errorf("question %d may take %v, want 20s", i, waited)
		}
	}
	if len(e.patience) != 2 || Patience != 20*time.Second {
		t.Errorf("asked %d times, patience %v", len(e.patience), Patience)
	}
}

func TestATestThatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		e       *election
		says    text.ID
		outcome Outcome
	}{
		"late":  {&election{testErr: ErrTooLate}, text.TooLate, callflow.OutcomeTooLate},
		"fault": {&election{testErr: errors.New("some fault")}, text.TestUnknown, callflow.OutcomeUnknown},
		"never": {&election{tests: time.Hour}, text.TestUnknown, callflow.OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			res := dial(t, tc.e, Config{}, func(l *line, _ func()) {
				walk(l, "decide")
				l.await("en", text.Decide)
				l.press("2#")
				l.await("en", tc.says)
			})
			if res.outcome != tc.outcome || tc.e.tested != 1 || len(tc.e.cast) != 0 || res.line.times("en", text.Tested) != 0 {
				t.Errorf("ended as %q after %d tests, %d casts", res.outcome, tc.e.tested, len(tc.e.cast))
			}
		})
	}
}

func over(l *line) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hungUp
}

func TestWrongCodesEndTheCall(t *testing.T) {
	e := &election{}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		walk(l, "decide")
		for range 3 {
			l.await("en", text.Decide)
			l.press("444444#")
		}
		l.await("en", text.HelpLine)
	})
	if res.outcome != callflow.OutcomeWrongEntries || len(e.cast) != 3 {
		t.Errorf("%q after %d tries", res.outcome, len(e.cast))
	}
	if res.line.times("en", text.WrongCastCode) != 3 {
		t.Error("was not told what was wrong")
	}
}

func TestWrongPIN(t *testing.T) {
	e := &election{}
	res := dial(t, e, Config{}, func(l *line, _ func()) {
		l.await("en", text.Language)
		l.press("1")
		for range 3 {
			l.await("en", text.AskNumber)
			l.press(testNumber + "00000000")
		}
		l.await("en", text.HelpLine)
	})
	if res.outcome != callflow.OutcomeWrongEntries || res.line.times("en", text.WrongPIN) != 3 || e.closed != 0 {
		t.Errorf("%q, heard %v", res.outcome, res.line.messages("en"))
	}
}

// An unheard question must not be answered: a call whose line or prompts fail is
// over.
func TestNothingIsAskedUnheard(t *testing.T) {
	broken := dial(t, &election{}, Config{}, func(l *line, _ func()) {
		l.mu.Lock()
		l.broken = true
		l.mu.Unlock()
		time.Sleep(time.Second)
		if !over(l) { // the first utterance was under way already
			l.press("1")
		}
	})
	if broken.outcome != callflow.OutcomeHungUp {
		t.Errorf("a broken line ended as %q", broken.outcome)
	}
	e := &election{contests: []callflow.Contest{{Title: "Mayor", Limit: 1, Options: []string{"Zebulon"}}}}
	res := dial(t, e, Config{}, func(l *line, _ func()) { walk(l, "council") })
	if res.outcome != callflow.OutcomeFault || e.closed != 1 {
		t.Errorf("a name without a sound ended as %q", res.outcome)
	}
	if low := strings.ToLower(res.log); low == "" || strings.Contains(low, "zebulon") || strings.Contains(low, "mayor") {
		t.Errorf("logged %q, want the fault without the name", res.log)
	}
	e = &election{languages: []string{"en", "fil"}}
	if res := dial(t, e, Config{}, nobody); res.outcome != callflow.OutcomeFault || !strings.Contains(res.log, "fil") {
		t.Errorf("a language without words ended as %q, logged %q", res.outcome, res.log)
	}
}
