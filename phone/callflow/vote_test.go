package callflow

import (
	"slices"
	"strings"
	"testing"

	"rollcall/internal/text"
)

const page1 = "contest-one(Mayor) offer(A,1) offer(B,2) offer(C,3) offer(D,4) offer(E,5) offer(F,6) offer(G,7) offer(H,8) more-names leave-blank"

func TestContest(t *testing.T) {
	parks := "contest-up-to(Parks,2) offer(X,1) offer(Y,2) offer(Z,3) names-again leave-blank"
	checkSteps(t, []step{
		{"eight-names-a-page", toWait + "@identified", page1},
		{"nine-is-more", toContest + "9", "offer(I,1) offer(J,2) names-again leave-blank"},
		{"nine-again-starts-over", toContest + "99", page1},
		{"key-on-second-page", toContest + "92", "chosen(J) take-back(2) names-again done"},
		{"choose", toContest + "3", "chosen(C) take-back(3) more-names done"},
		{"take-back", toContest + "33", "taken-back(C) more-names leave-blank"},
		{"vote-for-one-replaces", toContest + "34", "taken-back(C) chosen(D) take-back(4) more-names done"},
		{"replaced-across-pages", toContest + "391", "taken-back(C) chosen(I) take-back(1) names-again done"},
		{"offered-to-take-back", toContest + "8 99", strings.Replace(strings.Replace(page1, "offer(H,8)", "offer-taken(H,8)", 1), "leave-blank", "done", 1)},
		{"no-such-key", toContest + "93", "wrong-key offer(I,1) offer(J,2) names-again leave-blank"},
		{"help", toContest + "0", "help-contest help-line(800 555 0142) " + page1},
		{"done", toContest + "1#", parks},
		{"blank-is-said", toContest + "#", "left-blank(Mayor) " + parks},
		{"back-a-page", toContest + "9*", page1},
		{"back-a-contest", toParks + "*", strings.Replace(strings.Replace(page1, "offer(A,1)", "offer-taken(A,1)", 1), "leave-blank", "done", 1)},
		{"back-at-the-start", toContest + "*", page1},
		{"two-of-two", toParks + "12", "chosen(Y) take-back(2) names-again done"},
		{"third-of-two", toParks + "123", "too-many(2) names-again done"},
		{"third-after-taking-back", toParks + "1213", "chosen(Z) take-back(3) names-again done"},
		{"blank-up-to", toParks + "#", "left-blank(Parks) review review-contest(Mayor) review-choice(A) review-contest(Parks) review-blank keep-or-change"},
	})
}

func TestReviewAndSeal(t *testing.T) {
	checkSteps(t, []step{
		{"read-back", toParks + "13#", "review review-contest(Mayor) review-choice(A) review-contest(Parks) review-choice(X) review-choice(Z) keep-or-change"},
		{"keep", toParks + "13# 1", "sealing SEAL[[0] [0 2]]"},
		{"keep-blank", toContest + "## 1", "sealing SEAL[[] []]"},
		{"change", toReview + "2", "changing " + strings.Replace(strings.Replace(page1, "offer(A,1)", "offer-taken(A,1)", 1), "leave-blank", "done", 1)},
		{"change-keeps-what-is-passed", toReview + "2 ## 1", "sealing SEAL[[0] [0]]"},
		{"change-one", toReview + "2 5# # 1", "sealing SEAL[[4] [0]]"},
		{"back", toReview + "*", "contest-up-to(Parks,2) offer-taken(X,1) offer(Y,2) offer(Z,3) names-again done"},
		{"help", toReview + "0", "help-review help-line(800 555 0142) review review-contest(Mayor) review-choice(A) review-contest(Parks) review-choice(X) keep-or-change"},
		{"other-key", toReview + "#", "wrong-key review review-contest(Mayor) review-choice(A) review-contest(Parks) review-choice(X) keep-or-change"},
		{"not-sealed", toSealing + "@not-sealed", "not-sealed help-line(800 555 0142) goodbye"},
		{"not-sealed-outcome", toSealing + "@not-sealed @said", "HANGUP(not-sealed)"},
		{"too-many-ballots", toSealing + "@seal-ballots", "too-many-ballots help-line(800 555 0142) goodbye"},
		{"fault", toSealing + "@seal-fault", "fault help-line(800 555 0142) goodbye"},
		{"reason-without-words", toSealing + "@strange-reason", "fault help-line(800 555 0142) goodbye"},
		{"no-code", toSealing + "@no-code", "fault help-line(800 555 0142) goodbye"},
		{"short-code", toSealing + "@short-code", "fault help-line(800 555 0142) goodbye"},
		{"odd-code", toSealing + "@odd-code", "fault help-line(800 555 0142) goodbye"},
		{"sealed-unasked", toReview + "@sealed", ""},
	})
}

// The order is turned by the voter's seed, and what is sealed are places in the
// manifest's order all the same.
func TestOrderIsRotatedPerVoter(t *testing.T) {
	checkSteps(t, []step{
		{"first-page", toWait + "@turned", "contest-one(Mayor) offer(D,1) offer(E,2) offer(F,3) offer(G,4) offer(H,5) offer(I,6) offer(J,7) offer(A,8) more-names leave-blank"},
		{"second-page", toWait + "@turned @said 9", "offer(B,1) offer(C,2) names-again leave-blank"},
		{"sealed", toWait + "@turned @said 92# 13# 1", "sealing SEAL[[2] [1 2]]"},
	})
	first := make(map[int]int)
	for seed := range uint64(120) {
		order := rotated(12, seed)
		first[order[0]]++
		if slices.Sort(order); !slices.Equal(order, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) {
			t.Fatalf("seed %d: not a rotation: %v", seed, order)
		}
	}
	for option, n := range first {
		if n != 10 {
			t.Errorf("option %d is read first %d times of 120", option, n)
		}
	}
	if got := rotated(3, 1<<64-1); got[0] != 0 {
		t.Errorf("the largest seed starts at %d", got[0])
	}
}

// No secret stays longer than it is needed.
func TestTheMachineForgets(t *testing.T) {
	c := newCall(t, testElection).run(toWait)
	if c.m.number.len()+c.m.keyed.len() != 0 {
		t.Error("keeps the voter number or PIN once they were handed over")
	}
	for _, contest := range c.run("@said @identified @said 2# 13# 1").m.contests {
		if contest.count() != 0 {
			t.Error("keeps a choice once it was handed over")
		}
	}
	if c.run("@said @sealed @said 456789#"); c.m.keyed.len() != 0 {
		t.Error("keeps the cast code once it was handed over")
	}
	if c.run("@casted"); c.m.contests != nil || c.m.code != "" {
		t.Error("keeps the ballot once it was cast")
	}
}

// Every option of a long contest can be reached and chosen by its announced key.
func TestEveryOptionCanBeChosen(t *testing.T) {
	long := Contest{Title: "Board", Limit: 1}
	for i := range 21 {
		long.Options = append(long.Options, "name "+number(i))
	}
	for want := range long.Options {
		c := newCall(t, testElection).run(toWait)
		c.do(Identified{Contests: []Contest{long}, Seed: 1234567})
		for pressed := false; !pressed; {
			for _, m := range c.last[0].(Say).Messages {
				if m.ID == text.Offer && m.Name == long.Options[want] {
					c.run(m.Digits)
					pressed = true
				}
			}
			if !pressed {
				c.run("9")
			}
		}
		c.run("# 1")
		if got := c.last[1].(Seal).Choices; len(got) != 1 || !slices.Equal(got[0], []int{want}) {
			t.Errorf("keyed option %d, sealed %v", want, got)
		}
	}
}

func TestPhrasesOfAnElection(t *testing.T) {
	b := ballot()
	b[1].Limit = 12
	phrases, err := Phrases(testElection, map[string][]Contest{"en": b, "es": b})
	if err != nil {
		t.Fatal(err)
	}
	has := make(map[text.Phrase]bool)
	for _, p := range phrases {
		if has[p] {
			t.Errorf("%q is listed twice", p.Text)
		}
		has[p] = true
	}
	// Whatever the machine says in whole calls is on the list.
	for _, lang := range []string{"1", "2"} {
		c := newCall(t, testElection).run("@answered " + lang + testNumber + testPIN)
		c.do(Identified{Contests: b})
		c.run("@said 0 9 1 # 2 # 1 @said @sealed @said @said 1# 3# 444444# @wrong-code 2# @tested @timeout @timeout @timeout")
		for _, command := range c.all {
			say, ok := command.(Say)
			if !ok {
				continue
			}
			spoken, err := text.Render(say.Messages)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range spoken {
				if !p.IsPause() && !has[p] {
					t.Errorf("%q is said and not listed", p.Text)
				}
			}
		}
	}
	b[0].Options[3] = " "
	if _, err := Phrases(testElection, map[string][]Contest{"en": b}); err == nil {
		t.Error("an option without a name was let through")
	}
}
