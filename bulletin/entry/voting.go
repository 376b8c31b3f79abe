package entry

// Open opens the election, signed by the authority.
type Open struct {
	JointKey []byte   `cbor:"joint_key" size:"32"`
	Attempt  uint64   `cbor:"attempt"` // of the ceremony that made the key
	Voters   []uint64 `cbor:"voters" min:"1" max:"1000"`
	// Size and Root are of the tree that the authority saw: all entries before
	// this one.
	Size uint64 `cbor:"size"`
	Root []byte `cbor:"root" size:"32"`
}

// Tick is the board's clock: see SPEC.md, section 8.
type Tick struct {
	Time         uint64        `cbor:"time"` // Unix seconds
	Size         uint64        `cbor:"size"`
	Root         []byte        `cbor:"root" size:"32"`
	Random       []byte        `cbor:"random" size:"32"`
	Cosignatures []Cosignature `cbor:"cosignatures" max:"32"`
}

// Cosignature is one witness's C2SP cosignature/v1 of the tick's tree.
type Cosignature struct {
	_       struct{} `cbor:",toarray"`
	Witness uint64   // position in the manifest
	Time    uint64   // Unix seconds
	Value   []byte   `size:"64"` // Ed25519
}

// Ballot is a sealed ballot, signed by the voter's ballot key (the
// credential) and by the booth. It has exactly the contests of the voter's
// unit, ascending.
type Ballot struct {
	Contests []SealedContest `cbor:"contests" min:"1" max:"64"`
}

// SealedContest is one contest of a ballot: ciphertexts of 64 bytes and the
// proof that they are well formed.
type SealedContest struct {
	Contest     uint64 `cbor:"contest"`
	Ciphertexts []byte `cbor:"ciphertexts" max:"65535"`
	Proof       []byte `cbor:"proof" max:"65535"`
}

// Cast makes a ballot count, signed by the voter's cast key and by the booth
// that signed the ballot.
type Cast struct {
	Ballot uint64 `cbor:"ballot"`
	Leaf   []byte `cbor:"leaf" size:"32"`
}

// Test opens a ballot, which then never counts, signed by the ballot key and
// by the booth that signed the ballot.
type Test struct {
	Ballot   uint64    `cbor:"ballot"`
	Leaf     []byte    `cbor:"leaf" size:"32"`
	Openings []Opening `cbor:"openings" min:"1" max:"64"`
}

// Opening is what one contest of a tested ballot holds: the positions that
// encrypt 1, ascending, and the randomness of every ciphertext.
type Opening struct {
	Contest  uint64   `cbor:"contest"`
	Selected []uint64 `cbor:"selected" max:"201"`
	Nonces   []byte   `cbor:"nonces" max:"65535"` // 32 bytes each
}

// Close closes the election, signed by the authority for one place in one
// history.
type Close struct {
	Index uint64 `cbor:"index"`          // this entry's own
	Root  []byte `cbor:"root" size:"32"` // of all entries before it
}

// End says that no ballot can be decided any more, signed by the board.
type End struct {
	Close uint64 `cbor:"close"` // index of the close entry
}

// Kind implements Body.
func (*Open) Kind() Kind { return KindOpen }

// Kind implements Body.
func (*Tick) Kind() Kind { return KindTick }

// Kind implements Body.
func (*Ballot) Kind() Kind { return KindBallot }

// Kind implements Body.
func (*Cast) Kind() Kind { return KindCast }

// Kind implements Body.
func (*Test) Kind() Kind { return KindTest }

// Kind implements Body.
func (*Close) Kind() Kind { return KindClose }

// Kind implements Body.
func (*End) Kind() Kind { return KindEnd }
