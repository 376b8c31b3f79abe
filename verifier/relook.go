package verifier

import (
	"bytes"
	"context"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// relook reads the record again and compares in full the values behind every
// fingerprint on which something was decided. It reports whether two different
// ones share a fingerprint: then the record must be judged anew under another
// key.
func (j *judge) relook(ctx context.Context) (collided bool, err error) {
	values := make(map[uint64][]byte, len(j.hits))
	look := func(value []byte) {
		f := j.prints.of(value)
		if !j.hits[f] {
			return
		}
		if first, ok := values[f]; !ok {
			values[f] = bytes.Clone(value)
		} else if !bytes.Equal(first, value) {
			collided = true
		}
	}
	err = tlog.Entries(ctx, j.source, 0, j.log.claimed.Size, func(_ uint64, raw []byte) error {
		e, err := entry.Decode(raw)
		if err != nil {
			return nil // V06 has said so
		}
		switch b := e.Body.(type) {
		case *entry.Roll:
			list, err := b.List()
			if err != nil {
				return nil // V04 has said so
			}
			for i := range list {
				look(list[i].BallotKey[:])
				look(list[i].CastKey[:])
			}
		case *entry.Ballot:
			for _, c := range b.Contests {
				for k := 0; k+group.PointSize <= len(c.Ciphertexts); k += elgamal.CiphertextSize {
					look(c.Ciphertexts[k : k+group.PointSize])
				}
			}
		}
		return nil
	})
	return collided, err
}
