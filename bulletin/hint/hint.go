package hint

import (
	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
)

// Points calls fn for the encoded points of an entry that have hints, 32 bytes
// each, in their order. Entries of which an election has few have none.
func Points(e *entry.Entry, fn func(point []byte)) {
	switch b := e.Body.(type) {
	case *entry.Roll:
		fn(e.Signatures[0].Value[:group.PointSize])
		for v := b.Voters; len(v) >= entry.VoterSize; v = v[entry.VoterSize:] {
			fn(v[:32])
			fn(v[32:64])
		}
	case *entry.Ballot:
		signers(e, fn)
		for _, c := range b.Contests {
			every(c.Ciphertexts, 1, fn)
			every(c.Proof, 2, fn)
		}
	case *entry.Cast, *entry.Test:
		signers(e, fn)
	}
}

// signers calls fn for the voter's key and the R of both signatures. The other
// key is a booth's, which the manifest has.
func signers(e *entry.Entry, fn func([]byte)) {
	fn(e.Signatures[0].Signer)
	for _, s := range e.Signatures {
		fn(s.Value[:group.PointSize])
	}
}

// every calls fn for the points in b: in a group of 64 bytes two, of which there
// are one of every stride. The rest of a proof's branch is two numbers.
func every(b []byte, stride int, fn func([]byte)) {
	const pair = 2 * group.PointSize
	for len(b) >= pair {
		fn(b[:32])
		fn(b[32:64])
		b = b[min(len(b), stride*pair):]
	}
}

// Count returns how many hints an entry has.
func Count(e *entry.Entry) int {
	n := 0
	Points(e, func([]byte) { n++ })
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
	Points(e, func(p []byte) {
		h := group.Hint(p)
		hints = append(hints, h[:]...)
	})
	return hints
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
