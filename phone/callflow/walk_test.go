package callflow

import (
	"fmt"
	"slices"
	"testing"

	"rollcall/internal/text"
)

// clone copies a machine so that a walk can branch.
func (m *Machine) clone() *Machine {
	c := *m
	c.contests = slices.Clone(m.contests)
	for i := range c.contests {
		c.contests[i].chosen = slices.Clone(c.contests[i].chosen)
	}
	return &c
}

// fingerprint tells apart the states of a machine that can behave differently.
// Of digits only their number counts, and whether they are one of the short
// strings; the language changes nothing but words.
func (m *Machine) fingerprint() string {
	key := fmt.Sprint(m.state, m.wrongKeys, m.wrongCodes, m.silences, m.offered, m.latePound,
		m.keyed.len(), m.keyed.is("2"), m.keyed.is("3"), m.at, m.outcome)
	for _, c := range m.contests {
		key += fmt.Sprint(c.page, c.chosen)
	}
	return key
}

// smallBallot keeps the state graph small enough to walk whole: one contest of
// each kind.
func smallBallot() []Contest {
	return []Contest{{Title: "M", Limit: 1, Options: []string{"A", "B"}}, {Title: "P", Limit: 2, Options: []string{"X", "Y", "Z"}}}
}

// The whole state graph is walked: in every state that a call can be in, hanging
// up ends it at once and casts nothing; no event but # after six digits casts;
// and nothing but "keep" seals.
func TestHangUpInEveryStateCastsNothing(t *testing.T) {
	e := testElection
	e.Rehearsal, e.Unwitnessed = true, true
	start, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	alphabet := []Event{Answered{}, Said{}, Timeout{}, Identified{Contests: smallBallot(), Seed: 1}, Sealed{testCode}, Casted{}, Tested{}}
	for r := Fault; r <= Unknown; r++ {
		alphabet = append(alphabet, IdentifyFailed{r}, SealFailed{r}, CastFailed{r}, TestFailed{r})
	}
	for _, k := range []byte("01234589*#") {
		alphabet = append(alphabet, Digit{k})
	}
	seen := map[string]bool{start.fingerprint(): true}
	visited, spoken := make(map[state]int), make(map[text.ID]bool)
	for queue := []*Machine{start}; len(queue) > 0; queue = queue[1:] {
		m := queue[0]
		visited[m.state]++
		hangUp(t, m)
		for _, ev := range alphabet {
			next := m.clone()
			commands := next.Step(ev)
			checkEdge(t, m, ev, commands)
			for _, c := range commands {
				if say, ok := c.(Say); ok {
					for _, message := range say.Messages {
						spoken[message.ID] = true
					}
				}
			}
			if f := next.fingerprint(); !seen[f] {
				seen[f] = true
				queue = append(queue, next)
			}
		}
	}
	for s := stateNew; s <= stateOver; s++ {
		if visited[s] == 0 {
			t.Errorf("state %d was never reached", s)
		}
	}
	for _, id := range text.IDs {
		if !spoken[id] && id != text.MoreNames { // which takes more names than this ballot has
			t.Errorf("message %q is never said", id)
		}
	}
	t.Logf("%d states", len(seen))
}

// hangUp hangs up on a copy of m.
func hangUp(t *testing.T, m *Machine) {
	t.Helper()
	gone := m.clone()
	commands := gone.Step(HungUp{})
	if m.state == stateOver {
		if commands != nil {
			t.Errorf("a call that is over answers a hang-up with %q", show(commands))
		}
		return
	}
	if len(commands) != 1 || count[Hangup](commands) != 1 {
		t.Errorf("state %d: hanging up gives %q", m.state, show(commands))
	}
	for _, ev := range []Event{Digit{'#'}, Digit{'1'}, Timeout{}, Said{}, Casted{}, Sealed{testCode}, HungUp{}} {
		if commands := gone.Step(ev); commands != nil {
			t.Errorf("state %d: after hanging up, %T gives %q", m.state, ev, show(commands))
		}
	}
	if gone.keyed.len()+gone.number.len() != 0 || gone.contests != nil || gone.code != "" {
		t.Errorf("state %d: the voter is not forgotten after hanging up", m.state)
	}
}

// checkEdge holds for every step of every call.
func checkEdge(t *testing.T, m *Machine, ev Event, commands []Command) {
	t.Helper()
	key, isKey := ev.(Digit)
	for _, c := range commands {
		switch c := c.(type) {
		case Cast:
			if m.state != stateDecide || key.Key != '#' || m.keyed.len() != castCodeDigits || len(c.CastCode) != castCodeDigits {
				t.Errorf("state %d: %T %v casts", m.state, ev, ev)
			}
		case Test:
			if m.state != stateDecide || key.Key != '#' || !m.keyed.is("2") {
				t.Errorf("state %d: %T %v tests", m.state, ev, ev)
			}
		case Seal:
			if m.state != stateReview || key.Key != '1' || m.offered {
				t.Errorf("state %d: %T %v seals", m.state, ev, ev)
			}
			for i, chosen := range c.Choices {
				if limit := m.contests[i].Limit; len(chosen) > limit {
					t.Errorf("contest %d: %d choices of at most %d", i, len(chosen), limit)
				}
			}
		}
	}
	if isKey && len(commands) > 0 && (m.state == stateSealing || m.state == stateCode || m.state == stateCasting ||
		m.state == stateTesting || m.state == stateIdentifying || m.state == stateLeaving) {
		t.Errorf("state %d: key %c is not ignored", m.state, key.Key)
	}
}
