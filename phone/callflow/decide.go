package callflow

import (
	"strings"

	"rollcall/internal/text"
)

// readCode reads the receipt code for the first time. Nothing listens meanwhile.
func (m *Machine) readCode(code string) []Command {
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if len(code) != receiptDigits || strings.ContainsFunc(code, notDigit) {
		return m.refuse(Fault)
	}
	m.code, m.state = code, stateCode
	return []Command{m.say(m.msg(text.Sealed), m.codeIs())}
}

// decideKey collects one exact string and #. It is a number, so * clears and 0
// is a digit.
func (m *Machine) decideKey(k byte) []Command {
	switch k {
	case '*':
		m.keyed.wipe()
		return m.ask(m.msg(text.Cleared))
	case '#':
		return m.submit()
	}
	m.keyed.add(k)
	return []Command{m.listen()}
}

// submit acts on what was keyed before #. A lone # is what is left of a bounced
// key and means nothing.
func (m *Machine) submit() []Command {
	switch {
	case m.keyed.len() == 0:
		return nil
	case m.keyed.is("3"):
		m.keyed.wipe()
		return m.ask(m.codeIs())
	case m.keyed.is("2"):
		m.keyed.wipe()
		m.state = stateTesting
		return []Command{m.say(m.msg(text.Testing)), Test{}}
	case m.keyed.len() == castCodeDigits:
		m.state = stateCasting
		return []Command{m.say(m.msg(text.Casting)), Cast{CastCode: m.keyed.take()}}
	}
	m.keyed.wipe()
	if commands := m.wrongCode(m.msg(text.NotUnderstood)); commands != nil {
		return commands
	}
	return m.ask(m.msg(text.NotUnderstood))
}

// notCast lets the voter try another cast code, and nothing else.
func (m *Machine) notCast(r Reason) []Command {
	switch r {
	case WrongCastCode:
		if commands := m.wrongCode(m.msg(text.WrongCastCode)); commands != nil {
			return commands
		}
		m.state = stateDecide
		return m.ask(m.msg(text.WrongCastCode))
	case Fault, Unknown:
		return m.leave(OutcomeUnknown, m.msg(text.CastUnknown), m.helpLine())
	}
	return m.refuse(r)
}

func (m *Machine) notTested(r Reason) []Command {
	switch r {
	case Fault, Unknown:
		return m.leave(OutcomeUnknown, m.msg(text.TestUnknown), m.helpLine())
	}
	return m.refuse(r)
}
