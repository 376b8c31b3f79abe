package record

import (
	"fmt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
	"rollcall/tally/sums"
)

// Verify checks an entry's signatures and, for ballots and tests, proofs and
// openings: everything that is slow and needs only what is settled before the
// entry can be made (manifest, roll, joint key, the ballot a decision names).
// It is safe to call for many entries at once.
func (s *State) Verify(e *entry.Entry) error {
	switch b := e.Body.(type) {
	case *entry.Manifest:
		return verifyManifest(e, b)
	case *entry.Ballot:
		return s.verifyBallot(e, b)
	case *entry.Cast, *entry.Test:
		return s.verifyDecision(e)
	}
	if s.Manifest() == nil {
		return refuse(e.Kind(), ErrPhase, "there is no manifest yet")
	}
	signer, err := s.roleOf(e)
	if err != nil {
		return err
	}
	return s.signed(e, signer)
}

func verifyManifest(e *entry.Entry, b *entry.Manifest) error {
	if err := b.Check(); err != nil {
		return refuse(e.Kind(), ErrContent, "%v", err)
	}
	keys, err := decodeKeys(b)
	if err != nil {
		return refuse(e.Kind(), ErrContent, "%v", err)
	}
	if err := e.VerifySignatures(nil, keys.authority); err != nil {
		return refuse(e.Kind(), ErrSignature, "%v", err)
	}
	return nil
}

func (s *State) signed(e *entry.Entry, signers ...schnorr.PublicKey) error {
	hash := s.Hash()
	if err := e.VerifySignatures(hash[:], signers...); err != nil {
		return refuse(e.Kind(), ErrSignature, "%v", err)
	}
	return nil
}

// roleOf returns the key that must sign an entry of one signature.
func (s *State) roleOf(e *entry.Entry) (schnorr.PublicKey, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	trustee := uint64(0)
	switch b := e.Body.(type) {
	case *entry.Roll, *entry.RollEnd, *entry.Audit, *entry.AuditList:
		return s.keys.registrar, nil
	case *entry.Tick, *entry.End, *entry.Totals, *entry.TotalsEnd:
		return s.keys.board, nil
	case *entry.Commitment:
		trustee = b.Trustee
	case *entry.Round1:
		trustee = b.Trustee
	case *entry.Complaint:
		trustee = b.Trustee
	case *entry.Confirm:
		trustee = b.Trustee
	case *entry.Share:
		trustee = b.Trustee
	case *entry.ShareEnd:
		trustee = b.Trustee
	default:
		return s.keys.authority, nil
	}
	if trustee < 1 || trustee > uint64(len(s.keys.trustees)) {
		return schnorr.PublicKey{}, refuse(e.Kind(), ErrContent, "trustee: there is no trustee %d", trustee)
	}
	return s.keys.trustees[trustee-1], nil
}

// ballotSigners finds the voter and the booth that a ballot names.
func (s *State) ballotSigners(e *entry.Entry) (*Voter, schnorr.PublicKey, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	voter, booth, ok := s.signers(e)
	switch {
	case voter == nil:
		return nil, schnorr.PublicKey{}, refuse(e.Kind(), ErrSignature, "credential is not on the roll")
	case !ok:
		return nil, schnorr.PublicKey{}, refuse(e.Kind(), ErrSignature, "signer 1 is no booth of the manifest")
	}
	return voter, booth, nil
}

func (s *State) verifyBallot(e *entry.Entry, b *entry.Ballot) error {
	k, key := e.Kind(), s.JointKey()
	if key == nil {
		return refuse(k, ErrPhase, "the election is not open")
	}
	voter, booth, err := s.ballotSigners(e)
	if err != nil {
		return err
	}
	if err := s.signed(e, voter.BallotKey, booth); err != nil {
		return err
	}
	m := s.Manifest()
	want := m.ContestsOf(voter.Unit)
	if len(b.Contests) != len(want) {
		return refuse(k, ErrContent, "%d contests, want %d", len(b.Contests), len(want))
	}
	alphas := map[[32]byte]bool{}
	// To make hints and decode with them is faster than to decode without.
	hints := sums.MakeHints(b.Contests)
	decoder := group.NewDecoder(hints)
	for i, c := range b.Contests {
		if c.Contest != want[i] {
			return refuse(k, ErrContent, "contests[%d]: contest %d, want %d", i, c.Contest, want[i])
		}
		contest := &m.Contests[c.Contest]
		ciphertexts, err := elgamal.DecodeCiphertexts(decoder, c.Ciphertexts, contest.Ciphertexts())
		if err != nil {
			return refuse(k, ErrContent, "contest %d: %v", c.Contest, err)
		}
		for j, ct := range ciphertexts {
			alpha := [32]byte(ct.Alpha.Bytes())
			if alphas[alpha] {
				return refuse(k, ErrDuplicate, "contest %d, option %d: alpha stands twice in the ballot", c.Contest, j)
			}
			alphas[alpha] = true
		}
		st := Statement(s.Hash(), key, voter, contest, c.Contest, ciphertexts)
		verify := sigma.VerifyRange
		if contest.Limit == 1 {
			verify = sigma.VerifyUnitVector
		}
		if err := verify(st, c.Proof); err != nil {
			return refuse(k, ErrProof, "contest %d, %v", c.Contest, err)
		}
	}
	s.running.hand(e.LeafHash(), hints)
	return nil
}

// Statement returns what the proof of one contest of a ballot speaks of.
func Statement(hash [entry.HashSize]byte, key *group.Point, voter *Voter, contest *entry.Contest, position uint64, ciphertexts []elgamal.Ciphertext) *sigma.Statement {
	return &sigma.Statement{
		ElectionHash: hash, Key: key, Credential: [32]byte(voter.BallotKey.Bytes()),
		Contest: position, Unit: voter.Unit, Limit: int(contest.Limit), Ciphertexts: ciphertexts,
	}
}

func (s *State) verifyDecision(e *entry.Entry) error {
	index, _ := decisionTarget(e)
	s.mu.RLock()
	ballot := s.voting.ballots[index]
	s.mu.RUnlock()
	if ballot == nil {
		return refuse(e.Kind(), ErrContent, "ballot: entry %d is no ballot", index)
	}
	test, isTest := e.Body.(*entry.Test)
	if !isTest {
		return s.signed(e, ballot.Voter.CastKey, ballot.Booth)
	}
	if err := s.signed(e, ballot.Voter.BallotKey, ballot.Booth); err != nil {
		return err
	}
	if len(test.Openings) != len(ballot.Contests) {
		return refuse(e.Kind(), ErrContent, "%d openings, want %d", len(test.Openings), len(ballot.Contests))
	}
	enc, err := elgamal.NewEncryptor(s.JointKey())
	if err != nil {
		return err
	}
	for i := range test.Openings {
		contest := &s.Manifest().Contests[ballot.Contests[i].Contest]
		if err := verifyOpening(enc, &ballot.Contests[i], contest, &test.Openings[i]); err != nil {
			return refuse(e.Kind(), ErrProof, "contest %d: %v", ballot.Contests[i].Contest, err)
		}
	}
	return nil
}

// verifyOpening is rule 7 of SPEC.md, section 11, for one contest.
func verifyOpening(enc *elgamal.Encryptor, sealed *entry.SealedContest, contest *entry.Contest, o *entry.Opening) error {
	n := contest.Ciphertexts()
	if o.Contest != sealed.Contest {
		return fmt.Errorf("opening is of contest %d", o.Contest)
	}
	if len(o.Nonces) != n*group.ScalarSize {
		return fmt.Errorf("nonces have %d bytes, want %d", len(o.Nonces), n*group.ScalarSize)
	}
	most := int(contest.Limit)
	if len(o.Selected) > most || most == 1 && len(o.Selected) != 1 {
		return fmt.Errorf("%d selected, at most %d may be", len(o.Selected), most)
	}
	votes := make([]uint64, n)
	for i, v := range o.Selected {
		if v >= uint64(n) || i > 0 && o.Selected[i-1] >= v {
			return fmt.Errorf("selected[%d]: %d is out of range or not ascending", i, v)
		}
		votes[v] = 1
	}
	ciphertexts, err := elgamal.ParseCiphertexts(sealed.Ciphertexts, n)
	if err != nil {
		return err
	}
	for i, c := range ciphertexts {
		r, err := group.ParseScalar(o.Nonces[i*group.ScalarSize : (i+1)*group.ScalarSize])
		if err != nil {
			return fmt.Errorf("option %d: nonce: %w", i, err)
		}
		if err := enc.VerifyOpening(c, votes[i], r); err != nil {
			return fmt.Errorf("option %d: %w", i, err)
		}
	}
	return nil
}
