package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

func testWitness(t testing.TB, i int) (*Verifier, ed25519.PrivateKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(&seeded{label: fmt.Sprint("witness ", i)})
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewWitnessVerifier(fmt.Sprintf("witness%d.example", i), key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return v, key
}

func TestCosignatureMessage(t *testing.T) {
	// The example of c2sp.org/tlog-cosignature.
	c, err := ParseText([]byte("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := "cosignature/v1\ntime 1679315147\n" + string(c.Text())
	if got := CosignatureMessage(c.Origin, c.Size, c.Root, 1679315147); string(got) != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

func TestCosignatureRefuses(t *testing.T) {
	v, key := testWitness(t, 0)
	root := [32]byte{5}
	const size, at = 1000, 1_700_000_000
	sig, err := SignCosignature(key, testOrigin, size, root, at)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyCosignature(v.pub, testOrigin, size, root, at, sig); err != nil {
		t.Fatalf("a good one is refused: %v", err)
	}
	other, _ := testWitness(t, 1)
	plain := ed25519.Sign(key, Checkpoint{testOrigin, size, root}.Text())
	cases := map[string]error{
		"other key":       VerifyCosignature(other.pub, testOrigin, size, root, at, sig),
		"other origin":    VerifyCosignature(v.pub, testOrigin+"x", size, root, at, sig),
		"other size":      VerifyCosignature(v.pub, testOrigin, size+1, root, at, sig),
		"other root":      VerifyCosignature(v.pub, testOrigin, size, [32]byte{6}, at, sig),
		"other time":      VerifyCosignature(v.pub, testOrigin, size, root, at+1, sig),
		"S plus l":        VerifyCosignature(v.pub, testOrigin, size, root, at, addOrder(sig)),
		"short":           VerifyCosignature(v.pub, testOrigin, size, root, at, sig[:63]),
		"long":            VerifyCosignature(v.pub, testOrigin, size, root, at, append(bytes.Clone(sig), 0)),
		"no signature":    VerifyCosignature(v.pub, testOrigin, size, root, at, nil),
		"no key":          VerifyCosignature(nil, testOrigin, size, root, at, sig),
		"log's signature": VerifyCosignature(v.pub, testOrigin, size, root, at, plain),
		"time too large":  VerifyCosignature(v.pub, testOrigin, size, root, math.MaxInt64+1, sig),
		"origin of lines": VerifyCosignature(v.pub, "a\n1", size, root, at, sig),
	}
	for name, err := range cases {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	if _, err := SignCosignature(key, "a\nb", size, root, at); !errors.Is(err, ErrInvalid) {
		t.Errorf("signing under two lines: error %v, want ErrInvalid", err)
	}
	if _, err := SignCosignature(key, testOrigin, size, root, math.MaxInt64+1); !errors.Is(err, ErrInvalid) {
		t.Errorf("signing a time too large: error %v, want ErrInvalid", err)
	}
	if _, err := SignCosignature(key[:32], testOrigin, size, root, at); !errors.Is(err, ErrInvalid) {
		t.Errorf("signing with half a key: error %v, want ErrInvalid", err)
	}
}

// addOrder returns the signature with l added to S: the same equation, other
// bytes.
func addOrder(sig []byte) []byte {
	le := func(b []byte) *big.Int {
		r := bytes.Clone(b)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return new(big.Int).SetBytes(r)
	}
	sum := le(sig[32:])
	sum.Add(sum, le(groupOrder))
	out := bytes.Clone(sig)
	for i, b := range sum.FillBytes(make([]byte, 32)) {
		out[63-i] = b
	}
	return out
}

// Under a key of small order, one signature fits a good part of all messages,
// and crypto/ed25519 takes it. Here it must not count as a witness.
func TestSmallOrderKeyIsRefused(t *testing.T) {
	for i, y := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			key := bytes.Clone(y)
			key[31] |= sign
			if err := CheckPublicKey(key); !errors.Is(err, ErrInvalid) {
				t.Errorf("key %d, sign %#x: error %v, want ErrInvalid", i, sign, err)
			}
			// R = identity and S = 0 satisfy S*B = R + k*A whenever the hash k
			// is a multiple of A's order, so at every eighth time at least.
			forged := append([]byte{1}, make([]byte, 63)...)
			taken := 0
			for at := range uint64(64) {
				if ed25519.Verify(key, CosignatureMessage(testOrigin, 1, [32]byte{}, at), forged) {
					taken++
				}
				if err := VerifyCosignature(key, testOrigin, 1, [32]byte{}, at, forged); !errors.Is(err, ErrInvalid) {
					t.Errorf("key %d, sign %#x: forged cosignature: error %v, want ErrInvalid", i, sign, err)
				}
			}
			// y = 1 and y = p-1 with the sign bit have no point: Go refuses
			// x = 0 with a sign only in newer versions, so they are left out.
			if sign == 0 && taken == 0 {
				t.Errorf("key %d: crypto/ed25519 took no forgery: it is not of small order", i)
			}
		}
	}
}

func TestNonCanonicalKeyIsRefused(t *testing.T) {
	for name, key := range map[string][]byte{
		"p":              fieldPrime,
		"p+1 (identity)": mustHex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"p+3":            mustHex("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"2^255-1":        mustHex("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"all ones":       bytes.Repeat([]byte{0xff}, 32),
		"31 bytes":       make([]byte, 31),
	} {
		if err := CheckPublicKey(key); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	good, _ := testWitness(t, 3)
	if err := CheckPublicKey(good.pub); err != nil {
		t.Errorf("an honest key is refused: %v", err)
	}
}

// Cosignatures must be those of an implementation that nobody here wrote, both
// ways.
func TestCosignaturesOfTorchwood(t *testing.T) {
	s := testSigner(t)
	v, key := testWitness(t, 0)
	signed, err := s.Sign(42, [32]byte{4, 2})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := torchwood.NewCosignatureSigner(v.Name(), key)
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Verifier().String() != v.String() {
		t.Errorf("verifier key %s, torchwood says %s", v, theirs.Verifier())
	}
	policy := &Policy{Log: s.Verifier(), Witnesses: []Witness{{"w", v}}, Quorum: 1}

	n, err := note.Open(signed, note.VerifierList(s.Verifier()))
	if err != nil {
		t.Fatal(err)
	}
	cosigned, err := note.Sign(n, theirs)
	if err != nil {
		t.Fatal(err)
	}
	_, cosigs, err := policy.OpenCosigned(cosigned)
	if err != nil || len(cosigs) != 1 {
		t.Fatalf("torchwood's cosignature: %d counted, error %v", len(cosigs), err)
	}
	if err := VerifyCosignature(v.pub, testOrigin, 42, [32]byte{4, 2}, cosigs[0].Time, cosigs[0].Sig); err != nil {
		t.Error(err)
	}

	sig, err := SignCosignature(key, testOrigin, 42, [32]byte{4, 2}, 1234)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := AddCosignatures(signed, Cosignature{v, 1234, sig})
	if err != nil {
		t.Fatal(err)
	}
	text, err := policy.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	outside, err := torchwood.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	c, m, err := torchwood.VerifyCheckpoint(ours, outside)
	if err != nil {
		t.Fatalf("torchwood refuses our cosigned checkpoint: %v", err)
	}
	if c.N != 42 || len(m.Sigs) != 2 {
		t.Errorf("torchwood sees size %d and %d signatures", c.N, len(m.Sigs))
	}
	if _, _, err := torchwood.VerifyCheckpoint(signed, outside); err == nil {
		t.Error("torchwood takes a checkpoint without its witness")
	}
}

func TestAddCosignaturesRefuses(t *testing.T) {
	s := testSigner(t)
	v, key := testWitness(t, 0)
	signed, err := s.Sign(42, [32]byte{4, 2})
	if err != nil {
		t.Fatal(err)
	}
	stale, err := SignCosignature(key, testOrigin, 41, [32]byte{4, 2}, 1234)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AddCosignatures(signed, Cosignature{v, 1234, stale}); !errors.Is(err, ErrInvalid) {
		t.Errorf("cosignature of another size: error %v, want ErrInvalid", err)
	}
	if _, err := AddCosignatures([]byte("no note"), Cosignature{v, 1234, stale}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no note: error %v, want ErrInvalid", err)
	}
	if v.Verify(Checkpoint{testOrigin, 41, [32]byte{4, 2}}.Text(), append(binary.BigEndian.AppendUint64(nil, 1234), stale[:63]...)) {
		t.Error("a short cosignature verifies")
	}
}
