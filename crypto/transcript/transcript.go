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
	"sync"

	"rollcall/crypto/group"
)

// Size is the size of a digest in bytes.
const Size = sha512.Size

// Transcript accumulates one statement. Append only; a Transcript is used for
// one digest or one challenge, and can not be used after it.
type Transcript struct{ fields *[]byte }

// maxRoom is the largest buffer that is kept, in bytes: the statement of a share
// can have 64 MB.
const maxRoom = 64 << 10

// rooms are wiped buffers that statements are put together in.
var rooms = sync.Pool{New: func() any {
	b := make([]byte, 0, 1024)
	return &b
}}

// New starts a statement under a tag such as "rollcall/v1/proof/unit-vector".
func New(tag string) *Transcript {
	t := &Transcript{rooms.Get().(*[]byte)}
	t.grow(8 + len(tag))
	*t.fields = append(binary.BigEndian.AppendUint64(*t.fields, uint64(len(tag))), tag...)
	return t
}

// grow makes room for n more bytes.
func (t *Transcript) grow(n int) {
	if old := *t.fields; cap(old)-len(old) < n {
		*t.fields = append(make([]byte, 0, 2*len(old)+n), old...)
		clear(old) // some fields are secret
	}
}

// Bytes appends one field: its length as 8 bytes, big-endian, then itself.
func (t *Transcript) Bytes(b []byte) *Transcript {
	t.grow(8 + len(b))
	*t.fields = append(binary.BigEndian.AppendUint64(*t.fields, uint64(len(b))), b...)
	return t
}

// Public appends one field of n bytes, which appendTo appends, as Bytes would
// without a copy of them. It panics if there are more or less.
func (t *Transcript) Public(n int, appendTo func([]byte) []byte) *Transcript {
	t.grow(8 + n)
	start := binary.BigEndian.AppendUint64(*t.fields, uint64(n))
	*t.fields = appendTo(start)
	if len(*t.fields) != len(start)+n {
		clear(start)
		panic("transcript: a field is not as long as was said")
	}
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

// Sum returns the 64-byte digest of all fields, which it wipes: some are secret.
func (t *Transcript) Sum() [Size]byte {
	sum := sha512.Sum512(*t.fields)
	t.release()
	return sum
}

// release wipes the fields and leaves their room to the next statement.
func (t *Transcript) release() {
	clear(*t.fields)
	if *t.fields = (*t.fields)[:0]; cap(*t.fields) <= maxRoom {
		rooms.Put(t.fields)
	}
	t.fields = nil // a second use must not meet the next one's fields
}

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
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(f))), f...)
	}
	return b
}
