package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"time"

	"rollcall/internal/caller"
	"rollcall/internal/voter"
)

// Outcome is how a call ended.
type Outcome string

// Outcomes of a call. Those from Busy on are no mismatch by themselves: the line
// could not know yet that the call would test.
const (
	Tested        Outcome = "tested"         // the line said that the ballot was tested
	Abandoned     Outcome = "abandoned"      // hung up after the code, as planned
	TestDropped   Outcome = "test-dropped"   // the call ended after test was begun to be pressed
	TestRefused   Outcome = "test-refused"   // the line said something else
	Busy          Outcome = "busy"           // not answered
	Dropped       Outcome = "dropped"        // the line hung up before that
	Refused       Outcome = "refused"        // the line said something that ends a call
	NotUnderstood Outcome = "not-understood" // the line was too bad
	Interrupted   Outcome = "interrupted"    // the audit was stopped during the call
)

// Step is how far a call has come.
type Step string

// Steps of a call, in their order.
const (
	StepDial     Step = "dial"
	StepIdentify Step = "identify"
	StepChoose   Step = "choose"
	StepSeal     Step = "seal" // keep is about to be pressed
	StepCode     Step = "code" // the receipt code was heard, or stayed unclear
	StepTest     Step = "test" // the first key of test is about to be pressed
	StepDone     Step = "done"
)

// Progress is what a call has done so far.
type Progress struct {
	Step Step   `json:"step"`
	Size uint64 `json:"board_size"`     // entries on the board before the call
	Code string `json:"code,omitempty"` // heard; none where it stayed unclear
}

// sealing tells whether there may be a ballot, testing whether it is to be opened.
func (p Progress) sealing() bool { return p.Step == StepSeal || p.Step == StepCode || p.testing() }
func (p Progress) testing() bool { return p.Step == StepTest || p.Step == StepDone }

// Result is what came of a call.
type Result struct {
	Call       int        `json:"call"`
	Began      time.Time  `json:"began"`
	Ended      time.Time  `json:"ended"`
	Outcome    Outcome    `json:"outcome"`
	Detail     string     `json:"detail,omitempty"`
	Progress   Progress   `json:"progress"`
	Sealed     bool       `json:"sealed"`   // the board has a ballot from the call
	Compared   bool       `json:"compared"` // what was opened, or should have been, was held against what was keyed
	Mismatches []Mismatch `json:"mismatches,omitempty"`
}

// placed is a call that is being made.
type placed struct {
	a       *Audit
	plan    Call
	letter  voter.Letter
	journal *journal
	now     Progress
	call    *voter.Call

	toTest bool // the next key is the first of test
}

// place makes one call to its end.
func (a *Audit) place(ctx context.Context, plan Call) (_ *Result, err error) {
	j, err := a.store.newJournal(plan.Call)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	p := &placed{a: a, plan: plan, letter: a.letters[plan.BallotNumber], journal: j, now: Progress{Size: a.board.size()}}
	r := &Result{Call: plan.Call, Began: time.Now().UTC()}
	if err := p.step(StepDial); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, a.cfg.MaxCall)
	defer stop()
	happened := p.run(ctx)
	r.Ended, r.Progress = time.Now().UTC(), p.now
	if p.call != nil {
		p.call.Hangup()
		if err := a.keep(plan.Call, p.call); err != nil {
			return nil, err
		}
	}
	var failed *ownError
	if errors.As(happened, &failed) {
		return nil, failed.error
	}
	r.Outcome, r.Detail = p.outcome(happened)
	return r, nil
}

// ownError is a failure of the auditor's own machine.
type ownError struct{ error }

func (p *placed) step(s Step) error {
	p.now.Step = s
	if err := p.journal.write(line{Progress: p.now}); err != nil {
		return &ownError{err}
	}
	return nil
}

// pause waits before a key as people do. What is drawn is written nowhere: of the
// secret keys it would help to tell them.
func (p *placed) pause(ctx context.Context) error {
	d := &dice{r: rand.Reader}
	ms := keyPause(d, p.plan.KeyPause)
	if d.err != nil {
		return &ownError{d.err}
	}
	return p.wait(ctx, ms)
}

// keyPause draws a pause around a call's own speed, both in ms: the logarithm is of
// a normal distribution, as it is with people, up to where a line would give up.
func keyPause(d *dice, speed int) int {
	return int(float64(speed) * math.Exp(0.45*min(max(d.normal(), -2), 2)))
}

// key notes a key before it is pressed. The first key of test tells whoever listens
// what this call is: from then on it counts as testing.
func (p *placed) key(_ context.Context, key byte) error {
	if p.toTest {
		p.now.Step = StepTest
	}
	if err := p.journal.write(line{Key: string(rune(key)), Progress: p.now}); err != nil {
		return &ownError{err}
	}
	return nil
}

// wait waits for a time of the line's clock.
func (p *placed) wait(ctx context.Context, ms int) error {
	select {
	case <-time.After(time.Duration(float64(ms) / p.a.cfg.Line.Speed * float64(time.Millisecond))):
		return nil
	case <-p.call.Done():
		return caller.ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run does what is planned.
func (p *placed) run(ctx context.Context) error {
	lang := p.letter.Language
	l := p.a.cfg.Line
	l.Words, l.Record, l.Pause, l.Key = p.a.words[lang], true, p.pause, p.key
	var err error
	if p.call, err = voter.Dial(ctx, l, lang); err != nil {
		p.call = nil
		return err
	}
	if err := p.step(StepIdentify); err != nil {
		return err
	}
	if err := p.call.Identify(ctx, p.letter); err != nil {
		return err
	}
	if err := p.step(StepChoose); err != nil {
		return err
	}
	for _, c := range p.plan.Choices {
		title, names, err := p.a.names(c, lang)
		if err != nil {
			return err
		}
		if err := p.call.Vote(ctx, title, names...); err != nil {
			return err
		}
	}
	if err := p.call.Review(ctx); err != nil {
		return err
	}
	if err := errors.Join(p.step(StepSeal), p.wait(ctx, p.plan.Think)); err != nil {
		return err
	}
	// Whose code stays unclear tests all the same: else a line had only to mumble
	// the codes of the ballots that it altered.
	if p.now.Code, err = p.call.Seal(ctx); err != nil && !errors.Is(err, voter.ErrUnclear) {
		return err
	}
	if err := p.step(StepCode); err != nil {
		return err
	}
	if err := p.wait(ctx, p.plan.Think); err != nil {
		return err
	}
	if p.plan.HearsAgain && p.now.Code != "" {
		if err := p.call.Again(ctx); err != nil {
			return err
		}
		if err := p.call.HearDecide(ctx); err != nil {
			return err
		}
	}
	if p.plan.Conduct == Abandons {
		return nil
	}
	p.toTest = true
	if err := p.call.PressTest(ctx); err != nil {
		return err
	}
	if err := p.call.HearTested(ctx); err != nil {
		return err
	}
	return p.step(StepDone)
}

// outcome names what happened.
func (p *placed) outcome(err error) (Outcome, string) {
	tests := p.now.testing()
	var refused *caller.RefusedError
	switch {
	case err == nil && tests:
		return Tested, ""
	case err == nil:
		return Abandoned, ""
	case p.now.Step == StepDial && errors.As(err, &refused):
		return Busy, fmt.Sprintf("SIP status %d", refused.Status)
	case p.now.Step == StepDial:
		return Busy, "no answer"
	case errors.Is(err, voter.ErrRefused) && tests:
		return TestRefused, fmt.Sprintf("the line said %q", p.call.Last())
	case errors.Is(err, voter.ErrRefused):
		return Refused, fmt.Sprintf("at %s the line said %q", p.now.Step, p.call.Last())
	case tests:
		return TestDropped, ""
	case errors.Is(err, caller.ErrEnded):
		return Dropped, fmt.Sprintf("at %s", p.now.Step)
	}
	return NotUnderstood, fmt.Sprintf("at %s", p.now.Step)
}

// names returns the words of a choice in a language.
func (a *Audit) names(c Choice, lang string) (title string, names []string, err error) {
	for i := range a.board.Manifest().Contests {
		contest := &a.board.Manifest().Contests[i]
		if contest.ID != c.Contest {
			continue
		}
		for _, id := range c.Options {
			found := false
			for _, o := range contest.Options {
				if o.ID == id {
					names, found = append(names, o.Name[lang]), true
				}
			}
			if !found {
				return "", nil, fmt.Errorf("the plan names an option %q that contest %s does not have", id, c.Contest)
			}
		}
		return contest.Title[lang], names, nil
	}
	return "", nil, fmt.Errorf("the plan names a contest %q that the election does not have", c.Contest)
}
