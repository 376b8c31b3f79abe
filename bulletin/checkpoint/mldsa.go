package checkpoint

import (
	"encoding/binary"
	"fmt"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

// mldsaLabel opens the message of an ML-DSA-44 cosignature: 12 bytes, the last
// of them zero.
const mldsaLabel = "subtree/v1\n\x00"

// mldsaMessage returns what a witness signs with ML-DSA-44 (FIPS 204, with an
// empty context) to say that at time t the log origin had, as its largest
// consistent tree, size entries under root. It is cosigned_message of
// c2sp.org/tlog-cosignature, which is not the Ed25519 message with another
// signature: it is binary, names the witness, and has no extension lines.
//
//	label      12 bytes
//	witness    1 byte length, then its key name
//	t          8 bytes, big-endian, as all numbers here
//	origin     1 byte length, then the origin
//	start      8 bytes, 0: the tree from its first entry on
//	end        8 bytes, size
//	root       32 bytes
//
// Both names have 1 to 255 bytes, which checkName holds.
func mldsaMessage(witness, origin string, size uint64, root [32]byte, t uint64) []byte {
	b := append([]byte(mldsaLabel), byte(len(witness)))
	b = append(b, witness...)
	b = binary.BigEndian.AppendUint64(b, t)
	b = append(b, byte(len(origin)))
	b = append(b, origin...)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint64(b, size)
	return append(b, root[:]...)
}

// checkTimed refuses, beside what checkCosigned does, time 0. C2SP has a witness
// write it where it does not say that the tree is the largest it knows, which is
// what cosignatures are for.
func checkTimed(origin string, t uint64) error {
	if err := checkCosigned(origin, t); err != nil {
		return err
	}
	if t == 0 {
		return fmt.Errorf("%w cosignature: ML-DSA-44 at time 0 does not speak of the largest tree", ErrInvalid)
	}
	return nil
}

// unpackMLDSA reads a public key of 1,312 bytes. Every string of that length is
// the only encoding of some key.
func unpackMLDSA(pub []byte) (*mldsa44.PublicKey, error) {
	if len(pub) != mldsa44.PublicKeySize {
		return nil, fmt.Errorf("%w ML-DSA-44 key: %d bytes, want %d", ErrInvalid, len(pub), mldsa44.PublicKeySize)
	}
	key := new(mldsa44.PublicKey)
	key.Unpack((*[mldsa44.PublicKeySize]byte)(pub))
	return key, nil
}

// verifyMLDSA checks an ML-DSA-44 cosignature of 2,420 bytes by the witness of
// some name.
func verifyMLDSA(key *mldsa44.PublicKey, witness string, c Checkpoint, t uint64, sig []byte) error {
	if err := checkTimed(c.Origin, t); err != nil {
		return err
	}
	if len(sig) != mldsa44.SignatureSize {
		return fmt.Errorf("%w signature: %d bytes, want %d", ErrInvalid, len(sig), mldsa44.SignatureSize)
	}
	if !mldsa44.Verify(key, mldsaMessage(witness, c.Origin, c.Size, c.Root, t), nil, sig) {
		return fmt.Errorf("%w ML-DSA-44 cosignature of size %d at time %d: does not verify", ErrInvalid, c.Size, t)
	}
	return nil
}

// signMLDSA makes what verifyMLDSA checks. It is hedged with fresh randomness, as
// FIPS 204 advises, so that two signatures of one message differ.
func signMLDSA(key *mldsa44.PrivateKey, witness string, c Checkpoint, t uint64) ([]byte, error) {
	if err := checkTimed(c.Origin, t); err != nil {
		return nil, err
	}
	sig := make([]byte, mldsa44.SignatureSize)
	if err := mldsa44.SignTo(key, mldsaMessage(witness, c.Origin, c.Size, c.Root, t), nil, true, sig); err != nil {
		return nil, fmt.Errorf("ML-DSA-44 cosignature: %w", err)
	}
	return sig, nil
}
