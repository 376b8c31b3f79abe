package checkpoint

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

// Cosigner is a private key of a witness under its name, Ed25519 or ML-DSA-44. It
// signs cosignatures only.
type Cosigner struct {
	verifier *Verifier
	key      ed25519.PrivateKey
	mldsa    *mldsa44.PrivateKey // in place of key
}

// GenerateCosigner makes an Ed25519 key of a witness for name from 32 bytes of
// rand (crypto/rand.Reader outside of tests).
func GenerateCosigner(name string, rand io.Reader) (*Cosigner, error) {
	return generateCosigner(algCosignature, name, rand)
}

// GenerateMLDSACosigner makes an ML-DSA-44 key of a witness, as GenerateCosigner
// makes one of Ed25519.
func GenerateMLDSACosigner(name string, rand io.Reader) (*Cosigner, error) {
	return generateCosigner(algMLDSA, name, rand)
}

func generateCosigner(alg byte, name string, rand io.Reader) (*Cosigner, error) {
	seed, err := generateSeed("witness key", name, rand)
	defer clear(seed)
	if err != nil {
		return nil, err
	}
	s := &Cosigner{}
	s.verifier, err = newVerifier(alg, name, s.derive(alg, seed))
	return s, err
}

// derive makes the private key of a seed and returns the public one.
func (s *Cosigner) derive(alg byte, seed []byte) (pub []byte) {
	if alg == algMLDSA {
		var key *mldsa44.PublicKey
		key, s.mldsa = mldsa44.NewKeyFromSeed((*[seedSize]byte)(seed))
		return key.Bytes()
	}
	s.key = ed25519.NewKeyFromSeed(seed)
	return s.key.Public().(ed25519.PublicKey)
}

// errCosigner is the one thing ParseCosigner says about a bad key: no part of
// the text may come back in an error.
var errCosigner = errors.New("malformed witness key: want PRIVATE+KEY+<name>+<id>+<base64>")

// ParseCosigner reads what Marshal wrote of an Ed25519 key, with or without one
// final newline.
func ParseCosigner(text string) (*Cosigner, error) { return parseCosigner(algCosignature, text) }

// ParseMLDSACosigner reads what Marshal wrote of an ML-DSA-44 key, with or without
// one final newline.
func ParseMLDSACosigner(text string) (*Cosigner, error) { return parseCosigner(algMLDSA, text) }

func parseCosigner(alg byte, text string) (*Cosigner, error) {
	s := &Cosigner{}
	var pub []byte
	name, ok := parseSkey(alg, text, func(seed []byte) []byte {
		pub = s.derive(alg, seed)
		return pub
	})
	if !ok {
		return nil, errCosigner
	}
	var err error
	s.verifier, err = newVerifier(alg, name, pub)
	return s, err
}

// Marshal returns the private key as text, in the form of Signer.Marshal with
// the type of cosignatures, for a file of mode 0600.
func (s *Cosigner) Marshal() string {
	seed := s.seed()
	defer clear(seed)
	return skey(s.verifier.alg, s.verifier.name, s.verifier.pub, seed)
}

func (s *Cosigner) seed() []byte {
	if s.mldsa != nil {
		return s.mldsa.Seed()
	}
	return s.key.Seed()
}

// Verifier returns the public half.
func (s *Cosigner) Verifier() *Verifier { return s.verifier }

// Cosign says that c was, at time t (POSIX seconds), the largest tree of its
// log that this witness knew. Call it only once that is durable: what is signed
// once can not be taken back.
func (s *Cosigner) Cosign(c Checkpoint, t uint64) (Cosignature, error) {
	var sig []byte
	var err error
	if s.mldsa != nil {
		sig, err = signMLDSA(s.mldsa, s.verifier.name, c, t)
	} else {
		sig, err = SignCosignature(s.key, c.Origin, c.Size, c.Root, t)
	}
	if err != nil {
		return Cosignature{}, err
	}
	return Cosignature{Witness: s.verifier, Time: t, Sig: sig}, nil
}

// Line returns the signature line of a cosignature (c2sp.org/signed-note), with
// its newline.
func (cs Cosignature) Line() string {
	b := binary.BigEndian.AppendUint32(nil, cs.Witness.KeyHash())
	b = binary.BigEndian.AppendUint64(b, cs.Time)
	b = append(b, cs.Sig...)
	return fmt.Sprintf("\u2014 %s %s\n", cs.Witness.Name(), base64.StdEncoding.EncodeToString(b))
}

// ParseCosignatures reads signature lines as a witness answers with them, and
// returns the first that is of key and verifies for c. Lines of other keys are
// ignored, as c2sp.org/tlog-witness demands; one of this key that does not
// verify is an error.
func ParseCosignatures(lines []byte, c Checkpoint, key *Verifier) (Cosignature, error) {
	bad := func(why string) (Cosignature, error) {
		return Cosignature{}, fmt.Errorf("%w cosignature of %q: %s", ErrInvalid, key.Name(), why)
	}
	text, ok := strings.CutSuffix(string(lines), "\n")
	if !ok || len(lines) > MaxSize {
		return bad("not lines of signatures")
	}
	for line := range strings.SplitSeq(text, "\n") {
		rest, ok := strings.CutPrefix(line, "\u2014 ")
		name, sig64, ok2 := strings.Cut(rest, " ")
		sig, err := base64.StdEncoding.Strict().DecodeString(sig64)
		if !ok || !ok2 || err != nil || len(sig) < 5 {
			return bad("malformed line")
		}
		if name != key.Name() || binary.BigEndian.Uint32(sig) != key.KeyHash() {
			continue
		}
		if len(sig) < 4+8 {
			return bad(fmt.Sprintf("%d bytes", len(sig)))
		}
		cs := Cosignature{Witness: key, Time: binary.BigEndian.Uint64(sig[4:]), Sig: sig[12:]}
		if err := key.verifyCosignature(c, cs.Time, cs.Sig); err != nil {
			return Cosignature{}, fmt.Errorf("cosignature of %q: %w", key.Name(), err)
		}
		return cs, nil
	}
	return bad("not among the lines")
}
