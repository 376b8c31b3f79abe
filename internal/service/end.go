package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/internal/workspace"
	"rollcall/registrar"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// errDestroyed is answered once the OPRF key is gone.
var errDestroyed = fmt.Errorf("the election has ended: %w", registrar.ErrUnavailable)

// registry is the registrar's evaluation service until the election has ended.
// It implements registrar.Evaluator.
type registry struct {
	mu      sync.RWMutex
	service *registrar.Service // nil once the key is destroyed; guarded by mu
}

// Evaluate implements registrar.Evaluator. It fails with
// registrar.ErrUnavailable once the key is destroyed.
func (r *registry) Evaluate(ctx context.Context, request registrar.Request) (registrar.Response, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.service == nil {
		return registrar.Response{}, errDestroyed
	}
	return r.service.Evaluate(ctx, request)
}

// close ends the service, after the evaluations under way. Doing it again is
// harmless.
func (r *registry) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.service == nil {
		return nil
	}
	err := r.service.Close()
	r.service = nil
	return err
}

// destroyRetry is how long destroying the key waits after a failure.
const destroyRetry = 10 * time.Second

// watchEnd has the OPRF key destroyed once a valid end is on the board. A
// registrar without the board follows its public files; a board that can not be
// reached, or believed, stops neither start nor evaluation.
func (s *Service) watchEnd(run context.Context, dir workspace.Dir) error {
	ended := func(ctx context.Context) error {
		return s.board.door.Wait(ctx, func(state *record.State, published uint64) bool {
			end, ok := state.End()
			return ok && end < published
		})
	}
	if s.board == nil {
		follower, err := s.newFollower()
		if err != nil {
			return err
		}
		ended = func(ctx context.Context) error {
			return follower.Wait(ctx, func(state *record.State) bool {
				_, ok := state.End()
				return ok
			})
		}
	}
	s.tasks.Go(func() error {
		if err := ended(run); err != nil {
			if errors.Is(err, follow.ErrWrong) {
				s.cfg.Logger.Error("the board can not be followed any more: the OPRF key is not destroyed when the election ends", "err", err)
			}
			return nil
		}
		return s.destroyKey(run, dir)
	})
	return nil
}

// destroyKey ends the evaluations and destroys the OPRF key. What fails is
// logged and tried again, until run ends.
func (s *Service) destroyKey(run context.Context, dir workspace.Dir) error {
	for {
		err := errors.Join(s.reg.close(), registrar.DestroyOPRFKey(dir.Key("registrar")))
		if err == nil {
			s.cfg.Logger.Info("the election has ended: its OPRF key is destroyed, and no PIN is evaluated any more")
			return nil
		}
		s.cfg.Logger.Error("the election has ended, and its OPRF key is not destroyed yet", "err", err)
		select {
		case <-run.Done():
			return nil
		case <-time.After(destroyRetry):
		}
	}
}
