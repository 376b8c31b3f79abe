package entry

// Totals is one chunk of the encrypted sums, signed by the board. The parts
// of all chunks together are the whole partition of every contest.
type Totals struct {
	Chunk uint64 `cbor:"chunk"` // from 0
	Parts []Part `cbor:"parts" min:"1" max:"2000"`
}

// Part is one set of units of one contest whose ballots are added up.
type Part struct {
	Contest uint64   `cbor:"contest"`
	Units   []uint64 `cbor:"units" min:"1" max:"1000"` // ascending
	Ballots uint64   `cbor:"ballots"`
	// Sums holds 64 bytes a ciphertext; it is empty for a part that is not
	// decrypted: one without ballots, or one that is still too small.
	Sums []byte `cbor:"sums" max:"65535"`
}

// TotalsEnd closes the totals: the leaf hashes of the chunks in order, for
// the tree that ends with the valid end entry.
type TotalsEnd struct {
	End    uint64 `cbor:"end"`
	Chunks []byte `cbor:"chunks" min:"32" max:"64000"`
}

// Share is one chunk of a trustee's partial decryptions, 32 bytes a
// ciphertext, in the order of the totals.
type Share struct {
	Trustee uint64 `cbor:"trustee"` // from 1
	Chunk   uint64 `cbor:"chunk"`   // from 0
	Points  []byte `cbor:"points" min:"32" max:"64000"`
}

// ShareEnd closes a trustee's share: which tree it was computed from, the
// leaf hashes of its chunks, and one proof over all sums.
type ShareEnd struct {
	Trustee uint64 `cbor:"trustee"`
	End     uint64 `cbor:"end"`
	Root    []byte `cbor:"root" size:"32"` // of the tree of size End+1
	Chunks  []byte `cbor:"chunks" max:"60000"`
	Proof   []byte `cbor:"proof" size:"128"`
}

// Result is one chunk of the decrypted result, signed by the authority.
type Result struct {
	Chunk uint64       `cbor:"chunk"`
	Parts []ResultPart `cbor:"parts" min:"1" max:"2000"`
}

// ResultPart is the count of one part, with labels of the manifest.
type ResultPart struct {
	Contest string   `cbor:"contest" min:"1" max:"40"`
	Units   []string `cbor:"units" min:"1" max:"1000" each:"40"`
	Ballots uint64   `cbor:"ballots"`
	// Options is empty for a part that is still too small to be decrypted.
	Options []OptionCount `cbor:"options" max:"201"`
	// Undervotes is how many votes could have been given and were not:
	// the count of "none" in a vote for one, else limit*ballots - votes.
	Undervotes uint64 `cbor:"undervotes"`
}

// OptionCount is the number of votes of one option.
type OptionCount struct {
	_      struct{} `cbor:",toarray"`
	Option string   `min:"1" max:"40"`
	Votes  uint64
}

// ResultEnd closes the result: whose shares it was combined from, and the
// leaf hashes of its chunks.
type ResultEnd struct {
	End      uint64   `cbor:"end"`
	Trustees []uint64 `cbor:"trustees" max:"32"` // ascending
	Chunks   []byte   `cbor:"chunks" min:"32" max:"64000"`
}

// Kind implements Body.
func (*Totals) Kind() Kind { return KindTotals }

// Kind implements Body.
func (*TotalsEnd) Kind() Kind { return KindTotalsEnd }

// Kind implements Body.
func (*Share) Kind() Kind { return KindShare }

// Kind implements Body.
func (*ShareEnd) Kind() Kind { return KindShareEnd }

// Kind implements Body.
func (*Result) Kind() Kind { return KindResult }

// Kind implements Body.
func (*ResultEnd) Kind() Kind { return KindResultEnd }
