package dkg

import (
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"rollcall/crypto/group"
)

// repeatable is a random stream that is a function of its label.
type repeatable struct {
	label string
	block uint64
	rest  []byte
}

func (r *repeatable) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		sum := sha512.Sum512(binary.BigEndian.AppendUint64([]byte(r.label), r.block))
		r.block++
		r.rest = sum[:]
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func random(label string) io.Reader { return &repeatable{label: label} }

func scalar(t *testing.T, label string) *group.Scalar {
	t.Helper()
	s, err := randomNonZero(random(label))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fixture is an honest ceremony of which tests change a part.
type fixture struct {
	params   *Params
	trustees []*Trustee
	messages [][]byte
}

func newFixture(t *testing.T, threshold, n int) *fixture {
	t.Helper()
	return newFixtureIn(t, "session", threshold, n)
}

// newFixtureIn makes the same trustees as newFixture in another session.
func newFixtureIn(t *testing.T, session string, threshold, n int) *fixture {
	t.Helper()
	secrets, keys := make([]*group.Scalar, n), make([][]byte, n)
	for i := range secrets {
		secrets[i] = scalar(t, "key"+string(rune('A'+i)))
		keys[i] = group.MulBase(secrets[i]).Bytes()
	}
	p, err := NewParams([]byte(session), threshold, keys)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{params: p}
	for i, secret := range secrets {
		trustee, err := NewTrustee(p, i+1, secret)
		if err != nil {
			t.Fatal(err)
		}
		message, err := trustee.Round1(random(session+"round1"+string(rune('A'+i))), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.trustees = append(f.trustees, trustee)
		f.messages = append(f.messages, message)
	}
	return f
}

func (f *fixture) verified(t *testing.T) *Ceremony {
	t.Helper()
	c, err := VerifyMessages(f.params, f.messages)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f *fixture) round2(t *testing.T, c *Ceremony) ([]*Round2, [][]byte) {
	t.Helper()
	states, signatures := make([]*Round2, len(f.trustees)), make([][]byte, len(f.trustees))
	for i, trustee := range f.trustees {
		state, err := trustee.Round2(c, f.messages[i])
		if err != nil {
			t.Fatal(err)
		}
		states[i], signatures[i] = state, state.Signature()
	}
	return states, signatures
}

// parsed returns a message of trustee i, from 1, for a test to alter.
func (f *fixture) parsed(t *testing.T, i int) *Message {
	t.Helper()
	m, err := ParseMessage(f.params, f.messages[i-1])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// deal is a dealer that may lie: a well-formed message of trustee i with
// polynomial f and ephemeral secret e, whose plaintext for j is plain(j, the
// honest share).
func (f *fixture) deal(t *testing.T, i int, poly polynomial, e *group.Scalar, plain func(j int, share *group.Scalar) []byte) *Message {
	t.Helper()
	p := f.params
	m := &Message{Commitment: poly.commit(), Ephemeral: group.MulBase(e).Encoded()}
	var err error
	if m.Proof, err = sign(poly[0], signedByProof(p.context, m.Commitment, m.Ephemeral)); err != nil {
		t.Fatal(err)
	}
	for j := 1; j <= p.N(); j++ {
		shared := secretPoints{e: p.key(j).Mul(e), d: p.key(j).Mul(f.trustees[i-1].secret)}
		key, nonce := aeadKey(shared, m.Ephemeral, p.key(i), p.key(j), p.context)
		aead, err := chacha20poly1305.NewX(key[:])
		if err != nil {
			t.Fatal(err)
		}
		m.Ciphertexts = append(m.Ciphertexts, aead.Seal(nil, nonce[:], plain(j, poly.evaluate(j)), nil))
	}
	return m
}

func honest(_ int, share *group.Scalar) []byte { return share.Bytes() }

func randomPolynomial(t *testing.T, threshold int, label string) polynomial {
	t.Helper()
	f, err := newPolynomial(threshold, random(label))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// plusOrder adds the group order to a little-endian number of 32 bytes: the
// same scalar in an encoding that must be refused.
func plusOrder(b []byte) []byte {
	order := [32]byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	}
	out, carry := make([]byte, 32), 0
	for i := range out {
		sum := int(b[i]) + int(order[i]) + carry
		out[i], carry = byte(sum), sum>>8
	}
	return out
}

// wantFault asserts that err names trustee with an error that wraps cause.
func wantFault(t *testing.T, err error, trustee int, cause error, public bool) {
	t.Helper()
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Fatalf("got %v, want a fault of trustee %d: %v", err, trustee, cause)
	}
	if fault.Trustee != trustee || !errors.Is(fault, cause) || fault.Public != public {
		t.Fatalf("got %v (public %t), want trustee %d: %v (public %t)", err, fault.Public, trustee, cause, public)
	}
}

// pointsFrom returns the multiples v, v+1, ... of the base point.
func pointsFrom(v uint64, n int) []*group.Point {
	points := make([]*group.Point, n)
	for k := range points {
		points[k] = multiple(v + uint64(k))
	}
	return points
}
