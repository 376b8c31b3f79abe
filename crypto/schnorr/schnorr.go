// Package schnorr signs and verifies: Schnorr signatures over ristretto255
// exactly as the ciphersuite FROST(ristretto255, SHA-512) of RFC 9591, section
// 6.2, verifies them, made by one signer.
//
// One scheme and one group serve every signature of the board but those whose
// form C2SP fixes (checkpoints and cosignatures). What is signed, and under
// which domain, is the caller's: see bulletin/entry. SPEC.md, section 4.
package schnorr

import (
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"fmt"

	"rollcall/crypto/group"
	"rollcall/crypto/transcript"
)

// Sizes in bytes.
const (
	PublicKeySize = group.PointSize
	SecretKeySize = group.ScalarSize
	SignatureSize = group.PointSize + group.ScalarSize
)

// challengeDomain is the contextString and "chal" of RFC 9591, section 6.2.
const challengeDomain = "FROST-RISTRETTO255-SHA512-v1" + "chal"

// ErrSignature says that a well-formed signature does not verify.
var ErrSignature = errors.New("signature does not verify")

// PublicKey is a verified element, never the identity.
type PublicKey struct{ point *group.Point }

// SecretKey is a signing key. It never appears in logs or errors.
type SecretKey struct {
	x      *group.Scalar
	public PublicKey
}

// Signature is R (32 bytes) and z (32 bytes).
type Signature struct {
	r *group.Point
	z *group.Scalar
}

// GenerateKey returns a fresh key from crypto/rand.
func GenerateKey() *SecretKey {
	for {
		if k, err := NewSecretKey(group.RandomScalar()); err == nil {
			return k
		}
	}
}

// NewSecretKey makes a key of the scalar x, which must not be zero. The key
// keeps x.
func NewSecretKey(x *group.Scalar) (*SecretKey, error) {
	if x.IsZero() {
		return nil, errors.New("secret key is zero")
	}
	return &SecretKey{x: x, public: PublicKey{group.MulBase(x).Encoded()}}, nil
}

// ParseSecretKey decodes 32 bytes, refusing zero and non-canonical numbers.
func ParseSecretKey(b []byte) (*SecretKey, error) {
	x, err := group.ParseScalar(b)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return NewSecretKey(x)
}

// Bytes returns the 32-byte secret scalar, for writing to a key file.
func (k *SecretKey) Bytes() []byte { return k.x.Bytes() }

// Public returns the public key x*G.
func (k *SecretKey) Public() PublicKey { return k.public }

// Wipe overwrites the secret scalar.
func (k *SecretKey) Wipe() { k.x.Wipe() }

// ParsePublicKey decodes 32 bytes, refusing the identity and non-canonical
// encodings.
func ParsePublicKey(b []byte) (PublicKey, error) { return DecodePublicKey(nil, b) }

// DecodePublicKey is ParsePublicKey with a decoder's hint.
func DecodePublicKey(d *group.Decoder, b []byte) (PublicKey, error) {
	p, err := d.Element(b)
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key: %w", err)
	}
	return PublicKey{p}, nil
}

// Bytes returns the 32-byte encoding.
func (p PublicKey) Bytes() []byte { return p.point.Bytes() }

// Point returns the key as a group element.
func (p PublicKey) Point() *group.Point { return p.point }

// Sign signs message. The nonce is hashed from the key, fresh randomness and
// the message, so that neither a bad random source nor a repeated message
// alone gives the key away.
func (k *SecretKey) Sign(message []byte) []byte {
	fresh := make([]byte, 64)
	if _, err := rand.Read(fresh); err != nil {
		panic("schnorr: crypto/rand failed: " + err.Error()) // crypto/rand never fails
	}
	nonce := transcript.New("rollcall/v1/nonce").Scalar(k.x).Bytes(fresh).Bytes(message).Challenge()
	r := group.MulBase(nonce).Encoded()
	z := nonce.Add(challenge(r, k.public.point, message).Mul(k.x))
	nonce.Wipe()
	clear(fresh)
	return append(r.Bytes(), z.Bytes()...)
}

// ParseSignature decodes 64 bytes: a canonical R other than the identity and
// a canonical z.
func ParseSignature(b []byte) (*Signature, error) { return DecodeSignature(nil, b) }

// DecodeSignature is ParseSignature with a decoder's hint of R.
func DecodeSignature(d *group.Decoder, b []byte) (*Signature, error) {
	if len(b) != SignatureSize {
		return nil, fmt.Errorf("signature has %d bytes, want %d", len(b), SignatureSize)
	}
	r, err := d.Element(b[:group.PointSize])
	if err != nil {
		return nil, fmt.Errorf("signature R: %w", err)
	}
	z, err := d.Scalar(b[group.PointSize:])
	if err != nil {
		return nil, fmt.Errorf("signature z: %w", err)
	}
	return &Signature{r, z}, nil
}

// Equation returns what must hold for the signature to be valid: z*G = R + c*P.
// Public values only.
func (s *Signature) Equation(p PublicKey, message []byte) group.Equation {
	c := challenge(s.r, p.point, message)
	return group.Equation{
		Label:     "signature",
		BaseCoeff: s.z,
		Terms: []group.Term{
			{Point: s.r},
			{Scalar: c, Point: p.point},
		},
	}
}

// Verify checks a 64-byte signature of message under p. The error wraps
// ErrSignature where the encoding was fine and the equation is not.
func (p PublicKey) Verify(message, signature []byte) error {
	s, err := ParseSignature(signature)
	if err != nil {
		return err
	}
	e := s.Equation(p, message)
	if e.VarTimeCheck(nil) != nil {
		return ErrSignature
	}
	return nil
}

// challenge is H2(R || P || message) of RFC 9591, section 6.2.
func challenge(r, p *group.Point, message []byte) *group.Scalar {
	h := sha512.New()
	var head [len(challengeDomain) + 2*group.PointSize]byte
	h.Write(p.AppendTo(r.AppendTo(append(head[:0], challengeDomain...))))
	h.Write(message)
	var sum [64]byte
	h.Sum(sum[:0])
	return group.ScalarFromWide(&sum)
}
