package dkg

import (
	"crypto/sha512"
	"errors"
	"fmt"

	"rollcall/crypto/group"
)

// The specification's own signature scheme ("Schnorr Signature Scheme"). It
// differs from crypto/schnorr in its prefixes, so no signature of one is ever
// a signature of the other, and in its nonce, which the vectors fix.

const (
	signatureSize = group.PointSize + group.ScalarSize
	prefixH7      = "COCKTAIL-DKG-Ristretto255-SHA512-H7"
	prefixNonce   = "COCKTAIL-DKG-Ristretto255-SHA512-NONCE"
)

var errEquation = errors.New("equation does not hold")

// sign returns R || z, 64 bytes ("Schnorr Sign Algorithm"). It fails only for
// a nonce of zero, and then this pair of key and message is lost.
func sign(sk *group.Scalar, message []byte) ([]byte, error) {
	pk := group.MulBase(sk).Encoded()
	key := sk.Bytes()
	k := hashToScalar([]byte(prefixNonce), key, message)
	clear(key)
	if k.IsZero() {
		return nil, errors.New("signature nonce is zero")
	}
	r := group.MulBase(k).Encoded()
	z := k.Add(challenge(r, pk, message).Mul(sk))
	k.Wipe()
	return append(r.Bytes(), z.Bytes()...), nil
}

// verify checks a signature of 64 bytes ("Schnorr Verify Algorithm").
func verify(pk *group.Point, message, signature []byte) error {
	if len(signature) != signatureSize {
		return fmt.Errorf("signature has %d bytes, want %d", len(signature), signatureSize)
	}
	z, err := group.ParseScalar(signature[group.PointSize:])
	if err != nil {
		return fmt.Errorf("signature z: %w", err)
	}
	r, err := group.ParseElement(signature[:group.PointSize])
	if err != nil {
		return fmt.Errorf("signature R: %w", err)
	}
	c := challenge(r, pk, message)
	rhs := r.Add(group.VarTimeMultiMul([]*group.Scalar{c}, []*group.Point{pk}))
	if !group.MulBase(z).Equal(rhs) {
		return errEquation
	}
	return nil
}

func challenge(r, pk *group.Point, message []byte) *group.Scalar {
	return hashToScalar([]byte(prefixH7), r.Bytes(), pk.Bytes(), message)
}

// hashToScalar is HashToScalar of the concatenated parts ("Schnorr
// Hash-to-Scalar Reduction").
func hashToScalar(parts ...[]byte) *group.Scalar {
	h := sha512.New()
	for _, part := range parts {
		h.Write(part)
	}
	var sum [64]byte
	h.Sum(sum[:0])
	s := group.ScalarFromWide(&sum)
	clear(sum[:])
	return s
}
