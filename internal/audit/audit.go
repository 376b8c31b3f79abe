package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/internal/hearing"
	"rollcall/internal/voter"
	"rollcall/phone/polling"
	"rollcall/phone/prompt"
	"rollcall/tally/record"
)

// Config says whom to call, with what, and where to look.
type Config struct {
	Dir      string
	Line     voter.Line // Addr, Codec and Speed; the rest is the audit's
	Board    *Board
	Election entry.ElectionID
	Library  *prompt.Library // the published prompts
	Letters  []voter.Letter

	// Plan is used where Dir has no plan yet. Random is crypto/rand if nil, Now
	// the present if zero.
	Plan PlanOptions
	// AtOnce is how many calls may go on at a time; 0 is 1.
	AtOnce int
	// MaxCall ends a call that does not end, 0 is 15 minutes; Patience is how long
	// to wait for the board to show what a call did, 0 is a minute.
	MaxCall, Patience time.Duration
	// Progress, if not nil, is told how many calls are made.
	Progress func(done, total int)
}

// Audit is an audit in its directory.
type Audit struct {
	cfg     Config
	store   store
	board   *Board
	letters map[string]voter.Letter // by ballot number
	words   map[string]*hearing.Words
	plan    *Plan

	turns map[string]*sync.Mutex // by ballot number: one call with a letter at a time

	mu      sync.Mutex // guards what follows
	results map[int]*Result
	used    map[string][]time.Time // when letters were called with
}

// Open opens the audit of a directory, and plans it if it is a new one.
func Open(cfg Config) (*Audit, error) {
	if cfg.Line.Speed == 0 {
		cfg.Line.Speed = 1
	}
	cfg.AtOnce = max(cfg.AtOnce, 1)
	if cfg.MaxCall == 0 {
		cfg.MaxCall = 15 * time.Minute
	}
	if cfg.Patience == 0 {
		cfg.Patience = time.Minute
	}
	a := &Audit{cfg: cfg, store: store(cfg.Dir), board: cfg.Board, letters: map[string]voter.Letter{}, words: map[string]*hearing.Words{},
		turns: map[string]*sync.Mutex{}, results: map[int]*Result{}, used: map[string][]time.Time{}}
	for _, l := range cfg.Letters {
		if _, known := a.board.follower.State().FindBallotNumber(l.BallotNumber); !known {
			return nil, errors.New("a letter's ballot number is not on the roll: the letters are of another election")
		}
		a.letters[l.BallotNumber], a.turns[l.BallotNumber] = l, &sync.Mutex{}
	}
	if err := a.learn(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := a.load(); err != nil {
		return nil, err
	}
	return a, nil
}

// learn makes the words that each language's callers know.
func (a *Audit) learn() error {
	phrases, err := polling.Phrases(a.board.Manifest())
	if err != nil {
		return err
	}
	missing, err := a.cfg.Library.Missing(phrases)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d phrases of the line have no published sound here: give --recordings, or install espeak-ng", len(missing))
	}
	sounds, err := a.cfg.Library.Dictionary(phrases)
	if err != nil {
		return err
	}
	for _, l := range a.letters {
		if a.words[l.Language] != nil {
			continue
		}
		own := map[string][]byte{}
		for id, sound := range sounds {
			if strings.HasPrefix(id, l.Language+"/") {
				own[id] = sound
			}
		}
		if a.words[l.Language], err = hearing.NewWords(own); err != nil {
			return fmt.Errorf("language %q: %w", l.Language, err)
		}
	}
	return nil
}

// load reads what was done before, or plans.
func (a *Audit) load() (err error) {
	if a.plan, err = a.store.readPlan(); err != nil {
		return err
	}
	if a.plan == nil {
		for _, l := range a.cfg.Letters {
			for _, b := range a.board.ballots(l.BallotNumber, 0, a.board.size()) {
				if b.Decision == record.Cast {
					return errors.New("a ballot of one of the letters is cast: these are no auditors' letters")
				}
			}
		}
		o := a.cfg.Plan
		if o.Random == nil {
			o.Random = io.Reader(rand.Reader)
		}
		if o.Now.IsZero() {
			o.Now = time.Now()
		}
		if a.plan, err = NewPlan(a.board.Manifest(), a.cfg.Letters, o); err != nil {
			return err
		}
		a.plan.Election, a.plan.Size = string(a.cfg.Election), a.board.size()
		if err := a.store.savePlan(a.plan); err != nil {
			return err
		}
	}
	if err := a.plan.check(string(a.cfg.Election), a.letters); err != nil {
		return err
	}
	for _, c := range a.plan.Calls {
		r, err := a.store.readResult(c.Call)
		if err != nil {
			return err
		}
		if r == nil && a.store.begun(c.Call) {
			if r, err = a.cutOff(c); err != nil {
				return err
			}
		}
		if r != nil {
			a.results[c.Call] = r
			a.used[c.BallotNumber] = append(a.used[c.BallotNumber], r.Began)
		}
	}
	return nil
}

// cutOff makes the result of a call during which the audit ended.
func (a *Audit) cutOff(c Call) (*Result, error) {
	lines, err := a.store.readJournal(c.Call)
	if err != nil {
		return nil, err
	}
	r := &Result{Call: c.Call, Outcome: Interrupted, Progress: Progress{Step: StepDial, Size: a.plan.Size}}
	if len(lines) > 0 {
		last := lines[len(lines)-1]
		r.Began, r.Ended, r.Progress = lines[0].At, last.At, last.Progress
	}
	return r, a.store.saveResult(r)
}
