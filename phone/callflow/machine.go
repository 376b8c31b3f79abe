package callflow

import (
	"time"

	"rollcall/internal/text"
)

// state is where the conversation stands.
type state int

const (
	stateNew         state = iota
	stateLanguage          // which language?
	stateNumber            // voter number
	statePIN               // PIN
	stateIdentifying       // waits for Identified
	stateContest           // choosing in contest m.at
	stateReview            // read back; keep or change?
	stateSealing           // waits for Sealed
	stateCode              // the receipt code is read for the first time
	stateDecide            // cast, test or hear again?
	stateCasting           // waits for Casted
	stateTesting           // waits for Tested
	stateLeaving           // last words
	stateOver
)

// How long to wait for a key. The decision needs the longest: the voter may be
// looking for the letter with the cast code.
const (
	menuTimeout   = 8 * time.Second
	numberTimeout = 12 * time.Second
	decideTimeout = 30 * time.Second
)

// maxWrong wrong entries end the call.
const maxWrong = 3

// Machine is one call. It is not safe for concurrent use.
type Machine struct {
	election Election
	lang     string
	state    state
	outcome  Outcome // said by Hangup once the last words are spoken

	wrongKeys  int  // wrong entries at the present question
	wrongCodes int  // wrong numbers, PINs and cast codes
	silences   int  // timeouts in a row
	offered    bool // "press 1 for more time" was the last thing asked
	latePound  bool // a # still belongs to the number keyed before

	keyed  entry
	number entry // the voter number while the PIN is keyed

	contests []contest
	at       int // contest being voted in
	code     string
}

// New prepares a call. It fails for an election that can not be read out.
func New(e Election) (*Machine, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	return &Machine{election: e, lang: e.Languages[0]}, nil
}

// Step takes one event and returns what is to be done about it. An event that
// has no meaning in the present state changes nothing and returns nil.
func (m *Machine) Step(ev Event) []Command {
	switch ev := ev.(type) {
	case HungUp:
		return m.hungUp()
	case Answered:
		if m.state == stateNew {
			return m.answer()
		}
	case Digit:
		return m.key(ev.Key)
	case Said:
		return m.said()
	case Timeout:
		return m.silence()
	case Identified:
		if m.state == stateIdentifying {
			return m.begin(ev)
		}
	case IdentifyFailed:
		if m.state == stateIdentifying {
			return m.notIdentified(ev.Reason)
		}
	case Sealed:
		if m.state == stateSealing {
			return m.readCode(ev.Code)
		}
	case SealFailed:
		if m.state == stateSealing {
			return m.refuse(ev.Reason)
		}
	case Casted:
		if m.state == stateCasting {
			return m.leave(OutcomeCast, m.msg(text.Cast))
		}
	case CastFailed:
		if m.state == stateCasting {
			return m.notCast(ev.Reason)
		}
	case Tested:
		if m.state == stateTesting {
			return m.again()
		}
	case TestFailed:
		if m.state == stateTesting {
			return m.notTested(ev.Reason)
		}
	}
	return nil
}

// key handles a digit in the states that listen; elsewhere digits are ignored.
func (m *Machine) key(k byte) []Command {
	if (k < '0' || k > '9') && k != '*' && k != '#' {
		return nil
	}
	if m.latePound && k == '#' {
		m.latePound = false
		return nil
	}
	var handle func(byte) []Command
	switch m.state {
	case stateLanguage:
		handle = m.languageKey
	case stateNumber, statePIN:
		handle = m.numberKey
	case stateContest:
		handle = m.contestKey
	case stateReview:
		handle = m.reviewKey
	case stateDecide:
		handle = m.decideKey
	default:
		return nil
	}
	m.latePound = false
	if m.offered && k == '1' {
		handle = func(byte) []Command { return m.ask() }
	}
	commands := handle(k)
	if commands != nil {
		m.silences, m.offered = 0, false
	}
	return commands
}

// said moves on from what was spoken.
func (m *Machine) said() []Command {
	switch m.state {
	case stateContest:
		m.latePound = false // by now a # is an answer
	case stateCode:
		m.state = stateDecide
		return m.ask()
	case stateLeaving:
		return m.over(m.outcome)
	}
	return nil
}

// silence repeats the question once, then asks if more time is wanted, then
// ends the call. What was keyed so far is not used.
func (m *Machine) silence() []Command {
	switch m.state {
	case stateLanguage, stateNumber, statePIN, stateContest, stateReview, stateDecide:
	default:
		return nil
	}
	partial := m.keyed.len() > 0
	m.keyed.wipe()
	m.silences++
	switch m.silences {
	case 1:
		if partial {
			return m.ask(m.msg(text.Cleared))
		}
		return m.ask()
	case 2:
		m.offered = true
		return []Command{m.say(m.msg(text.MoreTime)), Listen{m.timeout()}}
	}
	return m.leave(OutcomeSilent, m.msg(text.Silence), m.helpLine())
}

// ask says the messages and the question of the present state, and listens.
func (m *Machine) ask(before ...text.Message) []Command {
	return []Command{m.say(append(before, m.question()...)...), m.listen()}
}

// question is what the present state asks.
func (m *Machine) question() []text.Message {
	switch m.state {
	case stateLanguage:
		return m.languageQuestion()
	case stateNumber:
		return []text.Message{m.msg(text.AskNumber)}
	case statePIN:
		return []text.Message{m.msg(text.AskPIN)}
	case stateContest:
		return m.contestQuestion()
	case stateReview:
		return m.reviewQuestion()
	case stateDecide:
		return []text.Message{m.msg(text.Decide)}
	}
	return nil
}

func (m *Machine) listen() Command { return Listen{m.timeout()} }

func (m *Machine) timeout() time.Duration {
	switch m.state {
	case stateNumber, statePIN:
		return numberTimeout
	case stateDecide:
		return decideTimeout
	}
	return menuTimeout
}

func (m *Machine) say(messages ...text.Message) Command { return Say{messages} }

func (m *Machine) msg(id text.ID) text.Message { return text.Message{Lang: m.lang, ID: id} }

func (m *Machine) named(id text.ID, name string) text.Message {
	return text.Message{Lang: m.lang, ID: id, Name: name}
}

func (m *Machine) codeIs() text.Message {
	return text.Message{Lang: m.lang, ID: text.CodeIs, Digits: m.code}
}
