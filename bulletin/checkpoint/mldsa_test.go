package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"filippo.io/mldsa"
	"filippo.io/torchwood"
	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	outside "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// testBoth returns a witness with two keys under one name.
func testBoth(t testing.TB, name string) (ed, ml *Cosigner) {
	t.Helper()
	ed, err := GenerateCosigner(name, &seeded{label: "ed " + name})
	if err != nil {
		t.Fatal(err)
	}
	if ml, err = GenerateMLDSACosigner(name, &seeded{label: "ml " + name}); err != nil {
		t.Fatal(err)
	}
	return ed, ml
}

func mustCosign(t testing.TB, s *Cosigner, c Checkpoint, at uint64) Cosignature {
	t.Helper()
	cs, err := s.Cosign(c, at)
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

// TestMLDSAMessage writes cosigned_message of c2sp.org/tlog-cosignature by hand,
// of the names, the size and the time in the examples there.
func TestMLDSAMessage(t *testing.T) {
	c, err := ParseText([]byte("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := "737562747265652f76310a00" + // "subtree/v1", newline, zero: 12 bytes
		"16" + "7769746e6573732e6578616d706c652e636f6d2f7731" + // 22 bytes, "witness.example.com/w1"
		"00000000641850cb" + // 1679315147
		"1b" + "6578616d706c652e636f6d2f626568696e642d7468652d736f6661" + // 27 bytes, "example.com/behind-the-sofa"
		"0000000000000000" + // start
		"00000000013e2dc3" + // 20852163
		"0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
	got := mldsaMessage("witness.example.com/w1", c.Origin, c.Size, c.Root, 1679315147)
	if hex.EncodeToString(got) != want {
		t.Errorf("message %x, want %s", got, want)
	}
}

// TestMLDSAKeyID computes the key id of a key as the text says it, byte for byte.
func TestMLDSAKeyID(t *testing.T) {
	_, ml := testBoth(t, "w.example")
	v := ml.Verifier()
	sum := sha256.Sum256(append([]byte("w.example\n\x06"), v.PublicKey()...))
	if v.KeyHash() != binary.BigEndian.Uint32(sum[:4]) || len(v.PublicKey()) != 1312 || !v.MLDSA() {
		t.Errorf("key id %08x of %d bytes", v.KeyHash(), len(v.PublicKey()))
	}
	again, err := ParseMLDSAVerifier(v.String())
	if err != nil || again.String() != v.String() || !strings.HasPrefix(v.String(), "w.example+") {
		t.Errorf("read as %v, %v", again, err)
	}
}

func TestMLDSACosignerText(t *testing.T) {
	ed, ml := testBoth(t, "w.example")
	text := ml.Marshal()
	again, err := ParseMLDSACosigner(text + "\n")
	if err != nil || again.Marshal() != text || again.Verifier().String() != ml.Verifier().String() {
		t.Fatalf("another key came back: %v", err)
	}
	seed := text[strings.LastIndex(text, "+")+1:]
	for name, bad := range map[string]string{
		"empty":          "",
		"cut":            text[:40],
		"of Ed25519":     ed.Marshal(),
		"two newlines":   text + "\n\n",
		"other name":     strings.Replace(text, "w.example", "v.example", 1),
		"type of a log":  strings.Replace(text, seed, "AQ"+seed[2:], 1),
		"type ed25519":   strings.Replace(text, seed, "BA"+seed[2:], 1),
		"verifier's key": ml.Verifier().String(),
	} {
		if _, err := ParseMLDSACosigner(bad); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), seed[:12]) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
	if _, err := ParseCosigner(text); err == nil {
		t.Error("taken for an Ed25519 key")
	}
	if _, err := GenerateMLDSACosigner("a b", &seeded{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("name with a space: %v", err)
	}
	if _, err := GenerateMLDSACosigner("a", strings.NewReader("short")); err == nil {
		t.Error("a key of five bytes of randomness")
	}
	for name, bad := range map[string]string{
		"of Ed25519":   ed.Verifier().String(),
		"a byte short": vkey(algMLDSA, "w.example", ml.Verifier().pub[:1311]),
		"a byte more":  vkey(algMLDSA, "w.example", append(ml.Verifier().PublicKey(), 0)),
		"no key":       vkey(algMLDSA, "w.example", nil),
		"wrong id":     strings.Replace(ml.Verifier().String(), "+"+hex.EncodeToString(binary.BigEndian.AppendUint32(nil, ml.Verifier().KeyHash())), "+00000000", 1),
		"name of ' '":  vkey(algMLDSA, "a b", ml.Verifier().pub),
	} {
		if _, err := ParseMLDSAVerifier(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	for _, parse := range []func(string) (*Verifier, error){ParseWitnessVerifier, ParseLogVerifier} {
		if _, err := parse(ml.Verifier().String()); !errors.Is(err, ErrInvalid) {
			t.Errorf("an ML-DSA-44 key is taken for another: %v", err)
		}
	}
}

// TestMLDSAOfOthers holds cosignatures against transparency-dev/formats, which
// nobody here wrote and which signs with filippo.io/mldsa: both ways, keys too.
func TestMLDSAOfOthers(t *testing.T) {
	_, ml := testBoth(t, "w.example")
	v := ml.Verifier()
	theirs, err := outside.NewMLDSAVerifier(v.String())
	if err != nil || theirs.KeyHash() != v.KeyHash() {
		t.Fatalf("key id %08x, outside %08x, %v", v.KeyHash(), theirs.KeyHash(), err)
	}
	signer, err := outside.NewMLDSASigner(ml.Marshal())
	if err != nil || signer.KeyHash() != v.KeyHash() {
		t.Fatalf("our private key, outside: %v", err)
	}
	log := testSigner(t)
	for _, size := range []uint64{1, 42, 1 << 40} {
		c := Checkpoint{testOrigin, size, [32]byte{4, 2}}
		signed, err := log.Sign(c.Size, c.Root)
		if err != nil {
			t.Fatal(err)
		}
		cs := mustCosign(t, ml, c, 1_700_000_000)
		ours, err := AddCosignatures(signed, cs)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := note.Open(ours, note.VerifierList(theirs)); err != nil || len(n.Sigs) != 1 {
			t.Errorf("size %d: outside refuses ours: %v", size, err)
		}
		if !theirs.VerifySubtree(cs.Time, c.Origin, 0, c.Size, c.Root[:], append(binary.BigEndian.AppendUint64(nil, cs.Time), cs.Sig...)) {
			t.Errorf("size %d: it is no subtree signature from 0 on", size)
		}
		blob, err := signer.SignSubtree(9, c.Origin, 0, c.Size, c.Root[:])
		if err != nil {
			t.Fatal(err)
		}
		if err := v.verifyCosignature(c, 9, blob[8:]); err != nil {
			t.Errorf("size %d: we refuse theirs: %v", size, err)
		}
		// Statements of another kind, or none about the largest tree.
		for _, at := range []struct{ t, start uint64 }{{0, 0}, {0, 1}} {
			if at.start >= c.Size {
				continue
			}
			other, err := signer.SignSubtree(at.t, c.Origin, at.start, c.Size, c.Root[:])
			if err != nil {
				t.Fatal(err)
			}
			if err := v.verifyCosignature(c, at.t, other[8:]); !errors.Is(err, ErrInvalid) {
				t.Errorf("size %d: a signature of time %d and start %d: %v", size, at.t, at.start, err)
			}
		}
	}
	skey, vkey, err := outside.GenerateMLDSAKey("other.example/w")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseMLDSACosigner(skey)
	if err != nil || key.Verifier().String() != vkey {
		t.Errorf("a key from outside is read as %v, %v", key, err)
	}
}

// TestMLDSASameSignatures holds the deterministic signatures of circl against
// those of filippo.io/mldsa, and that both refuse whatever bit is changed.
func TestMLDSASameSignatures(t *testing.T) {
	seed := sha256.Sum256([]byte("seed"))
	pub, key := mldsa44.NewKeyFromSeed(&seed)
	other, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pub.Bytes(), other.PublicKey().Bytes()) {
		t.Fatal("two keys of one seed")
	}
	refusals := 0
	for i := range 20 {
		msg := mldsaMessage("w", "o", uint64(i), [32]byte{1}, 7)
		sig := make([]byte, mldsa44.SignatureSize)
		if err := mldsa44.SignTo(key, msg, nil, false, sig); err != nil {
			t.Fatal(err)
		}
		want, err := other.SignDeterministic(msg, nil)
		if err != nil || !bytes.Equal(sig, want) {
			t.Fatalf("message %d: two signatures, %v", i, err)
		}
		// The places of a bit: challenge, z, and the hints at the end, in each message others.
		for at := i % 7; at < len(sig); at += 29 {
			bad := bytes.Clone(sig)
			bad[at] ^= 1 << (i % 8)
			ours, theirs := mldsa44.Verify(pub, msg, nil, bad), mldsa.Verify(other.PublicKey(), msg, bad, nil) == nil
			if ours || theirs {
				t.Errorf("message %d, byte %d: taken by circl %v, by filippo.io %v", i, at, ours, theirs)
			}
			refusals++
		}
	}
	if refusals < 1000 {
		t.Errorf("only %d changes", refusals)
	}
}

func TestMLDSARefuses(t *testing.T) {
	ed, ml := testBoth(t, "w.example")
	_, other := testBoth(t, "v.example")
	v := ml.Verifier()
	renamed, err := newVerifier(algMLDSA, "u.example", v.pub)
	if err != nil {
		t.Fatal(err)
	}
	c := Checkpoint{testOrigin, 1000, [32]byte{5}}
	const at = 1_700_000_000
	sig := mustCosign(t, ml, c, at).Sig
	if err := v.verifyCosignature(c, at, sig); err != nil {
		t.Fatalf("a good one is refused: %v", err)
	}
	plain := func(ctx string, msg []byte) []byte {
		out := make([]byte, mldsa44.SignatureSize)
		if err := mldsa44.SignTo(ml.mldsa, msg, []byte(ctx), false, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	message := mldsaMessage("w.example", c.Origin, c.Size, c.Root, at)
	if err := v.verifyCosignature(c, at, plain("", message)); err != nil {
		t.Fatalf("a deterministic one is refused: %v", err)
	}
	for name, err := range map[string]error{
		"other key":           other.Verifier().verifyCosignature(c, at, sig),
		"other witness name":  renamed.verifyCosignature(c, at, sig),
		"other origin":        v.verifyCosignature(Checkpoint{testOrigin + "x", c.Size, c.Root}, at, sig),
		"other size":          v.verifyCosignature(Checkpoint{c.Origin, c.Size + 1, c.Root}, at, sig),
		"other root":          v.verifyCosignature(Checkpoint{c.Origin, c.Size, [32]byte{6}}, at, sig),
		"other time":          v.verifyCosignature(c, at+1, sig),
		"time 0":              v.verifyCosignature(c, 0, plain("", mldsaMessage("w.example", c.Origin, c.Size, c.Root, 0))),
		"time too large":      v.verifyCosignature(c, math.MaxInt64+1, plain("", mldsaMessage("w.example", c.Origin, c.Size, c.Root, math.MaxInt64+1))),
		"origin of lines":     v.verifyCosignature(Checkpoint{"a\n1", c.Size, c.Root}, at, sig),
		"short":               v.verifyCosignature(c, at, sig[:2419]),
		"long":                v.verifyCosignature(c, at, append(bytes.Clone(sig), 0)),
		"none":                v.verifyCosignature(c, at, nil),
		"the Ed25519 message": v.verifyCosignature(c, at, plain("", CosignatureMessage(c.Origin, c.Size, c.Root, at))),
		"the checkpoint":      v.verifyCosignature(c, at, plain("", c.Text())),
		"a context":           v.verifyCosignature(c, at, plain("c", message)),
		"no label":            v.verifyCosignature(c, at, plain("", message[12:])),
		"Ed25519's signature": v.verifyCosignature(c, at, mustCosign(t, ed, c, at).Sig),
		"the reverse":         ed.Verifier().verifyCosignature(c, at, sig),
		"Ed25519 of message":  ed.Verifier().verifyCosignature(c, at, ed25519.Sign(ed.key, message)),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	for name, bad := range map[string]struct {
		c  Checkpoint
		at uint64
	}{"time 0": {c, 0}, "time too large": {c, math.MaxInt64 + 1}, "origin of lines": {Checkpoint{"a\nb", 1, [32]byte{}}, 1}} {
		if _, err := ml.Cosign(bad.c, bad.at); !errors.Is(err, ErrInvalid) {
			t.Errorf("signing, %s: error %v, want ErrInvalid", name, err)
		}
	}
	again := mustCosign(t, ml, c, at).Sig
	if bytes.Equal(again, sig) {
		t.Error("two signatures of one message are the same: they are not hedged")
	}
}

// lineOf writes a signature line of a key with any bytes in it.
func lineOf(v *Verifier, id uint32, at uint64, sig []byte) string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, id), at)
	return "\u2014 " + v.Name() + " " + base64.StdEncoding.EncodeToString(append(b, sig...)) + "\n"
}

// TestMLDSAAnswers reads an answer of two lines for either key.
func TestMLDSAAnswers(t *testing.T) {
	ed, ml := testBoth(t, "w.example")
	c := Checkpoint{testOrigin, 12, [32]byte{3}}
	one, two := mustCosign(t, ed, c, 5), mustCosign(t, ml, c, 5)
	for _, lines := range []string{one.Line() + two.Line(), two.Line() + one.Line()} {
		for _, want := range []Cosignature{one, two} {
			got, err := ParseCosignatures([]byte(lines), c, want.Witness)
			if err != nil || got.Time != 5 || !bytes.Equal(got.Sig, want.Sig) {
				t.Errorf("%s: %v", want.Witness, err)
			}
		}
	}
	v := ml.Verifier()
	flipped := bytes.Clone(two.Sig)
	flipped[1000] ^= 1
	for name, line := range map[string]string{
		"of the other key only": one.Line(),
		"a bit flipped":         lineOf(v, v.KeyHash(), 5, flipped),
		"wrong key id":          lineOf(v, v.KeyHash()+1, 5, two.Sig),
		"the other key's id":    lineOf(v, ed.Verifier().KeyHash(), 5, two.Sig),
		"wrong time":            lineOf(v, v.KeyHash(), 6, two.Sig),
		"truncated":             lineOf(v, v.KeyHash(), 5, two.Sig[:2000]),
		"no signature":          lineOf(v, v.KeyHash(), 5, nil),
		"no time":               "\u2014 w.example " + base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, v.KeyHash())) + "\n",
		"Ed25519 under 0x06":    lineOf(v, v.KeyHash(), 5, one.Sig),
	} {
		if _, err := ParseCosignatures([]byte(line), c, v); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
		// And what is wrong with it does not touch the other line.
		if name == "the other key's id" {
			continue
		}
		if _, err := ParseCosignatures([]byte(one.Line()+line), c, ed.Verifier()); err != nil {
			t.Errorf("%s: the Ed25519 line before it: %v", name, err)
		}
	}
	if _, err := ParseCosignatures([]byte(lineOf(ed.Verifier(), ed.Verifier().KeyHash(), 5, two.Sig)), c, ed.Verifier()); !errors.Is(err, ErrInvalid) {
		t.Errorf("ML-DSA-44 under 0x04: %v", err)
	}
}

// TestMLDSAIgnored: whoever does not know the second keys reads the checkpoint as
// without their lines.
func TestMLDSAIgnored(t *testing.T) {
	p := testPolicy(t, 2, 2)
	log := testSigner(t)
	c := Checkpoint{testOrigin, 9, [32]byte{9}}
	signed, err := log.Sign(c.Size, c.Root)
	if err != nil {
		t.Fatal(err)
	}
	var list []Cosignature
	for i, w := range p.Witnesses {
		_, key := testWitness(t, i)
		sig, err := SignCosignature(key, c.Origin, c.Size, c.Root, 7)
		if err != nil {
			t.Fatal(err)
		}
		_, ml := testBoth(t, w.Key.Name())
		list = append(list, Cosignature{w.Key, 7, sig}, mustCosign(t, ml, c, 7))
	}
	if signed, err = AddCosignatures(signed, list...); err != nil {
		t.Fatal(err)
	}
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	their, err := torchwood.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, n, err := torchwood.VerifyCheckpoint(signed, their); err != nil || got.N != 9 || len(n.Sigs) != 3 || len(n.UnverifiedSigs) != 2 {
		t.Errorf("torchwood: %+v, %v", n, err)
	}
	if got, cosigs, err := p.OpenCosigned(signed); err != nil || got != c || len(cosigs) != 2 {
		t.Errorf("ours: %d cosignatures, %v", len(cosigs), err)
	}
	// A broken one is nothing to those who do not know its key.
	if _, err := p.Open(breakLast(signed)); err != nil {
		t.Errorf("ours: %v", err)
	}
	if got, err := Open(signed, testOrigin, log.Verifier()); err != nil || got != c {
		t.Errorf("without a policy: %v", err)
	}
}

// TestAddCosignaturesBounds: 32 witnesses with two keys each have more to say than
// a checkpoint holds.
func TestAddCosignaturesBounds(t *testing.T) {
	signed, err := testSigner(t).Sign(9, [32]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	_, ml := testBoth(t, "w.example")
	cs := mustCosign(t, ml, Checkpoint{testOrigin, 9, [32]byte{9}}, 1)
	n := 0
	for ; n < 32; n++ {
		with, err := AddCosignatures(signed, cs)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Error(err)
			}
			break
		}
		signed = with
	}
	if _, err := Open(signed, testOrigin, testSigner(t).Verifier()); err != nil || n < 16 || n == 32 {
		t.Errorf("%d fit: %v", n, err)
	}
}
