package door_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/crypto/elgamal"
	"rollcall/internal/election"
	"rollcall/tally/record"
	"rollcall/tally/sums"
)

// closing brings an election that has votes to where totals are due.
func closing(t *testing.T, e *election.Election) {
	t.Helper()
	ctx := context.Background()
	_, err := e.Door.Post(ctx, sign(t, e, e.CloseBody(), e.Authority))
	must(t, err)
	must(t, e.Door.Tick(ctx))
	e.Advance(time.Duration(e.Manifest.DecisionSeconds) * time.Second)
	for e.Door.State().Phase() != record.PhaseEnded {
		must(t, e.Door.Step(ctx))
	}
}

// exchange swaps the first two options of a ballot in the state's memory.
func exchange(b record.Ballot) {
	c := b.Contests[0].Ciphertexts
	first := slices.Clone(c[:elgamal.CiphertextSize])
	copy(c, c[elgamal.CiphertextSize:2*elgamal.CiphertextSize])
	copy(c[elgamal.CiphertextSize:], first)
}

// firstCast returns a ballot that counts.
func firstCast(t *testing.T, s *record.State) record.Ballot {
	t.Helper()
	for i := range s.Size() {
		if b, ok := s.Ballot(i); ok && b.Decision == record.Cast {
			return b
		}
	}
	t.Fatal("nothing is cast")
	return record.Ballot{}
}

func runningSums(t *testing.T, e *election.Election) sums.Table {
	t.Helper()
	table, err := e.Door.State().Sums()
	must(t, err)
	return table
}

// logged passes on what the door logs.
func logged(e *election.Election) <-chan string {
	lines := make(chan string, 100)
	e.Logger = slog.New(slog.NewTextHandler(writer(lines), nil))
	return lines
}

type writer chan<- string

func (w writer) Write(b []byte) (int, error) {
	select {
	case w <- string(b):
	default: // the test has seen enough
	}
	return len(b), nil
}

// run runs the door until it logs a word.
func run(t *testing.T, e *election.Election, lines <-chan string, word string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Door.Run(ctx) }()
	for late, seen := time.After(time.Minute), false; !seen; {
		select {
		case line := <-lines:
			seen = strings.Contains(line, word)
		case <-late:
			t.Fatalf("the door does not log %q", word)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}

// TestFaultyMemory changes a cast ballot in memory after it was added to the
// running sums. The board posts no totals, and says so; after a restart it has
// the ballot from disk, and the totals are right.
func TestFaultyMemory(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	must(t, e.Run(ctx, election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(6, 1)))))
	closing(t, e)
	right := runningSums(t, e)
	lines := logged(e)
	must(t, e.Restart(ctx))
	if err := runningSums(t, e).VerifyEqual(right); err != nil {
		t.Fatal(err)
	}
	state := e.Door.State()
	exchange(firstCast(t, state))
	size := state.Size()
	for range 2 {
		err := e.Door.Step(ctx)
		if !errors.Is(err, sums.ErrDiffer) || !strings.Contains(err.Error(), "totals are NOT posted") || !strings.Contains(err.Error(), "contest 0") {
			t.Errorf("error %v", err)
		}
	}
	run(t, e, lines, "totals are NOT posted")
	if _, ok := state.Totals(); ok || state.Size() != size || len(state.PostedTotals()) != 0 {
		t.Fatal("totals are on the board")
	}
	must(t, e.Restart(ctx))
	must(t, e.Door.Step(ctx))
	if err := runningSums(t, e).VerifyEqual(right); err != nil {
		t.Error(err)
	}
	must(t, e.Decrypt(ctx, 1, 2))
	_, err := e.Tally(ctx)
	must(t, err)
}

// TestRunKeepsSums casts through a running door, which adds the ballot up
// without being asked: one that can not be decoded is noticed before the close.
func TestRunKeepsSums(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	lines := logged(e)
	must(t, e.Restart(ctx))
	v := e.Voters[0]
	s := sealed(t, e, v)
	_, err := e.Door.Post(ctx, castOf(t, e, s, v))
	must(t, err)
	firstCast(t, e.Door.State()).Contests[0].Ciphertexts[0] ^= 1
	run(t, e, lines, "keeping the sums of cast ballots")
}

// TestSumsAfterRestart restarts between two halves of the voters: the sums are
// those of a board that went on, and the totals those of all ballots.
func TestSumsAfterRestart(t *testing.T) {
	ctx := context.Background()
	e := opened(t)
	votes := election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(9, 9)))
	half := len(votes) / 2
	must(t, e.Run(ctx, votes[:half]))
	before := runningSums(t, e)
	must(t, e.Restart(ctx))
	if err := runningSums(t, e).VerifyEqual(before); err != nil {
		t.Error(err)
	}
	must(t, e.Restart(ctx)) // and now without looking
	must(t, e.Run(ctx, votes[half:]))
	after := runningSums(t, e)
	if err := after.VerifyEqual(before); !errors.Is(err, sums.ErrDiffer) {
		t.Errorf("the second half has added nothing: %v", err)
	}
	must(t, e.Restart(ctx))
	must(t, e.End(ctx))
	parts, _ := e.Door.State().Totals()
	for _, p := range parts {
		n := e.Manifest.Contests[p.Contest].Ciphertexts()
		if want := elgamal.Encode(after.Over(p.Contest, n, p.Units)); len(p.Sums) > 0 && string(p.Sums) != string(want) {
			t.Errorf("contest %d, units %v: other totals", p.Contest, p.Units)
		}
	}
}
