package entry

import (
	"encoding/binary"
	"fmt"
)

// Sizes of the roll.
const (
	VoterSize     = 32 + 32 + 2 // ballot key, cast key, unit (big-endian)
	MaxRollVoters = 960         // in one chunk: 63,360 bytes
)

// Roll is one chunk of voters, in shuffled order, signed by the registrar.
type Roll struct {
	Chunk  uint64 `cbor:"chunk"` // from 0
	Voters []byte `cbor:"voters" min:"66" max:"63360"`
}

// Voter is one line of the roll.
type Voter struct {
	BallotKey, CastKey [32]byte
	Unit               uint64
}

// RollEnd closes the roll: the leaf hashes of its chunks in order, and how
// many voters each unit has.
type RollEnd struct {
	Chunks []byte   `cbor:"chunks" max:"64000"` // 32 bytes each
	Counts []uint64 `cbor:"counts" min:"1" max:"1000"`
}

// Kind implements Body.
func (*Roll) Kind() Kind { return KindRoll }

// Kind implements Body.
func (*RollEnd) Kind() Kind { return KindRollEnd }

// List returns the chunk's voters.
func (r *Roll) List() ([]Voter, error) {
	if len(r.Voters)%VoterSize != 0 {
		return nil, fmt.Errorf("roll.voters: %d bytes are no multiple of %d", len(r.Voters), VoterSize)
	}
	list := make([]Voter, 0, len(r.Voters)/VoterSize)
	for b := r.Voters; len(b) > 0; b = b[VoterSize:] {
		list = append(list, Voter{
			BallotKey: [32]byte(b[:32]),
			CastKey:   [32]byte(b[32:64]),
			Unit:      uint64(binary.BigEndian.Uint16(b[64:66])),
		})
	}
	return list, nil
}

// AppendVoter appends one voter's line to a chunk's bytes.
func AppendVoter(b []byte, v Voter) []byte {
	b = append(b, v.BallotKey[:]...)
	b = append(b, v.CastKey[:]...)
	return binary.BigEndian.AppendUint16(b, uint16(v.Unit))
}
