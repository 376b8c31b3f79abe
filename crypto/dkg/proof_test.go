package dkg

import (
	"bytes"
	"errors"
	"testing"

	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

func TestProofOfPossessionRefused(t *testing.T) {
	f := newFixture(t, 2, 3)
	other := newFixtureIn(t, "another session", 2, 3)
	// otherSession is a message made with the same randomness elsewhere: the
	// same C and E, and a proof for the other context.
	foreign, err := other.trustees[1].Round1(random("sessionround1B"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(foreign[:64], f.messages[1][:64]) {
		t.Fatal("same randomness gives another commitment")
	}
	a0, err := randomNonZero(random("sessionround1B"))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(m *Message){
		"C_0 altered":       func(m *Message) { m.Commitment[0] = m.Commitment[0].Add(group.Base()) },
		"C_1 altered":       func(m *Message) { m.Commitment[1] = m.Commitment[1].Add(group.Base()) },
		"C_0, C_1 swapped":  func(m *Message) { m.Commitment[0], m.Commitment[1] = m.Commitment[1], m.Commitment[0] },
		"E altered":         func(m *Message) { m.Ephemeral = m.Ephemeral.Add(group.Base()) },
		"E negated":         func(m *Message) { m.Ephemeral = m.Ephemeral.Neg() },
		"another trustee's": func(m *Message) { m.Proof = f.parsed(t, 1).Proof },
		"other session":     func(m *Message) { m.Proof = bytes.Clone(foreign[64:128]) },
		"z + q":             func(m *Message) { copy(m.Proof[32:], plusOrder(m.Proof[32:])) },
		"z negated":         func(m *Message) { copy(m.Proof[32:], negated(t, m.Proof[32:])) },
		"R is the identity": func(m *Message) { clear(m.Proof[:32]) },
		"R not canonical":   func(m *Message) { m.Proof[31] |= 0x80 },
		"all zero":          func(m *Message) { clear(m.Proof) },
		"no context": func(m *Message) {
			m.Proof = signed(t, a0, signedByProof(nil, m.Commitment, m.Ephemeral))
		},
		"E not signed": func(m *Message) {
			m.Proof = signed(t, a0, appendPoints(bytes.Clone(f.params.context), m.Commitment))
		},
		"signed with the ceremony key": func(m *Message) {
			m.Proof = signed(t, f.trustees[1].secret, signedByProof(f.params.context, m.Commitment, m.Ephemeral))
		},
		"signature of the board's scheme": func(m *Message) {
			key, err := schnorr.NewSecretKey(a0)
			if err != nil {
				t.Fatal(err)
			}
			m.Proof = key.Sign(signedByProof(f.params.context, m.Commitment, m.Ephemeral))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := f.parsed(t, 2)
			change(m)
			_, err := VerifyMessages(f.params, [][]byte{f.messages[0], m.Bytes(), f.messages[2]})
			wantFault(t, err, 2, ErrProof, true)
		})
	}
	for bit := range 512 {
		m := f.parsed(t, 2)
		m.Proof = flipped(m.Proof, bit)
		if err := m.verifyProof(f.params); !errors.Is(err, ErrProof) {
			t.Fatalf("bit %d of the proof changed: got %v, want %v", bit, err, ErrProof)
		}
	}
}

func signed(t *testing.T, sk *group.Scalar, message []byte) []byte {
	t.Helper()
	s, err := sign(sk, message)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func negated(t *testing.T, b []byte) []byte {
	t.Helper()
	s, err := group.ParseScalar(b)
	if err != nil {
		t.Fatal(err)
	}
	return s.Neg().Bytes()
}

// With R the identity, z = c*a_0 fulfils the equation, and whoever sees it
// knows a_0 ("Schnorr Sign Algorithm", step 3).
func TestIdentityNonceRefused(t *testing.T) {
	a0 := scalar(t, "a0")
	pk := group.MulBase(a0).Encoded()
	message := []byte("message")
	z := challenge(group.Identity(), pk, message).Mul(a0)
	signature := append(make([]byte, 32), z.Bytes()...)
	if err := verify(pk, message, signature); !errors.Is(err, group.ErrIdentity) {
		t.Errorf("got %v, want %v", err, group.ErrIdentity)
	}
}

func TestSignatureLengths(t *testing.T) {
	sk, message := scalar(t, "sk"), []byte("message")
	pk := group.MulBase(sk).Encoded()
	good := signed(t, sk, message)
	if err := verify(pk, message, good); err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if err := verify(pk, message, good[:n]); err == nil {
			t.Errorf("signature of %d bytes taken", n)
		}
	}
	if err := verify(pk, message, append(bytes.Clone(good), 0)); err == nil {
		t.Error("signature of 65 bytes taken")
	}
}

// A rogue key: the last trustee takes the others' first commitments out of the
// joint key. Without the secret it can not prove possession.
func TestRogueKey(t *testing.T) {
	f := newFixture(t, 2, 3)
	mine := scalar(t, "rogue")
	m := f.parsed(t, 3)
	m.Commitment[0] = group.MulBase(mine).Sub(f.parsed(t, 1).Commitment[0]).Sub(f.parsed(t, 2).Commitment[0])
	m.Proof = signed(t, mine, signedByProof(f.params.context, m.Commitment, m.Ephemeral))
	_, err := VerifyMessages(f.params, [][]byte{f.messages[0], f.messages[1], m.Bytes()})
	wantFault(t, err, 3, ErrProof, true)
}

func TestDuplicatesRefused(t *testing.T) {
	f := newFixture(t, 2, 3)
	poly, e := randomPolynomial(t, 2, "poly"), scalar(t, "e")
	otherPoly := polynomial{poly[0], scalar(t, "another a_1")}
	for name, test := range map[string]struct {
		first, third *Message
	}{
		"whole polynomial": {f.deal(t, 1, poly, e, honest), f.deal(t, 3, poly, scalar(t, "e2"), honest)},
		"first commitment": {f.deal(t, 1, poly, e, honest), f.deal(t, 3, otherPoly, scalar(t, "e2"), honest)},
		"ephemeral key":    {f.deal(t, 1, poly, e, honest), f.deal(t, 3, randomPolynomial(t, 2, "p2"), e, honest)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := VerifyMessages(f.params, [][]byte{test.first.Bytes(), f.messages[1], test.third.Bytes()})
			wantFault(t, err, 1, ErrDuplicate, true)
			var fault *Fault
			if errors.As(err, &fault); fault.Other != 3 {
				t.Errorf("got %v, want trustees 1 and 3", err)
			}
		})
	}
	// A message copied as a whole carries a valid proof: it holds no index.
	_, err := VerifyMessages(f.params, [][]byte{f.messages[0], f.messages[1], f.messages[1]})
	wantFault(t, err, 2, ErrDuplicate, true)
	// An equal second coefficient is no copy that could harm.
	a := f.deal(t, 1, polynomial{scalar(t, "x"), poly[1]}, scalar(t, "e3"), honest)
	b := f.deal(t, 3, polynomial{scalar(t, "y"), poly[1]}, scalar(t, "e4"), honest)
	if _, err := VerifyMessages(f.params, [][]byte{a.Bytes(), f.messages[1], b.Bytes()}); err != nil {
		t.Errorf("equal second commitments: %v", err)
	}
}

// Trustees who all collude can make the joint key or a verification share the
// identity.
func TestDegenerateRefused(t *testing.T) {
	f := newFixture(t, 2, 2)
	a := polynomial{group.ScalarFromUint64(5), group.ScalarFromUint64(7)}
	for name, b := range map[string]polynomial{
		"joint key is the identity":            {a[0].Neg(), group.ScalarFromUint64(9)},
		"verification share 1 is the identity": {group.ScalarFromUint64(3), group.ScalarFromUint64(15).Neg()},
		"verification share 2 is the identity": {group.ScalarFromUint64(1), group.ScalarFromUint64(10).Neg()},
	} {
		t.Run(name, func(t *testing.T) {
			m1, m2 := f.deal(t, 1, a, scalar(t, "e1"), honest), f.deal(t, 2, b, scalar(t, "e2"), honest)
			c, err := VerifyMessages(f.params, [][]byte{m1.Bytes(), m2.Bytes()})
			if !errors.Is(err, ErrDegenerate) || err.Error() != name || c != nil {
				t.Fatalf("got %v, want %s", err, name)
			}
		})
	}
}
