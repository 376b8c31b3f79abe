// Package booth makes ballots: it seals a voter's choices, hears the receipt
// code from the board, and casts or tests the ballot when the voter has
// decided.
//
// It holds the booth's signing key and, for the length of a call, one voter's
// keys and choices. It knows neither telephones nor PINs: phone brings choices,
// registrar brings keys. SPEC.md, sections 10 and 11.
package booth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
)

// ErrNotSealed says that no valid tick covered the ballot, or the cast, in
// time. Nothing is counted that the voter was not told of.
var ErrNotSealed = errors.New("the board has not sealed it in time")

// Board is what a booth needs of the bulletin board.
type Board interface {
	// Post appends an entry and returns its index once it is durable. Posting
	// the same bytes again is safe.
	Post(ctx context.Context, raw []byte) (uint64, error)
	// Code returns the receipt code of the ballot at an index once a valid tick
	// covers it.
	Code(ctx context.Context, ballot uint64) (string, error)
	// Covered returns once a valid tick covers the entry at an index.
	Covered(ctx context.Context, index uint64) error
}

// Booth seals ballots for one election. It is safe for concurrent use.
type Booth struct {
	manifest *entry.Manifest
	hash     [entry.HashSize]byte
	key      *schnorr.SecretKey
	enc      *elgamal.Encryptor
	board    Board
}

// New returns a booth of an open election with joint key jointKey.
func New(m *entry.Manifest, hash [entry.HashSize]byte, jointKey *group.Point, key *schnorr.SecretKey, board Board) (*Booth, error) {
	enc, err := elgamal.NewEncryptor(jointKey)
	if err != nil {
		return nil, fmt.Errorf("joint key: %w", err)
	}
	return &Booth{manifest: m, hash: hash, key: key, enc: enc, board: board}, nil
}

// Sealed is a ballot on the board that waits for the voter's decision. It
// holds what opens the ballot, so it lives no longer than the call.
type Sealed struct {
	Index uint64
	Leaf  [32]byte
	Code  string // 16 digits

	openings []entry.Opening
}

// Wipe overwrites what opens the ballot.
func (s *Sealed) Wipe() {
	for i := range s.openings {
		clear(s.openings[i].Nonces)
		clear(s.openings[i].Selected)
	}
	s.openings = nil
}

// Make encrypts and signs a ballot without posting it. choices has, for each
// contest of the unit in order, the chosen options by position; none chosen is
// a blank.
func (b *Booth) Make(voter *schnorr.SecretKey, unit uint64, choices [][]int) (*entry.Entry, *Sealed, error) {
	contests := b.manifest.ContestsOf(unit)
	if len(choices) != len(contests) {
		return nil, nil, fmt.Errorf("choices for %d contests, the unit has %d", len(choices), len(contests))
	}
	sealed, body := &Sealed{}, &entry.Ballot{}
	for i, c := range contests {
		s, o, err := b.sealContest(voter.Public(), unit, c, choices[i])
		sealed.openings = append(sealed.openings, o)
		if err != nil {
			sealed.Wipe()
			return nil, nil, fmt.Errorf("contest %d: %w", c, err)
		}
		body.Contests = append(body.Contests, s)
	}
	e, err := entry.Sign(body, b.hash[:], voter, b.key)
	if err != nil {
		sealed.Wipe()
		return nil, nil, err
	}
	sealed.Leaf = e.LeafHash()
	return e, sealed, nil
}

func (b *Booth) sealContest(voter schnorr.PublicKey, unit, position uint64, chosen []int) (entry.SealedContest, entry.Opening, error) {
	contest := &b.manifest.Contests[position]
	n := contest.Ciphertexts()
	votes, selected, err := votesOf(contest, chosen)
	if err != nil {
		return entry.SealedContest{}, entry.Opening{}, err
	}
	opening := entry.Opening{Contest: position, Selected: selected, Nonces: make([]byte, 0, n*group.ScalarSize)}
	nonces := make([]*group.Scalar, n)
	for i := range nonces {
		nonces[i] = group.RandomScalar()
		opening.Nonces = append(opening.Nonces, nonces[i].Bytes()...)
	}
	ciphertexts := b.enc.EncryptAll(votes, nonces)
	st := &sigma.Statement{ElectionHash: b.hash, Key: b.enc.Key(), Credential: [32]byte(voter.Bytes()),
		Contest: position, Unit: unit, Limit: int(contest.Limit), Ciphertexts: ciphertexts}
	var proof []byte
	if contest.Limit == 1 {
		proof, err = sigma.ProveUnitVector(b.enc, st, int(selected[0]), nonces)
	} else {
		proof, err = sigma.ProveRange(b.enc, st, votes, nonces)
	}
	for i := range nonces {
		nonces[i].Wipe()
	}
	clear(votes)
	return entry.SealedContest{Contest: position, Ciphertexts: elgamal.Encode(ciphertexts), Proof: proof}, opening, err
}

// votesOf turns chosen options into one 0 or 1 a ciphertext, and the positions
// that are 1, ascending. In a vote for one, no choice is a vote for "none".
// Which options are chosen decides neither a branch nor an address; how many do,
// in the length of selected, where more than one may be.
func votesOf(contest *entry.Contest, chosen []int) (votes, selected []uint64, err error) {
	if len(chosen) > int(contest.Limit) {
		return nil, nil, fmt.Errorf("%d options chosen, at most %d may be", len(chosen), contest.Limit)
	}
	// The place behind the last option is that of "none", and in a contest
	// without "none" it is nobody's.
	n, options := contest.Ciphertexts(), len(contest.Options)
	places := slices.Repeat([]int{options}, int(contest.Limit))
	copy(places, chosen)
	votes = make([]uint64, n)
	for _, p := range places {
		for i, v := range sigma.UnitVector(n, p) {
			votes[i] += v
		}
	}
	clear(places)
	counted, twice := uint64(0), uint64(0)
	for _, v := range votes[:options] {
		counted, twice = counted+v, twice|v>>1
	}
	if counted != uint64(len(chosen)) || twice != 0 {
		return nil, nil, errors.New("an option is chosen twice or does not exist")
	}
	return votes, positions(votes), nil
}

// positions returns where votes, each 0 or 1, are 1.
func positions(votes []uint64) []uint64 {
	count := uint64(0)
	for _, v := range votes {
		count += v
	}
	at := make([]uint64, count)
	before := 0
	for i, v := range votes {
		// One of them is written, if v is 1: the one with as many before it.
		for j, here := range sigma.UnitVector(len(at), before) {
			at[j] += uint64(i) * v * here
		}
		before += int(v)
	}
	return at
}

// Seal makes a ballot, posts it, and returns once a valid tick covers it, with
// the receipt code to be spoken. How long it waits is ctx's deadline: if there is
// none by then, the error is ErrNotSealed. The ballot may be on the board and is
// never cast.
func (b *Booth) Seal(ctx context.Context, voter *schnorr.SecretKey, unit uint64, choices [][]int) (*Sealed, error) {
	e, sealed, err := b.Make(voter, unit, choices)
	if err != nil {
		return nil, err
	}
	if sealed.Index, err = b.board.Post(ctx, e.Bytes()); err == nil {
		sealed.Code, err = b.board.Code(ctx, sealed.Index)
	}
	if err != nil {
		sealed.Wipe()
		return nil, inTime(ctx, err)
	}
	return sealed, nil
}

// MakeCast signs the cast of a sealed ballot without posting it.
func (b *Booth) MakeCast(s *Sealed, castKey *schnorr.SecretKey) (*entry.Entry, error) {
	return entry.Sign(&entry.Cast{Ballot: s.Index, Leaf: s.Leaf[:]}, b.hash[:], castKey, b.key)
}

// MakeTest signs the opening of a sealed ballot without posting it.
func (b *Booth) MakeTest(s *Sealed, voter *schnorr.SecretKey) (*entry.Entry, error) {
	return entry.Sign(&entry.Test{Ballot: s.Index, Leaf: s.Leaf[:], Openings: s.openings}, b.hash[:], voter, b.key)
}

// Cast casts a sealed ballot and returns the cast's index once a valid tick
// covers it, or ErrNotSealed at ctx's deadline. With any error the cast may be on
// the board, and counts if it is.
func (b *Booth) Cast(ctx context.Context, s *Sealed, castKey *schnorr.SecretKey) (uint64, error) {
	e, err := b.MakeCast(s, castKey)
	if err != nil {
		return 0, err
	}
	return b.decide(ctx, e)
}

// Test opens a sealed ballot on the board; it never counts.
func (b *Booth) Test(ctx context.Context, s *Sealed, voter *schnorr.SecretKey) (uint64, error) {
	e, err := b.MakeTest(s, voter)
	if err != nil {
		return 0, err
	}
	return b.decide(ctx, e)
}

func (b *Booth) decide(ctx context.Context, e *entry.Entry) (uint64, error) {
	index, err := b.board.Post(ctx, e.Bytes())
	if err == nil {
		err = b.board.Covered(ctx, index)
	}
	return index, inTime(ctx, err)
}

// inTime names a deadline that passed, whatever the board says why.
func inTime(ctx context.Context, err error) error {
	if err != nil && (errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)) {
		return fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	return err
}
