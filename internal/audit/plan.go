package audit

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/internal/voter"
)

// Conduct is what a caller does once the receipt code is heard.
type Conduct string

// What callers do. None casts.
const (
	Tests    Conduct = "test"    // has the ballot tested
	Abandons Conduct = "abandon" // hangs up
)

// Choice is what a call chooses in one contest: ids of options, ascending by their
// place on the ballot; none is a blank.
type Choice struct {
	Contest string   `json:"contest"`
	Options []string `json:"options"`
}

// Call is the plan of one call.
type Call struct {
	Call         int       `json:"call"` // from 1 on, in the order of time
	At           time.Time `json:"at"`
	BallotNumber string    `json:"ballot_number"` // of the letter
	Conduct      Conduct   `json:"conduct"`
	Choices      []Choice  `json:"choices"`
	KeyPause     int       `json:"key_pause_ms"` // its speed: around this the pause before each key is drawn
	Think        int       `json:"think_ms"`     // before the call decides
	HearsAgain   bool      `json:"hears_again"`  // has the code read twice
}

// Plan is what an audit is to do.
type Plan struct {
	Election string    `json:"election"`
	Made     time.Time `json:"made"`
	Size     uint64    `json:"board_size"` // entries on the board when the plan was made
	Calls    []Call    `json:"calls"`
}

// Limits that the election sets on one letter.
const (
	perHour = 10               // ballots of a credential, and tries at a PIN
	inAll   = 30               // tries at a PIN
	hour    = 65 * time.Minute // with what two clocks may differ
)

// PlanOptions say how calls are to be planned.
type PlanOptions struct {
	Calls   int
	Spread  time.Duration // over which calls are spread from Now on; 0 is all at once
	Abandon float64       // share of calls that abandon their ballot, to the nearest whole call
	Now     time.Time
	Random  io.Reader
}

// dice draws numbers. The first error stays, and then all numbers are 0.
type dice struct {
	r   io.Reader
	err error
}

// below draws from 0 to n-1.
func (d *dice) below(n int) int {
	limit := ^uint64(0) - ^uint64(0)%uint64(n)
	for d.err == nil {
		var b [8]byte
		if _, d.err = io.ReadFull(d.r, b[:]); d.err != nil {
			break
		}
		if v := binary.LittleEndian.Uint64(b[:]); v < limit {
			return int(v % uint64(n))
		}
	}
	return 0
}

// normal draws from the standard normal distribution (Box and Muller 1958).
func (d *dice) normal() float64 {
	const steps = 1 << 53
	u, v := float64(d.below(steps)+1)/steps, float64(d.below(steps))/steps
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

// some draws k of the numbers below n, ascending.
func (d *dice) some(k, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for i := range k {
		j := i + d.below(n-i)
		all[i], all[j] = all[j], all[i]
	}
	slices.Sort(all[:k])
	return all[:k]
}

// NewPlan draws a plan for the letters of an election.
func NewPlan(m *entry.Manifest, letters []voter.Letter, o PlanOptions) (*Plan, error) {
	if o.Calls < 1 || o.Abandon < 0 || o.Abandon >= 1 || o.Spread < 0 {
		return nil, errors.New("a plan needs calls, and a share of abandoned ones from 0 to below 1")
	}
	if len(letters) == 0 {
		return nil, errors.New("there is no letter to call with")
	}
	d := &dice{r: o.Random}
	times, err := callTimes(d, m, o)
	if err != nil {
		return nil, err
	}
	p := &Plan{Made: o.Now.UTC().Truncate(time.Second)}
	// So many as were asked for, and not each with that chance, so that it is known
	// how many test; one does at least.
	abandoned := d.some(min(int(math.Round(o.Abandon*float64(o.Calls))), o.Calls-1), o.Calls)
	used := make([][]time.Time, len(letters))
	for i, at := range times {
		l, err := takeLetter(used, at)
		if err != nil {
			return nil, fmt.Errorf("call %d of %d: %w", i+1, o.Calls, err)
		}
		used[l] = append(used[l], at)
		choices, err := drawChoices(d, m, &letters[l])
		if err != nil {
			return nil, err
		}
		c := Call{Call: i + 1, At: at, BallotNumber: letters[l].BallotNumber, Conduct: Tests, Choices: choices,
			KeyPause: 80 + d.below(700), Think: d.below(4000), HearsAgain: d.below(4) == 0}
		if _, found := slices.BinarySearch(abandoned, i); found {
			c.Conduct = Abandons
		}
		p.Calls = append(p.Calls, c)
	}
	return p, d.err
}

// callTimes draws the times of all calls, uniformly from the seconds in which
// voters can call.
func callTimes(d *dice, m *entry.Manifest, o PlanOptions) ([]time.Time, error) {
	times := make([]time.Time, o.Calls)
	now := o.Now.Unix()
	if o.Spread == 0 {
		for i := range times {
			times[i] = time.Unix(now, 0).UTC()
		}
		return times, nil
	}
	type span struct{ from, seconds int64 }
	var spans []span
	total := int64(0)
	for _, w := range m.Windows {
		from, to := max(int64(w.From), now), min(int64(w.To), now+int64(o.Spread/time.Second))
		if from < to {
			spans = append(spans, span{from, to - from})
			total += to - from
		}
	}
	if total == 0 {
		return nil, errors.New("the line is never open in that time")
	}
	for i := range times {
		at := int64(d.below(int(total)))
		for _, s := range spans {
			if at < s.seconds {
				times[i] = time.Unix(s.from+at, 0).UTC()
				break
			}
			at -= s.seconds
		}
	}
	slices.SortFunc(times, func(a, b time.Time) int { return a.Compare(b) })
	return times, nil
}

// takeLetter returns the letter that was used least and may be used again.
func takeLetter(used [][]time.Time, at time.Time) (int, error) {
	best := -1
	for i, times := range used {
		recent := 0
		for _, t := range times {
			if at.Sub(t) < hour {
				recent++
			}
		}
		if recent < perHour && len(times) < inAll && (best < 0 || len(times) < len(used[best])) {
			best = i
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("every letter is used up: one is good for %d calls an hour and %d in all; use more letters, fewer calls or a longer --spread",
			perHour, inAll)
	}
	return best, nil
}

// drawChoices draws a vote: in every contest of the letter's unit any number of
// options that may be chosen, and any options.
func drawChoices(d *dice, m *entry.Manifest, l *voter.Letter) ([]Choice, error) {
	unit := slices.IndexFunc(m.Units, func(u entry.Unit) bool { return u.ID == l.Unit })
	if unit < 0 {
		return nil, errors.New("a letter names a unit that the election does not have")
	}
	var list []Choice
	for _, i := range m.ContestsOf(uint64(unit)) {
		c := &m.Contests[i]
		choice, n := Choice{Contest: c.ID, Options: []string{}}, len(c.Options)
		if c.Limit == 1 { // "none" is an option like the others
			if o := d.below(n + 1); o < n {
				choice.Options = append(choice.Options, c.Options[o].ID)
			}
		} else {
			for _, o := range d.some(d.below(int(min(c.Limit, uint64(n)))+1), n) {
				choice.Options = append(choice.Options, c.Options[o].ID)
			}
		}
		list = append(list, choice)
	}
	return list, nil
}

// check holds a plan that was read from a file against the election and letters.
func (p *Plan) check(election string, letters map[string]voter.Letter) error {
	if p.Election != election {
		return fmt.Errorf("the plan is for election %s", p.Election)
	}
	if !slices.IsSortedFunc(p.Calls, func(a, b Call) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Call, b.Call)) }) {
		return errors.New("the plan is damaged: its calls are not in order")
	}
	for i, c := range p.Calls {
		if _, ok := letters[c.BallotNumber]; !ok || c.Call != i+1 {
			return fmt.Errorf("the plan's call %d has no letter: it was made with other letters", i+1)
		}
	}
	return nil
}
