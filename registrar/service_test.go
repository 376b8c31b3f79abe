package registrar

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/crypto/credential"
)

const (
	pin  = credential.PurposePIN
	cast = credential.PurposeCast
)

// evaluate asks with a fresh nonce and returns the error.
func evaluate(t testing.TB, s *Service, config ServiceConfig, purpose credential.Purpose, voter string) error {
	t.Helper()
	_, err := s.Evaluate(t.Context(), newRequest(t, config.Key, purpose, voter))
	mustNotTell(t, err, voter)
	return err
}

func TestBudgetsAtTheEdges(t *testing.T) {
	for _, tc := range []struct {
		purpose        credential.Purpose
		perHour, inAll int
	}{{pin, 10, 30}, {cast, 5, 10}} {
		t.Run(string(tc.purpose), func(t *testing.T) {
			clock := newTestClock()
			s, config := openService(t, func(c *ServiceConfig) { c.Now = clock.Now })
			ask := func() error { return evaluate(t, s, config, tc.purpose, testVoter) }

			// The hour: the first try leaves it after exactly an hour.
			for i := range tc.perHour {
				if err := ask(); err != nil {
					t.Fatalf("try %d: %v", i+1, err)
				}
				clock.advance(time.Second)
			}
			if err := ask(); !errors.Is(err, ErrBudget) {
				t.Fatalf("try %d of the hour: %v, want ErrBudget", tc.perHour+1, err)
			}
			clock.advance(time.Hour - time.Duration(tc.perHour)*time.Second - time.Millisecond)
			if err := ask(); !errors.Is(err, ErrBudget) {
				t.Fatalf("a millisecond before the hour is over: %v, want ErrBudget", err)
			}
			clock.advance(time.Millisecond)
			if err := ask(); err != nil {
				t.Fatalf("an hour after the first try: %v", err)
			}
			if err := ask(); !errors.Is(err, ErrBudget) {
				t.Fatalf("a second one in place of one: %v, want ErrBudget", err)
			}

			// In all: refused tries cost nothing, so inAll succeed and no more.
			for done := tc.perHour + 1; done < tc.inAll; done++ {
				clock.advance(2 * time.Hour)
				if err := ask(); err != nil {
					t.Fatalf("try %d in all: %v", done+1, err)
				}
			}
			clock.advance(1000 * time.Hour)
			if err := ask(); !errors.Is(err, ErrBudget) {
				t.Fatalf("try %d in all: %v, want ErrBudget", tc.inAll+1, err)
			}
			if err := s.Refill(t.Context(), testVoter); err != nil {
				t.Fatal(err)
			}
			if left := triesLeft(t, s, config, tc.purpose, testVoter); left != tc.perHour {
				t.Errorf("%d tries after the refill, want %d", left, tc.perHour)
			}
		})
	}
}

func TestRefillWithinTheHour(t *testing.T) {
	s, config := openService(t, nil)
	retried := newRequest(t, config.Key, pin, testVoter)
	first, err := s.Evaluate(t.Context(), retried)
	if err != nil {
		t.Fatal(err)
	}
	triesLeft(t, s, config, pin, testVoter)
	triesLeft(t, s, config, cast, testVoter)
	if err := s.Refill(t.Context(), testVoter); err != nil {
		t.Fatal(err)
	}
	again, err := s.Evaluate(t.Context(), retried)
	if err != nil || !bytes.Equal(again.Proof, first.Proof) {
		t.Errorf("a nonce from before the refill: %v", err)
	}
	if left := triesLeft(t, s, config, pin, testVoter); left != PINPerHour {
		t.Errorf("%d PIN tries after the refill", left)
	}
	if left := triesLeft(t, s, config, cast, testVoter); left != CastPerHour {
		t.Errorf("%d cast tries after the refill", left)
	}
	if err := s.Refill(t.Context(), "136695977"); !errors.Is(err, credential.ErrFormat) {
		t.Errorf("refill of a mistyped number: %v", err)
	}
}

// Nobody's tries are spent by somebody else's, nor one purpose by the other.
func TestBudgetsAreApart(t *testing.T) {
	s, config := openService(t, nil)
	triesLeft(t, s, config, pin, testVoter)
	if left := triesLeft(t, s, config, cast, testVoter); left != CastPerHour {
		t.Errorf("PIN tries took cast tries: %d left", left)
	}
	if left := triesLeft(t, s, config, pin, otherVoter); left != PINPerHour {
		t.Errorf("one voter's tries took another's: %d left", left)
	}
}

// An answer for one voter number or purpose is no answer for another: the
// info hangs on the number that paid.
func TestAnswerIsOfTheNumberThatPaid(t *testing.T) {
	s, config := openService(t, nil)
	infoOther, err := credential.Info(testHash, pin, otherVoter)
	if err != nil {
		t.Fatal(err)
	}
	b, err := credential.Blind(config.Key.Public(), infoOther, []byte(testPIN))
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Evaluate(t.Context(), Request{Purpose: pin, VoterNumber: testVoter, Blinded: b.Blinded(), Nonce: freshNonce(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Finalize(r.Evaluated, r.Proof); !errors.Is(err, credential.ErrProof) {
		t.Errorf("asked about one voter at another's expense: %v", err)
	}
}

func TestNonce(t *testing.T) {
	clock := newTestClock()
	s, config := openService(t, func(c *ServiceConfig) { c.Now = clock.Now })
	r := newRequest(t, config.Key, pin, testVoter)
	first, err := s.Evaluate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * PINInAll {
		again, err := s.Evaluate(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Evaluated, first.Evaluated) || !bytes.Equal(again.Proof, first.Proof) {
			t.Fatal("a repeated request got another answer")
		}
	}
	other := newRequest(t, config.Key, pin, testVoter)
	other.Nonce = r.Nonce
	if _, err := s.Evaluate(t.Context(), other); !errors.Is(err, ErrNonce) {
		t.Errorf("another element under the nonce: %v, want ErrNonce", err)
	}
	// The same nonce of another voter or purpose is another nonce: nobody can
	// take a nonce away from somebody else.
	for _, change := range []func(*Request){
		func(r *Request) { r.VoterNumber = otherVoter }, func(r *Request) { r.Purpose = cast },
	} {
		moved := r
		change(&moved)
		got, err := s.Evaluate(t.Context(), moved)
		if err != nil || bytes.Equal(got.Evaluated, first.Evaluated) {
			t.Errorf("nonce under another name: %v", err)
		}
	}
	if left := triesLeft(t, s, config, pin, testVoter); left != PINPerHour-1 {
		t.Errorf("%d tries left, want %d", left, PINPerHour-1)
	}
	clock.advance(time.Hour)
	if _, err := s.Evaluate(t.Context(), newRequest(t, config.Key, pin, otherVoter)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM answer`); n != 1 {
		t.Errorf("%d answers are kept after their hour, want 1", n)
	}
}

func count(t testing.TB, s *Service, query string) (n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestServiceRefusesAndCountsNothing(t *testing.T) {
	s, config := openService(t, nil)
	good := newRequest(t, config.Key, pin, testVoter)
	for _, tc := range []struct {
		name   string
		change func(*Request)
	}{
		{"no purpose", func(r *Request) { r.Purpose = "" }},
		{"unknown purpose", func(r *Request) { r.Purpose = "pin " }},
		{"no voter number", func(r *Request) { r.VoterNumber = "" }},
		{"voter number mistyped", func(r *Request) { r.VoterNumber = "136695977" }},
		{"voter number of letters", func(r *Request) { r.VoterNumber = "13669597x" }},
		{"no element", func(r *Request) { r.Blinded = nil }},
		{"identity", func(r *Request) { r.Blinded = make([]byte, 32) }},
		{"two elements", func(r *Request) { r.Blinded = slices.Concat(r.Blinded, r.Blinded) }},
		{"no point", func(r *Request) { r.Blinded = bytes.Repeat([]byte{0xff}, 32) }},
	} {
		r := good
		tc.change(&r)
		_, err := s.Evaluate(t.Context(), r)
		if !errors.Is(err, ErrRequest) {
			t.Errorf("%s: error %v, want ErrRequest", tc.name, err)
		}
		mustNotTell(t, err, testVoter, "136695977", "13669597x")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Evaluate(cancelled, good); !errors.Is(err, ErrUnavailable) {
		t.Errorf("cancelled: %v, want ErrUnavailable", err)
	}
	if left := triesLeft(t, s, config, pin, testVoter); left != PINPerHour {
		t.Errorf("refused requests were counted: %d tries left", left)
	}
}

func TestBudgetsSurviveRestart(t *testing.T) {
	clock := newTestClock()
	s, config := openService(t, func(c *ServiceConfig) { c.Now = clock.Now })
	kept := newRequest(t, config.Key, pin, testVoter)
	first, err := s.Evaluate(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	// A second process on the same files, while the first has not closed: what
	// was answered must be there, as after a kill.
	for i := 1; i < PINPerHour; i++ {
		s = reopenService(t, config)
		if err := evaluate(t, s, config, pin, testVoter); err != nil {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	s = reopenService(t, config)
	if err := evaluate(t, s, config, pin, testVoter); !errors.Is(err, ErrBudget) {
		t.Errorf("after restarts: %v, want ErrBudget", err)
	}
	again, err := s.Evaluate(t.Context(), kept)
	if err != nil || !bytes.Equal(again.Proof, first.Proof) {
		t.Errorf("the nonce was forgotten: %v", err)
	}
}

// A copy of the files at a moment when an answer has been given is what a
// power cut leaves: the try is in it.
func TestTryIsOnDiskBeforeTheAnswer(t *testing.T) {
	s, config := openService(t, nil)
	for i := range PINPerHour {
		if err := evaluate(t, s, config, pin, testVoter); err != nil {
			t.Fatal(err)
		}
		copied := config
		copied.Path = filepath.Join(t.TempDir(), "copy.db")
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(config.Path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(copied.Path+suffix, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if left := triesLeft(t, reopenService(t, copied), copied, pin, testVoter); left != PINPerHour-1-i {
			t.Fatalf("after %d answers the disk leaves %d tries", i+1, left)
		}
	}
}

func TestConcurrentTriesSpendOneBudget(t *testing.T) {
	s, config := openService(t, nil)
	var requests []Request
	for range 3 * PINPerHour {
		requests = append(requests, newRequest(t, config.Key, pin, testVoter))
	}
	var wg sync.WaitGroup
	var granted, refused atomic.Int32
	for _, r := range requests {
		for range 2 { // each twice, as retries overtake
			wg.Go(func() {
				switch _, err := s.Evaluate(t.Context(), r); {
				case err == nil:
					granted.Add(1)
				case errors.Is(err, ErrBudget):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if granted.Load() != 2*PINPerHour || refused.Load() != 4*PINPerHour {
		t.Errorf("%d granted, %d refused", granted.Load(), refused.Load())
	}
}

func TestClockSetBackGivesNothing(t *testing.T) {
	clock := newTestClock()
	s, config := openService(t, func(c *ServiceConfig) { c.Now = clock.Now })
	triesLeft(t, s, config, pin, testVoter)
	clock.advance(-30 * time.Minute)
	if err := evaluate(t, s, config, pin, testVoter); !errors.Is(err, ErrBudget) {
		t.Errorf("after the clock was set back: %v, want ErrBudget", err)
	}
}

func TestClosedServiceIsUnavailable(t *testing.T) {
	s, config := openService(t, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := evaluate(t, s, config, pin, testVoter); !errors.Is(err, ErrUnavailable) {
		t.Errorf("closed: %v, want ErrUnavailable", err)
	}
}

func BenchmarkServiceEvaluate(b *testing.B) {
	s, config := openService(b, func(c *ServiceConfig) { c.KeepUnknown = 1 << 30 })
	for b.Loop() {
		number, err := drawVoterNumber()
		if err != nil {
			b.Fatal(err)
		}
		if err := evaluate(b, s, config, pin, number); err != nil {
			b.Fatal(err)
		}
	}
}
