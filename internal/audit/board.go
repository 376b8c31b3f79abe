package audit

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// Board is the board as an auditor sees it: its public files, believed only under
// the witness policy, every entry judged by the rules of SPEC.md.
type Board struct {
	reader   tlog.Reader
	policy   *checkpoint.Policy
	follower *follow.Follower
	read     atomic.Int64 // when the last reading that came to its end began, in Unix nanoseconds
}

// OpenBoard opens the board at a URL or in a directory and reads it once.
func OpenBoard(ctx context.Context, place string, policy *checkpoint.Policy, id entry.ElectionID) (*Board, error) {
	var reader tlog.Reader
	var err error
	if strings.Contains(place, "://") {
		reader, err = tlog.OpenURL(place, nil)
	} else {
		reader, err = tlog.OpenDir(place)
	}
	if err != nil {
		return nil, err
	}
	b := &Board{reader: reader, policy: policy, follower: follow.New(reader, policy, id)}
	if err := b.update(ctx); err != nil {
		return nil, err
	}
	if b.Manifest() == nil {
		return nil, fmt.Errorf("the board at %s is empty", place)
	}
	return b, nil
}

// Manifest returns the election's manifest.
func (b *Board) Manifest() *entry.Manifest { return b.follower.State().Manifest() }

// size returns how many entries there are.
func (b *Board) size() uint64 { return b.follower.State().Size() }

// update reads what is new.
func (b *Board) update(ctx context.Context) error {
	began := time.Now().UnixNano()
	_, err := b.follower.Update(ctx)
	if err == nil {
		b.read.Store(began)
	}
	return err
}

// knows tells whether all was read that the board had at a time: only then is what
// it does not show not there.
func (b *Board) knows(at time.Time) bool { return !time.Unix(0, b.read.Load()).Before(at) }

// ballots returns the ballots of a ballot number from one index up to another,
// that excluded.
func (b *Board) ballots(number string, from, to uint64) []record.Ballot {
	all, _ := b.follower.State().FindBallotNumber(number)
	var list []record.Ballot
	for _, ballot := range all {
		if from <= ballot.Index && ballot.Index < to {
			list = append(list, ballot)
		}
	}
	return list
}

// shown is an entry with what proves that the board shows it.
type shown struct {
	index      uint64
	raw        []byte
	proof      []byte // C2SP tlog-proof
	checkpoint []byte
}

// show fetches entries with their inclusion proofs, which it verifies, all under
// one checkpoint. It returns those that the board shows, with the first error.
func (b *Board) show(ctx context.Context, indices []uint64) (list []shown, err error) {
	signed, err := b.reader.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	c, err := b.policy.Open(signed)
	if err != nil {
		return nil, fmt.Errorf("%w: checkpoint: %w", follow.ErrWrong, err)
	}
	hashes := tlog.NewHashReader(b.reader, c.Size)
	for _, i := range indices {
		s := shown{index: i, checkpoint: signed}
		if refused := b.prove(ctx, &s, hashes, c.Size); refused == nil {
			list = append(list, s)
		} else if err == nil {
			err = refused
		}
	}
	return list, err
}

// prove fetches one entry of a board of a size with its proof.
func (b *Board) prove(ctx context.Context, s *shown, hashes tlog.HashReader, size uint64) (err error) {
	if s.raw, err = tlog.ReadEntry(ctx, b.reader, s.index, size); err != nil {
		return fmt.Errorf("entry %d: %w", s.index, err)
	}
	path, err := tlog.InclusionProof(ctx, hashes, s.index, size)
	if err != nil {
		return fmt.Errorf("entry %d: %w", s.index, err)
	}
	s.proof = (&tlog.Receipt{Index: s.index, Path: path, Checkpoint: s.checkpoint}).Marshal()
	if _, _, err := tlog.VerifyReceipt(s.proof, s.raw, b.policy); err != nil {
		return fmt.Errorf("%w: entry %d: %w", follow.ErrWrong, s.index, err)
	}
	return nil
}
