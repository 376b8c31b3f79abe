package trustee

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/group"
	"rollcall/tally/count"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// TestCeremony runs the ceremony over a real board with a door; every step is
// taken by a trustee that was restarted from its key file.
func TestCeremony(t *testing.T) {
	b := newBoard(t, 4, 3)
	signer, err := checkpoint.GenerateSigner(b.log.Origin(), rand.Reader)
	b.must(err)
	d := door.New(door.Config{BoardKey: b.boardKey})
	dir := t.TempDir()
	log, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "board.db"),
		Dir: filepath.Join(dir, "board"), Signer: signer, Admitter: d.Admitter()})
	b.must(err)
	defer log.Close()
	d.Attach(log)
	_, err = d.Post(t.Context(), b.raws[0])
	b.must(err)

	step := func(i int) Progress {
		t.Helper()
		trustee := b.open(i)
		defer trustee.Close()
		p, err := trustee.Ceremony(t.Context(), d.State(), d, time.Unix(testStart, 0))
		if err != nil {
			t.Fatalf("trustee %d: %v", i, err)
		}
		return p
	}
	if p := step(1); !strings.Contains(p.Waiting, "the authority") {
		t.Errorf("before the ceremony it waits for %q", p.Waiting)
	}
	_, err = d.Post(t.Context(), b.sign(&entry.Ceremony{Attempt: 1, Time: testStart}, b.authority).Bytes())
	b.must(err)
	for _, what := range []string{"a commitment", "a message", "a signature of the transcript"} {
		for i := 1; i <= 4; i++ {
			if p := step(i); p.Done || p.Waiting != "" {
				t.Fatalf("%s: trustee %d took no step: %+v", what, i, p)
			}
			if i == 4 {
				break // its next step is of the next round
			}
			if p := step(i); !strings.HasPrefix(p.Waiting, what+" from trustee ") || !strings.HasSuffix(p.Waiting, "trustee 4 (T4)") {
				t.Errorf("%s: trustee %d waits for %q", what, i, p.Waiting)
			}
		}
	}
	keys, err := count.Ceremony(d.State(), 1)
	b.must(err)
	for i := 1; i <= 4; i++ {
		if p := step(i); !p.Done {
			t.Fatalf("trustee %d is not done: %+v", i, p)
		}
		trustee := b.open(i)
		secret, err := group.ParseScalar(trustee.s.Share)
		b.must(err)
		if !group.MulBase(secret).Equal(keys.VerificationShares[i-1]) {
			t.Errorf("trustee %d keeps another share than the ceremony's", i)
		}
		trustee.Close()
	}
}

// TestAccused names who is at fault, by every trustee's tool.
func TestAccused(t *testing.T) {
	tests := []struct {
		name string
		// message is what trustee 2 commits to and posts; nil for its own.
		message func(b *board, honest []byte) []byte
		// posted is what it posts after committing to its message; nil for that.
		posted func(b *board, honest []byte) []byte
		// after is done when all messages are posted.
		after func(b *board)
		cause error
		names string
		// complaint says that one is on the board.
		complaint bool
	}{
		{"bad share", func(b *board, m []byte) []byte {
			m[len(m)-1] ^= 1 // in the tag of the share for trustee 3
			return m
		}, nil, nil, dkg.ErrDecrypt, "trustee 2 (T2)", true},
		{"one coefficient too many", func(b *board, m []byte) []byte {
			return slices.Insert(m, 32, m[:32]...)
		}, nil, nil, dkg.ErrMessage, "trustee 2 (T2)", false},
		{"one coefficient too few", func(b *board, m []byte) []byte { return m[32:] }, nil, nil, nil, "trustee 2 (T2)", false},
		{"empty message", func(*board, []byte) []byte { return nil }, nil, nil, dkg.ErrMessage, "trustee 2 (T2)", false},
		{"wrong proof of possession", func(b *board, m []byte) []byte {
			// The response, not above the order: its lowest byte.
			m[2*32+32] ^= 1
			return m
		}, nil, nil, dkg.ErrProof, "trustee 2 (T2)", false},
		{"copied trustee", func(b *board, _ []byte) []byte {
			t := b.open(1)
			defer t.Close()
			return t.s.Message
		}, nil, nil, dkg.ErrDuplicate, "trustee 1 (T1) and trustee 2 (T2)", false},
		{"message changed after its hash", nil, func(b *board, m []byte) []byte {
			return b.freshMessage(2)
		}, nil, nil, "trustee 2 (T2): message is not the one whose hash was posted", false},
		{"false complaint", nil, nil, func(b *board) {
			signing, _ := b.secretsOf(3)
			b.post(&entry.Complaint{Attempt: 1, Trustee: 3, Against: 1, Evidence: make([]byte, dkg.ComplaintSize)}, signing)
		}, dkg.ErrFalseComplaint, "trustee 3 (T3)", true},
		{"complaint against oneself", nil, nil, func(b *board) {
			signing, _ := b.secretsOf(3)
			b.post(&entry.Complaint{Attempt: 1, Trustee: 3, Against: 3, Evidence: make([]byte, dkg.ComplaintSize)}, signing)
		}, dkg.ErrFalseComplaint, "trustee 3 (T3)", true},
		{"signature of another transcript", nil, nil, func(b *board) {
			signing, _ := b.secretsOf(2)
			b.post(&entry.Confirm{Attempt: 1, Trustee: 2, Signature: make([]byte, 64)}, signing)
		}, dkg.ErrSignature, "trustee 2 (T2)", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBoard(t, 3, 2)
			b.attempt(1)
			b.stepAll(1, 3)
			signing, _ := b.secretsOf(2)
			message := b.freshMessage(2)
			if test.message != nil {
				message = test.message(b, message)
			}
			h := dkg.CommitmentHash(dkg.SessionID(b.hash, 1), 2, message)
			b.post(&entry.Commitment{Attempt: 1, Trustee: 2, Hash: h[:]}, signing)
			b.stepAll(1, 3)
			if test.posted != nil {
				message = test.posted(b, message)
			}
			b.post(&entry.Round1{Attempt: 1, Trustee: 2, Message: message}, signing)
			if test.after != nil {
				test.after(b)
			}
			b.stopsNaming(test.names, test.cause, 3, 1)
			if got := len(b.state.LatestAttempt().Complaints) > 0; got != test.complaint {
				t.Errorf("a complaint is on the board: %v, want %v", got, test.complaint)
			}
		})
	}
}

// stopsNaming steps trustees until they stop, and holds that every one's tool
// names the one at fault, however often it is started again.
func (b *board) stopsNaming(names string, cause error, trustees ...int) {
	b.t.Helper()
	for pass := range 4 {
		for _, i := range trustees {
			_, err := b.step(i)
			if pass < 2 && err == nil {
				continue // it could still confirm, or wait for others to
			}
			if !errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), names) || cause != nil && !errors.Is(err, cause) {
				b.t.Errorf("trustee %d: error %v, want ErrStopped naming %s (%v)", i, err, names, cause)
			}
		}
	}
	for _, i := range trustees {
		t := b.open(i)
		if t.s.Share != nil {
			b.t.Errorf("trustee %d keeps a share of an attempt that failed", i)
		}
		t.Close()
	}
}

// stepAll has trustees take one step each.
func (b *board) stepAll(trustees ...int) {
	b.t.Helper()
	for _, i := range trustees {
		if _, err := b.step(i); err != nil {
			b.t.Fatalf("trustee %d: %v", i, err)
		}
	}
}

// participant returns a trustee as crypto/dkg knows it.
func (b *board) participant(i int) *dkg.Trustee {
	b.t.Helper()
	_, secret := b.secretsOf(i)
	params, err := count.Params(b.manifest, b.hash, 1)
	b.must(err)
	p, err := dkg.NewTrustee(params, i, secret)
	b.must(err)
	return p
}

// freshMessage makes a round-1 message of a trustee that its key file does not
// know.
func (b *board) freshMessage(i int) []byte {
	b.t.Helper()
	m, err := b.participant(i).Round1(rand.Reader, nil)
	b.must(err)
	return m
}

// TestLate names who is missing past a round's deadline, by the clock of the
// trustee that looks; the late one's own tool does not bring the attempt back.
func TestLate(t *testing.T) {
	for round, what := range []string{"a commitment", "a message", "a signature of the transcript"} {
		t.Run(what, func(t *testing.T) {
			b := newBoard(t, 3, 2)
			b.attempt(1)
			for range round {
				b.stepAll(1, 2, 3)
			}
			b.stepAll(1, 3)
			b.now = testStart + uint64(round+1)*testCeremony
			if p, err := b.step(1); err != nil || p.Waiting != what+" from trustee 2 (T2)" {
				t.Errorf("at the deadline: %q, error %v", p.Waiting, err)
			}
			b.now++
			size := b.size()
			for i := 1; i <= 3; i++ {
				_, err := b.step(i)
				if want := "no " + what + " from trustee 2 (T2) by 1970-"; !errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), want) {
					t.Errorf("trustee %d past the deadline: error %v, want ErrStopped with %q", i, err, want)
				}
			}
			if b.size() != size {
				t.Error("something was posted past the deadline")
			}
		})
	}
}

// TestSecondAttempt makes another message, and another share, in another
// attempt.
func TestSecondAttempt(t *testing.T) {
	b := newBoard(t, 3, 2)
	b.attempt(1)
	b.ceremony()
	first := b.open(1)
	message, share := first.s.Message, first.s.Share
	first.Close()
	b.attempt(2)
	b.ceremony()
	second := b.open(1)
	defer second.Close()
	if string(second.s.Message) == string(message) || second.s.Attempt != 2 {
		t.Error("the message of attempt 1 was used again")
	}
	if string(second.s.Share) == string(share) || second.s.ShareAttempt != 2 {
		t.Error("the share of attempt 1 was kept")
	}
}

// TestOneMessage holds that whatever is interrupted, a trustee commits to one
// message in an attempt, and posts no other.
func TestOneMessage(t *testing.T) {
	b := newBoard(t, 2, 2)
	b.attempt(1)
	b.refuse = func(*entry.Entry) error { return errors.New("unreachable") }
	if _, err := b.step(1); err == nil {
		t.Fatal("posted to an unreachable board")
	}
	stored := b.open(1)
	message := stored.s.Message
	stored.Close()
	if message == nil {
		t.Fatal("the message was not stored before its hash was posted")
	}
	b.refuse = nil
	b.ceremony()
	if got := b.state.LatestAttempt().Messages[1]; string(got) != string(message) {
		t.Error("another message was posted than the one stored first")
	}
}

// TestCopiedKeyFile has a copy of a key file on a second machine take part: it
// must post nothing in the trustee's name that the first one did not make.
func TestCopiedKeyFile(t *testing.T) {
	for _, before := range []string{"commitment", "message", "confirm"} {
		t.Run("copied before the "+before, func(t *testing.T) {
			b := newBoard(t, 2, 2)
			b.attempt(1)
			switch before {
			case "message":
				b.stepAll(1)
			case "confirm":
				b.stepAll(1, 2, 1)
			}
			copied := b.copyOf(1)
			original := b.dirs[0]
			if before == "commitment" {
				b.stepAll(1)
				b.dirs[0] = copied
				if _, err := b.step(1); !errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "is it a copy?") {
					t.Fatalf("the copy: error %v, want ErrStopped", err)
				}
				b.stepAll(2)
				if _, err := b.step(1); !errors.Is(err, ErrStopped) {
					t.Fatalf("the copy, once all have committed: error %v, want ErrStopped", err)
				}
				if n := len(b.state.LatestAttempt().Messages); n != 0 {
					t.Fatal("the copy has posted a message")
				}
				b.dirs[0] = original
			} else {
				b.dirs[0] = copied // it knows the message, and is as good
			}
			b.ceremony()
		})
	}
}

// copyOf copies a trustee's directory.
func (b *board) copyOf(trustee int) string {
	b.t.Helper()
	dir := b.t.TempDir()
	raw, err := os.ReadFile(filepath.Join(b.dirs[trustee-1], secretsFile))
	b.must(err)
	b.must(os.WriteFile(filepath.Join(dir, secretsFile), raw, 0o600))
	return dir
}

// TestTwoHistories shows a trustee a board on which another trustee has chosen
// its message only after seeing this one's.
func TestTwoHistories(t *testing.T) {
	b := newBoard(t, 3, 2)
	b.attempt(1)
	early := b.fork()
	b.stepAll(1, 2, 3, 1) // trustee 1 has shown its message
	signing, _ := b.secretsOf(2)
	message := b.freshMessage(2)
	h := dkg.CommitmentHash(dkg.SessionID(b.hash, 1), 2, message)
	early.post(&entry.Commitment{Attempt: 1, Trustee: 2, Hash: h[:]}, signing)
	early.stepAll(1, 3)
	_, err := early.step(1)
	if !errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "trustee 2 (T2)") {
		t.Errorf("error %v, want ErrStopped naming trustee 2", err)
	}
	if n := len(early.state.LatestAttempt().Messages); n != 0 {
		t.Errorf("%d messages on the second history, want none", n)
	}
}

// TestBoundToElection refuses a second election for one key file.
func TestBoundToElection(t *testing.T) {
	b, other := newBoard(t, 2, 2), newBoard(t, 2, 2)
	b.attempt(1)
	b.stepAll(1)
	t.Run("key not in the manifest", func(t *testing.T) {
		dirs := other.dirs
		other.dirs = b.dirs
		defer func() { other.dirs = dirs }()
		other.attempt(1)
		if _, err := other.step(1); err == nil || !strings.Contains(err.Error(), "does not name this trustee") {
			t.Errorf("error %v, want that the manifest does not name it", err)
		}
	})
	t.Run("same keys in another manifest", func(t *testing.T) {
		m := *b.manifest
		m.Title = text("another election")
		again := *b
		again.raws, again.manifest, again.state = nil, &m, record.New()
		again.tree = tlog.NewRangeBuilder()
		e, err := entry.Sign(&m, nil, b.authority)
		b.must(err)
		again.hash = e.Hash()
		_, err = again.Post(t.Context(), e.Bytes())
		b.must(err)
		again.attempt(1)
		if _, err := again.step(1); err == nil || !strings.Contains(err.Error(), "belongs to another election") {
			t.Errorf("error %v, want that the key file belongs to another election", err)
		}
	})
}

// TestComplaintAfterTheEnd holds that who has signed can not spoil a complete
// ceremony.
func TestComplaintAfterTheEnd(t *testing.T) {
	b := newBoard(t, 2, 2)
	b.attempt(1)
	b.ceremony()
	signing, _ := b.secretsOf(2)
	e, err := entry.Sign(&entry.Complaint{Attempt: 1, Trustee: 2, Against: 1}, b.hash[:], signing)
	b.must(err)
	if _, err := b.Post(t.Context(), e.Bytes()); !errors.Is(err, record.ErrPhase) {
		t.Errorf("error %v, want %v", err, record.ErrPhase)
	}
	if p, err := b.step(1); err != nil || !p.Done {
		t.Errorf("%+v, %v: want the ceremony done", p, err)
	}
}
