package dkg

import (
	"bytes"
	"errors"
	"testing"

	"rollcall/crypto/group"
)

func TestSetupRefused(t *testing.T) {
	g1, g2, g3 := unhex(t, hex1G), unhex(t, hex2G), unhex(t, hex3G)
	// Refused by RFC 9496, section 4.3.1: an odd, that is negative, field
	// element; the number p, which stands for 0; and a public key of RFC 8032,
	// section 7.1, an Edwards point.
	negative := unhex(t, "0100000000000000000000000000000000000000000000000000000000000000")
	notCanonical := unhex(t, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
	ed25519 := unhex(t, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	many := make([][]byte, MaxTrustees+1)
	for i := range many {
		many[i] = multiple(uint64(i + 1)).Bytes()
	}
	for name, test := range map[string]struct {
		session   string
		threshold int
		keys      [][]byte
		fault     int // trustee named, 0 for none
		cause     error
	}{
		"threshold zero":         {"s", 0, [][]byte{g1, g2}, 0, nil},
		"threshold negative":     {"s", -1, [][]byte{g1, g2}, 0, nil},
		"threshold above n":      {"s", 3, [][]byte{g1, g2}, 0, nil},
		"no trustees":            {"s", 0, nil, 0, nil},
		"one of none":            {"s", 1, nil, 0, nil},
		"too many trustees":      {"s", 2, many, 0, nil},
		"empty session":          {"", 1, [][]byte{g1, g2}, 0, nil},
		"first two equal":        {"s", 2, [][]byte{g1, g1, g2}, 1, ErrDuplicate},
		"first and last equal":   {"s", 2, [][]byte{g3, g1, g3}, 1, ErrDuplicate},
		"identity":               {"s", 2, [][]byte{g1, make([]byte, 32)}, 2, group.ErrIdentity},
		"negative field element": {"s", 2, [][]byte{g1, g2, negative}, 3, group.ErrPoint},
		"field element p":        {"s", 2, [][]byte{notCanonical, g2}, 1, group.ErrPoint},
		"high bit set":           {"s", 2, [][]byte{g1, flipped(g2, 255)}, 2, group.ErrPoint},
		"Ed25519 key":            {"s", 2, [][]byte{g1, ed25519}, 2, group.ErrPoint},
		"31 bytes":               {"s", 2, [][]byte{g1, g2[:31]}, 2, nil},
		"33 bytes":               {"s", 2, [][]byte{g1, append(bytes.Clone(g2), 0)}, 2, nil},
		"no key":                 {"s", 2, [][]byte{nil, g1}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewParams([]byte(test.session), test.threshold, test.keys)
			if !errors.Is(err, ErrSetup) {
				t.Fatalf("got %v, want %v", err, ErrSetup)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("got %v, want %v", err, test.cause)
			}
			var fault *Fault
			if errors.As(err, &fault) != (test.fault != 0) || (fault != nil && fault.Trustee != test.fault) {
				t.Errorf("got %v, want trustee %d named", err, test.fault)
			}
		})
	}
}

// flipped returns b with one bit changed.
func flipped(b []byte, bit int) []byte {
	out := bytes.Clone(b)
	out[bit/8] ^= 1 << (bit % 8)
	return out
}

func TestSetupAccepted(t *testing.T) {
	for _, test := range []struct{ threshold, n int }{{1, 1}, {1, 3}, {3, 3}, {9, 16}, {2, MaxTrustees}} {
		keys := make([][]byte, test.n)
		for i := range keys {
			keys[i] = multiple(uint64(i + 1)).Bytes()
		}
		p, err := NewParams([]byte("s"), test.threshold, keys)
		if err != nil {
			t.Fatalf("%d of %d: %v", test.threshold, test.n, err)
		}
		if p.N() != test.n || p.Threshold() != test.threshold {
			t.Errorf("%d of %d reads as %d of %d", test.threshold, test.n, p.Threshold(), p.N())
		}
	}
}

func TestTrusteeRefused(t *testing.T) {
	p, err := NewParams([]byte("s"), 2, [][]byte{unhex(t, hex1G), unhex(t, hex2G), unhex(t, hex3G)})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		index  int
		secret uint64
	}{
		"own key at a wrong index": {1, 2},
		"stranger's key":           {1, 4},
		"secret is zero":           {1, 0},
		"index zero":               {0, 1},
		"index negative":           {-1, 1},
		"index above n":            {4, 4},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewTrustee(p, test.index, group.ScalarFromUint64(test.secret)); !errors.Is(err, ErrSetup) {
				t.Fatalf("got %v, want %v", err, ErrSetup)
			}
		})
	}
	if _, err := NewTrustee(p, 2, group.ScalarFromUint64(2)); err != nil {
		t.Error(err)
	}
}

// Every part of the setup but t, which the election hash binds, changes the
// context.
func TestContextBinds(t *testing.T) {
	g1, g2, g3 := unhex(t, hex1G), unhex(t, hex2G), unhex(t, hex3G)
	seen := map[string]string{}
	for name, test := range map[string]struct {
		session []byte
		keys    [][]byte
	}{
		"base":          {SessionID([64]byte{}, 1), [][]byte{g1, g2}},
		"other attempt": {SessionID([64]byte{}, 2), [][]byte{g1, g2}},
		"other vote":    {SessionID([64]byte{1}, 1), [][]byte{g1, g2}},
		"other order":   {SessionID([64]byte{}, 1), [][]byte{g2, g1}},
		"other key":     {SessionID([64]byte{}, 1), [][]byte{g1, g3}},
		"one more":      {SessionID([64]byte{}, 1), [][]byte{g1, g2, g3}},
	} {
		p, err := NewParams(test.session, 1, test.keys)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[string(p.Context())]; ok {
			t.Errorf("%s and %s have one context", name, other)
		}
		seen[string(p.Context())] = name
	}
}

func TestCommitmentHashBinds(t *testing.T) {
	f := newFixture(t, 2, 3)
	base := CommitmentHash([]byte("session"), 1, f.messages[0])
	for name, other := range map[string][64]byte{
		"session": CommitmentHash([]byte("sessiom"), 1, f.messages[0]),
		"index":   CommitmentHash([]byte("session"), 2, f.messages[0]),
		"message": CommitmentHash([]byte("session"), 1, flipped(f.messages[0], 8*len(f.messages[0])-1)),
		"shift":   CommitmentHash(append([]byte("session"), f.messages[0][0]), 1, f.messages[0][1:]),
	} {
		if other == base {
			t.Errorf("another %s gives the same commitment hash", name)
		}
	}
}
