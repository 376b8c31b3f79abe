package hint

import (
	"iter"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
)

// Points yields the encoded points of entries that have hints, 32 bytes each, in
// their order. Entries of which an election has few have none, nor has nil.
func Points(entries ...*entry.Entry) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, e := range entries {
			if e != nil && !ofEntry(e, yield) {
				return
			}
		}
	}
}

// ofEntry yields those of one entry, and reports whether all were wanted.
func ofEntry(e *entry.Entry, yield func([]byte) bool) bool {
	switch b := e.Body.(type) {
	case *entry.Roll:
		return yield(e.Signatures[0].Value[:group.PointSize]) && voters(b.Voters, yield)
	case *entry.Ballot:
		if !signers(e, yield) {
			return false
		}
		for _, c := range b.Contests {
			if !every(c.Ciphertexts, 1, yield) || !every(c.Proof, 2, yield) {
				return false
			}
		}
	case *entry.Cast, *entry.Test:
		return signers(e, yield)
	}
	return true
}

// voters yields both keys of every voter in a chunk of the roll.
func voters(b []byte, yield func([]byte) bool) bool {
	for ; len(b) >= entry.VoterSize; b = b[entry.VoterSize:] {
		if !yield(b[:32]) || !yield(b[32:64]) {
			return false
		}
	}
	return true
}

// signers yields the voter's key and the R of both signatures. The other key is a
// booth's, which the manifest has.
func signers(e *entry.Entry, yield func([]byte) bool) bool {
	if !yield(e.Signatures[0].Signer) {
		return false
	}
	for _, s := range e.Signatures {
		if !yield(s.Value[:group.PointSize]) {
			return false
		}
	}
	return true
}

// every yields the points in b: in a group of 64 bytes two, of which there are one
// of every stride. The rest of a proof's branch is two numbers.
func every(b []byte, stride int, yield func([]byte) bool) bool {
	const pair = 2 * group.PointSize
	for len(b) >= pair {
		if !yield(b[:32]) || !yield(b[32:64]) {
			return false
		}
		b = b[min(len(b), stride*pair):]
	}
	return true
}

// Count returns how many hints some entries have.
func Count(entries ...*entry.Entry) int {
	n := 0
	for range Points(entries...) {
		n++
	}
	return n
}

// Make returns the hints of the entries of a bundle: those of each entry in
// order, one after another. An entry that does not decode has none.
func Make(entries [][]byte) []byte {
	var hints []byte
	for _, raw := range entries {
		hints = appendHints(hints, raw)
	}
	return hints
}

// appendHints appends the hints of one entry.
func appendHints(hints, raw []byte) []byte {
	e, err := entry.Decode(raw)
	if err != nil {
		return hints
	}
	return group.AppendHints(hints, Points(e))
}

// Split returns the hints of each entry of a bundle, nil standing for one that
// does not decode. If there are not exactly as many as the entries have points,
// they are of another bundle, and nobody gets any.
func Split(hints []byte, entries []*entry.Entry) [][]byte {
	split := make([][]byte, len(entries))
	rest := hints
	for i, e := range entries {
		if e == nil {
			continue
		}
		n := Count(e) * group.HintSize
		if n > len(rest) {
			return make([][]byte, len(entries))
		}
		split[i], rest = rest[:n], rest[n:]
	}
	if len(rest) > 0 {
		return make([][]byte, len(entries))
	}
	return split
}
