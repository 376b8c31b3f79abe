package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"golang.org/x/mod/sumdb/note"
)

// Signature type bytes of c2sp.org/signed-note.
const (
	algLog         = 0x01
	algCosignature = 0x04
	algMLDSA       = 0x06
)

// skeyPrefix opens a signer's text form, as golang.org/x/mod/sumdb/note has it.
const skeyPrefix = "PRIVATE+KEY+"

// seedSize is the bytes of randomness that make a key, Ed25519 or ML-DSA-44.
const seedSize = 32

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

// parseVkey reads a verifier key of one of some types; only what vkey writes
// passes, and only a key that newVerifier accepts.
func parseVkey(s string, algs ...byte) (*Verifier, error) {
	name, rest, _ := strings.Cut(s, "+")
	if err := checkName(name); err != nil {
		return nil, err
	}
	_, key64, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(key64)
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("%w verifier key of %q: malformed", ErrInvalid, name)
	}
	alg, pub := key[0], key[1:]
	if !slices.Contains(algs, alg) {
		return nil, fmt.Errorf("%w verifier key of %q: signature type %d, want %d", ErrInvalid, name, alg, algs)
	}
	if vkey(alg, name, pub) != s {
		return nil, fmt.Errorf("%w verifier key of %q: key id or encoding is wrong", ErrInvalid, name)
	}
	return newVerifier(alg, name, pub)
}

// Verifier is a public key under a name: the log's (signatures of type 0x01,
// Ed25519) or a witness's (cosignatures, of type 0x04 with Ed25519 and of type
// 0x06 with ML-DSA-44). It is a note.Verifier.
type Verifier struct {
	name  string
	alg   byte
	pub   []byte
	mldsa *mldsa44.PublicKey // pub, if it is one
}

// NewLogVerifier returns the verifier of a log's 32-byte public key. The name
// of the key is the origin of the log.
func NewLogVerifier(origin string, pub []byte) (*Verifier, error) {
	return newVerifier(algLog, origin, pub)
}

// NewWitnessVerifier returns the verifier of a witness's 32-byte Ed25519 key.
func NewWitnessVerifier(name string, pub []byte) (*Verifier, error) {
	return newVerifier(algCosignature, name, pub)
}

func newVerifier(alg byte, name string, pub []byte) (*Verifier, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	v := &Verifier{name: name, alg: alg, pub: bytes.Clone(pub)}
	var err error
	if alg == algMLDSA {
		v.mldsa, err = unpackMLDSA(pub)
	} else {
		err = CheckPublicKey(pub)
	}
	if err != nil {
		return nil, fmt.Errorf("key of %q: %w", name, err)
	}
	return v, nil
}

// ParseLogVerifier parses a log's vkey.
func ParseLogVerifier(s string) (*Verifier, error) { return parseVkey(s, algLog) }

// ParseWitnessVerifier parses a witness's vkey of type 0x04, Ed25519.
func ParseWitnessVerifier(s string) (*Verifier, error) { return parseVkey(s, algCosignature) }

// ParseMLDSAVerifier parses a witness's vkey of type 0x06, ML-DSA-44.
func ParseMLDSAVerifier(s string) (*Verifier, error) { return parseVkey(s, algMLDSA) }

// Name returns the key name.
func (v *Verifier) Name() string { return v.name }

// KeyHash returns the 32-bit key id.
func (v *Verifier) KeyHash() uint32 { return keyID(v.alg, v.name, v.pub) }

// PublicKey returns a copy of the key: 32 bytes, or 1,312 with ML-DSA-44.
func (v *Verifier) PublicKey() []byte { return bytes.Clone(v.pub) }

// MLDSA says whether the key is one of ML-DSA-44. Its cosignatures stand on
// checkpoints only and count for no quorum.
func (v *Verifier) MLDSA() bool { return v.alg == algMLDSA }

// String returns the vkey.
func (v *Verifier) String() string { return vkey(v.alg, v.name, v.pub) }

// Verify reports whether sig, without its key id, signs the note text msg. It
// returns a bool because note.Verifier asks for one.
func (v *Verifier) Verify(msg, sig []byte) bool {
	if v.alg == algLog {
		return verify(v.pub, msg, sig) == nil
	}
	c, err := ParseText(msg)
	if err != nil || len(sig) < 8 {
		return false
	}
	return v.verifyCosignature(c, binary.BigEndian.Uint64(sig), sig[8:]) == nil
}

// verifyCosignature checks a witness's cosignature of exactly c at time t. It
// sees to the length of sig.
func (v *Verifier) verifyCosignature(c Checkpoint, t uint64, sig []byte) error {
	if v.alg == algMLDSA {
		return verifyMLDSA(v.mldsa, v.name, c, t, sig)
	}
	return VerifyCosignature(v.pub, c.Origin, c.Size, c.Root, t, sig)
}

// Signer is the log's private key under its origin. It signs checkpoints only.
type Signer struct {
	origin string
	key    ed25519.PrivateKey
}

// GenerateSigner makes a log key for origin from 32 bytes of rand
// (crypto/rand.Reader outside of tests).
func GenerateSigner(origin string, rand io.Reader) (*Signer, error) {
	seed, err := generateSeed("log key", origin, rand)
	defer clear(seed)
	if err != nil {
		return nil, err
	}
	return &Signer{origin: origin, key: ed25519.NewKeyFromSeed(seed)}, nil
}

// generateSeed reads the 32 bytes that keys of both kinds are made of. The caller
// clears them.
func generateSeed(what, name string, rand io.Reader) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	seed := make([]byte, seedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return seed, fmt.Errorf("%s: reading randomness: %w", what, err)
	}
	return seed, nil
}

// errSigner is the one thing ParseSigner says about a bad key: no part of the
// text may come back in an error.
var errSigner = errors.New("malformed log key: want PRIVATE+KEY+<origin>+<id>+<base64>")

// ParseSigner reads what Marshal wrote, with or without one final newline.
func ParseSigner(text string) (*Signer, error) {
	var key ed25519.PrivateKey
	origin, ok := parseSkey(algLog, text, func(seed []byte) []byte {
		key = ed25519.NewKeyFromSeed(seed)
		return key.Public().(ed25519.PublicKey)
	})
	if !ok {
		return nil, errSigner
	}
	return &Signer{origin: origin, key: key}, nil
}

// Marshal returns the private key in the note package's text form, for a file
// of mode 0600.
func (s *Signer) Marshal() string {
	return skey(algLog, s.origin, s.key.Public().(ed25519.PublicKey), s.key.Seed())
}

// skey writes a private key: PRIVATE+KEY+<name>+<hex key id>+<base64 of alg ||
// seed>.
func skey(alg byte, name string, pub, seed []byte) string {
	return fmt.Sprintf("%s%s+%08x+%s", skeyPrefix, name, keyID(alg, name, pub),
		base64.StdEncoding.EncodeToString(append([]byte{alg}, seed...)))
}

// parseSkey reads a private key of type alg, with or without one final newline;
// only what skey writes passes. derive is handed the 32 bytes of the seed, which
// are cleared afterwards, and returns the public key.
func parseSkey(alg byte, text string, derive func(seed []byte) (pub []byte)) (name string, ok bool) {
	text = strings.TrimSuffix(text, "\n")
	rest, ok := strings.CutPrefix(text, skeyPrefix)
	name, rest, ok2 := strings.Cut(rest, "+")
	_, key64, ok3 := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(key64)
	defer clear(raw)
	if !ok || !ok2 || !ok3 || err != nil || len(raw) != 1+seedSize || checkName(name) != nil {
		return "", false
	}
	// One comparison sees to the key id, the type byte and the encoding.
	again := skey(alg, name, derive(raw[1:]), raw[1:])
	return name, subtle.ConstantTimeCompare([]byte(again), []byte(text)) == 1
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
