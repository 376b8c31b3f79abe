package callflow

import "rollcall/internal/text"

// Lengths in digits: of what the letter holds, and of the receipt code.
const (
	voterNumberDigits = 9
	pinDigits         = 8
	castCodeDigits    = 6
	receiptDigits     = 16
)

// entry collects keyed digits. It holds a few more than any number has, so that
// a number that is too long is seen to be too long and never cut to fit.
type entry struct {
	buf [voterNumberDigits + 1]byte
	n   int
}

func (e *entry) len() int { return e.n }

func (e *entry) add(k byte) {
	if e.n < len(e.buf) {
		e.buf[e.n] = k
		e.n++
	}
}

// take returns the digits and wipes the entry.
func (e *entry) take() []byte {
	digits := append([]byte(nil), e.buf[:e.n]...)
	e.wipe()
	return digits
}

func (e *entry) is(s string) bool { return string(e.buf[:e.n]) == s }

func (e *entry) wipe() { *e = entry{} }

// answer opens the call: with the choice of language if there is one.
func (m *Machine) answer() []Command {
	if len(m.election.Languages) > 1 {
		m.state = stateLanguage
		return m.ask()
	}
	return m.welcome()
}

// languageQuestion offers each language in its own words.
func (m *Machine) languageQuestion() []text.Message {
	var q []text.Message
	for i, lang := range m.election.Languages {
		q = append(q, text.Message{Lang: lang, ID: text.Language, Digits: string(rune('1' + i))})
	}
	return q
}

func (m *Machine) languageKey(k byte) []Command {
	switch {
	case k == '0':
		var help []text.Message
		for _, lang := range m.election.Languages {
			help = append(help, text.Message{Lang: lang, ID: text.HelpLanguage})
		}
		return m.ask(help...)
	case k == '*':
		return m.ask()
	case k >= '1' && int(k-'1') < len(m.election.Languages):
		m.lang = m.election.Languages[k-'1']
		return m.welcome()
	}
	return m.wrongKey()
}

// welcome says what election this is and asks for the voter number.
func (m *Machine) welcome() []Command {
	m.state, m.wrongKeys = stateNumber, 0
	hello := []text.Message{m.named(text.Welcome, m.election.Titles[m.lang])}
	if m.election.Rehearsal {
		hello = append(hello, m.msg(text.Rehearsal))
	}
	if m.election.Unwitnessed {
		hello = append(hello, m.msg(text.Unwitnessed))
	}
	return m.ask(hello...)
}

// numberKey collects the voter number and the PIN. Each is taken at its full
// length; a # after it is harmless, a # before it is a wrong entry.
func (m *Machine) numberKey(k byte) []Command {
	full, short := voterNumberDigits, text.ShortNumber
	if m.state == statePIN {
		full, short = pinDigits, text.ShortPIN
	}
	switch k {
	case '*':
		if m.keyed.len() == 0 && m.state == statePIN {
			m.state = stateNumber // nothing of the PIN to clear: the voter number it is
		}
		m.keyed.wipe()
		return m.ask(m.msg(text.Cleared))
	case '#':
		if m.keyed.len() == 0 {
			return nil
		}
		m.keyed.wipe()
		if commands := m.wrongCode(); commands != nil {
			return commands
		}
		return m.ask(m.msg(short))
	}
	m.keyed.add(k)
	if m.keyed.len() < full {
		return []Command{m.listen()}
	}
	if m.state == stateNumber {
		m.number, m.state = m.keyed, statePIN
		m.keyed.wipe()
		return m.ask()
	}
	m.state, m.latePound = stateIdentifying, true
	return []Command{m.say(m.msg(text.OneMoment)), Identify{Lang: m.lang, VoterNumber: m.number.take(), PIN: m.keyed.take()}}
}

func (m *Machine) notIdentified(r Reason) []Command {
	switch r {
	case WrongPIN:
	case Unknown: // cast on an earlier call: "nothing has been cast" would be untrue
		return m.leave(OutcomeUnknown, m.msg(text.CastUnknown), m.helpLine())
	default:
		return m.refuse(r)
	}
	if commands := m.wrongCode(m.msg(text.WrongPIN)); commands != nil {
		return commands
	}
	m.state = stateNumber
	return m.ask(m.msg(text.WrongPIN))
}
