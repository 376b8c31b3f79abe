package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vectors is the file: ML-DSA-44 cosignatures of one key. Byte strings are
// hexadecimal, numbers decimal strings, for they reach 2^63.
type vectors struct {
	Witness string   `json:"witness"` // the key name
	Seed    string   `json:"seed"`
	Key     string   `json:"verifier_key"`
	List    []vector `json:"cosignatures"`
}

type vector struct {
	Name    string `json:"name"`
	Valid   bool   `json:"valid"`
	Origin  string `json:"origin"`
	Size    uint64 `json:"size,string"`
	Root    string `json:"root"`
	Time    uint64 `json:"time,string"`
	Message string `json:"message"` // what the key signs of these five
	// Signature is deterministic (FIPS 204 with 32 zero bytes for rnd).
	Signature string `json:"signature"`
}

// Places in a signature: the challenge, z, and the hints, of which the last four
// bytes say where each polynomial's end.
const (
	atZ     = 32
	atHints = 2420 - 84
	atEnds  = 2420 - 4
)

func makeVectors(t *testing.T) vectors {
	seed := sha256.Sum256([]byte("rollcall ML-DSA-44 vector"))
	pub, key := mldsa44.NewKeyFromSeed(&seed)
	v, err := newVerifier(algMLDSA, "witness.example.com/w1", pub.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	file := vectors{Witness: v.Name(), Seed: hex.EncodeToString(seed[:]), Key: v.String()}
	sign := func(ctx string, msg []byte) []byte {
		sig := make([]byte, mldsa44.SignatureSize)
		if err := mldsa44.SignTo(key, msg, []byte(ctx), false, sig); err != nil {
			t.Fatal(err)
		}
		return sig
	}
	add := func(name string, valid bool, c Checkpoint, at uint64, sig []byte) {
		file.List = append(file.List, vector{name, valid, c.Origin, c.Size, hex.EncodeToString(c.Root[:]), at,
			hex.EncodeToString(mldsaMessage(v.name, c.Origin, c.Size, c.Root, at)), hex.EncodeToString(sig)})
	}
	first := Checkpoint{"example.com/behind-the-sofa", 20852163, sha256.Sum256([]byte("root"))}
	long := Checkpoint{"s\u00e9" + strings.Repeat("o", 252), 1, sha256.Sum256([]byte("other"))}
	const at = 1679315147
	of := func(c Checkpoint, at uint64) []byte { return mldsaMessage(v.name, c.Origin, c.Size, c.Root, at) }
	good := sign("", of(first, at))
	add("a checkpoint", true, first, at, good)
	add("an origin of 255 bytes, the largest time", true, long, 1<<63-1, sign("", of(long, 1<<63-1)))
	add("time 0", false, first, 0, sign("", of(first, 0)))
	add("a time that is too large", false, first, 1<<63, sign("", of(first, 1<<63)))
	add("another time", false, first, at+1, good)
	add("the message of Ed25519", false, first, at, sign("", CosignatureMessage(first.Origin, first.Size, first.Root, at)))
	add("a context", false, first, at, sign("rollcall", of(first, at)))
	add("another witness's name", false, first, at, sign("", mldsaMessage("witness.example.com/w2", first.Origin, first.Size, first.Root, at)))
	add("a tree that does not start at 0", false, first, at, sign("", startAt(of(first, at), 1)))
	add("a byte short", false, first, at, good[:len(good)-1])
	add("a byte more", false, first, at, append(bytes.Clone(good), 0))
	change := func(name string, how func(sig []byte)) {
		sig := bytes.Clone(good)
		how(sig)
		add(name, false, first, at, sig)
	}
	change("a bit of the challenge", func(s []byte) { s[0] ^= 1 })
	change("a bit of z", func(s []byte) { s[atZ+700] ^= 4 })
	change("z out of its bounds", func(s []byte) { copy(s[atZ:], make([]byte, 9)) })
	change("a bit of the hints", func(s []byte) { s[atHints] ^= 1 })
	change("hints that descend", func(s []byte) { s[atHints], s[atHints+1] = s[atHints+1], s[atHints] })
	change("a hint twice", func(s []byte) { s[atHints+1] = s[atHints] })
	change("hints beyond the last", func(s []byte) { s[atEnds-1] = 1 })
	change("hints that end before they begin", func(s []byte) { s[atEnds+1] = 0 })
	change("more hints than there may be", func(s []byte) { s[atEnds+3] = 81 })
	return file
}

// startAt changes where the tree of a message starts.
func startAt(msg []byte, start byte) []byte {
	msg = slices.Clone(msg)
	msg[len(msg)-32-8-1] = start
	return msg
}

// TestVectors writes the file under -update, and holds that it would write what is
// there and that each vector is judged as it says.
func TestVectors(t *testing.T) {
	v := makeVectors(t)
	want, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorsFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what -update writes", vectorsFile)
	}
	key, err := ParseMLDSAVerifier(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, vec := range v.List {
		sig, _ := hex.DecodeString(vec.Signature)
		root, _ := hex.DecodeString(vec.Root)
		c := Checkpoint{vec.Origin, vec.Size, [32]byte(root)}
		if err := key.verifyCosignature(c, vec.Time, sig); (err == nil) != vec.Valid {
			t.Errorf("%s: %v", vec.Name, err)
		}
		if valid := key.Verify(c.Text(), append(binary.BigEndian.AppendUint64(nil, vec.Time), sig...)); valid != vec.Valid {
			t.Errorf("%s: in a note: %v", vec.Name, valid)
		}
	}
}

// BenchmarkCosign and BenchmarkVerifyCosignature are what a witness and a reader of
// a checkpoint pay for each key.
func BenchmarkCosign(b *testing.B) {
	benchmarkBoth(b, func(b *testing.B, s *Cosigner, c Checkpoint) {
		for b.Loop() {
			if _, err := s.Cosign(c, 5); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerifyCosignature(b *testing.B) {
	benchmarkBoth(b, func(b *testing.B, s *Cosigner, c Checkpoint) {
		cs := mustCosign(b, s, c, 5)
		for b.Loop() {
			if err := s.Verifier().verifyCosignature(c, 5, cs.Sig); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkParseMLDSAVerifier reads a policy's key, which expands its matrix.
func BenchmarkParseMLDSAVerifier(b *testing.B) {
	_, ml := testBoth(b, "w.example")
	text := ml.Verifier().String()
	for b.Loop() {
		if _, err := ParseMLDSAVerifier(text); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkBoth(b *testing.B, fn func(*testing.B, *Cosigner, Checkpoint)) {
	ed, ml := testBoth(b, "w.example")
	c := Checkpoint{testOrigin, 1 << 20, [32]byte{3}}
	b.Run("Ed25519", func(b *testing.B) { fn(b, ed, c) })
	b.Run("ML-DSA-44", func(b *testing.B) { fn(b, ml, c) })
}
