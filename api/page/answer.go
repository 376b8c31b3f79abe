package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rollcall/bulletin/entry"
)

// standing is how far the election is, as the sentences of the page need it.
type standing struct {
	Status
	published bool
	now       time.Time // by the board's clock, where it runs
}

// A card is what the page says about one ballot.
type card struct {
	Kind    string // good, test, wait or bad: its colour and sign
	Title   string
	Texts   []string
	Ballot  *match // nil if there is none
	Sealed  string
	Decided string // what was decided, in a word
	When    string // when it was
	Opened  []openedCard
	Proof   bool // the entry of the decision has a proof to keep
}

// openedCard is what one contest of a tested ballot held.
type openedCard struct {
	Contest string
	Options []string
}

// addElection fills in the phase, the numbers and the result.
func (p *pages) addElection(r *http.Request, v *page) (standing, error) {
	status, err := p.election.Status(r.Context())
	if err != nil {
		return standing{}, fmt.Errorf("status: %w", err)
	}
	result, err := p.election.Result(r.Context())
	if err != nil {
		return standing{}, fmt.Errorf("result: %w", err)
	}
	s := standing{Status: status, published: result != nil, now: status.LastTick}
	if s.now.IsZero() {
		s.now = time.Now()
	}
	v.Phase = p.phase(v, s)
	if status.Phase != PhaseSetup {
		text := v.SoFar
		if status.Phase == PhaseEnded {
			text = v.SoFarEnd
		}
		v.Counts = fill(text, "cast", count(status.Ballots.Cast), "tested", count(status.Ballots.Tested))
	}
	if result != nil {
		v.Results, err = p.results(v, result)
	}
	return s, err
}

func (p *pages) phase(v *page, s standing) string {
	switch {
	case s.published:
		return v.PhasePublished
	case s.Phase == PhaseSetup:
		return v.PhaseSetup
	case s.Phase == PhaseClosing:
		return v.PhaseClosing
	case s.Phase == PhaseEnded:
		return v.PhaseEnded
	}
	m := p.election.Manifest()
	w, inside := nextWindow(m, s.now)
	switch {
	case w == nil:
		return v.PhaseOver
	case inside:
		return fill(v.PhaseOpen, "phone", v.Phone, "to", p.moment(v, unix(w.To)))
	}
	return fill(v.PhasePause, "phone", v.Phone, "from", p.moment(v, unix(w.From)))
}

// nextWindow returns the window that now is inside of, or else the next one,
// or nil after the last.
func nextWindow(m *entry.Manifest, now time.Time) (w *entry.Window, inside bool) {
	for i := range m.Windows {
		w := &m.Windows[i]
		if now.Before(unix(w.To)) {
			return w, !now.Before(unix(w.From))
		}
	}
	return nil, false
}

func (p *pages) moment(v *page, t time.Time) string { return v.moment(t.In(p.zone)) }

// addAnswer says what a look-up has found.
func (p *pages) addAnswer(v *page, n number, matches []match, s standing) error {
	asked, several, missing, text := v.AskedNumber, v.SeveralNumber, v.MissingNumberTitle, v.MissingNumberText
	if n.isCode() {
		asked, several, missing, text = v.AskedCode, v.SeveralCode, v.MissingCodeTitle, v.MissingCodeText
	}
	v.Asked = fill(asked, "number", n.groups())
	if len(matches) == 0 {
		v.Cards = []card{{Kind: "bad", Title: missing, Texts: []string{fill(text, "help", v.Help)}}}
		return nil
	}
	if len(matches) > 1 {
		v.Several = fill(several, "count", strconv.Itoa(len(matches)))
	}
	for i := range matches {
		c, err := p.card(v, &matches[i], s)
		if err != nil {
			return err
		}
		v.Cards = append(v.Cards, c)
	}
	return nil
}

// card finds the sentences for one ballot. What a cast ballot holds is never
// among them: nothing here could know it.
func (p *pages) card(v *page, b *match, s standing) (card, error) {
	c := card{Kind: "bad", Ballot: b, Sealed: p.sealed(v, &b.Ballot)}
	again := p.again(v, s)
	switch {
	case b.State == StateCast && b.Decided.IsZero():
		c.Kind, c.Title, c.Texts = "wait", v.CastingTitle, []string{v.CastingText}
	case b.State == StateCast && s.published:
		c.Kind, c.Title, c.Texts = "good", v.CountedTitle, []string{v.CountedText}
	case b.State == StateCast:
		c.Kind, c.Title, c.Texts = "good", v.CastTitle, []string{v.CastText}
	case b.State == StateTested:
		c.Kind, c.Title, c.Texts = "test", v.TestedTitle, []string{v.TestedText}
		if s.Phase != PhaseOpen || b.Instead != nil {
			c.Texts = []string{v.TestedTextOver}
		}
		c.Texts = append(c.Texts, fill(v.TestedCompare, "help", v.Help))
	case b.State == StateVoid:
		c.Title, c.Texts = v.VoidTitle, []string{fill(v.VoidText, "help", v.Help)}
	case b.State == StateLapsed:
		c.Title, c.Texts = v.LapsedTitle, []string{again}
	case b.State == StateUndecided && b.SealedBefore.IsZero():
		c.Kind, c.Title, c.Texts = "wait", v.ArrivingTitle, []string{v.ArrivingText}
	case b.State == StateUndecided:
		c.Kind, c.Title = "wait", v.UndecidedTitle
		c.Texts = []string{fill(v.UndecidedText, "time", clock(b.DecideBefore.In(p.zone))), again}
	default:
		return c, fmt.Errorf("ballot %d: unknown state %q", b.Index, b.State)
	}
	if b.Instead != nil {
		p.addInstead(v, &c)
	}
	return c, p.addDecision(v, &c)
}

// addInstead says that another ballot of the same ballot number counts.
func (p *pages) addInstead(v *page, c *card) {
	other := fill(v.InsteadText, "when", p.sealed(v, c.Ballot.Instead), "help", v.Help)
	if c.Ballot.State == StateTested {
		c.Title, c.Texts = v.InsteadTitleTest, append(c.Texts, other)
		return
	}
	c.Kind, c.Title, c.Texts = "bad", v.InsteadTitle, []string{other}
}

func (p *pages) addDecision(v *page, c *card) error {
	switch c.Ballot.State {
	case StateCast:
		c.Decided, c.Proof = v.DecidedCast, !c.Ballot.Ballot.Decided.IsZero()
	case StateTested:
		c.Decided = v.DecidedTest
	default:
		return nil
	}
	if t := c.Ballot.Ballot.Decided; !t.IsZero() {
		c.When = fill(v.ByTime, "time", p.moment(v, t))
	}
	if c.Ballot.State != StateTested {
		return nil
	}
	m := p.election.Manifest()
	for _, o := range c.Ballot.Ballot.Opened {
		if o.Contest >= uint64(len(m.Contests)) {
			return fmt.Errorf("ballot %d: no contest %d", c.Ballot.Index, o.Contest)
		}
		contest := &m.Contests[o.Contest]
		opened := openedCard{Contest: pick(m, contest.Title, v.Lang)}
		for _, position := range o.Selected {
			_, name, err := optionAt(contest, position)
			if err != nil {
				return fmt.Errorf("ballot %d: %w", c.Ballot.Index, err)
			}
			if name == nil {
				name = p.none
			}
			opened.Options = append(opened.Options, pick(m, name, v.Lang))
		}
		if len(opened.Options) == 0 {
			opened.Options = []string{v.None}
		}
		c.Opened = append(c.Opened, opened)
	}
	return nil
}

// again says when a voter can call again.
func (p *pages) again(v *page, s standing) string {
	m := p.election.Manifest()
	w, inside := nextWindow(m, s.now)
	switch {
	case s.Phase != PhaseOpen || w == nil:
		return fill(v.AgainNever, "help", v.Help)
	case inside:
		return fill(v.AgainUntil, "phone", v.Phone, "to", p.moment(v, unix(w.To)))
	}
	return fill(v.AgainFrom, "phone", v.Phone, "from", p.moment(v, unix(w.From)), "to", p.moment(v, unix(w.To)))
}

// sealed says between which two ticks of the board's clock a ballot was sealed.
func (p *pages) sealed(v *page, b *Ballot) string {
	if b.SealedAfter.IsZero() {
		return v.NoCodeYet
	}
	from, to := b.SealedAfter.In(p.zone), b.SealedBefore.In(p.zone)
	if b.SealedBefore.IsZero() {
		return fill(v.SealedAfter, "from", v.moment(from))
	}
	return fill(v.SealedBetween, "day", v.day(from), "from", from.Format(time.TimeOnly), "to", clock(to))
}
