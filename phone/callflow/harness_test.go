package callflow

import (
	"fmt"
	"strings"
	"testing"

	"rollcall/internal/text"
)

var testElection = Election{
	Languages: []string{"en", "es"},
	Titles:    map[string]string{"en": "The vote", "es": "El voto"},
	HelpLine:  "800 555 0142",
}

const (
	testNumber = "104005006"
	testPIN    = "80070061"
	testCode   = "1200560090001234"
)

// ballot of the tests: a vote for one of ten, and up to two of three.
func ballot() []Contest {
	mayor := Contest{Title: "Mayor", Limit: 1}
	for i := range 10 {
		mayor.Options = append(mayor.Options, string(rune('A'+i)))
	}
	return []Contest{mayor, {Title: "Parks", Limit: 2, Options: []string{"X", "Y", "Z"}}}
}

// Scripts that lead to a state, each on top of the one before.
const (
	toNumber  = "@answered 1 "
	toPIN     = toNumber + testNumber + " "
	toWait    = toPIN + testPIN + " "
	toContest = toWait + "@said @identified @said "
	toParks   = toContest + "1# @said "
	toReview  = toParks + "1# @said "
	toSealing = toReview + "1 @said "
	toCode    = toSealing + "@sealed "
	toDecide  = toCode + "@said @said "
	toCasting = toDecide + "456789# "
	toTesting = toDecide + "2# "
)

// call drives a machine with a script: words of keys, and @events.
type call struct {
	t    testing.TB
	m    *Machine
	last []Command // of the latest event
	all  []Command
}

func newCall(t testing.TB, e Election) *call {
	t.Helper()
	m, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	return &call{t: t, m: m}
}

// events named in scripts.
var events = map[string]Event{
	"@answered":       Answered{},
	"@said":           Said{},
	"@timeout":        Timeout{},
	"@hangup":         HungUp{},
	"@identified":     Identified{Contests: ballot(), Seed: 0},
	"@turned":         Identified{Contests: ballot(), Seed: 23},
	"@wrong-pin":      IdentifyFailed{WrongPIN},
	"@id-cast":        IdentifyFailed{AlreadyCast},
	"@id-budget":      IdentifyFailed{TooManyAttempts},
	"@id-hours":       IdentifyFailed{OutsideHours},
	"@id-not-open":    IdentifyFailed{NotOpen},
	"@id-closed":      IdentifyFailed{Closed},
	"@id-ballots":     IdentifyFailed{TooManyBallots},
	"@id-fault":       IdentifyFailed{Fault},
	"@no-contests":    Identified{},
	"@bad-contest":    Identified{Contests: []Contest{{Title: "Mayor", Limit: 1}}},
	"@sealed":         Sealed{testCode},
	"@no-code":        Sealed{},
	"@short-code":     Sealed{testCode[1:]},
	"@odd-code":       Sealed{"12005600x0001234"},
	"@not-sealed":     SealFailed{NotSealed},
	"@seal-ballots":   SealFailed{TooManyBallots},
	"@seal-fault":     SealFailed{Fault},
	"@casted":         Casted{},
	"@wrong-code":     CastFailed{WrongCastCode},
	"@cast-already":   CastFailed{AlreadyCast},
	"@cast-budget":    CastFailed{TooManyAttempts},
	"@cast-late":      CastFailed{TooLate},
	"@cast-fault":     CastFailed{Fault},
	"@tested":         Tested{},
	"@test-fault":     TestFailed{Fault},
	"@test-late":      TestFailed{TooLate},
	"@strange-reason": SealFailed{Reason(99)},
}

func (c *call) run(script string) *call {
	c.t.Helper()
	for word := range strings.FieldsSeq(script) {
		if strings.HasPrefix(word, "@") {
			ev, ok := events[word]
			if !ok {
				c.t.Fatalf("no event %s", word)
			}
			c.do(ev)
			continue
		}
		for i := range len(word) {
			c.do(Digit{word[i]})
		}
	}
	return c
}

func (c *call) do(ev Event) {
	c.last = c.m.Step(ev)
	c.all = append(c.all, c.last...)
}

// show writes commands as one line: messages as id(name,digits), then what is
// done. Listen is left out; see listens.
func show(commands []Command) string {
	var out []string
	for _, c := range commands {
		switch c := c.(type) {
		case Say:
			for _, m := range c.Messages {
				out = append(out, showMessage(m))
			}
		case Listen:
		case Identify:
			out = append(out, fmt.Sprintf("IDENTIFY(%s,%s)", c.VoterNumber, c.PIN))
		case Seal:
			out = append(out, fmt.Sprintf("SEAL%v", c.Choices))
		case Cast:
			out = append(out, fmt.Sprintf("CAST(%s)", c.CastCode))
		case Test:
			out = append(out, "TEST")
		case Hangup:
			out = append(out, fmt.Sprintf("HANGUP(%s)", c.Outcome))
		}
	}
	return strings.Join(out, " ")
}

func showMessage(m text.Message) string {
	var args []string
	for _, a := range []string{m.Name, m.Digits} {
		if a != "" {
			args = append(args, a)
		}
	}
	if len(args) == 0 {
		return string(m.ID)
	}
	return fmt.Sprintf("%s(%s)", m.ID, strings.Join(args, ","))
}

// listens tells whether the commands end in Listen, that is, wait for a key.
func listens(commands []Command) bool {
	for _, c := range commands {
		if _, ok := c.(Listen); ok {
			return true
		}
	}
	return false
}

// count commands like the example.
func count[C Command](commands []Command) int {
	n := 0
	for _, c := range commands {
		if _, ok := c.(C); ok {
			n++
		}
	}
	return n
}

// step is a row of most tables: after the script, the last event gave this.
type step struct {
	name, script, want string
}

func checkSteps(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			if got := show(newCall(t, testElection).run(s.script).last); got != s.want {
				t.Errorf("after %s\n got %q\nwant %q", s.script, got, s.want)
			}
		})
	}
}
