package checkpoint

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Cosigner is a witness's private key under its name. It signs cosignatures
// only.
type Cosigner struct {
	name string
	key  ed25519.PrivateKey
}

// GenerateCosigner makes a witness key for name from 32 bytes of rand
// (crypto/rand.Reader outside of tests).
func GenerateCosigner(name string, rand io.Reader) (*Cosigner, error) {
	key, err := generateKey("witness key", name, rand)
	if err != nil {
		return nil, err
	}
	return &Cosigner{name: name, key: key}, nil
}

// errCosigner is the one thing ParseCosigner says about a bad key: no part of
// the text may come back in an error.
var errCosigner = errors.New("malformed witness key: want PRIVATE+KEY+<name>+<id>+<base64>")

// ParseCosigner reads what Marshal wrote, with or without one final newline.
func ParseCosigner(text string) (*Cosigner, error) {
	name, key, ok := parseSkey(algCosignature, text)
	if !ok {
		return nil, errCosigner
	}
	return &Cosigner{name: name, key: key}, nil
}

// Marshal returns the private key as text, in the form of Signer.Marshal with
// the type of cosignatures, for a file of mode 0600.
func (s *Cosigner) Marshal() string { return skey(algCosignature, s.name, s.key) }

// Verifier returns the public half.
func (s *Cosigner) Verifier() *Verifier {
	return &Verifier{name: s.name, alg: algCosignature, pub: s.key.Public().(ed25519.PublicKey)}
}

// Cosign says that c was, at time t (POSIX seconds), the largest tree of its
// log that this witness knew. Call it only once that is durable: what is signed
// once can not be taken back.
func (s *Cosigner) Cosign(c Checkpoint, t uint64) (Cosignature, error) {
	sig, err := SignCosignature(s.key, c.Origin, c.Size, c.Root, t)
	if err != nil {
		return Cosignature{}, err
	}
	return Cosignature{Witness: s.Verifier(), Time: t, Sig: sig}, nil
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
		if len(sig) != 4+8+ed25519.SignatureSize {
			return bad(fmt.Sprintf("%d bytes", len(sig)))
		}
		cs := Cosignature{Witness: key, Time: binary.BigEndian.Uint64(sig[4:]), Sig: sig[12:]}
		if err := VerifyCosignature(key.pub, c.Origin, c.Size, c.Root, cs.Time, cs.Sig); err != nil {
			return Cosignature{}, fmt.Errorf("cosignature of %q: %w", key.Name(), err)
		}
		return cs, nil
	}
	return bad("not among the lines")
}
