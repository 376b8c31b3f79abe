package callflow

import "rollcall/internal/text"

// refusals are the words and the outcome for each reason that ends a call.
var refusals = map[Reason]struct {
	words   text.ID
	outcome Outcome
}{
	Fault:           {text.Fault, OutcomeFault},
	AlreadyCast:     {text.AlreadyCast, OutcomeAlreadyCast},
	TooManyBallots:  {text.TooManyBallots, OutcomeTooManyBallots},
	TooManyAttempts: {text.TooManyAttempts, OutcomeTooManyAttempts},
	OutsideHours:    {text.OutsideHours, OutcomeOutsideHours},
	NotOpen:         {text.NotOpen, OutcomeNotOpen},
	Closed:          {text.Closed, OutcomeClosed},
	NotSealed:       {text.NotSealed, OutcomeNotSealed},
	TooLate:         {text.TooLate, OutcomeTooLate},
}

// refuse ends the call for a reason of the election's.
func (m *Machine) refuse(r Reason) []Command {
	how, ok := refusals[r]
	if !ok {
		how = refusals[Fault]
	}
	return m.leave(how.outcome, m.msg(how.words), m.helpLine())
}

// wrongKey counts a key that means nothing in this menu.
func (m *Machine) wrongKey() []Command {
	m.wrongKeys++
	if m.wrongKeys >= maxWrong {
		return m.leave(OutcomeWrongEntries, m.msg(text.ThreeWrong), m.helpLine())
	}
	return m.ask(m.msg(text.WrongKey))
}

// wrongCode counts a wrong number or code. It returns nil while the voter may
// try again; why is said before the end otherwise.
func (m *Machine) wrongCode(why ...text.Message) []Command {
	m.wrongCodes++
	if m.wrongCodes < maxWrong {
		return nil
	}
	return m.leave(OutcomeWrongEntries, append(why, m.msg(text.ThreeWrong), m.helpLine())...)
}

func (m *Machine) helpLine() text.Message {
	return text.Message{Lang: m.lang, ID: text.HelpLine, Digits: m.election.HelpLine}
}

// leave says the last words; Hangup follows when they have been spoken.
func (m *Machine) leave(o Outcome, words ...text.Message) []Command {
	m.wipe()
	m.state, m.outcome = stateLeaving, o
	return []Command{m.say(append(words, m.msg(text.Goodbye))...)}
}

// hungUp ends the call at once. What was decided before stays the outcome.
func (m *Machine) hungUp() []Command {
	switch m.state {
	case stateOver:
		return nil
	case stateLeaving:
		return m.over(m.outcome)
	}
	return m.over(OutcomeHungUp)
}

func (m *Machine) over(o Outcome) []Command {
	m.wipe()
	m.state = stateOver
	return []Command{Hangup{o}}
}

// wipe forgets everything about the voter.
func (m *Machine) wipe() {
	m.keyed.wipe()
	m.number.wipe()
	for i := range m.contests {
		clear(m.contests[i].chosen)
	}
	m.contests, m.code = nil, ""
}
