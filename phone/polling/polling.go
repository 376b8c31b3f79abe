// Package polling answers what a call asks of the election: who the voter is,
// what may be voted on, and that a ballot is sealed, cast or tested. It joins
// the registrar's evaluation of PINs, the state of the record and the booth.
//
// It knows no SIP and no audio. A voter's secrets are kept for the length of a
// call and are in no error and no log.
package polling

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
	"rollcall/phone"
	"rollcall/phone/callflow"
	"rollcall/registrar"
	"rollcall/tally/booth"
	"rollcall/tally/door"
	"rollcall/tally/record"
)

// Config is what an election line needs.
type Config struct {
	// State returns the state of the record as it is now.
	State func() *record.State
	// Published returns how many entries of the record are published, where State
	// can be ahead of that; nil if it never is.
	Published func() uint64
	// Evaluator is the registrar's PIN hardening.
	Evaluator registrar.Evaluator
	// Booth seals ballots. It is asked for at every call, for there is none
	// before the election is open.
	Booth func() (*booth.Booth, error)
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Election implements phone.Election.
type Election struct {
	cfg      Config
	manifest *entry.Manifest
	hash     [entry.HashSize]byte
	oprf     *credential.OPRFPublicKey
}

var _ phone.Election = (*Election)(nil)

// New returns the election of a record that has its manifest.
func New(cfg Config) (*Election, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := cfg.State()
	m := s.Manifest()
	if m == nil {
		return nil, errors.New("the board is empty: run rollcall init first")
	}
	oprf, err := credential.ParseOPRFPublicKey(m.OPRFKeys[0])
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return &Election{cfg: cfg, manifest: m, hash: s.Hash(), oprf: oprf}, nil
}

// Describe implements phone.Election.
func (e *Election) Describe() callflow.Election { return describe(e.manifest) }

// Identify implements phone.Election.
func (e *Election) Identify(ctx context.Context, voterNumber, pin []byte) (phone.Voter, error) {
	state := e.cfg.State()
	switch p := state.Phase(); {
	case p < record.PhaseOpen:
		return nil, phone.ErrNotOpen
	case p > record.PhaseOpen:
		return nil, phone.ErrClosed
	case !state.InWindow(uint64(e.cfg.Now().Unix())):
		return nil, phone.ErrOutsideHours
	}
	b, err := e.cfg.Booth()
	if err != nil {
		return nil, err
	}
	number, secret := string(voterNumber), string(pin)
	if credential.VerifyVoterNumber(number) != nil {
		return nil, phone.ErrWrongPIN
	}
	key, err := registrar.DeriveBallotKey(ctx, e.cfg.Evaluator, e.oprf, e.hash, number, secret)
	if err != nil {
		return nil, attempts(err)
	}
	on, hasCast, ok := state.VoterByKey([32]byte(key.Public().Bytes()))
	switch {
	case !ok:
		key.Wipe()
		return nil, phone.ErrWrongPIN
	case hasCast:
		defer key.Wipe()
		if at, _ := state.CastAt([32]byte(key.Public().Bytes())); e.cfg.Published != nil && at >= e.cfg.Published() {
			return nil, phone.ErrUnknown // it counts, and no witness has signed that
		}
		return nil, phone.ErrAlreadyCast
	}
	return &voter{e: e, booth: b, roll: on, key: key, number: number, pin: slices.Clone(pin)}, nil
}

// attempts names a budget that is used up.
func attempts(err error) error {
	if errors.Is(err, registrar.ErrBudget) {
		return fmt.Errorf("%w: %w", phone.ErrTooManyAttempts, err)
	}
	return err
}

// voter implements phone.Voter.
type voter struct {
	e      *Election
	booth  *booth.Booth
	roll   *record.Voter
	key    *schnorr.SecretKey
	number string
	pin    []byte
	sealed []*booth.Sealed
}

// Contests implements phone.Voter.
func (v *voter) Contests(lang string) []callflow.Contest {
	var list []callflow.Contest
	for _, i := range v.e.manifest.ContestsOf(v.roll.Unit) {
		list = append(list, contest(&v.e.manifest.Contests[i], lang))
	}
	return list
}

// Seed implements phone.Voter: the order of names turns with the credential.
func (v *voter) Seed() uint64 { return binary.BigEndian.Uint64(v.roll.BallotKey.Bytes()) }

// Close implements phone.Voter.
func (v *voter) Close() {
	v.key.Wipe()
	clear(v.pin)
	for _, s := range v.sealed {
		s.Wipe()
	}
}

// retryEvery is how long to wait while an earlier ballot of the voter, of a
// call that was cut off, waits for its tick.
const retryEvery = 300 * time.Millisecond

// Seal implements phone.Voter.
func (v *voter) Seal(ctx context.Context, choices [][]int) (phone.Ballot, error) {
	for {
		sealed, err := v.booth.Seal(ctx, v.key, v.roll.Unit, choices)
		switch {
		case err == nil:
			v.sealed = append(v.sealed, sealed)
			return &ballot{v: v, sealed: sealed}, nil
		case errors.Is(err, record.ErrDuplicate):
			select {
			case <-ctx.Done():
				return nil, phone.ErrNotSealed
			case <-time.After(retryEvery):
			}
		default:
			return nil, refusal(err)
		}
	}
}

// refusal turns what the door says into what the caller is told.
func refusal(err error) error {
	for _, r := range []struct{ is, say error }{
		{booth.ErrNotSealed, phone.ErrNotSealed},
		{door.ErrTooMany, phone.ErrTooManyBallots},
		{record.ErrClosed, phone.ErrOutsideHours},
		{record.ErrLate, phone.ErrTooLate},
		{record.ErrDuplicate, phone.ErrAlreadyCast},
		{record.ErrPhase, phone.ErrClosed},
	} {
		if errors.Is(err, r.is) {
			return fmt.Errorf("%w: %w", r.say, err)
		}
	}
	return err
}

// ballot implements phone.Ballot.
type ballot struct {
	v      *voter
	sealed *booth.Sealed
}

// Code implements phone.Ballot.
func (b *ballot) Code() string { return b.sealed.Code }

// Cast implements phone.Ballot. A cast code is right iff the key made of it is
// the cast key on the roll: nobody has it stored.
func (b *ballot) Cast(ctx context.Context, castCode []byte) error {
	v := b.v
	code := string(castCode)
	if credential.VerifyCastCode(code) != nil {
		return phone.ErrWrongCastCode
	}
	key, err := registrar.DeriveCastKey(ctx, v.e.cfg.Evaluator, v.e.oprf, v.e.hash, v.number, string(v.pin), code)
	if err != nil {
		return attempts(err)
	}
	defer key.Wipe()
	if !slices.Equal(key.Public().Bytes(), v.roll.CastKey.Bytes()) {
		return phone.ErrWrongCastCode
	}
	_, err = v.booth.Cast(ctx, b.sealed, key)
	return decision(err)
}

// Test implements phone.Ballot.
func (b *ballot) Test(ctx context.Context) error {
	_, err := b.v.booth.Test(ctx, b.sealed, b.v.key)
	return decision(err)
}

// decision is refusal for a cast or test. One that no tick covered in time may
// stand or not: that is none of the plain refusals.
func decision(err error) error {
	if errors.Is(err, booth.ErrNotSealed) {
		return err
	}
	return refusal(err)
}
