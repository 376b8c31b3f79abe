package callflow

import (
	"slices"

	"rollcall/internal/text"
)

// pageSize is how many names have a key at a time: 1 to 8.
const pageSize = 8

// contest is a contest being voted in.
type contest struct {
	Contest
	order  []int // places in Options in the order in which they are read
	chosen []bool
	page   int
}

// rotated is the order of n options that starts with option seed mod n.
func rotated(n int, seed uint64) []int {
	first := int(seed % uint64(n))
	order := make([]int, n)
	for i := range order {
		order[i] = (first + i) % n
	}
	return order
}

func (c *contest) count() int {
	n := 0
	for _, yes := range c.chosen {
		if yes {
			n++
		}
	}
	return n
}

func (c *contest) lastPage() bool { return (c.page+1)*pageSize >= len(c.order) }

// onPage lists the options that have a key now.
func (c *contest) onPage() []int {
	return c.order[c.page*pageSize : min((c.page+1)*pageSize, len(c.order))]
}

// begin takes the voter's contests and opens the first.
func (m *Machine) begin(id Identified) []Command {
	if len(id.Contests) == 0 {
		return m.refuse(Fault)
	}
	m.contests = make([]contest, len(id.Contests))
	for i, c := range id.Contests {
		if c.check() != nil {
			return m.refuse(Fault)
		}
		m.contests[i] = contest{Contest: c, order: rotated(len(c.Options), id.Seed), chosen: make([]bool, len(c.Options))}
	}
	m.wrongCodes = 0
	return m.enter(0)
}

// enter opens a contest at its first page.
func (m *Machine) enter(at int, before ...text.Message) []Command {
	m.state, m.at, m.wrongKeys = stateContest, at, 0
	m.contests[at].page = 0
	return m.ask(before...)
}

func (m *Machine) contestQuestion() []text.Message {
	c := &m.contests[m.at]
	var q []text.Message
	if c.page == 0 {
		if c.Limit == 1 {
			q = append(q, m.named(text.ContestOne, c.Title))
		} else {
			q = append(q, text.Message{Lang: m.lang, ID: text.ContestUpTo, Name: c.Title, Digits: number(c.Limit)})
		}
	}
	for i, option := range c.onPage() {
		id := text.Offer
		if c.chosen[option] {
			id = text.OfferTaken
		}
		q = append(q, text.Message{Lang: m.lang, ID: id, Name: c.Options[option], Digits: number(i + 1)})
	}
	return append(q, m.ways()...)
}

// ways tells how to go on from a page.
func (m *Machine) ways() []text.Message {
	c := &m.contests[m.at]
	next, done := text.MoreNames, text.Done
	if c.lastPage() {
		next = text.NamesAgain
	}
	if c.count() == 0 {
		done = text.LeaveBlank
	}
	return []text.Message{m.msg(next), m.msg(done)}
}

func (m *Machine) contestKey(k byte) []Command {
	c := &m.contests[m.at]
	switch k {
	case '0':
		return m.ask(m.msg(text.HelpContest), m.helpLine())
	case '9':
		m.wrongKeys = 0
		if c.lastPage() {
			c.page = 0
		} else {
			c.page++
		}
		return m.ask()
	case '*':
		m.wrongKeys = 0
		if c.page > 0 {
			c.page--
			return m.ask()
		}
		return m.enter(max(m.at-1, 0))
	case '#':
		return m.next()
	}
	if place := int(k - '1'); place < len(c.onPage()) {
		return m.toggle(place, k)
	}
	return m.wrongKey()
}

// toggle chooses an option or takes it back. In a vote for one, a second choice
// takes the place of the first; otherwise nothing is taken back unasked.
func (m *Machine) toggle(place int, k byte) []Command {
	c := &m.contests[m.at]
	option := c.onPage()[place]
	m.wrongKeys = 0
	var said []text.Message
	switch {
	case c.chosen[option]:
		c.chosen[option] = false
		said = append(said, m.named(text.TakenBack, c.Options[option]))
	case c.Limit > 1 && c.count() >= c.Limit:
		said = append(said, text.Message{Lang: m.lang, ID: text.TooMany, Digits: number(c.Limit)})
	default:
		if c.Limit == 1 {
			if before := slices.Index(c.chosen, true); before >= 0 {
				c.chosen[before] = false
				said = append(said, m.named(text.TakenBack, c.Options[before]))
			}
		}
		c.chosen[option] = true
		said = append(said, m.named(text.Chosen, c.Options[option]),
			text.Message{Lang: m.lang, ID: text.TakeBack, Digits: string(rune(k))})
	}
	return []Command{m.say(append(said, m.ways()...)...), m.listen()}
}

// next leaves the contest for the next one or for the review.
func (m *Machine) next() []Command {
	var said []text.Message
	if c := &m.contests[m.at]; c.count() == 0 {
		said = append(said, m.named(text.LeftBlank, c.Title))
	}
	if m.at+1 < len(m.contests) {
		return m.enter(m.at+1, said...)
	}
	m.state, m.wrongKeys = stateReview, 0
	return m.ask(said...)
}

// reviewQuestion reads the whole ballot back.
func (m *Machine) reviewQuestion() []text.Message {
	q := []text.Message{m.msg(text.Review)}
	for i := range m.contests {
		c := &m.contests[i]
		q = append(q, m.named(text.ReviewContest, c.Title))
		if c.count() == 0 {
			q = append(q, m.msg(text.ReviewBlank))
		}
		for _, option := range c.order {
			if c.chosen[option] {
				q = append(q, m.named(text.ReviewChoice, c.Options[option]))
			}
		}
	}
	return append(q, m.msg(text.KeepOrChange))
}

// reviewKey keeps or changes. Change walks through all contests with the choices
// as they are, # keeping each: the voter needs no further menu, and there is no
// number of contests above which keys run out.
func (m *Machine) reviewKey(k byte) []Command {
	switch k {
	case '0':
		return m.ask(m.msg(text.HelpReview), m.helpLine())
	case '1':
		m.state = stateSealing
		return []Command{m.say(m.msg(text.Sealing)), Seal{Choices: m.takeChoices()}}
	case '2':
		return m.enter(0, m.msg(text.Changing))
	case '*':
		return m.enter(len(m.contests) - 1)
	}
	return m.wrongKey()
}

// takeChoices hands the choices over and forgets them.
func (m *Machine) takeChoices() [][]int {
	all := make([][]int, len(m.contests))
	for i, c := range m.contests {
		all[i] = []int{}
		for option, yes := range c.chosen {
			if yes {
				all[i] = append(all[i], option)
			}
		}
		clear(c.chosen)
	}
	return all
}

// again starts the next ballot after a test, with nothing chosen.
func (m *Machine) again() []Command {
	m.code, m.latePound = "", true
	return m.enter(0, m.msg(text.Tested))
}
