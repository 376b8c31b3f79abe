package checkpoint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Signature type bytes of c2sp.org/signed-note.
const (
	algLog         = 0x01
	algCosignature = 0x04
)

// skeyPrefix opens a signer's text form, as golang.org/x/mod/sumdb/note has it.
const skeyPrefix = "PRIVATE+KEY+"

// keyID is SHA-256(name || 0x0A || alg || public key)[:4], c2sp.org/signed-note.
func keyID(alg byte, name string, pub []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{alg})
	h.Write(pub)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// vkey writes a verifier key: <name>+<hex key id>+<base64 of alg || key>.
func vkey(alg byte, name string, pub []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyID(alg, name, pub),
		base64.StdEncoding.EncodeToString(append([]byte{alg}, pub...)))
}

// parseVkey reads a verifier key of type alg; only what vkey writes passes, and
// only a key that CheckPublicKey accepts.
func parseVkey(alg byte, s string) (name string, pub ed25519.PublicKey, err error) {
	name, rest, _ := strings.Cut(s, "+")
	if err := checkName(name); err != nil {
		return "", nil, err
	}
	_, key64, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(key64)
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return "", nil, fmt.Errorf("%w verifier key of %q: malformed", ErrInvalid, name)
	}
	if key[0] != alg {
		return "", nil, fmt.Errorf("%w verifier key of %q: signature type %d, want %d", ErrInvalid, name, key[0], alg)
	}
	pub = key[1:]
	if vkey(alg, name, pub) != s {
		return "", nil, fmt.Errorf("%w verifier key of %q: key id or encoding is wrong", ErrInvalid, name)
	}
	if err := CheckPublicKey(pub); err != nil {
		return "", nil, fmt.Errorf("verifier key of %q: %w", name, err)
	}
	return name, pub, nil
}

// Verifier is a public Ed25519 key under a name: the log's (signatures of type
// 0x01) or a witness's (cosignatures, type 0x04). It is a note.Verifier.
type Verifier struct {
	name string
	alg  byte
	pub  ed25519.PublicKey
}

// NewLogVerifier returns the verifier of a log's 32-byte public key. The name
// of the key is the origin of the log.
func NewLogVerifier(origin string, pub []byte) (*Verifier, error) {
	return newVerifier(algLog, origin, pub)
}

// NewWitnessVerifier returns the verifier of a witness's 32-byte public key.
func NewWitnessVerifier(name string, pub []byte) (*Verifier, error) {
	return newVerifier(algCosignature, name, pub)
}

func newVerifier(alg byte, name string, pub []byte) (*Verifier, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := CheckPublicKey(pub); err != nil {
		return nil, fmt.Errorf("key of %q: %w", name, err)
	}
	return &Verifier{name: name, alg: alg, pub: append(ed25519.PublicKey(nil), pub...)}, nil
}

// ParseLogVerifier parses a log's vkey.
func ParseLogVerifier(s string) (*Verifier, error) { return parseVerifier(algLog, s) }

// ParseWitnessVerifier parses a witness's vkey.
func ParseWitnessVerifier(s string) (*Verifier, error) { return parseVerifier(algCosignature, s) }

func parseVerifier(alg byte, s string) (*Verifier, error) {
	name, pub, err := parseVkey(alg, s)
	if err != nil {
		return nil, err
	}
	return &Verifier{name: name, alg: alg, pub: pub}, nil
}

// Name returns the key name.
func (v *Verifier) Name() string { return v.name }

// KeyHash returns the 32-bit key id.
func (v *Verifier) KeyHash() uint32 { return keyID(v.alg, v.name, v.pub) }

// PublicKey returns a copy of the 32 bytes of the key.
func (v *Verifier) PublicKey() []byte { return append([]byte(nil), v.pub...) }

// String returns the vkey.
func (v *Verifier) String() string { return vkey(v.alg, v.name, v.pub) }

// Verify reports whether sig, without its key id, signs the note text msg. It
// returns a bool because note.Verifier asks for one.
func (v *Verifier) Verify(msg, sig []byte) bool {
	if v.alg == algLog {
		return verify(v.pub, msg, sig) == nil
	}
	c, err := ParseText(msg)
	if err != nil || len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return VerifyCosignature(v.pub, c.Origin, c.Size, c.Root, binary.BigEndian.Uint64(sig), sig[8:]) == nil
}

// Signer is the log's private key under its origin. It signs checkpoints only.
type Signer struct {
	origin string
	key    ed25519.PrivateKey
}

// GenerateSigner makes a log key for origin from 32 bytes of rand
// (crypto/rand.Reader outside of tests).
func GenerateSigner(origin string, rand io.Reader) (*Signer, error) {
	key, err := generateKey("log key", origin, rand)
	if err != nil {
		return nil, err
	}
	return &Signer{origin: origin, key: key}, nil
}

// generateKey makes a private key for name from 32 bytes of rand. What it is for
// stands in the error.
func generateKey(what, name string, rand io.Reader) (ed25519.PrivateKey, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	seed := make([]byte, ed25519.SeedSize)
	defer clear(seed)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("%s: reading randomness: %w", what, err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// errSigner is the one thing ParseSigner says about a bad key: no part of the
// text may come back in an error.
var errSigner = errors.New("malformed log key: want PRIVATE+KEY+<origin>+<id>+<base64>")

// ParseSigner reads what Marshal wrote, with or without one final newline.
func ParseSigner(text string) (*Signer, error) {
	origin, key, ok := parseSkey(algLog, text)
	if !ok {
		return nil, errSigner
	}
	return &Signer{origin: origin, key: key}, nil
}

// Marshal returns the private key in the note package's text form, for a file
// of mode 0600.
func (s *Signer) Marshal() string { return skey(algLog, s.origin, s.key) }

// skey writes a private key: PRIVATE+KEY+<name>+<hex key id>+<base64 of alg ||
// seed>.
func skey(alg byte, name string, key ed25519.PrivateKey) string {
	return fmt.Sprintf("%s%s+%08x+%s", skeyPrefix, name, keyID(alg, name, key.Public().(ed25519.PublicKey)),
		base64.StdEncoding.EncodeToString(append([]byte{alg}, key.Seed()...)))
}

// parseSkey reads a private key of type alg, with or without one final newline;
// only what skey writes passes.
func parseSkey(alg byte, text string) (name string, _ ed25519.PrivateKey, ok bool) {
	text = strings.TrimSuffix(text, "\n")
	rest, ok := strings.CutPrefix(text, skeyPrefix)
	name, rest, ok2 := strings.Cut(rest, "+")
	_, key64, ok3 := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(key64)
	defer clear(raw)
	if !ok || !ok2 || !ok3 || err != nil || len(raw) != 1+ed25519.SeedSize || checkName(name) != nil {
		return "", nil, false
	}
	key := ed25519.NewKeyFromSeed(raw[1:])
	// One comparison sees to the key id, the type byte and the encoding.
	if subtle.ConstantTimeCompare([]byte(skey(alg, name, key)), []byte(text)) != 1 {
		return "", nil, false
	}
	return name, key, true
}

// Origin returns the name of the log.
func (s *Signer) Origin() string { return s.origin }

// Verifier returns the public half.
func (s *Signer) Verifier() *Verifier {
	return &Verifier{name: s.origin, alg: algLog, pub: s.key.Public().(ed25519.PublicKey)}
}

// Sign returns the signed checkpoint of the log's first size entries. Call it
// only for a tree that is committed: what is signed once can not be taken back.
func (s *Signer) Sign(size uint64, root [32]byte) ([]byte, error) {
	text := Checkpoint{Origin: s.origin, Size: size, Root: root}.Text()
	n, err := note.Sign(&note.Note{Text: string(text)}, noteSigner{s})
	if err != nil {
		return nil, fmt.Errorf("signing checkpoint of size %d: %w", size, err)
	}
	return n, nil
}

// noteSigner is a Signer as note.Sign wants it; kept apart so that nothing but
// a checkpoint can be signed through the exported type.
type noteSigner struct{ s *Signer }

func (n noteSigner) Name() string                    { return n.s.origin }
func (n noteSigner) KeyHash() uint32                 { return n.s.Verifier().KeyHash() }
func (n noteSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(n.s.key, msg), nil }
