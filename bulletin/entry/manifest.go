package entry

import "bytes"

// Manifest is entry 0, signed by the authority: it names everything that an
// election is, and every key that takes part. Its SHA-512 is the election
// hash. Contests, options, units, trustees and witnesses are referred to by
// their position, from 0 (trustees from 1, as secret sharing numbers them).
type Manifest struct {
	Version   uint64   `cbor:"version"` // 1
	Title     Text     `cbor:"title" min:"1" max:"8" each:"200"`
	Languages []string `cbor:"languages" min:"1" max:"8" each:"8"` // BCP 47, such as "en"
	Rehearsal bool     `cbor:"rehearsal"`
	// Contests in the order in which they are asked.
	Contests []Contest `cbor:"contests" min:"1" max:"64"`
	// Units in an order where parents precede children; unit 0 is the root.
	Units []Unit `cbor:"units" min:"1" max:"1000"`
	// Minimum is the smallest number of cast ballots that is reported alone.
	Minimum uint64 `cbor:"minimum"`
	// Windows in which ballots may be sealed, ascending and disjoint.
	Windows []Window `cbor:"windows" min:"1" max:"100"`
	// DecisionSeconds is how long after its code tick a ballot may be decided.
	DecisionSeconds uint64 `cbor:"decision_seconds"`
	// CeremonySeconds is how long trustees have for each round of a key ceremony.
	CeremonySeconds uint64    `cbor:"ceremony_seconds"`
	HelpLine        string    `cbor:"help_line" min:"1" max:"40"`
	Phone           string    `cbor:"phone" min:"1" max:"40"`
	Log             Log       `cbor:"log"`
	Authority       []byte    `cbor:"authority" size:"32"`
	Registrar       []byte    `cbor:"registrar" size:"32"`
	Board           []byte    `cbor:"board" size:"32"` // signs ticks, end, totals
	Booths          [][]byte  `cbor:"booths" min:"1" max:"64" each:"32"`
	OPRFKeys        [][]byte  `cbor:"oprf_keys" min:"1" max:"1" each:"32"`
	Trustees        []Trustee `cbor:"trustees" min:"1" max:"32"`
	Threshold       uint64    `cbor:"threshold"`
	Witnesses       []Witness `cbor:"witnesses" max:"32"`
	Quorum          uint64    `cbor:"quorum"` // witnesses needed; 0 with none
	// Software names programs that the election is run and verified with; it may be
	// empty. It is for people to compare: nothing is judged of it.
	Software []Software `cbor:"software" max:"16"`
}

// Text is one text in every language of the manifest, by language tag.
type Text map[string]string

// Contest is one question. A limit of 1 is "vote for one", with a ciphertext
// per option and one more for "none"; above, it is "up to limit".
type Contest struct {
	ID      string   `cbor:"id" min:"1" max:"40"`
	Title   Text     `cbor:"title" min:"1" max:"8" each:"200"`
	Options []Option `cbor:"options" min:"1" max:"200"`
	Limit   uint64   `cbor:"limit"`
	// Units are the leaf units whose voters are asked, ascending.
	Units []uint64 `cbor:"units" min:"1" max:"1000"`
}

// Option is one answer.
type Option struct {
	ID   string `cbor:"id" min:"1" max:"40"`
	Name Text   `cbor:"name" min:"1" max:"8" each:"200"`
}

// NoneID is the option id that results use for "none" in a vote for one; no
// option of a manifest may have it.
const NoneID = "none"

// Unit is one reporting unit. Voters belong to leaves. The root is its own
// parent.
type Unit struct {
	ID     string `cbor:"id" min:"1" max:"40"`
	Name   Text   `cbor:"name" min:"1" max:"8" each:"200"`
	Parent uint64 `cbor:"parent"`
}

// Window is a half-open interval of Unix seconds.
type Window struct {
	From uint64 `cbor:"from"`
	To   uint64 `cbor:"to"`
}

// Log is the board's log: its checkpoint origin and Ed25519 key.
type Log struct {
	Origin string `cbor:"origin" min:"1" max:"200"`
	Key    []byte `cbor:"key" size:"32"`
}

// Trustee is one trustee's public keys: for signing entries, and for the
// shares that other trustees encrypt.
type Trustee struct {
	Name     string `cbor:"name" min:"1" max:"100"`
	Signing  []byte `cbor:"signing" size:"32"`
	Ceremony []byte `cbor:"ceremony" size:"32"`
}

// Witness is one witness: its key name (signed-note) and Ed25519 key.
type Witness struct {
	Name string `cbor:"name" min:"1" max:"200"`
	Key  []byte `cbor:"key" size:"32"`
}

// Software is a program: what it is called, and the SHA-256 of its file.
type Software struct {
	Name   string `cbor:"name" min:"1" max:"100"`
	SHA256 []byte `cbor:"sha256" size:"32"`
}

// Kind implements Body.
func (*Manifest) Kind() Kind { return KindManifest }

// Ciphertexts returns how many ciphertexts a ballot has for the contest.
func (c *Contest) Ciphertexts() int {
	if c.Limit == 1 {
		return len(c.Options) + 1
	}
	return len(c.Options)
}

// ContestsOf returns the contests, ascending, that voters of a unit are asked.
func (m *Manifest) ContestsOf(unit uint64) []uint64 {
	var list []uint64
	for i := range m.Contests {
		for _, u := range m.Contests[i].Units {
			if u == unit {
				list = append(list, uint64(i))
			}
		}
	}
	return list
}

// NameOf returns what the manifest calls the program whose file has a SHA-256, and
// whether it names it.
func (m *Manifest) NameOf(sha256 []byte) (name string, named bool) {
	for i := range m.Software {
		if bytes.Equal(m.Software[i].SHA256, sha256) {
			return m.Software[i].Name, true
		}
	}
	return "", false
}

// IsLeaf reports whether no other unit has unit u as its parent.
func (m *Manifest) IsLeaf(u uint64) bool {
	for i := range m.Units {
		if m.Units[i].Parent == u && uint64(i) != u {
			return false
		}
	}
	return u < uint64(len(m.Units))
}
