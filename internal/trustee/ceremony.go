package trustee

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
	"rollcall/crypto/group"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// ErrStopped says that an attempt at the ceremony can not succeed; the error
// that wraps it names who stopped it.
var ErrStopped = errors.New("this attempt at the key ceremony has failed")

// Poster appends entries to the board.
type Poster interface {
	Post(ctx context.Context, raw []byte) (uint64, error)
}

// Progress is where a trustee stands in the ceremony.
type Progress struct {
	Done    bool
	Attempt uint64
	Waiting string // for whom or what, in words; empty when something was done
}

// index returns the trustee's number in the manifest, from 1.
func (t *Trustee) index(m *entry.Manifest) (int, error) {
	for i := range m.Trustees {
		if string(m.Trustees[i].Signing) == string(t.signing.Public().Bytes()) {
			return i + 1, nil
		}
	}
	return 0, errors.New("the manifest does not name this trustee's key")
}

// bind makes the key file one of this election's, or refuses another one: the
// keys of a trustee serve one election.
func (t *Trustee) bind(hash [entry.HashSize]byte) error {
	if t.s.Election == nil {
		return t.change(func(s *secrets) { s.Election = hash[:] })
	}
	if string(t.s.Election) != string(hash[:]) {
		return errors.New("this key file belongs to another election: make a new one with rollcall trustee init")
	}
	return nil
}

// Ceremony takes the trustee's next step, if it is its turn, and says how the
// ceremony stands. now is the trustee's own clock. An error that wraps
// ErrStopped ends the attempt and names who is at fault.
func (t *Trustee) Ceremony(ctx context.Context, s *record.State, board Poster, now time.Time) (Progress, error) {
	a := s.LatestAttempt()
	if a == nil {
		return Progress{Waiting: "the authority, to start the key ceremony"}, nil
	}
	me, err := t.index(s.Manifest())
	if err != nil {
		return Progress{}, err
	}
	if err := t.bind(s.Hash()); err != nil {
		return Progress{}, err
	}
	p := Progress{Attempt: a.Number}
	// A board that shows an earlier attempt again could have a second message
	// made for it, and the state of the later one lost.
	if latest := max(t.s.Attempt, t.s.ShareAttempt); a.Number < latest {
		return p, fmt.Errorf("%w: the board shows attempt %d and has shown attempt %d before", ErrStopped, a.Number, latest)
	}
	c := &step{t: t, s: s, a: a, me: me, board: board, now: now}
	// A complaint ends the attempt even for those who were through.
	if err := c.judgeComplaints(); err != nil {
		return p, err
	}
	if t.s.ShareAttempt == a.Number {
		p.Done = true
		return p, nil
	}
	if a.Commitments[uint64(me)] != nil {
		if err := c.checkOwn(); err != nil {
			return p, err
		}
	}
	if len(a.Commitments) < c.n() {
		return c.turn(p, "a commitment", a.Commitments, 1, func() error { return c.commit(ctx) })
	}
	if len(a.Messages) < c.n() {
		return c.turn(p, "a message", a.Messages, 2, func() error { return c.reveal(ctx) })
	}
	round2, err := c.round2(ctx)
	if err != nil {
		return p, err
	}
	defer round2.Wipe()
	if len(a.Confirms) < c.n() {
		return c.turn(p, "a signature of the transcript", a.Confirms, 3, func() error {
			return c.post(ctx, &entry.Confirm{Attempt: a.Number, Trustee: uint64(me), Signature: round2.Signature()})
		})
	}
	return c.finish(p, round2)
}

// step is one call of Ceremony.
type step struct {
	t     *Trustee
	s     *record.State
	a     *record.Attempt
	me    int
	board Poster
	now   time.Time
}

func (c *step) n() int { return len(c.s.Manifest().Trustees) }

func (c *step) post(ctx context.Context, body entry.Body) error {
	hash := c.s.Hash()
	e, err := entry.Sign(body, hash[:], c.t.signing)
	if err != nil {
		return err
	}
	_, err = c.board.Post(ctx, e.Bytes())
	return err
}

// trustee returns the ceremony participant, whose secret the caller wipes.
func (c *step) trustee() (*dkg.Trustee, error) {
	params, err := count.Params(c.s.Manifest(), c.s.Hash(), c.a.Number)
	if err != nil {
		return nil, err
	}
	secret, err := group.ParseScalar(c.t.s.Ceremony)
	if err != nil {
		return nil, errors.New("the ceremony key in the key file is damaged")
	}
	return dkg.NewTrustee(params, c.me, secret)
}

// commit makes the round-1 message, stores it, and posts its hash.
func (c *step) commit(ctx context.Context) error {
	if c.t.s.Attempt != c.a.Number || c.t.s.Message == nil {
		trustee, err := c.trustee()
		if err != nil {
			return err
		}
		defer trustee.Wipe()
		message, err := trustee.Round1(rand.Reader, nil)
		if err != nil {
			return err
		}
		err = c.t.change(func(s *secrets) { s.Attempt, s.Message, s.Commitments = c.a.Number, message, nil })
		if err != nil {
			return err
		}
	}
	h := dkg.CommitmentHash(dkg.SessionID(c.s.Hash(), c.a.Number), c.me, c.t.s.Message)
	return c.post(ctx, &entry.Commitment{Attempt: c.a.Number, Trustee: uint64(c.me), Hash: h[:]})
}

// commitments returns all trustees' commitments, one behind the other.
func (c *step) commitments() []byte {
	var b []byte
	for i := range c.n() {
		b = append(b, c.a.Commitments[uint64(i+1)]...)
	}
	return b
}

// checkOwn holds that the commitment on the board is to the message in this key
// file: a copy of the file that has not made that message must not post
// another one in the trustee's name. It also holds that nobody's commitment has
// changed since the message became public, which a board with two histories
// could bring about.
func (c *step) checkOwn() error {
	own := dkg.CommitmentHash(dkg.SessionID(c.s.Hash(), c.a.Number), c.me, c.t.s.Message)
	if c.t.s.Attempt != c.a.Number || !bytes.Equal(c.a.Commitments[uint64(c.me)], own[:]) {
		return fmt.Errorf("%w: this key file did not make the commitment posted in its name: is it a copy?", ErrStopped)
	}
	if c.t.s.Commitments == nil {
		return nil
	}
	for i, trustee := range c.s.Manifest().Trustees {
		seen := c.t.s.Commitments[i*entry.HashSize : (i+1)*entry.HashSize]
		if !bytes.Equal(c.a.Commitments[uint64(i+1)], seen) {
			return fmt.Errorf("%w: trustee %d (%s): the board has shown another commitment of this trustee before", ErrStopped, i+1, trustee.Name)
		}
	}
	return nil
}

// reveal posts the message, after storing what all others have committed to.
func (c *step) reveal(ctx context.Context) error {
	if c.t.s.Commitments == nil {
		if err := c.t.change(func(s *secrets) { s.Commitments = c.commitments() }); err != nil {
			return err
		}
	}
	return c.post(ctx, &entry.Round1{Attempt: c.a.Number, Trustee: uint64(c.me), Message: c.t.s.Message})
}

// round2 verifies what all trustees have posted and this one's shares. A bad
// share is answered with a complaint on the board.
func (c *step) round2(ctx context.Context) (*dkg.Round2, error) {
	ceremony, err := count.Messages(c.s, c.a)
	if err != nil {
		return nil, c.stopped(err)
	}
	trustee, err := c.trustee()
	if err != nil {
		return nil, err
	}
	defer trustee.Wipe()
	round2, err := trustee.Round2(ceremony, c.t.s.Message)
	var fault *dkg.Fault
	if errors.As(err, &fault) && !fault.Public {
		evidence, cerr := trustee.NewComplaint(ceremony, fault.Trustee, rand.Reader)
		if cerr != nil {
			return nil, fmt.Errorf("%w, and no complaint could be made: %w", c.stopped(err), cerr)
		}
		body := &entry.Complaint{Attempt: c.a.Number, Trustee: uint64(c.me), Against: uint64(fault.Trustee), Evidence: evidence}
		if perr := c.post(ctx, body); perr != nil {
			return nil, fmt.Errorf("%w, and the complaint could not be posted: %w", c.stopped(err), perr)
		}
	}
	if err != nil {
		return nil, c.stopped(err)
	}
	return round2, nil
}

// stopped names the trustee at fault, by number and name; both where two can
// not be told apart.
func (c *step) stopped(err error) error {
	var fault *dkg.Fault
	if !errors.As(err, &fault) || fault.Trustee < 1 || fault.Trustee > c.n() {
		return fmt.Errorf("%w: %w", ErrStopped, err)
	}
	who := c.name(fault.Trustee)
	if fault.Other >= 1 && fault.Other <= c.n() {
		who += " and " + c.name(fault.Other)
	}
	return fmt.Errorf("%w: %s: %w", ErrStopped, who, fault.Err)
}

// name names a trustee by number and name.
func (c *step) name(trustee int) string {
	return fmt.Sprintf("trustee %d (%s)", trustee, c.s.Manifest().Trustees[trustee-1].Name)
}

// judgeComplaints decides the attempt's first complaint: it ends the attempt,
// and one side is at fault, always.
func (c *step) judgeComplaints() error {
	if len(c.a.Complaints) == 0 {
		return nil
	}
	ceremony, err := count.Messages(c.s, c.a)
	if err != nil {
		return c.stopped(err)
	}
	first := c.a.Complaints[0] // one side of it is at fault, whatever others say
	fault, err := dkg.JudgeComplaint(ceremony, int(first.Trustee), int(first.Against), first.Evidence)
	if err != nil {
		// It is about nobody, or about who made it.
		fault = &dkg.Fault{Trustee: int(first.Trustee), Err: fmt.Errorf("%w: %w", dkg.ErrFalseComplaint, err), Public: true}
	}
	return c.stopped(fault)
}

// turn takes this trustee's step in a round that is not complete, if that is
// still to be taken, or says who is awaited. Past the round's deadline, by this
// trustee's own clock, it names who is missing instead, itself included: an
// attempt that others have given up must not come to life again.
func (c *step) turn(p Progress, what string, have map[uint64][]byte, round uint64, take func() error) (Progress, error) {
	var missing []string
	for i := range c.n() {
		if have[uint64(i+1)] == nil {
			missing = append(missing, c.name(i+1))
		}
	}
	waiting := what + " from " + strings.Join(missing, ", ")
	deadline := time.Unix(int64(c.a.Time+round*c.s.Manifest().CeremonySeconds), 0)
	if c.now.After(deadline) {
		return p, fmt.Errorf("%w: no %s by %s", ErrStopped, waiting, deadline.UTC().Format(time.RFC3339))
	}
	if have[uint64(c.me)] == nil {
		return p, take()
	}
	p.Waiting = waiting
	return p, nil
}

// finish checks that all have signed one transcript and stores the share.
func (c *step) finish(p Progress, round2 *dkg.Round2) (Progress, error) {
	signatures := make([][]byte, c.n())
	for i := range signatures {
		signatures[i] = c.a.Confirms[uint64(i+1)]
	}
	share, err := round2.Finish(signatures)
	if err != nil {
		return p, c.stopped(err)
	}
	defer share.Wipe()
	err = c.t.change(func(s *secrets) { s.Share, s.ShareAttempt = share.Secret.Bytes(), c.a.Number })
	if err != nil {
		return p, err
	}
	p.Done = true
	return p, nil
}
