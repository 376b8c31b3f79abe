package group

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"filippo.io/edwards25519"
)

// smallOrder are the canonical encodings of the eight points of small order.
var smallOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}

func TestEd25519KeysTaken(t *testing.T) {
	r := testRandom("ed25519 keys")
	for range 20 {
		seed := make([]byte, ed25519.SeedSize)
		if _, err := r.Read(seed); err != nil {
			t.Fatal(err)
		}
		public := ed25519.NewKeyFromSeed(seed)[ed25519.SeedSize:]
		if err := CheckEd25519Key(public); err != nil {
			t.Errorf("%x: %v", public, err)
		}
		// The same key with a part of small order, under which verifiers with
		// and without the cofactor disagree.
		p, err := new(edwards25519.Point).SetBytes(public)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range smallOrder[1:] {
			torsion, err := new(edwards25519.Point).SetBytes(unhex(t, s))
			if err != nil {
				t.Fatal(err)
			}
			mixed := new(edwards25519.Point).Add(p, torsion).Bytes()
			if err := CheckEd25519Key(mixed); !errors.Is(err, ErrEd25519Key) {
				t.Errorf("mixed order %x: error is %v", mixed, err)
			}
		}
	}
}

func TestEd25519KeysRefused(t *testing.T) {
	good := edwards25519.NewGeneratorPoint().Bytes()
	if err := CheckEd25519Key(good); err != nil {
		t.Fatalf("the base point: %v", err)
	}
	for _, s := range append([]string{
		"0100000000000000000000000000000000000000000000000000000000000080", // identity with the sign of -0
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // (0, -1) with the sign of -0
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // identity, y + p
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = 3 + p
		"0200000000000000000000000000000000000000000000000000000000000000", // not on the curve
	}, smallOrder...) {
		if err := CheckEd25519Key(unhex(t, s)); !errors.Is(err, ErrEd25519Key) {
			t.Errorf("%s: error is %v", s, err)
		}
	}
	for _, b := range [][]byte{nil, good[:31], append(bytes.Clone(good), 0)} {
		if err := CheckEd25519Key(b); err == nil {
			t.Errorf("%d bytes were taken", len(b))
		}
	}
}

// FuzzCheckEd25519Key looks for keys that are taken and yet verify with a
// cofactor only: in the prime-order group multiplying by eight loses nothing.
func FuzzCheckEd25519Key(f *testing.F) {
	for _, s := range smallOrder {
		f.Add(unhex(f, s))
	}
	f.Add(edwards25519.NewGeneratorPoint().Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if CheckEd25519Key(b) != nil {
			return
		}
		p, err := new(edwards25519.Point).SetBytes(b)
		if err != nil || !bytes.Equal(p.Bytes(), b) {
			t.Fatalf("not canonical: %v", err)
		}
		eighth := ScalarFromUint64(8).Invert()
		back := new(edwards25519.Point).ScalarMult(&eighth.s, new(edwards25519.Point).MultByCofactor(p))
		if back.Equal(p) != 1 || back.Equal(edwards25519.NewIdentityPoint()) == 1 {
			t.Fatal("not of prime order")
		}
	})
}
