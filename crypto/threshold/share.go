// Package threshold decrypts sums of ballots among trustees: each publishes
// x_i*A for every sum A with one proof, and any k of them are combined.
//
// Here live the proof, Lagrange interpolation and the combination. Keys come
// from crypto/dkg, and which sums may be decrypted at all is decided by the
// trustee's tool, which takes sums from nobody; this package decrypts what it
// is given. SPEC.md, section 14.
package threshold

import (
	"errors"
	"fmt"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

const shareTag = "rollcall/v1/proof/share"

// MaxSums bounds the sums of one proof.
const MaxSums = 1 << 20

// ProofSize is the size of a proof in bytes: commitments a and b, challenge
// and response, 32 each.
const ProofSize = 4 * 32

// ErrChallenge says that the challenge of a proof is not the hash of its
// statement, shares and commitments: the proof was made for something else.
var ErrChallenge = errors.New("challenge is not that of the statement")

// Statement is what a trustee's proof speaks of beside the shares. All of it
// is hashed.
type Statement struct {
	// ElectionHash is the SHA-512 of the manifest entry.
	ElectionHash [64]byte
	// Key is the joint key K.
	Key *group.Point
	// End is the index of the end entry, and Root the root of the tree of the
	// End+1 entries up to and with it.
	End  uint64
	Root [32]byte
	// Trustee is the trustee's index, from 1.
	Trustee uint64
	// VerificationShare is Y_i = x_i*G of that trustee.
	VerificationShare *group.Point
	// Alphas are those of all sums, in the order of the totals entries. The
	// identity is legal: who makes ballots can choose their randomness so that
	// it adds up to zero, which must not keep the rest from being decrypted.
	Alphas []*group.Point
}

// check refuses statements that no proof may be made or verified for.
func (s *Statement) check() error {
	if s.Trustee == 0 {
		return errors.New("trustee index is 0, must be from 1")
	}
	if s.Key == nil || s.Key.IsIdentity() {
		return fmt.Errorf("joint key: %w", group.ErrIdentity)
	}
	if s.VerificationShare == nil || s.VerificationShare.IsIdentity() {
		return fmt.Errorf("verification share: %w", group.ErrIdentity)
	}
	if n := len(s.Alphas); n == 0 || n > MaxSums {
		return fmt.Errorf("have %d sums, want 1 to %d", n, MaxSums)
	}
	for i, a := range s.Alphas {
		if a == nil {
			return fmt.Errorf("sum %d has no alpha", i)
		}
	}
	return nil
}

// digest is D, the hash of the whole statement with every share.
func (s *Statement) digest(shares []*group.Point) []byte {
	pairs := make([]byte, 0, len(shares)*2*group.PointSize)
	for i, a := range s.Alphas {
		pairs = append(pairs, a.Bytes()...)
		pairs = append(pairs, shares[i].Bytes()...)
	}
	d := transcript.New(shareTag).
		Bytes(s.ElectionHash[:]).
		Point(s.Key).
		Uint64(s.End).
		Bytes(s.Root[:]).
		Uint64(s.Trustee).
		Point(s.VerificationShare).
		Uint64(uint64(len(shares))).
		Bytes(pairs).
		Sum()
	return d[:]
}

// weights are w_s, powers of a hash of the digest and so of every share: weights
// that were known before would let two altered shares cancel.
func weights(digest []byte, n int) []*group.Scalar {
	return transcript.New(shareTag + "/weight").Bytes(digest).Challenge().Powers(n)
}

func challenge(digest []byte, a, b *group.Point) *group.Scalar {
	return transcript.New(shareTag + "/challenge").Bytes(digest).Point(a).Point(b).Challenge()
}

// Prove computes the shares x_i*A of all sums and the proof, of ProofSize
// bytes, that they are right. The secret x must be that of the statement's
// verification share. Constant time in x.
func Prove(st *Statement, x *group.Scalar) (shares []*group.Point, proof []byte, err error) {
	if err := st.check(); err != nil {
		return nil, nil, err
	}
	if !group.MulBase(x).Equal(st.VerificationShare) {
		return nil, nil, fmt.Errorf("secret share of trustee %d is not that of its verification share", st.Trustee)
	}
	shares = make([]*group.Point, len(st.Alphas))
	for i, a := range st.Alphas {
		shares[i] = a.Mul(x).Encoded()
	}
	digest := st.digest(shares)
	alpha := group.VarTimeMultiMul(weights(digest, len(shares)), st.Alphas)
	t := group.RandomScalar()
	a, b := group.MulBase(t).Encoded(), alpha.Mul(t).Encoded()
	c := challenge(digest, a, b)
	z := t.Add(c.Mul(x))
	t.Wipe()
	proof = append(a.Bytes(), b.Bytes()...)
	proof = append(proof, c.Bytes()...)
	return shares, append(proof, z.Bytes()...), nil
}

// Equations decodes a proof about the shares of all sums and returns the two
// equations that must hold for them to be right. Everything that is no
// equation between points has been checked when it returns without error.
// Public values only.
func Equations(st *Statement, shares []*group.Point, proof []byte) ([]group.Equation, error) {
	if err := st.check(); err != nil {
		return nil, err
	}
	if len(shares) != len(st.Alphas) {
		return nil, fmt.Errorf("have %d shares, want %d", len(shares), len(st.Alphas))
	}
	for i, d := range shares {
		if d == nil {
			return nil, fmt.Errorf("share %d is missing", i)
		}
	}
	if len(proof) != ProofSize {
		return nil, fmt.Errorf("proof has %d bytes, want %d", len(proof), ProofSize)
	}
	a, err := group.ParseElement(proof[:32])
	if err != nil {
		return nil, fmt.Errorf("commitment a: %w", err)
	}
	// b = t*Abar is the identity where all alphas are.
	b, err := group.ParsePoint(proof[32:64])
	if err != nil {
		return nil, fmt.Errorf("commitment b: %w", err)
	}
	c, err := group.ParseScalar(proof[64:96])
	if err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	z, err := group.ParseScalar(proof[96:])
	if err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	digest := st.digest(shares)
	if !challenge(digest, a, b).Equal(c) {
		return nil, ErrChallenge
	}
	w := weights(digest, len(shares))
	alpha, share := group.VarTimeCombination(w, st.Alphas), group.VarTimeCombination(w, shares)
	return []group.Equation{{
		Label:     "response to the verification share",
		BaseCoeff: z,
		Terms:     []group.Term{{Point: a}, {Scalar: c, Point: st.VerificationShare}},
	}, {
		Label: "response to the shares",
		Terms: []group.Term{{Scalar: z.Neg(), Point: alpha}, {Point: b}, {Scalar: c, Point: share}},
	}}, nil
}

// Verify checks a trustee's shares of all sums. The error names what does not
// match.
func Verify(st *Statement, shares []*group.Point, proof []byte) error {
	equations, err := Equations(st, shares, proof)
	if err != nil {
		return err
	}
	return group.VarTimeCheckTogether(equations, st.Key)
}

// ParseShares decodes exactly n shares of 32 bytes each, refusing non-canonical
// points. The identity is legal: it is the share of a sum whose alpha is the
// identity, and the proof refuses it for any other. The error names the
// position, from 0.
func ParseShares(b []byte, n int) ([]*group.Point, error) {
	// Dividing, since n*PointSize could overflow for a hostile n.
	if len(b)%group.PointSize != 0 || len(b)/group.PointSize != n {
		return nil, fmt.Errorf("%d shares have %d bytes, want %d each", n, len(b), group.PointSize)
	}
	shares := make([]*group.Point, n)
	for i := range shares {
		var err error
		if shares[i], err = group.ParsePoint(b[i*group.PointSize : (i+1)*group.PointSize]); err != nil {
			return nil, fmt.Errorf("share %d: %w", i, err)
		}
	}
	return shares, nil
}
