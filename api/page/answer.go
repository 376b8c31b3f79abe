package page

import (
	"fmt"
	"time"

	"rollcall/api/public"
)

// A card is what the page says about one ballot.
type card struct {
	Kind    string // good, test, wait or bad: its colour and sign
	Title   string
	Texts   []string
	Ballot  *public.Match // nil if there is none
	Sealed  string
	Decided string // what was decided, in a word
	When    string // when it was
	Opened  []openedCard
	Proof   bool // the entry of the decision has a proof to keep
	Check   *browserCheck
}

// openedCard is what one contest of a tested ballot held.
type openedCard struct {
	Contest string
	Options []string
}

// card finds the sentences for one ballot. What a cast ballot holds is never
// among them: nothing here could know it.
func (v *frame) card(b *public.Match, s standing) (card, error) {
	c := card{Kind: "bad", Ballot: b, Sealed: v.sealed(&b.Ballot), Check: checkOf(b)}
	say := func(kind, text string) {
		c.Kind, c.Title, c.Texts = kind, v.t(text+"_title"), []string{v.t(text + "_text")}
	}
	switch {
	case b.State == public.StateCast && b.Decided.IsZero(), b.Casting:
		say("wait", "casting")
		if v.Outage != nil {
			c.Texts = []string{v.t("outage_casting")}
		}
	case b.State == public.StateCast && s.result != nil:
		say("good", "counted")
	case b.State == public.StateCast:
		say("good", "cast")
	case b.State == public.StateTested:
		say("test", "tested")
		if s.Phase != public.PhaseOpen || b.Instead != nil {
			c.Texts = []string{v.t("tested_text_over")}
		}
		c.Texts = append(c.Texts, v.t("tested_compare", "help", v.Help))
	case b.State == public.StateVoid:
		c.Title, c.Texts = v.t("void_title"), []string{v.t("void_text", "help", v.Help)}
	case b.State == public.StateLapsed:
		c.Title, c.Texts = v.t("lapsed_title"), []string{v.again(s)}
	case b.State == public.StateUndecided && b.SealedBefore.IsZero():
		say("wait", "arriving")
		if v.Outage != nil {
			c.Texts = []string{v.t("outage_arriving")}
		}
	case b.State == public.StateUndecided:
		c.Kind, c.Title = "wait", v.t("undecided_title")
		c.Texts = []string{v.t("undecided_text", "time", clock(b.DecideBefore.In(v.zone))), v.again(s)}
	default:
		return c, fmt.Errorf("ballot %d: unknown state %q", b.Index, b.State)
	}
	if b.Instead != nil {
		v.addInstead(&c)
	}
	return c, v.addDecision(&c)
}

// addInstead says that another ballot of the same ballot number counts.
func (v *frame) addInstead(c *card) {
	other := v.t("instead_text", "when", v.sealed(c.Ballot.Instead), "help", v.Help)
	if c.Ballot.State == public.StateTested {
		c.Title, c.Texts = v.t("instead_title_test"), append(c.Texts, other)
		return
	}
	c.Kind, c.Title, c.Texts = "bad", v.t("instead_title"), []string{other}
}

func (v *frame) addDecision(c *card) error {
	switch c.Ballot.State {
	case public.StateCast:
		c.Decided, c.Proof = v.t("decided_cast"), !c.Ballot.Ballot.Decided.IsZero()
	case public.StateTested:
		c.Decided = v.t("decided_test")
	default:
		return nil
	}
	if t := c.Ballot.Ballot.Decided; !t.IsZero() {
		c.When = v.t("by_time", "time", v.moment(t))
	}
	if c.Ballot.State != public.StateTested {
		return nil
	}
	opened, err := v.opened(c.Ballot.Ballot.Opened)
	if err != nil {
		return fmt.Errorf("ballot %d: %w", c.Ballot.Index, err)
	}
	c.Opened = opened
	return nil
}

// opened names what a tested ballot held.
func (v *frame) opened(list []public.Opened) ([]openedCard, error) {
	var cards []openedCard
	for _, o := range list {
		if o.Contest >= uint64(len(v.manifest.Contests)) {
			return nil, fmt.Errorf("no contest %d", o.Contest)
		}
		contest := &v.manifest.Contests[o.Contest]
		opened := openedCard{Contest: v.pick(contest.Title)}
		for _, position := range o.Selected {
			_, name, err := public.OptionAt(contest, position)
			if err != nil {
				return nil, err
			}
			if name == nil {
				opened.Options = append(opened.Options, v.t("none"))
				continue
			}
			opened.Options = append(opened.Options, v.pick(name))
		}
		if len(opened.Options) == 0 {
			opened.Options = []string{v.t("none")}
		}
		cards = append(cards, opened)
	}
	return cards, nil
}

// sealed says between which two ticks of the board's clock a ballot was sealed.
func (v *frame) sealed(b *public.Ballot) string {
	if b.SealedAfter.IsZero() {
		return v.t("no_code_yet")
	}
	from, to := b.SealedAfter.In(v.zone), b.SealedBefore.In(v.zone)
	if b.SealedBefore.IsZero() {
		return v.t("sealed_after", "from", v.moment(from))
	}
	return v.t("sealed_between", "day", v.day(from), "from", from.Format(time.TimeOnly), "to", clock(to))
}
