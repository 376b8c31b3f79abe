package trustee

import (
	"context"
	"errors"
	"fmt"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/threshold"
	"rollcall/tally/count"
	"rollcall/tally/follow"
	"rollcall/tally/record"
	"rollcall/verifier"
)

// Errors of Decrypt.
var (
	// ErrNotVerified says that the record does not pass the checks that must
	// hold before anything is decrypted.
	ErrNotVerified = errors.New("the record is not verified, so nothing is decrypted")
	// ErrPinned says that the key file has decrypted another tree.
	ErrPinned = errors.New("this key has been used for another record and never decrypts a second one")
	// ErrRestored says that a key restored from a backup has to wait for the
	// others.
	ErrRestored = errors.New("a restored key decrypts last")
	// ErrForeign says that the share on the board is not what this key makes:
	// somebody else has the trustee's signing key.
	ErrForeign = errors.New("a share that is not valid was posted in this trustee's name before")
)

// required are the checks a trustee runs itself before it decrypts: all that
// lead to the sums. Shares and result come after.
var required = []string{"V01", "V02", "V03", "V04", "V05", "V06", "V07", "V08", "V09", "V10", "V11", "V12", "V13", "V14", "V19"}

// Source is where a trustee reads the record, and by what it judges it.
type Source struct {
	Reader tlog.Reader
	Policy *checkpoint.Policy
	ID     entry.ElectionID
	// Progress, if set, is told how many entries of how many are verified.
	Progress func(done, total uint64)
}

// Decrypt verifies the ended record, binds the key file to its tree, and posts
// the trustee's share. It takes no sums from anybody: it decrypts those that
// the verification has recomputed.
//
// restored says that the key file is a copy from a backup, whose pin may be
// older than the last use. Such a key does not decrypt unless threshold-1 other
// trustees have posted valid shares of the same tree.
func (t *Trustee) Decrypt(ctx context.Context, src Source, board Poster, restored bool) error {
	report, err := verifier.Verify(ctx, src.Reader, verifier.Options{ElectionID: src.ID, Policy: src.Policy, Progress: src.Progress})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotVerified, err)
	}
	if err := report.RequirePassed(required...); err != nil {
		return fmt.Errorf("%w: %w", ErrNotVerified, err)
	}
	tally := report.Tally
	if t.s.Share == nil {
		return errors.New("this key file has no share of the election key: rollcall trustee ceremony finishes the key ceremony")
	}
	if err := t.bind(tally.ElectionHash); err != nil {
		return err
	}
	secret, err := group.ParseScalar(t.s.Share)
	if err != nil {
		return errors.New("the share in the key file is damaged")
	}
	defer secret.Wipe()
	me := shareIndex(tally, secret)
	if me == 0 {
		return errors.New("the share in the key file belongs to another key than the election's")
	}
	var sums []elgamal.Ciphertext
	for _, p := range tally.Parts {
		sums = append(sums, p.Sums...)
	}
	if len(sums) == 0 {
		return nil // every part is empty or withheld: there is nothing to decrypt
	}
	follower := follow.New(src.Reader, src.Policy, src.ID)
	if _, err := follower.Update(ctx); err != nil {
		return err
	}
	if restored {
		if err := checkOthers(follower.State(), tally, sums, me); err != nil {
			return err
		}
	}
	if err := t.pin(tally); err != nil {
		return err
	}
	return t.postShare(ctx, follower.State(), tally, sums, me, secret, board)
}

// shareIndex returns whose verification share belongs to a secret, from 1, or
// 0.
func shareIndex(tally *verifier.Tally, secret *group.Scalar) uint64 {
	y := group.MulBase(secret)
	for i, v := range tally.VerificationShares {
		if v.Equal(y) {
			return uint64(i + 1)
		}
	}
	return 0
}

// pin writes the tree into the key file before anything is decrypted, and
// refuses any other tree for ever.
func (t *Trustee) pin(tally *verifier.Tally) error {
	if p := t.s.Pinned; p != nil {
		if p.End != tally.End || string(p.Root) != string(tally.Root[:]) {
			return fmt.Errorf("%w (it was used for the record that ends with entry %d)", ErrPinned, p.End)
		}
		return nil
	}
	return t.change(func(s *secrets) { s.Pinned = &pin{End: tally.End, Root: tally.Root[:]} })
}

// statement returns what the proof of one trustee's share speaks of.
func statement(tally *verifier.Tally, sums []elgamal.Ciphertext, trustee uint64) *threshold.Statement {
	keys := &dkg.Result{JointKey: tally.JointKey, VerificationShares: tally.VerificationShares}
	return count.ShareStatement(tally.ElectionHash, keys, sums, tally.End, tally.Root, trustee)
}

// verifyShare returns why a share that a trustee has posted is not valid.
func verifyShare(share *record.Share, tally *verifier.Tally, sums []elgamal.Ciphertext, trustee uint64) error {
	if share.End.End != tally.End || [32]byte(share.End.Root) != tally.Root {
		return errors.New("it was made for another record")
	}
	points, err := threshold.ParseShares(share.Points, len(sums))
	if err != nil {
		return err
	}
	return threshold.Verify(statement(tally, sums, trustee), points, share.End.Proof)
}

// checkOthers holds that threshold-1 other trustees have posted valid shares of
// the same tree.
func checkOthers(s *record.State, tally *verifier.Tally, sums []elgamal.Ciphertext, me uint64) error {
	valid := uint64(0)
	for i, share := range s.Shares() {
		if i != me && verifyShare(&share, tally, sums, i) == nil {
			valid++
		}
	}
	if need := s.Manifest().Threshold - 1; valid < need {
		return fmt.Errorf("%w: %d other trustees have posted valid shares of this record, %d must", ErrRestored, valid, need)
	}
	return nil
}

// postShare computes and posts the share; chunks that are there from an
// earlier try are not posted again. Partial decryptions are the same each time,
// so the chunks fit together whichever try made them.
func (t *Trustee) postShare(ctx context.Context, s *record.State, tally *verifier.Tally, sums []elgamal.Ciphertext, me uint64, secret *group.Scalar, board Poster) error {
	hashes, complete := s.PostedShare(me)
	if complete {
		// The board takes one share of a trustee, whoever holds its signing key.
		share := s.Shares()[me]
		if err := verifyShare(&share, tally, sums, me); err != nil {
			return fmt.Errorf("trustee %d: %w: %w", me, ErrForeign, err)
		}
		return nil
	}
	points, proof, err := threshold.Prove(statement(tally, sums, me), secret)
	if err != nil {
		return err
	}
	post := func(body entry.Body) (*entry.Entry, error) {
		e, err := entry.Sign(body, tally.ElectionHash[:], t.signing)
		if err != nil {
			return nil, err
		}
		_, err = board.Post(ctx, e.Bytes())
		return e, err
	}
	for i, chunk := range count.ShareChunks(points) {
		if i < len(hashes)/32 {
			continue
		}
		e, err := post(&entry.Share{Trustee: me, Chunk: uint64(i), Points: chunk})
		if err != nil {
			return fmt.Errorf("share, chunk %d: %w", i, err)
		}
		leaf := e.LeafHash()
		hashes = append(hashes, leaf[:]...)
	}
	_, err = post(&entry.ShareEnd{Trustee: me, End: tally.End, Root: tally.Root[:], Chunks: hashes, Proof: proof})
	return err
}
