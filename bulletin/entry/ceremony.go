package entry

// Ceremony is posted by the authority to start an attempt at the key
// ceremony. The session context of the DKG is the election hash (64 bytes)
// and the attempt (8 bytes, big-endian).
type Ceremony struct {
	Attempt uint64 `cbor:"attempt"` // 1, 2, 3, ...
	Time    uint64 `cbor:"time"`    // Unix seconds; deadlines count from here
}

// Commitment is a trustee's SHA-512 of session, index and round-1 message,
// posted before anyone's message so that the last to speak can not choose.
type Commitment struct {
	Attempt uint64 `cbor:"attempt"`
	Trustee uint64 `cbor:"trustee"`
	Hash    []byte `cbor:"hash" size:"64"`
}

// Round1 is a trustee's round-1 message, framed as COCKTAIL-DKG says.
type Round1 struct {
	Attempt uint64 `cbor:"attempt"`
	Trustee uint64 `cbor:"trustee"`
	Message []byte `cbor:"message" max:"60000"`
}

// Complaint accuses another trustee of a bad share; see crypto/dkg.
type Complaint struct {
	Attempt  uint64 `cbor:"attempt"`
	Trustee  uint64 `cbor:"trustee"`
	Against  uint64 `cbor:"against"`
	Evidence []byte `cbor:"evidence" max:"1000"`
}

// Confirm is a trustee's signature of the transcript of an attempt, made with
// its ceremony key.
type Confirm struct {
	Attempt   uint64 `cbor:"attempt"`
	Trustee   uint64 `cbor:"trustee"`
	Signature []byte `cbor:"signature" max:"200"`
}

// Kind implements Body.
func (*Ceremony) Kind() Kind { return KindCeremony }

// Kind implements Body.
func (*Commitment) Kind() Kind { return KindCommitment }

// Kind implements Body.
func (*Round1) Kind() Kind { return KindRound1 }

// Kind implements Body.
func (*Complaint) Kind() Kind { return KindComplaint }

// Kind implements Body.
func (*Confirm) Kind() Kind { return KindConfirm }
