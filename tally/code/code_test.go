package code

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"os"
	"testing"

	"golang.org/x/crypto/scrypt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/checkdigit"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vector is one receipt code. Byte strings are hexadecimal; T and S are those
// of SPEC.md, section 8.
type vector struct {
	Name         string        `json:"name"`
	ElectionHash string        `json:"election_hash"`
	Size         uint64        `json:"size"`
	Root         string        `json:"root"`
	Random       string        `json:"random"`
	Cosignatures []cosignature `json:"cosignatures"`
	LeafHash     string        `json:"leaf_hash"`
	T            string        `json:"t"`
	S            string        `json:"s"`
	Code         string        `json:"code"`
}

type cosignature struct {
	Witness uint64 `json:"witness"`
	Time    uint64 `json:"time"`
	Value   string `json:"value"`
}

// sample is a tick and a ballot, all bytes drawn from a name.
func sample(name string, cosignatures int) (hash [64]byte, t *entry.Tick, leaf [32]byte) {
	draw := func(what string) []byte {
		b := sha512.Sum512([]byte("rollcall code sample " + name + " " + what))
		return b[:]
	}
	t = &entry.Tick{Time: 5, Size: 1000 + uint64(len(name)), Root: draw("root")[:32], Random: draw("random")[:32]}
	for i := range cosignatures {
		t.Cosignatures = append(t.Cosignatures, entry.Cosignature{Witness: uint64(2 * i), Time: 1_700_000_000 + uint64(i), Value: draw(fmt.Sprint("cosignature ", i))})
	}
	return [64]byte(draw("election")), t, [32]byte(draw("leaf"))
}

// byHand computes T, S and the code from the words of SPEC.md, sections 3 and 8,
// with nothing of this module.
func byHand(t *testing.T, electionHash, root, random []byte, size uint64, list []entry.Cosignature, leaf []byte) (T, S []byte, code string) {
	t.Helper()
	lp := func(b []byte) []byte { return append(binary.BigEndian.AppendUint64(nil, uint64(len(b))), b...) }
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	h := func(fields ...[]byte) []byte {
		var all []byte
		for _, f := range fields {
			all = append(all, lp(f)...)
		}
		sum := sha512.Sum512(all)
		return sum[:]
	}
	fields := [][]byte{[]byte("rollcall/v1/code/tick"), electionHash, number(size), root, random, number(uint64(len(list)))}
	for _, c := range list {
		fields = append(fields, number(c.Witness), number(c.Time), c.Value)
	}
	T = h(fields...)
	S, err := scrypt.Key(T, []byte("rollcall/v1/code/stretch"), 1024, 8, 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	d := new(big.Int).SetBytes(h([]byte("rollcall/v1/code"), electionHash, leaf, S))
	d.Mod(d, new(big.Int).Exp(big.NewInt(10), big.NewInt(14), nil))
	check := new(big.Int).Mul(d, big.NewInt(100))
	check.Mod(check, big.NewInt(97))
	return T, S, fmt.Sprintf("%014s%02d", d.String(), 98-check.Int64())
}

var samples = []struct {
	name         string
	cosignatures int
}{{"no witness", 0}, {"one witness", 1}, {"three witnesses", 3}}

// TestVectors holds the package and the file against the computation by hand.
func TestVectors(t *testing.T) {
	var vectors []vector
	for _, s := range samples {
		hash, tick, leaf := sample(s.name, s.cosignatures)
		T, S, code := byHand(t, hash[:], tick.Root, tick.Random, tick.Size, tick.Cosignatures, leaf[:])
		v := vector{Name: s.name, ElectionHash: hex.EncodeToString(hash[:]), Size: tick.Size, Root: hex.EncodeToString(tick.Root),
			Random: hex.EncodeToString(tick.Random), LeafHash: hex.EncodeToString(leaf[:]), T: hex.EncodeToString(T), S: hex.EncodeToString(S), Code: code}
		for _, c := range tick.Cosignatures {
			v.Cosignatures = append(v.Cosignatures, cosignature{c.Witness, c.Time, hex.EncodeToString(c.Value)})
		}
		vectors = append(vectors, v)
		made, err := NewTick(hash, tick)
		if err != nil {
			t.Fatal(err)
		}
		if got := made.Code(leaf); got != code {
			t.Errorf("%s: code %s, by hand %s", s.name, got, code)
		}
		if err := checkdigit.Verify97(code, Digits); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	want, err := json.MarshalIndent(vectors, "", " ")
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
}

// TestEveryFieldCounts changes one field after another: the code changes with
// each but the tick's own time, which the witnesses have not signed.
func TestEveryFieldCounts(t *testing.T) {
	codeOf := func(change func(hash *[64]byte, tick *entry.Tick, leaf *[32]byte)) string {
		hash, tick, leaf := sample("fields", 2)
		change(&hash, tick, &leaf)
		made, err := NewTick(hash, tick)
		if err != nil {
			t.Fatal(err)
		}
		return made.Code(leaf)
	}
	seen := map[string]string{}
	for _, c := range []struct {
		name   string
		change func(hash *[64]byte, tick *entry.Tick, leaf *[32]byte)
	}{
		{"nothing", func(*[64]byte, *entry.Tick, *[32]byte) {}},
		{"election hash, first byte", func(h *[64]byte, _ *entry.Tick, _ *[32]byte) { h[0] ^= 1 }},
		{"election hash, last byte", func(h *[64]byte, _ *entry.Tick, _ *[32]byte) { h[63] ^= 0x80 }},
		{"size", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Size++ }},
		{"root", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Root[31] ^= 1 }},
		{"random", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Random[0] ^= 1 }},
		{"root and random swapped", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Root, x.Random = x.Random, x.Root }},
		{"cosignature left out", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Cosignatures = x.Cosignatures[:1] }},
		{"cosignatures swapped", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) {
			x.Cosignatures[0], x.Cosignatures[1] = x.Cosignatures[1], x.Cosignatures[0]
		}},
		{"witness", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Cosignatures[1].Witness++ }},
		{"cosignature's time", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Cosignatures[0].Time++ }},
		{"cosignature's value", func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Cosignatures[1].Value[63] ^= 1 }},
		{"leaf hash", func(_ *[64]byte, _ *entry.Tick, l *[32]byte) { l[0] ^= 1 }},
	} {
		code := codeOf(c.change)
		if other, ok := seen[code]; ok {
			t.Errorf("%s: the same code as with %s", c.name, other)
		}
		seen[code] = c.name
	}
	if seen[codeOf(func(_ *[64]byte, x *entry.Tick, _ *[32]byte) { x.Time += 1000 })] != "nothing" {
		t.Error("the tick's time changes the code")
	}
}

// TestVerify makes every single wrong digit and swap of neighbours in a code.
func TestVerify(t *testing.T) {
	hash, tick, leaf := sample("digits", 0)
	made, err := NewTick(hash, tick)
	if err != nil {
		t.Fatal(err)
	}
	code := made.Code(leaf)
	if len(code) != Digits {
		t.Fatalf("code %s has %d digits", code, len(code))
	}
	for i := range code {
		for d := byte('0'); d <= '9'; d++ {
			if typed := code[:i] + string(d) + code[i+1:]; typed != code && checkdigit.Verify97(typed, Digits) == nil {
				t.Errorf("%s taken for %s", typed, code)
			}
		}
		if i > 0 && code[i] != code[i-1] {
			if typed := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]; checkdigit.Verify97(typed, Digits) == nil {
				t.Errorf("%s taken for %s", typed, code)
			}
		}
	}
	for _, typed := range []string{"", code[:15], code + "0", code[:15] + "x", " " + code[1:]} {
		if checkdigit.Verify97(typed, Digits) == nil {
			t.Errorf("%q taken", typed)
		}
	}
}

func BenchmarkNewTick(b *testing.B) {
	hash, tick, _ := sample("bench", 3)
	for b.Loop() {
		if _, err := NewTick(hash, tick); err != nil {
			b.Fatal(err)
		}
	}
}
