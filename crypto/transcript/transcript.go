// Package transcript hashes statements: SHA-512 over a domain tag and
// length-prefixed fields, read as a digest or, wide-reduced, as a challenge.
//
// Every hash of Rollcall that is not fixed by an outside standard is made
// here, so that the encoding is injective by construction: the tag and every
// field stand behind their lengths, so two different lists of tag and fields
// never give the same bytes, even where one tag begins with another. SPEC.md,
// section 3.
package transcript

import (
	"crypto/sha512"
	"encoding/binary"
	"hash"

	"rollcall/crypto/group"
)

// Size is the size of a digest in bytes.
const Size = sha512.Size

// Transcript accumulates one statement. Append only; a Transcript is used for
// one digest or one challenge.
type Transcript struct{ h hash.Hash }

// New starts a statement under a tag such as "rollcall/v1/proof/unit-vector".
func New(tag string) *Transcript {
	t := &Transcript{h: sha512.New()}
	return t.Bytes([]byte(tag))
}

// Bytes appends one field: its length as 8 bytes, big-endian, then itself.
func (t *Transcript) Bytes(b []byte) *Transcript {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	t.h.Write(n[:])
	t.h.Write(b)
	return t
}

// Uint64 appends one field of 8 bytes, big-endian.
func (t *Transcript) Uint64(v uint64) *Transcript {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	return t.Bytes(b[:])
}

// Point appends one field: the point's 32-byte encoding.
func (t *Transcript) Point(p *group.Point) *Transcript { return t.Bytes(p.Bytes()) }

// Scalar appends one field: the scalar's 32-byte encoding.
func (t *Transcript) Scalar(s *group.Scalar) *Transcript { return t.Bytes(s.Bytes()) }

// Sum returns the 64-byte digest of all fields.
func (t *Transcript) Sum() [Size]byte { return [Size]byte(t.h.Sum(nil)) }

// Challenge returns the digest as a little-endian number modulo the group
// order.
func (t *Transcript) Challenge() *group.Scalar {
	sum := t.Sum()
	return group.ScalarFromWide(&sum)
}

// Frame returns the fields as bytes without hashing them, each behind its
// 8-byte big-endian length: the message of a signature.
func Frame(fields ...[]byte) []byte {
	n := 0
	for _, f := range fields {
		n += 8 + len(f)
	}
	b := make([]byte, 0, n)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint64(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}
