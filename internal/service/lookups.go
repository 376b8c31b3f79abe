package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/workspace"
)

// keepEvery is how often the number of look-ups is written down.
const keepEvery = time.Minute

// readLookups returns how many ballots were looked up before this start. The number
// is all that the file holds.
func readLookups(dir workspace.Dir) (uint64, error) {
	b, err := os.ReadFile(dir.Lookups())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s holds no number: restore it from a backup, or remove it and start counting at 0", dir.Lookups())
	}
	return n, nil
}

// keepLookups writes the number down when it has grown, until ctx ends and once
// then. Nothing but that number is ever written.
func (s *Service) keepLookups(ctx context.Context, dir workspace.Dir, lookedUp func() uint64) error {
	every := time.NewTicker(keepEvery)
	defer every.Stop()
	kept := lookedUp()
	for {
		done := false
		select {
		case <-ctx.Done():
			done = true
		case <-every.C:
		}
		if n := lookedUp(); n != kept {
			// Not worth stopping an election for: it is tried again in a minute.
			if err := workspace.Replace(dir.Lookups(), fmt.Appendln(nil, n)); err != nil {
				s.cfg.Logger.Warn("how many ballots were looked up is not written down", "err", err)
			} else {
				kept = n
			}
		}
		if done {
			return nil
		}
	}
}
