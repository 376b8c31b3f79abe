package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
	"rollcall/internal/boardclient"
	"rollcall/internal/text"
	"rollcall/internal/workspace"
	"rollcall/phone"
	"rollcall/phone/polling"
	"rollcall/phone/prompt"
	"rollcall/phone/sip"
	"rollcall/registrar"
	"rollcall/tally/booth"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// outcomes counts how calls ended, in words that hold nothing of the caller.
type outcomes struct {
	mu sync.Mutex
	n  map[string]int
}

func newOutcomes() *outcomes { return &outcomes{n: map[string]int{}} }

func (o *outcomes) add(word string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.n[word]++
}

func (o *outcomes) counts() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.n)
}

// NewLibrary returns the prompts of a directory: recordings first, then what
// is shipped, then espeak-ng where it is installed.
func NewLibrary(dir workspace.Dir) (*prompt.Library, error) {
	cfg := prompt.Config{}
	if exists(dir.Recordings()) {
		cfg.Recordings = dir.Recordings()
	}
	if espeak, ok := prompt.FindEspeak(); ok {
		cfg.Espeak = espeak
	}
	return prompt.New(cfg)
}

// ReadPolicy reads the witness policy and the election id of a directory.
func ReadPolicy(dir workspace.Dir) (*checkpoint.Policy, entry.ElectionID, error) {
	text, err := os.ReadFile(dir.Policy())
	if err != nil {
		return nil, "", err
	}
	policy, err := checkpoint.ParsePolicy(text)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", dir.Policy(), err)
	}
	b, err := os.ReadFile(dir.Election())
	if err != nil {
		return nil, "", err
	}
	id, err := entry.ParseElectionID(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", dir.Election(), err)
	}
	return policy, id, nil
}

func (s *Service) startBooth(ctx, run context.Context) error {
	dir := workspace.Dir(s.cfg.Dir)
	key, err := dir.ReadKey(workspace.Booth)
	if err != nil {
		return err
	}
	library, err := NewLibrary(dir)
	if err != nil {
		return err
	}
	state, board, err := s.boothBoard(ctx, run)
	if err != nil {
		return err
	}
	m := state().Manifest()
	if m == nil {
		return errors.New("the board has no manifest yet")
	}
	s.compare(m)
	if err := s.preparePrompts(run, library, m); err != nil {
		return err
	}
	evaluator, err := s.evaluator(key, state().Hash())
	if err != nil {
		return err
	}
	if s.traces != nil {
		board = tracedBoard{board, s.traces.Tracer()}
	}
	sealer := &sealer{state: state, board: board, key: key}
	polled := polling.Config{State: state, Evaluator: evaluator, Booth: sealer.booth}
	if s.board != nil {
		polled.Published = s.board.log.Published
	}
	polls, err := polling.New(polled)
	if err != nil {
		return err
	}
	var election phone.Election = polls
	if s.traces != nil {
		election = tracedElection{polls, s.traces.Tracer()}
	}
	s.line, err = sip.Listen(sip.Config{
		Listen: s.cfg.SIP, Advertise: s.cfg.Advertise, Allow: s.cfg.Allow, MediaPort: s.cfg.MediaPorts,
		MaxCalls: s.cfg.Lines, Speed: s.cfg.Speed, Logger: s.cfg.Logger,
	}, func(ctx context.Context, call *sip.Call) {
		outcome := phone.Run(ctx, call, election, library, phone.Config{Speed: s.cfg.Speed, SealTimeout: s.cfg.Patience, DecideTimeout: s.cfg.Patience, Log: s.cfg.Logger})
		s.calls.add(fmt.Sprint(outcome))
		s.cfg.Logger.Info("call ended", "outcome", outcome)
	})
	return err
}

// boothBoard returns the booth's way to the board: in process, or, for a booth
// that runs alone, over HTTP with the public files verified.
func (s *Service) boothBoard(ctx, run context.Context) (func() *record.State, booth.Board, error) {
	if s.board != nil {
		return s.board.door.State, s.board.door, nil
	}
	client, err := boardclient.New(s.cfg.BoardURL)
	if err != nil {
		return nil, nil, err
	}
	follower, err := s.newFollower()
	if err != nil {
		return nil, nil, err
	}
	if _, err := follower.Update(ctx); err != nil {
		return nil, nil, err
	}
	s.tasks.Go(func() error {
		return follower.Wait(run, func(*record.State) bool { return false })
	})
	return follower.State, &boardclient.Board{Client: client, Follower: follower}, nil
}

// newFollower returns a follower, which has read nothing yet, of a board that
// another process serves.
func (s *Service) newFollower() (*follow.Follower, error) {
	policy, id, err := ReadPolicy(workspace.Dir(s.cfg.Dir))
	if err != nil {
		return nil, err
	}
	reader, err := tlog.OpenURL(s.cfg.BoardURL, nil)
	if err != nil {
		return nil, err
	}
	return follow.New(reader, policy, id), nil
}

// preparePrompts makes every phrase of the election's calls ready in the
// background, so that no caller waits for one to be spoken.
func (s *Service) preparePrompts(run context.Context, library *prompt.Library, m *entry.Manifest) error {
	phrases, err := polling.Phrases(m)
	if err != nil {
		return err
	}
	s.tasks.Go(func() error {
		missing := 0
		for _, p := range phrases { // one at a time: the service may be closed in between
			if run.Err() != nil {
				return nil
			}
			// Which phrase it is would put the name of a choice into the log.
			if lacks, err := library.Missing([]text.Phrase{p}); err != nil || len(lacks) > 0 {
				missing++
			}
		}
		if missing > 0 {
			s.cfg.Logger.Warn("callers can not hear every phrase: rollcall prompts check lists them", "missing", missing)
		}
		s.cfg.Logger.Info("prompts are ready", "phrases", len(phrases)-missing)
		return nil
	})
	return nil
}

func (s *Service) evaluator(key *schnorr.SecretKey, hash [entry.HashSize]byte) (registrar.Evaluator, error) {
	if s.reg != nil {
		return s.traced(s.reg), nil
	}
	if s.cfg.RegistrarURL == "" {
		return nil, errors.New("a booth that runs without the registrar needs --registrar-url")
	}
	client, err := registrar.NewClient(registrar.ClientConfig{BaseURL: s.cfg.RegistrarURL, BoothKey: key, ElectionHash: hash})
	if err != nil {
		return nil, err
	}
	return s.traced(client), nil
}

// sealer makes the booth once the election is open: its tables need the joint
// key.
type sealer struct {
	state func() *record.State
	board booth.Board
	key   *schnorr.SecretKey

	mu   sync.Mutex
	made *booth.Booth
}

func (s *sealer) booth() (*booth.Booth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil {
		return s.made, nil
	}
	state := s.state()
	key := state.JointKey()
	if key == nil {
		return nil, phone.ErrNotOpen
	}
	var err error
	s.made, err = booth.New(state.Manifest(), state.Hash(), key, s.key, s.board)
	return s.made, err
}
