package entry

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// MaxSize is the largest entry in bytes: what a tlog-tiles bundle can hold.
const MaxSize = 65535

// What the decoder makes room for before bounds are checked: no list and no map
// of the schema is larger.
const (
	maxElements = 2000
	maxPairs    = 32
)

// HashSize is the size of an election hash in bytes.
const HashSize = sha512.Size

// Errors of Decode.
var (
	ErrNotCanonical = errors.New("not in deterministic encoding")
	ErrUnknownKind  = errors.New("unknown kind")
	ErrTooLarge     = fmt.Errorf("over %d bytes", MaxSize)
)

var (
	encMode = func() cbor.UserBufferEncMode {
		o := cbor.CoreDetEncOptions()
		// A nil slice is an empty one: null is not in the schema.
		o.NilContainers = cbor.NilContainerAsEmpty
		m, err := o.UserBufferEncMode()
		if err != nil {
			panic("entry: " + err.Error()) // the options are constants
		}
		return m
	}()
	decMode = func() cbor.DecMode {
		m, err := cbor.DecOptions{
			DupMapKey:         cbor.DupMapKeyEnforcedAPF,
			IndefLength:       cbor.IndefLengthForbidden,
			TagsMd:            cbor.TagsForbidden,
			ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
			UTF8:              cbor.UTF8RejectInvalid,
			FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
			MaxArrayElements:  maxElements,
			MaxMapPairs:       maxPairs,
			MaxNestedLevels:   16,
		}.DecMode()
		if err != nil {
			panic("entry: " + err.Error()) // the options are constants
		}
		return m
	}()
)

// Signature is one signature of an entry.
type Signature struct {
	_      struct{} `cbor:",toarray"`
	Signer []byte   `size:"32"`
	Value  []byte   `size:"64"`
}

// envelope is the outer array of an entry.
type envelope struct {
	_          struct{}    `cbor:",toarray"`
	Kind       string      `max:"32"`
	Body       []byte      `max:"65535"`
	Signatures []Signature `max:"2"`
}

// Body is one of the body types of this package, by pointer.
type Body interface{ Kind() Kind }

// Entry is a decoded entry.
type Entry struct {
	Body       Body
	Signatures []Signature
	raw        []byte
	bodyHash   [32]byte // SHA-256: what the signatures cover
}

// Kind returns the entry's kind.
func (e *Entry) Kind() Kind { return e.Body.Kind() }

// Bytes returns the encoded entry. The caller must not change it.
func (e *Entry) Bytes() []byte { return e.raw }

// LeafHash returns the entry's 32-byte RFC 6962 leaf hash.
func (e *Entry) LeafHash() [32]byte { return LeafHash(e.raw) }

// LeafHash is SHA-256(0x00 || raw), RFC 6962, section 2.1.
func LeafHash(raw []byte) [32]byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(raw)
	return [32]byte(h.Sum(nil))
}

// Decode reads one entry. It refuses what Encode does not write, any bound of
// the schema exceeded, and any number of signatures other than the kind's.
// The signatures themselves are checked by VerifySignatures.
func Decode(raw []byte) (*Entry, error) {
	if len(raw) > MaxSize {
		return nil, fmt.Errorf("entry of %d bytes: %w", len(raw), ErrTooLarge)
	}
	var env envelope
	if err := unmarshal("entry", raw, &env); err != nil {
		return nil, err
	}
	body, signers := newBody(Kind(env.Kind))
	if body == nil {
		return nil, fmt.Errorf("kind %q: %w", env.Kind, ErrUnknownKind)
	}
	if len(env.Signatures) != signers {
		return nil, fmt.Errorf("%s: %d signatures, want %d", env.Kind, len(env.Signatures), signers)
	}
	if err := unmarshal(env.Kind, env.Body, body); err != nil {
		return nil, err
	}
	return &Entry{Body: body, Signatures: env.Signatures, raw: raw, bodyHash: sha256.Sum256(env.Body)}, nil
}

// rooms are buffers in which entries are encoded again to be compared.
var rooms = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// unmarshal decodes strictly into v and checks its bounds; path leads errors.
func unmarshal(path string, b []byte, v any) error {
	if err := decMode.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := checkBounds(path, v); err != nil {
		return err
	}
	again := rooms.Get().(*bytes.Buffer)
	defer rooms.Put(again)
	again.Reset()
	if err := encMode.MarshalToBuffer(v, again); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if !bytes.Equal(again.Bytes(), b) {
		return fmt.Errorf("%s: %w", path, ErrNotCanonical)
	}
	return nil
}

// marshal checks the bounds of v and encodes it.
func marshal(path string, v any) ([]byte, error) {
	if err := checkBounds(path, v); err != nil {
		return nil, err
	}
	b, err := encMode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}
