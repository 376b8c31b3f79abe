package callflow

import (
	"strings"
	"testing"
)

const helpAndBye = "help-line(800 555 0142) goodbye"

// From "keep" until the receipt code has been read once, digits are ignored.
func TestABouncedKeyDecidesNothing(t *testing.T) {
	keys := "1 11 2# 3# 456789# * 0 # 9"
	checkSteps(t, []step{
		{"while-sealing", toSealing + keys, ""},
		{"while-the-code-is-read", toCode + keys, ""},
		{"then-the-code-is-read-on", toSealing + keys + " @sealed " + keys + " @said", "decide"},
		{"nothing-is-left-over", toCode + "4567 @said 89#", "not-understood decide"},
		{"two-is-not-left-over", toCode + "2 @said #", ""},
		{"no-timeout-either", toCode + "@timeout @timeout @timeout", ""},
	})
	c := newCall(t, testElection).run(toSealing + keys + " @sealed " + keys + " @said #")
	if count[Cast](c.all)+count[Test](c.all) != 0 {
		t.Error("a key before the code was read decided")
	}
	if count[Seal](c.all) != 1 {
		t.Errorf("sealed %d times", count[Seal](c.all))
	}
}

func TestTheCodeIsReadInFull(t *testing.T) {
	checkSteps(t, []step{
		{"sealed", toSealing + "@sealed", "sealed code-is(" + testCode + ")"},
		{"decide", toSealing + "@sealed @said", "decide"},
	})
	if c := newCall(t, testElection).run(toCode); listens(c.last) {
		t.Error("listens while the code is read for the first time")
	}
}

func TestDecide(t *testing.T) {
	cast := func(code string) string { return "casting CAST(" + code + ")" }
	checkSteps(t, []step{
		{"code-again", toDecide + "3#", "code-is(" + testCode + ") decide"},
		{"code-again-can-be-interrupted", toDecide + "3# 456789#", cast("456789")},
		{"cast", toDecide + "456789#", cast("456789")},
		{"zeros-are-kept", toDecide + "000123#", cast("000123")},
		{"without-pound", toDecide + "456789", ""},
		{"test", toDecide + "2#", "testing TEST"},
		{"test-without-pound", toDecide + "2", ""},
		{"02-is-not-2", toDecide + "02#", "not-understood decide"},
		{"20-is-not-2", toDecide + "20#", "not-understood decide"},
		{"03-is-not-3", toDecide + "03#", "not-understood decide"},
		{"22-is-not-2", toDecide + "22#", "not-understood decide"},
		{"five-digits", toDecide + "45678#", "not-understood decide"},
		{"seven-digits", toDecide + "4567890#", "not-understood decide"},
		{"far-too-many", toDecide + strings.Repeat("4", 40) + "#", "not-understood decide"},
		{"lone-pound", toDecide + "#", ""},
		{"star-clears", toDecide + "45*456789#", cast("456789")},
		{"star-says-so", toDecide + "45*", "cleared decide"},
		{"zero-is-a-digit", toDecide + "0", ""},
		{"timeout-submits-nothing", toDecide + "456789 @timeout", "cleared decide"},
		{"nor-does-a-pound-after-it", toDecide + "456789 @timeout #", ""},
		{"not-two-after-it", toDecide + "2 @timeout #", ""},
	})
}

func TestCast(t *testing.T) {
	checkSteps(t, []step{
		{"said-only-when-it-is", toCasting + "@said", ""},
		{"cast", toCasting + "@casted", "cast goodbye"},
		{"hangup", toCasting + "@casted @said", "HANGUP(cast)"},
		{"hung-up-on-the-goodbye", toCasting + "@casted @hangup", "HANGUP(cast)"},
		{"casted-unasked", toDecide + "@casted", ""},
		{"casted-twice", toCasting + "@casted @casted", ""},
		{"wrong-code", toCasting + "@wrong-code", "wrong-cast-code decide"},
		{"wrong-then-right", toCasting + "@wrong-code 555555#", "casting CAST(555555)"},
		{"wrong-then-test", toCasting + "@wrong-code 2#", "testing TEST"},
		{"already-cast", toCasting + "@cast-already", "already-cast " + helpAndBye},
		{"budget", toCasting + "@cast-budget", "too-many-attempts " + helpAndBye},
		{"too-late", toCasting + "@cast-late", "too-late " + helpAndBye},
		{"nobody-knows", toCasting + "@cast-fault", "cast-unknown " + helpAndBye},
		{"nobody-knows-outcome", toCasting + "@cast-fault @said", "HANGUP(unknown)"},
	})
}

func TestTheCastCodeKeyedManyTimesCastsOnce(t *testing.T) {
	again := strings.Repeat("456789# ", 5)
	c := newCall(t, testElection).run(toCasting + again + "@casted " + again + "@said " + again + "@casted " + again)
	if n := count[Cast](c.all); n != 1 {
		t.Errorf("cast %d times", n)
	}
}

func TestTest(t *testing.T) {
	checkSteps(t, []step{
		{"votes-again-with-nothing-chosen", toTesting + "@tested", "tested " + page1},
		{"bounced-pound-leaves-nothing-blank", toTesting + "@tested #", ""},
		{"and-casts-the-next", toTesting + "@said @tested @said 2# 3# 1 @said @sealed @said 456789#", "casting CAST(456789)"},
		{"old-code-is-gone", toTesting + "@tested @said 2# 3# 1 3#", ""},
		{"unknown", toTesting + "@test-fault", "test-unknown " + helpAndBye},
		{"too-late", toTesting + "@test-late", "too-late " + helpAndBye},
		{"keys-while-testing", toTesting + "456789# 2# 1", ""},
		{"tested-unasked", toDecide + "@tested", ""},
	})
}
