package evidence

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// history is a log's tree in memory, which also is a board's hash tiles.
type history struct {
	entries [][]byte
	missing bool // no tile can be read
	lying   bool // every tile is wrong
}

func grow(word string, from *history, shared, size int) *history {
	h := &history{}
	if from != nil {
		h.entries = slices.Clone(from.entries[:shared])
	}
	for len(h.entries) < size {
		h.entries = append(h.entries, fmt.Appendf(nil, "%s %d", word, len(h.entries)))
	}
	return h
}

func (h *history) root(from, to int) tlog.Hash {
	b := tlog.NewRangeBuilder()
	for _, e := range h.entries[from:to] {
		b.Append(e)
	}
	return b.Root()
}

func (h *history) Checkpoint(context.Context) ([]byte, error) { return nil, tlog.ErrFetch }

func (h *history) Tile(_ context.Context, t tlog.Tile) ([]byte, error) {
	if h.missing {
		return nil, fmt.Errorf("%w %s", tlog.ErrFetch, t.Path())
	}
	var hashes []tlog.Hash
	width := 1 << (8 * t.Level)
	for i := range t.Width {
		at := (int(t.Index)*tlog.TileWidth + i) * width
		hash := h.root(at, at+width)
		if h.lying {
			hash[0] ^= 1
		}
		hashes = append(hashes, hash)
	}
	return tlog.EncodeHashTile(hashes), nil
}

func signer(t testing.TB) *checkpoint.Signer {
	t.Helper()
	s, err := checkpoint.GenerateSigner("log.example/board", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *history) sign(t testing.TB, s *checkpoint.Signer, size int) []byte {
	t.Helper()
	signed, err := s.Sign(uint64(size), h.root(0, size))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// TestForkIsProven has a log sign two histories, and holds that the file alone
// proves it wherever the smaller one ends, and that one history never does.
func TestForkIsProven(t *testing.T) {
	s := signer(t)
	one := grow("one", nil, 0, 700)
	for _, shared := range []int{0, 1, 255, 256, 300, 511} {
		other := grow("other", one, shared, 700)
		for _, size := range []int{1, 2, 255, 256, 257, 300, 512, 513, 699, 700} {
			a, b := one.sign(t, s, size), other.sign(t, s, 700)
			e, err := Compare(t.Context(), s.Verifier(), a, b, other)
			if err != nil {
				t.Fatalf("shared %d, size %d: %v", shared, size, err)
			}
			if size <= shared {
				if e != nil {
					t.Errorf("shared %d, size %d: evidence against one history", shared, size)
				}
				continue
			}
			if e == nil {
				t.Errorf("shared %d, size %d: no evidence", shared, size)
				continue
			}
			read, err := Parse(e.Marshal())
			if err != nil {
				t.Fatalf("shared %d, size %d: %v", shared, size, err)
			}
			p, err := read.Prove(s.Verifier())
			if err != nil {
				t.Errorf("shared %d, size %d: %v", shared, size, err)
				continue
			}
			if size < 700 && (p.Prefix != other.root(0, size) || p.Small.Size != uint64(size)) {
				t.Errorf("shared %d, size %d: proof %+v", shared, size, p)
			}
		}
	}
}

// TestNobodyIsAccusedWrongly has somebody make files against an honest log.
func TestNobodyIsAccusedWrongly(t *testing.T) {
	s, thief := signer(t), signer(t) // two keys of one name
	honest := grow("honest", nil, 0, 40)
	forged := grow("forged", honest, 20, 40)
	small, large := honest.sign(t, s, 30), honest.sign(t, s, 40)
	path := func(h *history, size int) []tlog.Hash {
		p, err := tlog.ConsistencyProof(t.Context(), tlog.NewHashReader(h, 40), uint64(size), 40)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, c := range map[string]struct {
		small, large []byte
		link         *Link
		want         error
	}{
		"no link":                     {small, large, nil, ErrOpen},
		"the true link":               {small, large, &Link{honest.root(0, 30), path(honest, 30)}, ErrNotProven},
		"another tree's link":         {small, large, &Link{forged.root(0, 30), path(forged, 30)}, ErrNotProven},
		"another prefix":              {small, large, &Link{forged.root(0, 30), path(honest, 30)}, ErrNotProven},
		"the link of another size":    {small, large, &Link{honest.root(0, 29), path(honest, 29)}, ErrNotProven},
		"an empty link":               {small, large, &Link{honest.root(0, 40), nil}, ErrNotProven},
		"a key of the same name":      {forged.sign(t, thief, 40), large, nil, ErrNotProven},
		"that key's larger one":       {small, forged.sign(t, thief, 40), &Link{forged.root(0, 30), path(forged, 30)}, ErrNotProven},
		"another text, old signature": {bytes.Replace(small, []byte("\n30\n"), []byte("\n31\n"), 1), large, nil, ErrNotProven},
	} {
		e, err := New(c.small, c.large, c.link)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := e.Prove(s.Verifier()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestSecondLines: signature lines, however many, contradict nothing, and take
// nothing from what contradicts.
func TestSecondLines(t *testing.T) {
	s := signer(t)
	honest := grow("honest", nil, 0, 40)
	forged := grow("forged", honest, 20, 40)
	cosigned := func(h *history, size, lines int) []byte {
		signed := h.sign(t, s, size)
		c, err := checkpoint.Peek(signed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range lines {
			key, err := checkpoint.GenerateMLDSACosigner(fmt.Sprintf("witness%d.example", i), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			cs, err := key.Cosign(c, 7)
			if err != nil {
				t.Fatal(err)
			}
			if signed, err = checkpoint.AddCosignatures(signed, cs); err != nil {
				t.Fatal(err)
			}
		}
		return signed
	}
	for _, lines := range []int{0, 1, 18} {
		for _, size := range []int{30, 40} {
			e, err := Compare(t.Context(), s.Verifier(), cosigned(honest, size, lines), honest.sign(t, s, 40), honest)
			if e != nil || err != nil {
				t.Errorf("%d lines at size %d: %v, %v", lines, size, e, err)
			}
			e, err = Compare(t.Context(), s.Verifier(), cosigned(honest, size, lines), cosigned(forged, 40, lines), forged)
			if e == nil || err != nil {
				t.Fatalf("%d lines at size %d: no evidence, %v", lines, size, err)
			}
			read, err := Parse(e.Marshal())
			if err != nil {
				t.Fatalf("%d lines at size %d, %d bytes: %v", lines, size, len(e.Marshal()), err)
			}
			if _, err := read.Prove(s.Verifier()); err != nil {
				t.Errorf("%d lines at size %d: %v", lines, size, err)
			}
		}
	}
}

// TestCompareWithoutTiles holds that a board which hides its tiles, or lies in
// them, leaves the two checkpoints and no proof.
func TestCompareWithoutTiles(t *testing.T) {
	s := signer(t)
	one := grow("one", nil, 0, 30)
	other := grow("other", one, 20, 40)
	a, b := one.sign(t, s, 30), other.sign(t, s, 40)
	for _, c := range []struct {
		board *history
		want  error
	}{
		{&history{missing: true}, tlog.ErrFetch},
		{&history{entries: other.entries, lying: true}, ErrTiles},
		{grow("third", nil, 0, 40), ErrTiles},
	} {
		e, err := Compare(t.Context(), s.Verifier(), a, b, c.board)
		if !errors.Is(err, c.want) || e == nil || e.Link != nil {
			t.Errorf("evidence %v, %v, want %v", e, err, c.want)
			continue
		}
		if _, err := e.Prove(s.Verifier()); !errors.Is(err, ErrOpen) {
			t.Errorf("%v, want ErrOpen", err)
		}
	}
	if _, err := Compare(t.Context(), signer(t).Verifier(), a, b, other); !errors.Is(err, ErrNotProven) {
		t.Errorf("another key: %v", err)
	}
	// An empty tree is a prefix of every tree, if its root is the right one.
	empty, err := s.Sign(0, tlog.EmptyRoot())
	if err != nil {
		t.Fatal(err)
	}
	if e, err := Compare(t.Context(), s.Verifier(), empty, b, other); e != nil || err != nil {
		t.Errorf("the empty tree: %v, %v", e, err)
	}
	false0, err := s.Sign(0, tlog.Hash{1})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Compare(t.Context(), s.Verifier(), false0, b, other)
	if e == nil || err != nil {
		t.Fatalf("an empty tree with a root: %v, %v", e, err)
	}
	if _, err := e.Prove(s.Verifier()); err != nil {
		t.Errorf("an empty tree with a root: %v", err)
	}
}

// TestStrict holds that a file has one form, and that every change of a byte
// is refused or proves nothing else.
func TestStrict(t *testing.T) {
	s := signer(t)
	one := grow("one", nil, 0, 30)
	other := grow("other", one, 20, 40)
	e, err := Compare(t.Context(), s.Verifier(), one.sign(t, s, 30), other.sign(t, s, 40), other)
	if err != nil {
		t.Fatal(err)
	}
	good := e.Marshal()
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if e, err := Parse(bad); err == nil {
			if p, err := e.Prove(s.Verifier()); err == nil {
				t.Errorf("byte %d: proves %+v", i, p)
			}
		}
		// Cut before the link, two checkpoints are left, which is whole.
		if e, err := Parse(good[:i]); err == nil && (e.Link != nil || !bytes.HasPrefix(good[i:], []byte("prefix "))) {
			t.Errorf("cut to %d bytes it passes", i)
		}
	}
	text := string(good)
	for name, bad := range map[string]string{
		"a line more":        text + "\n",
		"another version":    strings.Replace(text, "version 1", "version 2", 1),
		"a leading zero":     strings.Replace(text, "\ncheckpoint ", "\ncheckpoint 0", 1),
		"a plus":             strings.Replace(text, "\ncheckpoint ", "\ncheckpoint +", 1),
		"carriage returns":   strings.ReplaceAll(text, "\n", "\r\n"),
		"in the wrong order": string((&Evidence{e.Large, e.Small, e.Link}).Marshal()),
		"twice the same":     string((&Evidence{e.Small, e.Small, nil}).Marshal()),
		"a link at one size": string((&Evidence{one.sign(t, s, 40-10), other.sign(t, s, 30), e.Link}).Marshal()),
		"too long":           text + strings.Repeat("A", MaxSize),
		"a huge path":        strings.Replace(text, hashes(e), "129\n", 1),
	} {
		if _, err := Parse([]byte(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hashes is the number of hashes as the file has it, with the end of its line.
func hashes(e *Evidence) string { return fmt.Sprintf("%d\n", len(e.Link.Path)) }

// FuzzParse holds that nothing makes Parse panic, and that what it takes it
// writes again byte for byte.
func FuzzParse(f *testing.F) {
	s := signer(f)
	one := grow("one", nil, 0, 30)
	other := grow("other", one, 20, 40)
	for _, size := range []int{30, 40} {
		e, err := Compare(f.Context(), s.Verifier(), one.sign(f, s, 30), other.sign(f, s, size), other)
		if size == 30 {
			e, err = New(one.sign(f, s, 30), other.sign(f, s, 30), nil)
		}
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Marshal())
	}
	f.Add([]byte(magic + "checkpoint 0\ncheckpoint 0\n"))
	key := s.Verifier()
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Marshal(), b) {
			t.Fatal("it is written in another form")
		}
		_, _ = e.Prove(key)
	})
}
