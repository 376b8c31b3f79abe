package election

import (
	"context"
	"slices"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/threshold"
	"rollcall/tally/booth"
	"rollcall/tally/count"
	"rollcall/tally/record"
)

// Open posts the roll and opens the election.
func (e *Election) Open(ctx context.Context) error {
	var hashes []byte
	counts := make([]uint64, len(e.Manifest.Units))
	posted := e.counter("posting the roll", len(e.Voters))
	for i, chunk := range slices.Collect(slices.Chunk(e.Voters, entry.MaxRollVoters)) {
		body := &entry.Roll{Chunk: uint64(i)}
		for _, v := range chunk {
			body.Voters = entry.AppendVoter(body.Voters, entry.Voter{
				BallotKey: [32]byte(v.Ballot.Public().Bytes()), CastKey: [32]byte(v.Cast.Public().Bytes()), Unit: v.Unit})
			counts[v.Unit]++
		}
		signed, _, err := e.post(ctx, body, e.Registrar)
		if err != nil {
			return err
		}
		leaf := signed.LeafHash()
		hashes = append(hashes, leaf[:]...)
		posted(len(chunk))
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
