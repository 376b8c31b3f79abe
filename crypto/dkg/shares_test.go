package dkg

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"rollcall/crypto/group"
)

// badShare is a way for dealer 1 to cheat trustee 2, and its discovery.
type badShare struct {
	name  string
	make  func(t *testing.T, f *fixture) *Message
	cause error
}

// cheatOn returns an honest deal of trustee 1 but for the plaintext for 2.
func cheatOn(change func(share *group.Scalar) []byte) func(*testing.T, *fixture) *Message {
	return func(t *testing.T, f *fixture) *Message {
		return f.deal(t, 1, randomPolynomial(t, 2, "cheat"), scalar(t, "cheat e"), func(j int, share *group.Scalar) []byte {
			if j != 2 {
				return share.Bytes()
			}
			return change(share)
		})
	}
}

// altered returns trustee 1's honest message with its ciphertexts changed.
func altered(change func(f *fixture, t *testing.T, m *Message)) func(*testing.T, *fixture) *Message {
	return func(t *testing.T, f *fixture) *Message {
		m := f.parsed(t, 1)
		change(f, t, m)
		return m
	}
}

func badShares() []badShare {
	return []badShare{
		{"first bit flipped", altered(func(_ *fixture, _ *testing.T, m *Message) {
			m.Ciphertexts[1] = flipped(m.Ciphertexts[1], 0)
		}), ErrDecrypt},
		{"last bit of the tag flipped", altered(func(_ *fixture, _ *testing.T, m *Message) {
			m.Ciphertexts[1] = flipped(m.Ciphertexts[1], 48*8-1)
		}), ErrDecrypt},
		{"one byte longer", altered(func(_ *fixture, _ *testing.T, m *Message) {
			m.Ciphertexts[1] = append(m.Ciphertexts[1], 0)
		}), ErrDecrypt},
		{"all zero", altered(func(_ *fixture, _ *testing.T, m *Message) {
			m.Ciphertexts[1] = make([]byte, 48)
		}), ErrDecrypt},
		{"another recipient's", altered(func(_ *fixture, _ *testing.T, m *Message) {
			m.Ciphertexts[1] = m.Ciphertexts[2]
		}), ErrDecrypt},
		{"another dealer's", altered(func(f *fixture, t *testing.T, m *Message) {
			m.Ciphertexts[1] = f.parsed(t, 3).Ciphertexts[1]
		}), ErrDecrypt},
		{"permuted", altered(func(_ *fixture, _ *testing.T, m *Message) {
			m.Ciphertexts[1], m.Ciphertexts[2] = m.Ciphertexts[2], m.Ciphertexts[1]
		}), ErrDecrypt},
		{"another session's", altered(func(f *fixture, t *testing.T, m *Message) {
			m.Ciphertexts[1] = newFixtureIn(t, "another session", 2, 3).parsed(t, 1).Ciphertexts[1]
		}), ErrDecrypt},
		{"authentic share+1", cheatOn(func(s *group.Scalar) []byte {
			return s.Add(group.ScalarFromUint64(1)).Bytes()
		}), ErrShare},
		{"authentic share of zero", cheatOn(func(*group.Scalar) []byte { return make([]byte, 32) }), ErrShare},
		{"authentic share, negated", cheatOn(func(s *group.Scalar) []byte { return s.Neg().Bytes() }), ErrShare},
		{"authentic share+q", cheatOn(func(s *group.Scalar) []byte { return plusOrder(s.Bytes()) }), ErrEncoding},
		{"authentic 2^256-1", cheatOn(func(*group.Scalar) []byte { return bytes.Repeat([]byte{0xff}, 32) }), ErrEncoding},
		{"authentic, big-endian", cheatOn(func(*group.Scalar) []byte {
			return append([]byte{0}, bytes.Repeat([]byte{0xff}, 31)...)
		}), ErrEncoding},
		{"authentic share for another index", func(t *testing.T, f *fixture) *Message {
			poly := randomPolynomial(t, 2, "cheat")
			return f.deal(t, 1, poly, scalar(t, "cheat e"), func(j int, _ *group.Scalar) []byte {
				if j == 2 {
					j = 3
				}
				return poly.evaluate(j).Bytes()
			})
		}, ErrShare},
	}
}

func TestBadShare(t *testing.T) {
	for _, test := range badShares() {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, 2, 3)
			f.messages[0] = test.make(t, f).Bytes()
			c := f.verified(t) // nothing of it shows in public
			_, err := f.trustees[1].Round2(c, f.messages[1])
			wantFault(t, err, 1, test.cause, false)
		})
	}
}

// A share of 31 bytes makes a ciphertext of 47, which no message may hold, and
// is refused by the decryption as well.
func TestShortShare(t *testing.T) {
	f := newFixture(t, 2, 3)
	short := func(s *group.Scalar) []byte { return s.Bytes()[:31] }
	m := cheatOn(short)(t, f)
	_, err := VerifyMessages(f.params, [][]byte{m.Bytes(), f.messages[1], f.messages[2]})
	wantFault(t, err, 1, ErrMessage, true)

	c := f.verified(t)
	c.messages[0] = m
	_, err = f.trustees[1].Round2(c, f.messages[1])
	wantFault(t, err, 1, ErrEncoding, false)
}

// Faults that everyone can see come first: a bad share of trustee 1 is not
// looked at while trustee 3's proof does not hold.
func TestProofsBeforeShares(t *testing.T) {
	f := newFixture(t, 2, 3)
	f.messages[0] = badShares()[0].make(t, f).Bytes()
	m := f.parsed(t, 3)
	m.Proof = flipped(m.Proof, 300)
	f.messages[2] = m.Bytes()
	_, err := VerifyMessages(f.params, f.messages)
	wantFault(t, err, 3, ErrProof, true)
}

// The proof of possession does not say whose message it is in, so a trustee
// compares the message under its index with the one it made.
func TestOwnMessageReplaced(t *testing.T) {
	f := newFixture(t, 2, 3)
	replacement, err := f.trustees[1].Round1(random("second message"), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := VerifyMessages(f.params, [][]byte{f.messages[0], replacement, f.messages[2]})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.trustees[1].Round2(c, f.messages[1]); !errors.Is(err, ErrOwnMessage) {
		t.Errorf("got %v, want %v", err, ErrOwnMessage)
	}
	if _, err := f.trustees[1].Round2(c, nil); !errors.Is(err, ErrOwnMessage) {
		t.Errorf("own message unknown: got %v, want %v", err, ErrOwnMessage)
	}
	if _, err := f.trustees[1].Round2(c, replacement); err != nil {
		t.Error(err)
	}
}

func TestRound2OtherCeremony(t *testing.T) {
	f := newFixture(t, 2, 3)
	for name, other := range map[string]*fixture{
		"session":   newFixtureIn(t, "another session", 2, 3),
		"threshold": newFixture(t, 3, 3),
		"trustees":  newFixture(t, 2, 4),
	} {
		if _, err := f.trustees[0].Round2(other.verified(t), other.messages[0]); err == nil {
			t.Errorf("ceremony of another %s taken", name)
		}
		if _, err := f.trustees[0].NewComplaint(other.verified(t), 2, random("c")); err == nil {
			t.Errorf("complaint about a ceremony of another %s made", name)
		}
	}
}

// Any k shares give the joint key's secret, k-1 do not, and each matches its
// verification share.
func TestSharesInterpolate(t *testing.T) {
	for _, test := range []struct{ k, n int }{{1, 1}, {1, 3}, {2, 3}, {3, 3}, {3, 5}, {9, 16}} {
		f := newFixture(t, test.k, test.n)
		states, signatures := f.round2(t, f.verified(t))
		shares := make([]*KeyShare, test.n)
		for i, state := range states {
			var err error
			if shares[i], err = state.Finish(signatures); err != nil {
				t.Fatal(err)
			}
			if !group.MulBase(shares[i].Secret).Equal(shares[i].Public.VerificationShares[i]) {
				t.Errorf("%d of %d: share %d does not match its verification share", test.k, test.n, i+1)
			}
			if !shares[i].Public.JointKey.Equal(shares[0].Public.JointKey) {
				t.Errorf("%d of %d: trustee %d has another joint key", test.k, test.n, i+1)
			}
		}
		joint := shares[0].Public.JointKey
		for start := 0; start+test.k <= test.n; start++ {
			if !group.MulBase(interpolate(shares[start : start+test.k])).Equal(joint) {
				t.Errorf("%d of %d: shares from %d do not give the joint key", test.k, test.n, start+1)
			}
		}
		if test.k > 1 && group.MulBase(interpolate(shares[:test.k-1])).Equal(joint) {
			t.Errorf("%d of %d: one share too few gives the joint key", test.k, test.n)
		}
	}
}

// interpolate returns f(0) of the polynomial through the shares.
func interpolate(shares []*KeyShare) *group.Scalar {
	sum := new(group.Scalar)
	for _, s := range shares {
		term := s.Secret
		x := group.ScalarFromUint64(uint64(s.Index))
		for _, other := range shares {
			if other.Index != s.Index {
				y := group.ScalarFromUint64(uint64(other.Index))
				term = term.Mul(y).Mul(y.Sub(x).Invert())
			}
		}
		sum = sum.Add(term)
	}
	return sum
}

// A coefficient or ephemeral key of zero is drawn again.
func TestZeroIsDrawnAgain(t *testing.T) {
	f := newFixture(t, 2, 3)
	zero := func() io.Reader { return bytes.NewReader(make([]byte, 64)) }
	source := random("sessionround1A")
	block := func() io.Reader { return io.LimitReader(source, 64) }
	with := io.MultiReader(zero(), block(), zero(), zero(), block(), zero(), block())
	m, err := f.trustees[0].Round1(with, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "message", m, f.messages[0])
}

func TestRound2Repeats(t *testing.T) {
	f := newFixture(t, 2, 3)
	_, first := f.round2(t, f.verified(t))
	_, second := f.round2(t, f.verified(t))
	for i := range first {
		same(t, "signature", first[i], second[i])
	}
}

func TestWipe(t *testing.T) {
	f := newFixture(t, 2, 3)
	states, signatures := f.round2(t, f.verified(t))
	share, err := states[0].Finish(signatures)
	if err != nil {
		t.Fatal(err)
	}
	share.Wipe()
	states[1].Wipe()
	f.trustees[2].Wipe()
	if !share.Secret.IsZero() || !states[1].secret.IsZero() || !f.trustees[2].secret.IsZero() {
		t.Error("secret left after Wipe")
	}
	poly := randomPolynomial(t, 3, "p")
	poly.wipe()
	for k, a := range poly {
		if !a.IsZero() {
			t.Errorf("coefficient %d left after wipe", k)
		}
	}
}
