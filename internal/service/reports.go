package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"rollcall/api/public"
	"rollcall/bulletin"
	"rollcall/internal/workspace"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// reports are the reports of the election that are out. When each came out, and
// under which checkpoint, is kept in a file: a report that people have fetched must
// be the same after a restart.
type reports struct {
	dir   workspace.Dir
	door  *door.Door
	board interface{ Latest() bulletin.Published }
	tell  func() // is called when one has come out; nil calls nobody

	mu   sync.Mutex
	list []public.Report // under mu
}

// follow brings the reports out as the board gets there, until ctx ends.
func (r *reports) follow(ctx context.Context) error {
	opened := func(s *record.State, published uint64) bool {
		tick, index := s.LastTick()
		return tick != nil && index < published
	}
	for i, ready := range []func(*record.State, uint64) bool{opened, counted} {
		if err := r.door.Wait(ctx, ready); err != nil {
			return nil // it ends: what is not out yet comes out after the next start
		}
		var result *public.Result
		if i == 1 {
			result = resultOf(r.door.State())
		}
		if err := r.bringOut(i+1, result); err != nil {
			return err
		}
		if r.tell != nil {
			r.tell()
		}
	}
	return nil
}

// counted reports whether the result is there and published.
func counted(s *record.State, published uint64) bool {
	_, _, index, ok := s.Result()
	return ok && index < published
}

const reportHeader = "rollcall-report-v1 "

// bringOut adds a report, as of now unless its file says that it was out before.
func (r *reports) bringOut(number int, result *public.Result) error {
	path := r.dir.Report(number)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b = fmt.Appendf(nil, "%s%s\n%s", reportHeader, time.Now().UTC().Format(time.RFC3339), r.board.Latest().Signed)
		err = workspace.WriteNew(path, b)
	}
	if err != nil {
		return fmt.Errorf("report %d: %w", number, err)
	}
	head, signed, _ := bytes.Cut(b, []byte("\n"))
	stamp, ok := strings.CutPrefix(string(head), reportHeader)
	published, err := time.Parse(time.RFC3339, stamp)
	if !ok || err != nil || len(signed) == 0 {
		return fmt.Errorf("%s is damaged: restore it from a backup, or remove it and tell those who fetched report %d that its time changes", path, number)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, public.Report{Published: published, Checkpoint: signed, Result: result})
	return nil
}

// out returns the reports that are out.
func (r *reports) out() []public.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list[:len(r.list):len(r.list)]
}

// resultOf returns the result on the board, or nil.
func resultOf(state *record.State) *public.Result {
	parts, end, index, ok := state.Result()
	if !ok {
		return nil
	}
	return &public.Result{Index: index, Trustees: end.Trustees, Parts: parts}
}
