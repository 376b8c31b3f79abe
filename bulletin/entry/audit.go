package entry

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"

	"rollcall/crypto/transcript"
)

// Sizes of a list of audit credentials.
const (
	AuditKeySize = 32
	// MaxAudit is how many audit credentials an election may have: as many as one
	// entry can open.
	MaxAudit = 1800
)

// Audit says how many credentials of the roll belong to auditors, and commits to
// which, signed by the registrar.
type Audit struct {
	Counts     []uint64 `cbor:"counts" min:"1" max:"1000"` // of each unit
	Commitment []byte   `cbor:"commitment" size:"64"`      // AuditCommitment
}

// AuditList opens the commitment after the end, signed by the registrar.
type AuditList struct {
	Salt []byte `cbor:"salt" size:"32"`
	Keys []byte `cbor:"keys" max:"57600"` // ballot keys of 32 bytes, ascending
}

// Kind implements Body.
func (*Audit) Kind() Kind { return KindAudit }

// Kind implements Body.
func (*AuditList) Kind() Kind { return KindAuditList }

// Check holds counts against those of the whole roll: a unit has no more audit
// credentials than credentials, and all of them fit into one AuditList.
func (a *Audit) Check(roll []uint64) error {
	if len(a.Counts) != len(roll) {
		return fmt.Errorf("counts of %d units, want %d", len(a.Counts), len(roll))
	}
	sum := uint64(0)
	for u, n := range a.Counts {
		if n > roll[u] {
			return fmt.Errorf("counts: %d audit credentials in unit %d, the roll has %d voters there", n, u, roll[u])
		}
		if n > MaxAudit-sum { // never wraps: sum is at most MaxAudit
			return fmt.Errorf("counts: more than %d audit credentials", MaxAudit)
		}
		sum += n
	}
	return nil
}

// Credentials returns the ballot keys, which must be ascending and distinct.
func (l *AuditList) Credentials() ([][AuditKeySize]byte, error) {
	if len(l.Keys)%AuditKeySize != 0 {
		return nil, fmt.Errorf("keys: %d bytes are no multiple of %d", len(l.Keys), AuditKeySize)
	}
	var list [][AuditKeySize]byte
	for b := range slices.Chunk(l.Keys, AuditKeySize) {
		if n := len(list); n > 0 && bytes.Compare(list[n-1][:], b) >= 0 {
			return nil, fmt.Errorf("keys: number %d is not above the one before it", n)
		}
		list = append(list, [AuditKeySize]byte(b))
	}
	return list, nil
}

// ErrCommitment says that a list is not the one that was committed to.
var ErrCommitment = errors.New("not the credentials and salt that were committed to")

// Opens returns nil iff the list, whose credentials are given, is the one that a
// commitment is of.
func (l *AuditList) Opens(commitment []byte, electionHash [HashSize]byte, credentials [][AuditKeySize]byte) error {
	if want := AuditCommitment(electionHash, l.Salt, credentials); !bytes.Equal(commitment, want[:]) {
		return ErrCommitment
	}
	return nil
}

// AuditCommitment is the commitment to ascending credentials, SPEC.md, section 9.
func AuditCommitment(electionHash [HashSize]byte, salt []byte, credentials [][AuditKeySize]byte) [sha512.Size]byte {
	t := transcript.New("rollcall/v1/audit").Bytes(electionHash[:]).Bytes(salt).Uint64(uint64(len(credentials)))
	for i := range credentials {
		t.Bytes(credentials[i][:])
	}
	return t.Sum()
}
