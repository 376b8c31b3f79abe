package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
)

// All numbers below are 32 bytes little-endian, as in RFC 8032.
var (
	// fieldPrime is p = 2^255 - 19.
	fieldPrime = mustHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
	// groupOrder is l = 2^252 + 27742317777372353535851937790883648493.
	groupOrder = mustHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	// smallOrder holds the y-coordinates of the eight points of small order, the
	// sign bit clear: orders 4, 1, 2, 8 and 8.
	smallOrder = [][]byte{
		make([]byte, 32),
		mustHex("0100000000000000000000000000000000000000000000000000000000000000"),
		mustHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		mustHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
		mustHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
	}
)

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// CheckPublicKey refuses what crypto/ed25519 lets pass as a public key: a
// non-canonical encoding, and a point of small order, under which one
// signature fits many messages (Chalkias, Garillot, Nikolaenko, "Taming the
// many EdDSAs", 2020).
func CheckPublicKey(pub []byte) error {
	if len(pub) != ed25519.PublicKeySize {
		return fmt.Errorf("%w Ed25519 key: %d bytes, want %d", ErrInvalid, len(pub), ed25519.PublicKeySize)
	}
	y := bytes.Clone(pub)
	y[31] &= 0x7f
	if !lessLE(y, fieldPrime) {
		return fmt.Errorf("%w Ed25519 key: encoding is not canonical", ErrInvalid)
	}
	for _, s := range smallOrder {
		if bytes.Equal(y, s) {
			return fmt.Errorf("%w Ed25519 key: point of small order", ErrInvalid)
		}
	}
	return nil
}

// verify checks an Ed25519 signature (RFC 8032, the equation without cofactor)
// of 64 bytes, strictly: canonical S, and a key that CheckPublicKey accepts.
func verify(pub, msg, sig []byte) error {
	if err := CheckPublicKey(pub); err != nil {
		return err
	}
	if len(sig) != ed25519.SignatureSize {
		return fmt.Errorf("%w signature: %d bytes, want %d", ErrInvalid, len(sig), ed25519.SignatureSize)
	}
	if !lessLE(sig[32:], groupOrder) {
		return fmt.Errorf("%w signature: S is not below the group order", ErrInvalid)
	}
	if !ed25519.Verify(pub, msg, sig) {
		return fmt.Errorf("%w signature: does not verify", ErrInvalid)
	}
	return nil
}

// lessLE reports a < b for little-endian numbers of one length. Its inputs are
// public.
func lessLE(a, b []byte) bool {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
