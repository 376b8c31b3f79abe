package callflow

import "testing"

// Silence repeats once, asks if more time is wanted, then hangs up without
// casting.
func TestSilence(t *testing.T) {
	last := "silence help-line(800 555 0142) goodbye"
	for name, at := range map[string]struct{ script, question string }{
		"language": {"@answered @said ", "language(1) language(2)"},
		"number":   {toNumber, "ask-number"},
		"pin":      {toPIN, "ask-pin"},
		"contest":  {toContest, page1},
		"review":   {toReview, "review review-contest(Mayor) review-choice(A) review-contest(Parks) review-choice(X) keep-or-change"},
		"decide":   {toDecide, "decide"},
	} {
		checkSteps(t, []step{
			{name + "-repeats", at.script + "@timeout", at.question},
			{name + "-asks", at.script + "@timeout @timeout", "more-time"},
			{name + "-hangs-up", at.script + "@timeout @timeout @timeout", last},
			{name + "-for-good", at.script + "@timeout @timeout @timeout @said", "HANGUP(silent)"},
			{name + "-more-time", at.script + "@timeout @timeout 1", at.question},
			{name + "-more-time-counts-anew", at.script + "@timeout @timeout 1 @timeout @timeout", "more-time"},
		})
	}
	checkSteps(t, []step{
		{"another-key-is-an-answer", toContest + "@timeout @timeout 3", "chosen(C) take-back(3) more-names done"},
		{"cast-code-is-an-answer", toDecide + "@timeout @timeout 456789#", "casting CAST(456789)"},
		{"one-is-an-answer-after-a-repeat", toContest + "@timeout 1", "chosen(A) take-back(1) more-names done"},
		{"a-key-ends-the-silence", toContest + "@timeout 3 @timeout", page1withC},
		{"partly-keyed", toNumber + "1234 @timeout", "cleared ask-number"},
		{"partly-keyed-again", toNumber + "1234 @timeout" + " " + testNumber, "ask-pin"},
		{"while-waiting", toWait + "@timeout @timeout @timeout", ""},
		{"while-casting", toCasting + "@timeout @timeout @timeout", ""},
	})
}

const page1withC = "contest-one(Mayor) offer(A,1) offer(B,2) offer-taken(C,3) offer(D,4) offer(E,5) offer(F,6) offer(G,7) offer(H,8) more-names done"

func TestEveryQuestionListens(t *testing.T) {
	for _, script := range []string{"@answered", toNumber, toPIN, toContest + "9", toReview, toDecide, toDecide + "3#", toContest + "@timeout", toContest + "@timeout @timeout"} {
		c := newCall(t, testElection).run(script)
		ok := listens(c.last)
		if len(c.last) == 0 { // the script ends with the end of a prompt
			ok = listens(c.all[len(c.all)-1:])
		}
		if !ok {
			t.Errorf("after %q nothing listens", script)
		}
	}
}
