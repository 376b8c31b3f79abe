package election

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin/entry"
	"rollcall/crypto/threshold"
	"rollcall/tally/booth"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// workers is how many ballots are made and posted at the same time: posting
// waits for the disk, so more than there are processors.
const workers = 16

// Open posts the roll and opens the election.
func (e *Election) Open(ctx context.Context) error {
	var hashes []byte
	counts := make([]uint64, len(e.Manifest.Units))
	for i, chunk := range slices.Collect(slices.Chunk(e.Voters, entry.MaxRollVoters)) {
		body := &entry.Roll{Chunk: uint64(i)}
		for _, v := range chunk {
			body.Voters = entry.AppendVoter(body.Voters, entry.Voter{
				BallotKey: [32]byte(v.Ballot.Public().Bytes()), CastKey: [32]byte(v.Cast.Public().Bytes()), Unit: v.Unit})
			counts[v.Unit]++
		}
		posted, _, err := e.post(ctx, body, e.Registrar)
		if err != nil {
			return err
		}
		leaf := posted.LeafHash()
		hashes = append(hashes, leaf[:]...)
	}
	if _, _, err := e.post(ctx, &entry.RollEnd{Chunks: hashes, Counts: counts}, e.Registrar); err != nil {
		return err
	}
	size, root := e.Board.Log().Head()
	body := &entry.Open{JointKey: e.Shares[0].Public.JointKey.Bytes(), Attempt: 1, Voters: counts, Size: size, Root: root[:]}
	if _, _, err := e.post(ctx, body, e.Authority); err != nil {
		return err
	}
	if err := e.Door.Tick(ctx); err != nil {
		return err
	}
	var err error
	e.Booth, err = booth.New(e.Manifest, e.Hash, e.Shares[0].Public.JointKey, e.BoothKey, e.Door)
	return err
}

// Vote is what one simulated voter does.
type Vote struct {
	Voter   int     // position in Election.Voters
	Choices [][]int // as booth.Make takes them
	// Tests is how many ballots are tested first; Abandon leaves the last one
	// undecided instead of casting it.
	Tests   int
	Abandon bool
}

// Run has voters vote, many at a time: all seal, the board ticks, all decide.
// Voters that test seal once more in the next round.
func (e *Election) Run(ctx context.Context, votes []Vote) error {
	total, done := len(votes), 0
	votes = slices.Clone(votes)
	for len(votes) > 0 {
		sealed := make([]*booth.Sealed, len(votes))
		err := e.each(ctx, len(votes), func(ctx context.Context, i int) error {
			v := e.Voters[votes[i].Voter]
			made, s, err := e.Booth.Make(v.Ballot, v.Unit, votes[i].Choices)
			if err != nil {
				return err
			}
			s.Index, err = e.Door.Post(ctx, made.Bytes())
			sealed[i] = s
			return err
		})
		if err != nil {
			return fmt.Errorf("sealing: %w", err)
		}
		if err := e.tick(ctx); err != nil {
			return err
		}
		err = e.each(ctx, len(votes), func(ctx context.Context, i int) error { return e.decide(ctx, &votes[i], sealed[i]) })
		if err != nil {
			return fmt.Errorf("deciding: %w", err)
		}
		if err := e.tick(ctx); err != nil {
			return err
		}
		votes = slices.DeleteFunc(votes, func(v Vote) bool { return v.Tests < 0 })
		done = total - len(votes)
		e.progress("voting", done, total)
	}
	return nil
}

// decide tests or casts one sealed ballot and counts down its voter's Tests; a
// voter who is through has -1.
func (e *Election) decide(ctx context.Context, v *Vote, s *booth.Sealed) error {
	voter := e.Voters[v.Voter]
	v.Tests--
	var signed *entry.Entry
	var err error
	switch {
	case v.Tests >= 0:
		signed, err = e.Booth.MakeTest(s, voter.Ballot)
	case v.Abandon:
		return nil
	default:
		signed, err = e.Booth.MakeCast(s, voter.Cast)
	}
	if err != nil {
		return err
	}
	_, err = e.Door.Post(ctx, signed.Bytes())
	return err
}

func (e *Election) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for i := range n {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}

func (e *Election) tick(ctx context.Context) error {
	e.Advance(time.Second)
	return e.Door.Tick(ctx)
}

// End closes the election, lets the decision time pass and has the board post
// the totals.
func (e *Election) End(ctx context.Context) error {
	if _, _, err := e.post(ctx, e.CloseBody(), e.Authority); err != nil {
		return err
	}
	if err := e.tick(ctx); err != nil {
		return err
	}
	e.Advance(time.Duration(e.Manifest.DecisionSeconds) * time.Second)
	for e.Door.State().Phase() != record.PhaseEnded || !e.totalsPosted() {
		if err := e.Door.Step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// CloseBody is a close for the place after what is on the board now.
func (e *Election) CloseBody() *entry.Close {
	size, root := e.Board.Log().Head()
	return &entry.Close{Index: size, Root: root[:]}
}

func (e *Election) totalsPosted() bool {
	_, ok := e.Door.State().Totals()
	return ok
}

// Decrypt posts the shares of some trustees, numbered from 1.
func (e *Election) Decrypt(ctx context.Context, trustees ...int) error {
	state := e.Door.State()
	parts, _ := state.Totals()
	sums, _, err := count.Sums(e.Manifest, parts)
	if err != nil || len(sums) == 0 {
		return err
	}
	end, _ := state.End()
	root, err := e.Board.Log().RootAt(ctx, end+1)
	if err != nil {
		return err
	}
	for _, t := range trustees {
		share := e.Shares[t-1]
		st := count.ShareStatement(e.Hash, share.Public, sums, end, root, uint64(t))
		points, proof, err := threshold.Prove(st, share.Secret)
		if err != nil {
			return err
		}
		var hashes []byte
		for i, chunk := range count.ShareChunks(points) {
			posted, _, err := e.post(ctx, &entry.Share{Trustee: uint64(t), Chunk: uint64(i), Points: chunk}, e.Signing[t-1])
			if err != nil {
				return err
			}
			leaf := posted.LeafHash()
			hashes = append(hashes, leaf[:]...)
		}
		body := &entry.ShareEnd{Trustee: uint64(t), End: end, Root: root[:], Chunks: hashes, Proof: proof}
		if _, _, err := e.post(ctx, body, e.Signing[t-1]); err != nil {
			return err
		}
	}
	return nil
}

// Tally combines the shares and posts the result.
func (e *Election) Tally(ctx context.Context) (*count.Counted, error) {
	state := e.Door.State()
	end, _ := state.End()
	root, err := e.Board.Log().RootAt(ctx, end+1)
	if err != nil {
		return nil, err
	}
	counted, err := count.Result(state, root)
	if err != nil {
		return counted, err
	}
	return counted, count.PostResult(ctx, state, counted, e.Authority, e.Door.Post)
}
