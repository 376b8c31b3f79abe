package hint

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/cryptotest"

	"rollcall/bulletin/entry"
)

var update = flag.Bool("update", false, "write testdata/vectors.json and the fuzzing seeds anew")

const vectorsFile = "testdata/vectors.json"

// vectors is the file: entries as they follow one another in a bundle, and its
// hint file. Byte strings are hexadecimal.
type vectors struct {
	Entries []vector `json:"entries"`
	Hints   string   `json:"hints"`
}

type vector struct {
	Kind   string   `json:"kind"` // empty for what is no entry
	Entry  string   `json:"entry"`
	Points []string `json:"points"`
}

// makeVectors signs the samples; as testing/cryptotest makes randomness fixed, it
// always gives the same.
func makeVectors(t *testing.T) vectors {
	cryptotest.SetGlobalRandom(t, 1)
	raw, entries := sampleEntries(t)
	v := vectors{Hints: hex.EncodeToString(Make(raw))}
	for i, e := range entries {
		out := vector{Entry: hex.EncodeToString(raw[i]), Points: []string{}}
		if e != nil {
			out.Kind = string(e.Kind())
			for p := range Points(e) {
				out.Points = append(out.Points, hex.EncodeToString(p))
			}
		}
		v.Entries = append(v.Entries, out)
	}
	return v
}

// TestVectorsUpdate writes the files under -update and otherwise holds that it
// would write what is there.
func TestVectorsUpdate(t *testing.T) {
	v := makeVectors(t)
	want, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		writeFiles(t, ".", map[string][]byte{vectorsFile: want})
		writeSeeds(t, v)
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what -update writes", vectorsFile)
	}
}

// writeSeeds writes a seed of FuzzSplit for each kind, with right hints.
func writeSeeds(t *testing.T, v vectors) {
	for _, e := range v.Entries {
		if e.Kind != "" {
			raw := unhex(t, e.Entry)
			text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n[]byte(%q)\n[]byte(%q)\n", raw, "", Make([][]byte{raw}))
			writeFiles(t, ".", map[string][]byte{filepath.Join("testdata/fuzz/FuzzSplit", e.Kind): []byte(text)})
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func number(decimal string) *big.Int {
	n, _ := new(big.Int).SetString(decimal, 10)
	return n
}

// The field and the curve's d, as RFC 9496, section 4.1, gives them.
var (
	fieldP = number("57896044618658097711785492504343953926634992332820282019728792003956564819949")
	curveD = number("37095705934669439343138083508754565189542113879843219016388785533085940283555")
)

// littleEndian is the number of 32 bytes.
func littleEndian(b []byte) *big.Int {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// radicand is v*u2^2 of RFC 9496, section 4.3.1, and nil for a string that is no
// non-negative number of the field.
func radicand(point []byte) *big.Int {
	s := littleEndian(point)
	if s.Cmp(fieldP) >= 0 || s.Bit(0) == 1 {
		return nil
	}
	mod := func(n *big.Int) *big.Int { return n.Mod(n, fieldP) }
	square := func(n *big.Int) *big.Int { return mod(new(big.Int).Mul(n, n)) }
	one := big.NewInt(1)
	u1, u2 := mod(new(big.Int).Sub(one, square(s))), mod(new(big.Int).Add(one, square(s)))
	v := mod(new(big.Int).Mul(curveD, square(u1)))
	v = mod(v.Neg(v).Sub(v, square(u2)))
	return mod(v.Mul(v, square(u2)))
}

// TestVectors holds the file, and the package against it, with arithmetic that is
// not the group's: every hint is the non-negative r with r^2 * w = 1, or zeros
// where there is none.
func TestVectors(t *testing.T) {
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	hints := unhex(t, v.Hints)
	rest, roots, kinds := hints, 0, map[string]int{}
	var raw [][]byte
	var entries []*entry.Entry
	for i, e := range v.Entries {
		raw = append(raw, unhex(t, e.Entry))
		decoded, err := entry.Decode(raw[i])
		if (err == nil) != (e.Kind != "") || err == nil && string(decoded.Kind()) != e.Kind {
			t.Errorf("entry %d is not of kind %q: %v", i, e.Kind, err)
		}
		entries = append(entries, decoded)
		kinds[e.Kind]++
		for k, p := range e.Points {
			point := unhex(t, p)
			if len(rest) < 32 || !bytes.Contains(raw[i], point) {
				t.Fatalf("entry %d, point %d: no hint, or not in the entry", i, k)
			}
			r, w := littleEndian(rest[:32]), radicand(point)
			rest = rest[32:]
			if w == nil || big.Jacobi(w, fieldP) != 1 {
				if r.Sign() != 0 {
					t.Errorf("entry %d, point %d has no root, and the hint %x", i, k, r)
				}
				continue
			}
			roots++
			product := new(big.Int).Mul(r, r)
			product.Mul(product, w).Mod(product, fieldP)
			if product.Cmp(big.NewInt(1)) != 0 || r.Cmp(fieldP) >= 0 || r.Bit(0) == 1 {
				t.Errorf("entry %d, point %d: %x is not the root", i, k, r)
			}
		}
	}
	if len(rest) != 0 || roots != len(hints)/32-2 || len(kinds) != 6 {
		t.Errorf("%d bytes left, %d roots of %d hints, kinds %v", len(rest), roots, len(hints)/32, kinds)
	}
	if got := Make(raw); !bytes.Equal(got, hints) {
		t.Error("Make gives other hints")
	}
	split := Split(hints, entries)
	for i, e := range v.Entries {
		if len(split[i]) != 32*len(e.Points) {
			t.Errorf("entry %d: %d bytes of hints for %d points", i, len(split[i]), len(e.Points))
		}
	}
	checkDecoding(t, "vectors", split, entries)
}
