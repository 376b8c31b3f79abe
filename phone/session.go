package phone

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"rollcall/internal/text"
	"rollcall/phone/callflow"
	"rollcall/phone/prompt"
)

// Outcome is how a call ended: a word that is safe to log.
type Outcome = callflow.Outcome

// Patience is how long a caller waits at most, from the moment the voter has
// finished choosing, for a ballot that is published and covered by a valid tick,
// witnesses included; and as long for a cast or test.
const Patience = 20 * time.Second

// Config of calls. The zero Config is that of a real election.
type Config struct {
	// Speed shortens every wait for a key, for callers that are machines; 0
	// means 1. What is spoken is as fast as the Line plays it.
	Speed float64
	// IdentifyTimeout, SealTimeout and DecideTimeout bound what the election may
	// take to identify a voter, seal a ballot, and cast or test one; 0 means 10 s,
	// Patience and Patience. They are not shortened by Speed: the board's clock is not.
	IdentifyTimeout, SealTimeout, DecideTimeout time.Duration
	// Log gets errors of the election and of the prompts; nil discards them.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Speed <= 0 {
		c.Speed = 1
	}
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&c.IdentifyTimeout, 10 * time.Second},
		{&c.SealTimeout, Patience},
		{&c.DecideTimeout, Patience},
	} {
		if *d.value <= 0 {
			*d.value = d.usual
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Run holds one call to its end, hangs up, and tells how it ended. The end of
// ctx is taken as the caller hanging up: a cast whose code was keyed whole is
// still finished, within DecideTimeout.
func Run(ctx context.Context, line Line, el Election, lib *prompt.Library, cfg Config) Outcome {
	cfg = cfg.withDefaults()
	defer line.Hangup()
	machine, err := callflow.New(el.Describe())
	if err != nil {
		cfg.Log.Error("call not taken", "err", err)
		return callflow.OutcomeFault
	}
	s := &session{
		cfg: cfg, line: line, election: el, lib: lib, machine: machine, ctx: ctx,
		digits: line.Digits(), spoken: make(chan error, 1), answers: make(chan answer, 1), end: ctx.Done(),
	}
	defer s.close()
	outcome := s.run()
	s.linger()
	return outcome
}

// linger keeps the line open for a moment after the last word: a phone drops
// what its jitter buffer still holds when the call ends.
func (s *session) linger() {
	if s.gone {
		return
	}
	if pause, err := s.lib.Audio([]text.Phrase{text.Pause}); err == nil {
		_ = s.line.Play(s.ctx, pause) // the caller may have hung up: nothing is lost
	}
}

// session is one call. All fields belong to the goroutine of Run; what speaks
// and what asks the election are goroutines that report on the channels.
type session struct {
	cfg      Config
	line     Line
	election Election
	lib      *prompt.Library
	machine  *callflow.Machine
	ctx      context.Context

	digits <-chan byte
	end    <-chan struct{} // nil once the end of ctx was seen

	spoken chan error         // end of the utterance that mute stops
	mute   context.CancelFunc // stops the utterance; nil if none

	answers chan answer        // of the election
	asking  bool               // an answer is due
	binding bool               // it is of a cast or test: the caller may be gone, it counts
	stop    context.CancelFunc // gives the question up
	held    callflow.Event     // an answer that waits for the end of the utterance

	waiting time.Duration // how long to listen once the utterance ends; 0 for not at all
	timer   *time.Timer

	gone    bool // the caller is no longer there
	failed  bool // a prompt could not be spoken
	over    bool
	outcome Outcome

	voter  Voter
	ballot Ballot
}

// answer is what the election said, with what it gave.
type answer struct {
	event  callflow.Event
	voter  Voter
	ballot Ballot
	err    error // for the log
}

func (s *session) run() Outcome {
	s.step(callflow.Answered{})
	for !s.over {
		var timeout <-chan time.Time
		if s.timer != nil {
			timeout = s.timer.C
		}
		select {
		case key, ok := <-s.digits:
			if !ok {
				s.digits = nil
				s.leave()
				continue
			}
			s.step(callflow.Digit{Key: key})
		case <-s.end:
			s.end = nil
			s.leave()
		case err := <-s.spoken:
			s.mute()
			s.mute = nil
			s.ended(err)
		case a := <-s.answers:
			s.answered(a)
		case <-timeout:
			s.timer = nil
			s.step(callflow.Timeout{})
		}
	}
	if s.failed && s.outcome == callflow.OutcomeHungUp {
		return callflow.OutcomeFault
	}
	return s.outcome
}

// leave is told when the caller is gone. A cast or test under way is waited for:
// its code was keyed whole, and the outcome should say what became of it.
func (s *session) leave() {
	if s.gone {
		return
	}
	s.gone = true
	s.silence()
	if s.held != nil {
		ev := s.held
		s.held = nil
		s.step(ev)
	}
	if !s.over && !(s.asking && s.binding) {
		s.step(callflow.HungUp{})
	}
}

// answered takes an answer of the election to the machine, once what
// accompanies the question has been spoken.
func (s *session) answered(a answer) {
	s.asking = false
	s.stop()
	if a.err != nil && reason(a.err) == callflow.Fault {
		s.cfg.Log.Error("election", "err", a.err)
	}
	if a.voter != nil {
		s.voter = a.voter
	}
	if a.ballot != nil {
		s.ballot = a.ballot
	}
	if s.mute != nil {
		s.held = a.event
		return
	}
	s.step(a.event)
	if s.gone && !s.over {
		s.step(callflow.HungUp{})
	}
}

// ended follows an utterance that was spoken to its end, or failed.
func (s *session) ended(err error) {
	if err != nil {
		s.leave()
		return
	}
	s.step(callflow.Said{})
	if s.over || s.mute != nil {
		return
	}
	if s.held != nil {
		ev := s.held
		s.held = nil
		s.step(ev)
		return
	}
	s.listen()
}

// listen starts the wait for a key.
func (s *session) listen() {
	if s.waiting > 0 {
		s.timer = time.NewTimer(time.Duration(float64(s.waiting) / s.cfg.Speed))
	}
}

// step gives the machine an event and does what it says. Any command cuts off
// what is being spoken; none leaves it alone.
func (s *session) step(ev callflow.Event) {
	commands := s.machine.Step(ev)
	if len(commands) == 0 {
		return
	}
	s.silence()
	s.waiting = 0
	var words []text.Message
	for _, c := range commands {
		switch c := c.(type) {
		case callflow.Say:
			words = append(words, c.Messages...)
		case callflow.Listen:
			s.waiting = c.Timeout
		case callflow.Hangup:
			s.over, s.outcome = true, c.Outcome
			return
		default:
			s.ask(c)
		}
	}
	if len(words) > 0 && !s.gone {
		s.speak(words)
		return
	}
	if !s.gone {
		s.listen()
	}
}

// silence stops the utterance and the timer.
func (s *session) silence() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if s.mute != nil {
		s.mute()
		<-s.spoken
		s.mute = nil
	}
}

// speak starts an utterance. A prompt that can not be spoken ends the call: an
// unheard question must not be answered.
func (s *session) speak(words []text.Message) {
	phrases, err := text.Render(words)
	var audio []byte
	if err == nil {
		audio, err = s.lib.Audio(phrases)
	}
	if err != nil {
		s.cfg.Log.Error("prompt", "err", promptFault(err))
		s.failed = true
		s.leave()
		return
	}
	ctx, mute := context.WithCancel(s.ctx)
	s.mute = mute
	go func() { s.spoken <- s.line.Play(ctx, audio) }()
}

// promptFault is err without the name of the phrase, which may be a choice.
func promptFault(err error) error {
	if errors.Is(err, prompt.ErrMissing) {
		return prompt.ErrMissing
	}
	return errors.New("a prompt could not be made")
}

// close gives up what is under way and wipes the voter. No cast or test is under
// way any more: see leave.
func (s *session) close() {
	s.silence()
	if s.asking {
		s.stop()
		if a := <-s.answers; a.voter != nil {
			s.voter = a.voter
		}
	}
	if s.voter != nil {
		s.voter.Close()
	}
}
