package operate

import (
	"context"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/internal/service"
	"rollcall/internal/workspace"
	"rollcall/registrar"
)

// Rolled is a roll that has been posted.
type Rolled struct {
	Voters  int               `json:"voters"`
	Units   map[string]uint64 `json:"units"`
	Letters string            `json:"letters"`
}

// Roll issues letters for a roll file and posts the roll. The letters are on
// disk before anything is posted.
func Roll(ctx context.Context, r *Remote, dir workspace.Dir, file string, progress func(done, total int)) (*Rolled, error) {
	state := r.State()
	m, hash := state.Manifest(), state.Hash()
	options := registrar.RollOptions{Units: map[string]uint64{}, Languages: m.Languages}
	for i, u := range m.Units {
		if m.IsLeaf(uint64(i)) {
			options.Units[u.ID] = uint64(i)
		}
	}
	roll, err := registrar.ReadRollFile(file, options)
	if err != nil {
		return nil, err
	}
	keys, err := registrar.ReadKeys(dir.Key("registrar"))
	if err != nil {
		return nil, err
	}
	letters, voters, err := registrar.Issue(ctx, registrar.IssueParams{ElectionHash: hash, Key: keys.OPRF, Progress: progress}, roll.People)
	if err != nil {
		return nil, err
	}
	if err := register(ctx, dir, letters); err != nil {
		return nil, err
	}
	head := registrar.LetterHead{ElectionID: string(r.ID), Phone: m.Phone, AddressColumns: roll.AddressColumns}
	if err := registrar.WriteLetters(dir.Letters(), head, letters); err != nil {
		return nil, err
	}
	rolled := &Rolled{Voters: len(voters), Units: map[string]uint64{}, Letters: dir.Letters()}
	counts := make([]uint64, len(m.Units))
	for _, v := range voters {
		counts[v.Unit]++
	}
	for i, u := range m.Units {
		rolled.Units[u.ID] = counts[i]
	}
	return rolled, postRoll(ctx, r, keys, voters, counts)
}

// register makes the voter numbers known to the registrar's service.
func register(ctx context.Context, dir workspace.Dir, letters []registrar.Letter) error {
	s, err := service.OpenRegistrar(ctx, dir, nil)
	if err != nil {
		return err
	}
	numbers := make([]string, len(letters))
	for i := range letters {
		numbers[i] = letters[i].VoterNumber
	}
	err = s.Register(ctx, numbers)
	if cerr := s.Close(); err == nil {
		err = cerr
	}
	return err
}

func postRoll(ctx context.Context, r *Remote, keys *registrar.Keys, voters []registrar.VoterKeys, counts []uint64) error {
	var hashes []byte
	for i, chunk := range slices.Collect(slices.Chunk(voters, entry.MaxRollVoters)) {
		body := &entry.Roll{Chunk: uint64(i)}
		for _, v := range chunk {
			body.Voters = entry.AppendVoter(body.Voters, entry.Voter{
				BallotKey: [32]byte(v.BallotKey.Bytes()), CastKey: [32]byte(v.CastKey.Bytes()), Unit: v.Unit})
		}
		posted, _, err := r.post(ctx, body, keys.Sign)
		if err != nil {
			return fmt.Errorf("roll, chunk %d: %w", i, err)
		}
		leaf := posted.LeafHash()
		hashes = append(hashes, leaf[:]...)
	}
	_, _, err := r.post(ctx, &entry.RollEnd{Chunks: hashes, Counts: counts}, keys.Sign)
	return err
}
