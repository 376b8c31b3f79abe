package tlog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
)

// mth is the Merkle Tree Hash as RFC 6962, section 2.1, defines it.
func mth(entries [][]byte) Hash {
	switch n := len(entries); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, entries[0]...))
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		l, r := mth(entries[:k]), mth(entries[k:])
		return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
	}
}

// memLog is a log in memory: the Source of the tests.
type memLog struct {
	entries [][]byte
	levels  [][]Hash
}

func testEntry(i int) []byte { return fmt.Appendf(nil, "entry %d", i) }

// newMemLog returns a log of n entries.
func newMemLog(n int) *memLog {
	m := &memLog{}
	m.grow(n)
	return m
}

func (m *memLog) grow(n int) {
	for i := len(m.entries); i < n; i++ {
		m.entries = append(m.entries, testEntry(i))
	}
	m.levels = [][]Hash{nil}
	for _, e := range m.entries {
		m.levels[0] = append(m.levels[0], LeafHash(e))
	}
	for l := 0; len(m.levels[l]) >= TileWidth; l++ {
		var up []Hash
		for i := 0; i+TileWidth <= len(m.levels[l]); i += TileWidth {
			up = append(up, fold(m.levels[l][i:i+TileWidth]))
		}
		m.levels = append(m.levels, up)
	}
}

func (m *memLog) Hashes(_ context.Context, level int, from, to uint64) ([]Hash, error) {
	if level >= len(m.levels) || to > uint64(len(m.levels[level])) {
		return nil, fmt.Errorf("no hashes %d to %d of level %d", from, to, level)
	}
	return append([]Hash(nil), m.levels[level][from:to]...), nil
}

func (m *memLog) Entries(_ context.Context, from, to uint64, fn func(uint64, []byte) error) error {
	for i := from; i < to; i++ {
		if err := fn(i, m.entries[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestLeafHashVectors(t *testing.T) {
	// RFC 6962's hashes of nothing and of one empty leaf, as certificate
	// transparency implementations test them.
	empty := EmptyRoot()
	if got := hex.EncodeToString(empty[:]); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("empty root %s", got)
	}
	leaf := LeafHash(nil)
	if got := hex.EncodeToString(leaf[:]); got != "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" {
		t.Errorf("hash of an empty leaf %s", got)
	}
}

func TestRangeBuilderRoots(t *testing.T) {
	const n = 300
	m := newMemLog(n)
	b := NewRangeBuilder()
	for size := 0; ; size++ {
		want := mth(m.entries[:size])
		if got := b.Root(); got != want {
			t.Fatalf("size %d: root %x, want %x", size, got, want)
		}
		if got, err := Root(t.Context(), m, uint64(size)); err != nil || got != want {
			t.Fatalf("size %d: root from stored hashes %x, %v, want %x", size, got, err, want)
		}
		if size == n {
			break
		}
		if leaf := b.Append(m.entries[size]); leaf != m.levels[0][size] {
			t.Fatalf("leaf %d: %x", size, leaf)
		}
	}
	for size := range uint64(n + 1) {
		if got, err := b.RootAt(size); err != nil || got != mth(m.entries[:size]) {
			t.Fatalf("size %d, later: root %x, %v", size, got, err)
		}
	}
	if _, err := b.RootAt(n + 1); err == nil {
		t.Error("a root of entries that never were")
	}
}

func TestRangeBuilderForget(t *testing.T) {
	const n = 600
	m := newMemLog(n)
	for _, mark := range []int{1, 2, 3, 255, 256, 257, 300, 511, 599, 600} {
		b := NewRangeBuilder()
		for i, e := range m.entries {
			b.Append(e)
			if i+1 == mark {
				b.Forget(uint64(mark) + 1000) // counts as the size
			}
		}
		b.Forget(uint64(mark) - 1) // never backwards
		if _, err := b.RootAt(uint64(mark - 1)); err == nil {
			t.Errorf("mark %d: the root before it is still there", mark)
		}
		for size := mark; size <= n; size++ {
			if got, err := b.RootAt(uint64(size)); err != nil || got != mth(m.entries[:size]) {
				t.Fatalf("mark %d, size %d: root %x, %v", mark, size, got, err)
			}
		}
	}
}

// Forgetting must bound what is kept: that is what it is for.
func TestRangeBuilderForgetFrees(t *testing.T) {
	b := NewRangeBuilder()
	for i := range 10_000 {
		b.Append(testEntry(i))
		if i%10 == 0 {
			b.Forget(uint64(i))
		}
		if len(b.nodes) > 2*10+2*64 {
			t.Fatalf("%d hashes are kept at size %d", len(b.nodes), i+1)
		}
	}
}

func TestProofs(t *testing.T) {
	m := newMemLog(700)
	ctx := t.Context()
	for _, size := range []uint64{1, 2, 3, 7, 8, 255, 256, 257, 512, 513, 700} {
		root := mth(m.entries[:size])
		for _, index := range []uint64{0, 1, size / 2, size - 1} {
			if index >= size {
				continue
			}
			leaf := m.levels[0][index]
			path, err := InclusionProof(ctx, m, index, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(leaf, index, size, path, root); err != nil {
				t.Errorf("inclusion of %d in %d: %v", index, size, err)
			}
			checkInclusionRefuses(t, leaf, index, size, path, root)
		}
		for _, old := range []uint64{0, 1, size / 2, size} {
			path, err := ConsistencyProof(ctx, m, old, size)
			if err != nil {
				t.Fatal(err)
			}
			oldRoot := mth(m.entries[:old])
			if err := VerifyConsistency(old, size, path, oldRoot, root); err != nil {
				t.Errorf("consistency of %d with %d: %v", old, size, err)
			}
			checkConsistencyRefuses(t, old, size, path, oldRoot, root)
		}
	}
	if _, err := InclusionProof(ctx, m, 5, 5); err == nil {
		t.Error("a proof of an entry that is not in the tree")
	}
	if _, err := ConsistencyProof(ctx, m, 6, 5); err == nil {
		t.Error("a proof that a larger tree is a prefix")
	}
}

func flipped(h Hash) Hash { h[17] ^= 4; return h }

func checkInclusionRefuses(t *testing.T, leaf Hash, index, size uint64, path []Hash, root Hash) {
	t.Helper()
	cases := map[string]error{
		"wrong leaf":   VerifyInclusion(flipped(leaf), index, size, path, root),
		"wrong root":   VerifyInclusion(leaf, index, size, path, flipped(root)),
		"next index":   VerifyInclusion(leaf, index+1, size, path, root),
		"longer path":  VerifyInclusion(leaf, index, size, append(cloneHashes(path), Hash{}), root),
		"endless path": VerifyInclusion(leaf, index, size, make([]Hash, 100), root),
		"no tree":      VerifyInclusion(leaf, index, 0, path, root),
	}
	if len(path) > 0 {
		cases["truncated path"] = VerifyInclusion(leaf, index, size, path[1:], root)
		bad := cloneHashes(path)
		bad[len(bad)-1] = flipped(bad[len(bad)-1])
		cases["wrong path"] = VerifyInclusion(leaf, index, size, bad, root)
	}
	for name, err := range cases {
		if !errors.Is(err, ErrWrong) {
			t.Errorf("inclusion of %d in %d, %s: error %v, want ErrWrong", index, size, name, err)
		}
	}
}

func checkConsistencyRefuses(t *testing.T, old, size uint64, path []Hash, oldRoot, root Hash) {
	t.Helper()
	cases := map[string]error{
		"wrong old root": VerifyConsistency(old, size, path, flipped(oldRoot), root),
		"longer path":    VerifyConsistency(old, size, append(cloneHashes(path), Hash{}), oldRoot, root),
		"endless path":   VerifyConsistency(old, size, make([]Hash, 200), oldRoot, root),
		"sizes swapped":  VerifyConsistency(size+1, old, path, root, oldRoot),
	}
	if old > 0 {
		cases["wrong root"] = VerifyConsistency(old, size, path, oldRoot, flipped(root))
	}
	if len(path) > 0 {
		cases["truncated path"] = VerifyConsistency(old, size, path[1:], oldRoot, root)
		bad := cloneHashes(path)
		bad[0] = flipped(bad[0])
		cases["wrong path"] = VerifyConsistency(old, size, bad, oldRoot, root)
	}
	for name, err := range cases {
		if !errors.Is(err, ErrWrong) {
			t.Errorf("consistency of %d with %d, %s: error %v, want ErrWrong", old, size, name, err)
		}
	}
}

func cloneHashes(path []Hash) []Hash { return append([]Hash(nil), path...) }

func TestNodeHashNeedsAllHashes(t *testing.T) {
	short := shortReader{newMemLog(10)}
	if _, err := Root(t.Context(), short, 8); err == nil {
		t.Error("a root of hashes that are not there")
	}
}

// shortReader leaves out the last hash.
type shortReader struct{ *memLog }

func (s shortReader) Hashes(ctx context.Context, level int, from, to uint64) ([]Hash, error) {
	return s.memLog.Hashes(ctx, level, from, to-1)
}

func TestCloneRange(t *testing.T) {
	m := newMemLog(100)
	r, err := Range(t.Context(), m, 77)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := RangeRoot(r)
	c, err := CloneRange(r)
	if err != nil {
		t.Fatal(err)
	}
	for i := 77; i < 100; i++ {
		h := m.levels[0][i]
		if err := c.Append(h[:], nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := RangeRoot(c); got != mth(m.entries) {
		t.Error("the copy has a wrong root")
	}
	if after, _ := RangeRoot(r); after != before || r.End() != 77 || before != mth(m.entries[:77]) {
		t.Error("growing the copy changed the original")
	}
	if e, err := RangeRoot(factory.NewEmptyRange(0)); err != nil || e != EmptyRoot() || bytes.Equal(e[:], make([]byte, 32)) {
		t.Error("the empty range has no empty root")
	}
}
