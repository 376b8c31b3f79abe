package hint

import (
	"bytes"
	"crypto/sha512"
	"os"
	"path/filepath"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

func testKey(name string) *schnorr.SecretKey {
	k, err := schnorr.NewSecretKey(testScalar(name))
	if err != nil {
		panic(err)
	}
	return k
}

func testScalar(name string) *group.Scalar {
	wide := sha512.Sum512([]byte("rollcall hint " + name))
	return group.ScalarFromWide(&wide)
}

// points returns n encoded points, always the same for a name.
func points(name string, n int) []byte {
	var b []byte
	for i := range n {
		b = group.MulBase(testScalar(name + string(rune('0'+i)))).AppendTo(b)
	}
	return b
}

// notSquare is a string whose number has no root: canonical, but no point.
var notSquare = append([]byte{8}, make([]byte, 31)...)

// sampleBodies have every kind that has hints, one that has none, and points
// that are none.
func sampleBodies() []entry.Body {
	voter := func(name string) entry.Voter {
		return entry.Voter{BallotKey: [32]byte(points(name+" ballot", 1)), CastKey: [32]byte(points(name+" cast", 1)), Unit: 2}
	}
	roll := entry.AppendVoter(entry.AppendVoter(nil, voter("ana")), voter("ben"))
	bad := bytes.Join([][]byte{points("alpha", 2), make([]byte, 32), bytes.Repeat([]byte{0xff}, 32), notSquare, points("beta", 1)}, nil)
	var proof []byte
	for _, name := range []string{"branch 0", "branch 1", "branch 2"} {
		proof = append(append(proof, points(name, 2)...), make([]byte, 64)...)
	}
	return []entry.Body{
		&entry.Roll{Voters: roll},
		&entry.Ballot{Contests: []entry.SealedContest{
			{Contest: 0, Ciphertexts: bad, Proof: proof},
			{Contest: 3, Ciphertexts: points("other", 2), Proof: proof[:128]},
		}},
		&entry.Tick{Time: 7, Size: 2, Root: make([]byte, 32), Random: make([]byte, 32)},
		&entry.Cast{Ballot: 1, Leaf: make([]byte, 32)},
		&entry.Test{Ballot: 1, Leaf: make([]byte, 32), Openings: []entry.Opening{{Nonces: make([]byte, 96)}}},
	}
}

func sign(t testing.TB, body entry.Body) *entry.Entry {
	t.Helper()
	keys := []*schnorr.SecretKey{testKey("signer 0")}
	switch body.(type) {
	case *entry.Ballot, *entry.Cast, *entry.Test:
		keys = append(keys, testKey("signer 1"))
	}
	e, err := entry.Sign(body, make([]byte, entry.HashSize), keys...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sampleEntries are the samples as entries, and one that does not decode among
// them.
func sampleEntries(t testing.TB) (raw [][]byte, decoded []*entry.Entry) {
	t.Helper()
	for i, body := range sampleBodies() {
		if i == 2 {
			raw, decoded = append(raw, []byte("no entry")), append(decoded, nil)
		}
		e := sign(t, body)
		raw, decoded = append(raw, e.Bytes()), append(decoded, e)
	}
	return raw, decoded
}

// fullBundle returns the file of a bundle of 256 entries: the given ones, and
// then some that have no hints.
func fullBundle(t testing.TB, entries [][]byte) []byte {
	t.Helper()
	tick := sign(t, &entry.Tick{Time: 9, Size: 1, Root: make([]byte, 32), Random: make([]byte, 32)}).Bytes()
	var b []byte
	for i := range tlog.TileWidth {
		e := tick
		if i < len(entries) {
			e = entries[i]
		}
		var err error
		if b, err = tlog.AppendBundleEntry(b, e); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// writeFiles writes files below a directory, which it returns.
func writeFiles(t testing.TB, dir string, files map[string][]byte) string {
	t.Helper()
	for name, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
