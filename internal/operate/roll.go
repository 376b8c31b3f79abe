package operate

import (
	"context"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/internal/service"
	"rollcall/internal/workspace"
	"rollcall/registrar"
	"rollcall/tally/record"
)

// Rolled is a roll that has been posted.
type Rolled struct {
	Voters  int               `json:"voters"`
	Units   map[string]uint64 `json:"units"`
	Letters string            `json:"letters"`
	// Auditors is the number of audit credentials, which are not among the voters;
	// AuditLetters is where their letters are.
	Auditors     int    `json:"auditors,omitempty"`
	AuditLetters string `json:"audit_letters,omitempty"`
	// Resumed says that an earlier call made the letters, and this one only
	// finished posting.
	Resumed bool `json:"resumed,omitempty"`
}

// RollOptions are what a roll may have.
type RollOptions struct {
	Audit    AuditPlan
	Progress func(done, total int)
}

// Roll issues letters for a roll file, and for auditors if any are asked for, and
// posts the roll.
//
// Everything is on disk before anything is posted, letters first, then the
// signed entries of the roll, which are public. If posting fails, Roll called
// again posts what is missing and makes no letters; file and plan are not read then. What
// an interrupted call has left behind in any other state is refused, with what
// to do: letters are never written twice.
func Roll(ctx context.Context, r *Remote, dir workspace.Dir, file string, o RollOptions) (*Rolled, error) {
	if _, err := r.Follower.Update(ctx); err != nil {
		return nil, err
	}
	state := r.State()
	m := state.Manifest()
	signed, err := readRoll(dir)
	if err != nil {
		return nil, err
	}
	if err := mayRoll(state, dir, signed); err != nil {
		return nil, err
	}
	rolled := &Rolled{Letters: dir.Letters(), Resumed: signed != nil, Units: map[string]uint64{}}
	if signed == nil {
		if signed, err = issue(ctx, r, dir, file, o); err != nil {
			return nil, err
		}
	}
	end, audit := ends(signed)
	if audit == nil {
		audit = &entry.Audit{Counts: make([]uint64, len(m.Units))}
	} else {
		rolled.AuditLetters = dir.AuditLetters()
	}
	if len(end.Counts) != len(m.Units) || audit.Check(end.Counts) != nil {
		return nil, fmt.Errorf("%s: is of another election", rollFile(dir))
	}
	for i, u := range m.Units {
		rolled.Units[u.ID] = end.Counts[i] - audit.Counts[i]
		rolled.Voters, rolled.Auditors = rolled.Voters+int(rolled.Units[u.ID]), rolled.Auditors+int(audit.Counts[i])
	}
	for i, e := range signed {
		if _, err := r.Post(ctx, e.Bytes()); err != nil {
			return nil, fmt.Errorf("roll, entry %d of %d: %w (the letters are made; rollcall roll again posts the rest)", i+1, len(signed), err)
		}
	}
	return rolled, nil
}

// mayRoll says why there can be no roll now. kept are the entries of one that are on
// disk.
func mayRoll(state *record.State, dir workspace.Dir, kept []*entry.Entry) error {
	sum := state.Summary()
	if sum.RollEnded {
		if _, audit := ends(kept); audit != nil && sum.Auditors == 0 && sum.Phase == record.PhaseSetup {
			return nil // what commits to auditors is still to be posted
		}
		return fmt.Errorf("the roll is on the board already, with %d voters", sum.Voters)
	}
	if sum.Phase != record.PhaseSetup {
		return fmt.Errorf("a roll comes before opening: the election is %v", sum.Phase)
	}
	if kept != nil {
		return nil
	}
	if sum.Voters > 0 {
		return fmt.Errorf("%d voters of a roll are on the board, and %s, which holds the others, is gone: a new election is needed", sum.Voters, rollFile(dir))
	}
	for _, path := range []string{dir.Letters(), dir.AuditLetters(), dir.Audit()} {
		if err := absent(path, "nothing of its roll was posted, so none of these letters is valid: "+
			"if none was mailed, remove the file and run rollcall roll again"); err != nil {
			return err
		}
	}
	return nil
}

// issue makes letters and the signed entries of the roll, and writes both.
func issue(ctx context.Context, r *Remote, dir workspace.Dir, file string, o RollOptions) ([]*entry.Entry, error) {
	m, hash := r.State().Manifest(), r.State().Hash()
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
	counts := make([]uint64, len(m.Units))
	for _, p := range roll.People {
		counts[p.Unit]++
	}
	if counts, err = o.Audit.counts(m, counts); err != nil {
		return nil, err
	}
	callers, err := auditors(m, counts, len(roll.AddressColumns))
	if err != nil {
		return nil, err
	}
	people := append(slices.Clip(roll.People), callers...)
	letters, voters, err := registrar.Issue(ctx, registrar.IssueParams{ElectionHash: hash, Key: keys.OPRF, Progress: o.Progress}, people)
	if err != nil {
		return nil, err
	}
	signed, err := signRoll(m, hash, keys.Sign, voters)
	if err != nil {
		return nil, err
	}
	if err := register(ctx, dir, letters); err != nil {
		return nil, err
	}
	head := registrar.LetterHead{ElectionID: string(r.ID), Phone: m.Phone, AddressColumns: roll.AddressColumns}
	of := len(roll.People)
	if err := registrar.WriteLetters(dir.Letters(), head, letters[:of]); err != nil {
		return nil, err
	}
	if len(letters) > of {
		if err := registrar.WriteLetters(dir.AuditLetters(), head, letters[of:]); err != nil {
			return nil, err
		}
		body, err := commit(dir, r.ID, hash, voters, counts)
		if err != nil {
			return nil, err
		}
		e, err := entry.Sign(body, hash[:], keys.Sign)
		if err != nil {
			return nil, err
		}
		signed = append(signed, e)
	}
	return signed, writeRoll(dir, signed)
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

// signRoll makes the entries of a roll: its chunks, then roll-end.
func signRoll(m *entry.Manifest, hash [entry.HashSize]byte, key *schnorr.SecretKey, voters []registrar.VoterKeys) ([]*entry.Entry, error) {
	var signed []*entry.Entry
	end := &entry.RollEnd{Counts: make([]uint64, len(m.Units))}
	for i, chunk := range slices.Collect(slices.Chunk(voters, entry.MaxRollVoters)) {
		body := &entry.Roll{Chunk: uint64(i)}
		for _, v := range chunk {
			body.Voters = entry.AppendVoter(body.Voters, entry.Voter{
				BallotKey: [32]byte(v.BallotKey.Bytes()), CastKey: [32]byte(v.CastKey.Bytes()), Unit: v.Unit})
			end.Counts[v.Unit]++
		}
		e, err := entry.Sign(body, hash[:], key)
		if err != nil {
			return nil, fmt.Errorf("roll, chunk %d: %w", i, err)
		}
		leaf := e.LeafHash()
		signed, end.Chunks = append(signed, e), append(end.Chunks, leaf[:]...)
	}
	e, err := entry.Sign(end, hash[:], key)
	if err != nil {
		return nil, fmt.Errorf("roll-end: %w", err)
	}
	return append(signed, e), nil
}
