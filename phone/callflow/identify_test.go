package callflow

import (
	"strings"
	"testing"
)

func TestLanguage(t *testing.T) {
	checkSteps(t, []step{
		{"offered", "@answered", "language(1) language(2)"},
		{"one", "@answered 1", "welcome(The vote) ask-number"},
		{"two", "@answered 2", "welcome(El voto) ask-number"},
		{"unknown-key", "@answered 3", "wrong-key language(1) language(2)"},
		{"help", "@answered 0", "help-language help-language language(1) language(2)"},
		{"back", "@answered *", "language(1) language(2)"},
		{"twice-answered", "@answered @answered", ""},
		{"not-answered", "1", ""},
	})
}

func TestEachLanguageSpeaksItself(t *testing.T) {
	c := newCall(t, testElection).run("@answered")
	offers := c.last[0].(Say).Messages
	if offers[0].Lang != "en" || offers[1].Lang != "es" {
		t.Errorf("offered in %q and %q", offers[0].Lang, offers[1].Lang)
	}
	for key, lang := range map[string]string{"1": "en", "2": "es"} {
		for _, command := range newCall(t, testElection).run("@answered " + key + testNumber + testPIN + " @identified").all[2:] {
			if say, ok := command.(Say); ok {
				for _, m := range say.Messages {
					if m.Lang != lang {
						t.Errorf("after %s: %s is said in %q", key, m.ID, m.Lang)
					}
				}
			}
			if id, ok := command.(Identify); ok && id.Lang != lang {
				t.Errorf("after %s: identified in %q", key, id.Lang)
			}
		}
	}
}

func TestOnlyLanguagesOfTheElection(t *testing.T) {
	only := testElection
	only.Languages = []string{"es"}
	c := newCall(t, only).run("@answered")
	if got, want := show(c.last), "welcome(El voto) ask-number"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWelcomeSaysWhatTheElectionIs(t *testing.T) {
	e := testElection
	e.Rehearsal, e.Unwitnessed = true, true
	c := newCall(t, e).run("@answered 1")
	if got, want := show(c.last), "welcome(The vote) rehearsal unwitnessed ask-number"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNumbers(t *testing.T) {
	identify := "one-moment IDENTIFY(" + testNumber + "," + testPIN + ")"
	checkSteps(t, []step{
		{"at-full-length", toNumber + testNumber, "ask-pin"},
		{"zeros-count", toNumber + "000000000", "ask-pin"},
		{"pound-after-number", toPIN + "#", ""},
		{"pound-then-pin", toPIN + "#" + testPIN, identify},
		{"pound-after-pin", toWait + "#", ""},
		{"late-pound", toWait + "@said @identified #", ""},
		{"late-pound-once", toWait + "@said @identified ##", "left-blank(Mayor) contest-up-to(Parks,2) offer(X,1) offer(Y,2) offer(Z,3) names-again leave-blank"},
		{"pin", toPIN + testPIN, identify},
		{"star-clears-number", toNumber + "1234*" + testNumber + testPIN, identify},
		{"star-clears-pin", toPIN + "1234*" + testPIN, identify},
		{"star-says-so", toPIN + "1234*", "cleared ask-pin"},
		{"star-in-empty-pin", toNumber + "999999999*", "cleared ask-number"},
		{"number-again-after-star", toNumber + "999999999*" + testNumber + testPIN, identify},
		{"zero-is-a-digit", toNumber + "0", ""},
		{"short-number", toNumber + "1234#", "short-number ask-number"},
		{"short-number-again", toNumber + "1234#" + testNumber + testPIN, identify},
		{"short-pin", toPIN + "1234#", "short-pin ask-pin"},
		{"timeout-submits-nothing", toPIN + "8007006 @timeout 1", ""},
		{"keys-while-waiting", toWait + "123*#0", ""},
		{"letters-ignored", toNumber + "ABCDx", ""},
	})
}

func TestADigitInterruptsAPrompt(t *testing.T) {
	for name, script := range map[string]string{
		"number": toNumber + "1", "pin": toPIN + "1", "contest": toContest + "1", "review": toReview + "2", "decide": toDecide + "4",
	} {
		if c := newCall(t, testElection).run(script); !listens(c.last) {
			t.Errorf("%s: the digit did not stop the prompt and listen", name)
		}
	}
}

func TestNotIdentified(t *testing.T) {
	checkSteps(t, []step{
		{"wrong-pin", toWait + "@wrong-pin", "wrong-pin ask-number"},
		{"already-cast", toWait + "@id-cast", "already-cast help-line(800 555 0142) goodbye"},
		{"budget", toWait + "@id-budget", "too-many-attempts help-line(800 555 0142) goodbye"},
		{"outside-hours", toWait + "@id-hours", "outside-hours help-line(800 555 0142) goodbye"},
		{"not-open", toWait + "@id-not-open", "not-open help-line(800 555 0142) goodbye"},
		{"closed", toWait + "@id-closed", "closed help-line(800 555 0142) goodbye"},
		{"too-many-ballots", toWait + "@id-ballots", "too-many-ballots help-line(800 555 0142) goodbye"},
		{"fault", toWait + "@id-fault", "fault help-line(800 555 0142) goodbye"},
		{"no-contests", toWait + "@no-contests", "fault help-line(800 555 0142) goodbye"},
		{"bad-contest", toWait + "@bad-contest", "fault help-line(800 555 0142) goodbye"},
		{"then-hangs-up", toWait + "@id-closed @said", "HANGUP(closed)"},
		{"keys-while-leaving", toWait + "@id-closed 123456#", ""},
		{"not-asked", toNumber + "@identified", ""},
		{"not-asked-wrong", toNumber + "@wrong-pin", ""},
	})
}

func TestThreeWrongEntries(t *testing.T) {
	wrongPIN := testNumber + testPIN + " @wrong-pin "
	last := "three-wrong help-line(800 555 0142) goodbye"
	checkSteps(t, []step{
		{"menu-keys", "@answered 999", last},
		{"two-then-right", "@answered 991", "welcome(The vote) ask-number"},
		{"counted-anew-in-the-next-menu", "@answered 99 1" + testNumber + testPIN + " @identified @said 9 8", "wrong-key offer(I,1) offer(J,2) names-again leave-blank"},
		{"wrong-pins", toNumber + wrongPIN + wrongPIN + wrongPIN, "wrong-pin " + last},
		{"short-numbers", toNumber + "1#1#1#", last},
		{"mixed", toNumber + "1#" + testNumber + "1#" + testPIN + " @wrong-pin", "wrong-pin " + last},
		{"wrong-cast-codes", toDecide + "444444# @wrong-code 444444# @wrong-code 444444# @wrong-code", "wrong-cast-code " + last},
		{"not-understood", toDecide + "1#1#1#", "not-understood " + last},
		{"hearing-again-is-no-way-round", toDecide + "1#3#1#3#1#", "not-understood " + last},
		{"nor-is-a-test", toDecide + "1#1#2# @tested @said # @said # @said 1 @said @sealed @said @said 1#", "not-understood " + last},
		{"outcome", toDecide + "1#1#1# @said", "HANGUP(wrong-entries)"},
		{"review", toReview + "333", last},
	})
}

func TestNewRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*Election)
		wantErr string
	}{
		"no-language":      {func(e *Election) { e.Languages = nil }, "languages"},
		"too-many":         {func(e *Election) { e.Languages = make([]string, 10) }, "languages"},
		"unknown-language": {func(e *Election) { e.Languages = []string{"fil"} }, "fil"},
		"no-title":         {func(e *Election) { e.Titles = map[string]string{"en": "x"} }, "title"},
		"no-help-line":     {func(e *Election) { e.HelpLine = "none" }, "help line"},
	} {
		t.Run(name, func(t *testing.T) {
			e := testElection
			tc.change(&e)
			if _, err := New(e); err == nil || !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("got %v, want an error with %q", err, tc.wantErr)
			}
		})
	}
}
