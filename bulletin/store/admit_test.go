package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/tlog"
)

var errBad = errors.New("the admitter says no")

// follower is an Admitter that keeps the whole log as its state and notes
// whatever the store does wrong.
type follower struct {
	busy atomic.Bool // a method is running

	mu        sync.Mutex
	entries   []string
	committed uint64
	reloads   int
	judged    int
	faults    []string
	failLoad  error // what Reload answers
}

func (f *follower) enter() func() {
	if !f.busy.CompareAndSwap(false, true) {
		f.faults = append(f.faults, "two methods at once")
	}
	f.mu.Lock()
	return func() { f.mu.Unlock(); f.busy.Store(false) }
}

// Judge refuses entries that start with "bad", and claims the first word.
func (f *follower) Judge(_ context.Context, index uint64, entry []byte) ([]Claim, error) {
	defer f.enter()()
	f.judged++
	if index != uint64(len(f.entries)) {
		f.faults = append(f.faults, fmt.Sprintf("judging index %d with %d entries known", index, len(f.entries)))
	}
	if strings.HasPrefix(string(entry), "bad") {
		return nil, errBad
	}
	first, _, _ := strings.Cut(string(entry), " ")
	return []Claim{Claim("first/" + first)}, nil
}

func (f *follower) Advance(index uint64, entry []byte) {
	defer f.enter()()
	if index != uint64(len(f.entries)) {
		f.faults = append(f.faults, fmt.Sprintf("advancing to %d with %d entries known", index, len(f.entries)))
	}
	f.entries = append(f.entries, string(entry))
}

func (f *follower) Committed(size uint64) {
	defer f.enter()()
	if size != uint64(len(f.entries)) {
		f.faults = append(f.faults, fmt.Sprintf("%d committed, %d known", size, len(f.entries)))
	}
	f.committed = size
}

func (f *follower) Reload(_ context.Context, replay func(func(uint64, []byte) error) error) error {
	defer f.enter()()
	f.reloads++
	if f.failLoad != nil {
		return f.failLoad
	}
	f.entries = nil
	return replay(func(index uint64, entry []byte) error {
		if index != uint64(len(f.entries)) {
			f.faults = append(f.faults, fmt.Sprintf("replaying %d after %d", index, len(f.entries)))
		}
		f.entries = append(f.entries, string(entry))
		return nil
	})
}

func (f *follower) log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.entries)
}

// check checks that the admitter's state is the log.
func (f *follower) check(t *testing.T, s *Store, want ...string) {
	t.Helper()
	checkLog(t, s, want...)
	if got := f.log(); !slices.Equal(got, want) {
		t.Errorf("the admitter knows %q, the log is %q", got, want)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults {
		t.Errorf("fault: %s", fault)
	}
}

func TestAdmitter(t *testing.T) {
	ctx := context.Background()
	path := newPath(t)
	f := &follower{}
	s := openTest(t, path, Config{Admitter: f})
	mustAppend(t, s, "a 1")
	if _, err := s.Append(ctx, []byte("bad 2")); !errors.Is(err, errBad) {
		t.Errorf("error %v, want the admitter's", err)
	}
	var claimed *ClaimedError
	if _, err := s.Append(ctx, []byte("a 2")); !errors.As(err, &claimed) || claimed.Claim != "first/a" {
		t.Errorf("error %v, want claim first/a", err)
	}
	// The follower makes a claim of the first word: one that is too long is a
	// refusal, not a failure of the database.
	if _, err := s.Append(ctx, []byte(strings.Repeat("w", MaxClaim+1))); err == nil || errors.Is(err, ErrCommit) {
		t.Errorf("a claim that is too long: error %v", err)
	}
	mustAppend(t, s, "b 1", "also/b")
	if i, ok, _ := s.Claimed(ctx, "also/b"); !ok || i != 1 {
		t.Error("the caller's claim is lost beside the admitter's")
	}
	judged := f.judged
	if i := mustAppend(t, s, "a 1"); i != 0 || f.judged != judged {
		t.Errorf("a retry has index %d and was judged again: %v", i, f.judged != judged)
	}
	f.check(t, s, "a 1", "b 1")
	s.Close()
	again := &follower{}
	s = openTest(t, path, Config{Admitter: again})
	if again.reloads != 1 {
		t.Errorf("%d reloads at opening", again.reloads)
	}
	again.check(t, s, "a 1", "b 1")
	s.Close()
	if _, err := Open(ctx, path, Config{Admitter: &follower{failLoad: errBad}}); !errors.Is(err, errBad) {
		t.Errorf("opening over a state that can not be built: error %v", err)
	}
}

// hold keeps the writer busy until release is called, so that what is appended
// meanwhile comes into one group.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	entered, released, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		s.AppendFunc(context.Background(), func(uint64, tlog.Hash) ([]byte, []Claim, error) {
			close(entered)
			<-released
			return nil, nil, errBad
		})
	}()
	<-entered
	return func() { close(released); <-done }
}

// enqueue appends in order, from goroutines, and returns a function that waits
// for the answers.
func enqueue(s *Store, entries ...string) func() []error {
	errs := make([]error, len(entries))
	var wg sync.WaitGroup
	for i, e := range entries {
		before := len(s.requests)
		wg.Go(func() { _, errs[i] = s.Append(context.Background(), []byte(e)) })
		for len(s.requests) == before {
			time.Sleep(time.Millisecond)
		}
	}
	return func() []error { wg.Wait(); return errs }
}

// Inside a group each entry is judged against those before it.
func TestGroupIsJudgedInOrder(t *testing.T) {
	f := &follower{}
	s := openTest(t, newPath(t), Config{Admitter: f})
	release := hold(t, s)
	wait := enqueue(s, "a 1", "a 2", "bad", "b 1", "a 1")
	release()
	errs := wait()
	var claimed *ClaimedError
	if errs[0] != nil || errs[3] != nil || errs[4] != nil {
		t.Errorf("good entries refused: %v", errs)
	}
	if !errors.As(errs[1], &claimed) || claimed.Index != 0 || !errors.Is(errs[2], errBad) {
		t.Errorf("refusals are %v and %v", errs[1], errs[2])
	}
	f.check(t, s, "a 1", "b 1")
	if f.committed != 2 {
		t.Errorf("%d committed", f.committed)
	}
}

// When the writer takes up a request that nobody waits for, it leaves it out.
func TestCancelledRequest(t *testing.T) {
	f := &follower{}
	s := openTest(t, newPath(t), Config{Admitter: f})
	release := hold(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan error, 1)
	go func() { _, err := s.Append(ctx, []byte("a 1")); answer <- err }()
	for len(s.requests) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	wait := enqueue(s, "b 1")
	release()
	if errs := wait(); errs[0] != nil {
		t.Error(errs[0])
	}
	f.check(t, s, "b 1")
	if _, err := s.Append(ctx, []byte("c 1")); !errors.Is(err, context.Canceled) {
		t.Errorf("appending with an ended context: %v", err)
	}
}

// Closing while callers wait answers all of them.
func TestCloseAnswersWaiters(t *testing.T) {
	s := openTest(t, newPath(t), Config{})
	release := hold(t, s)
	wait := enqueue(s, "a 1", "b 1", "c 1")
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	<-s.quit
	release()
	for _, err := range wait() {
		if err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("error %v, want none or ErrClosed", err)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
