package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
	simulation "rollcall/internal/election"
	"rollcall/verifier"
)

// hinted is a board with the hints of its first two bundles, and against what it
// is verified.
type hinted struct {
	dir   string
	hints [2][]byte
	opts  verifier.Options
	e     *simulation.Election
}

// hintFile is the path of a bundle's hints.
func (h *hinted) hintFile(index uint64) string {
	return filepath.Join(h.dir, filepath.FromSlash(tlog.HintPath(index)))
}

// simulated makes a whole election of more than two bundles, with hints.
func simulated(t *testing.T) *hinted {
	t.Helper()
	o := simulation.Small(t.TempDir())
	o.Voters = []int{0, 130, 110, 3}
	e, _, err := simulation.Simulate(t.Context(), o, rand.New(rand.NewPCG(1, 1)))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	text, err := os.ReadFile(e.Policy())
	must(t, err)
	policy, err := checkpoint.ParsePolicy(text)
	must(t, err)
	h := &hinted{dir: e.Public(), opts: verifier.Options{ElectionID: e.ID(), Policy: policy}, e: e}
	h.remake(t)
	return h
}

// remake makes the board's hints anew.
func (h *hinted) remake(t *testing.T) {
	t.Helper()
	must(t, os.RemoveAll(filepath.Join(h.dir, "hint")))
	filled, err := hint.Fill(t.Context(), h.dir, nil)
	must(t, err)
	if filled.Made != 2 {
		t.Fatalf("%d full bundles, want 2", filled.Made)
	}
	for i := range h.hints {
		h.hints[i], err = os.ReadFile(h.hintFile(uint64(i)))
		must(t, err)
		if len(h.hints[i]) == 0 {
			t.Fatalf("bundle %d has no points", i)
		}
	}
}

// report verifies a board and returns all that the verifier says of it but the
// time it took.
func (h *hinted) report(t *testing.T, source tlog.Reader) string {
	t.Helper()
	report, err := verifier.Verify(t.Context(), source, h.opts)
	must(t, err)
	b, err := json.Marshal(report)
	must(t, err)
	var fields map[string]any
	must(t, json.Unmarshal(b, &fields))
	delete(fields, "elapsed_ms")
	b, err = json.MarshalIndent(fields, "", " ")
	must(t, err)
	return string(b)
}

// put makes two files the hints of the first two bundles; nil is none.
func (h *hinted) put(t *testing.T, files [2][]byte) {
	t.Helper()
	for i, b := range files {
		path := h.hintFile(uint64(i))
		must(t, os.RemoveAll(path))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if b != nil {
			must(t, os.WriteFile(path, b, 0o644))
		}
	}
}

// wrongHints are the hints that a mirror may have, by name.
func (h *hinted) wrongHints() map[string][2][]byte {
	a, b := h.hints[0], h.hints[1]
	each := func(fn func([]byte) []byte) [2][]byte { return [2][]byte{fn(a), fn(b)} }
	rotated := func(b []byte) []byte { return append(bytes.Clone(b[group.HintSize:]), b[:group.HintSize]...) }
	return map[string][2][]byte{
		"garbage": each(func(b []byte) []byte {
			g := make([]byte, len(b))
			for i := range g {
				g[i] = byte(rand.Uint32())
			}
			return g
		}),
		"zeros":                      each(func(b []byte) []byte { return make([]byte, len(b)) }),
		"two bundles' exchanged":     {b, a},
		"each one place off":         each(rotated),
		"cut by a byte":              {a, b[:len(b)-1]},
		"cut in the middle":          each(func(b []byte) []byte { return b[:len(b)/2] }),
		"one hint long":              each(func(b []byte) []byte { return append(bytes.Clone(b), b[:group.HintSize]...) }),
		"empty":                      {{}, {}},
		"of one bundle only":         {nil, b},
		"more than a bundle can be":  {make([]byte, tlog.TileWidth*tlog.MaxEntry+1), b},
		"no hint directory":          {nil, nil},
		"right, with the other root": each(otherRoots),
	}
}

// otherRoots are the negatives of all hints modulo 2^255 - 19: what a reader may
// take as well.
func otherRoots(hints []byte) []byte {
	out := make([]byte, 0, len(hints))
	for ; len(hints) > 0; hints = hints[group.HintSize:] {
		borrow := 0
		for i, b := range hints[:group.HintSize] {
			p := 0xff
			switch i {
			case 0:
				p = 0xed
			case group.HintSize - 1:
				p = 0x7f
			}
			d := p - int(b) - borrow
			borrow = 0
			if d < 0 {
				d, borrow = d+256, 1
			}
			out = append(out, byte(d))
		}
	}
	return out
}

// checkHints holds that a board has the given report with right hints, and with
// each of some wrong ones, or of all.
func (h *hinted) checkHints(t *testing.T, want string, source tlog.Reader, names ...string) {
	t.Helper()
	h.put(t, h.hints)
	if got := h.report(t, source); got != want {
		t.Errorf("with right hints the report is\n%s\nwithout\n%s", got, want)
	}
	wrong := h.wrongHints()
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(wrong))
	}
	for _, name := range names {
		files, ok := wrong[name]
		if !ok {
			t.Fatalf("no hints of that name: %s", name)
		}
		h.put(t, files)
		if name == "no hint directory" {
			must(t, os.RemoveAll(filepath.Join(h.dir, "hint")))
		}
		if got := h.report(t, source); got != want {
			t.Errorf("hints: %s: the report is\n%s\nwithout\n%s", name, got, want)
		}
	}
}

// noHints is a Reader that can not read hints.
type noHints struct{ tlog.Reader }

// TestHintsDecideNothing: with right, wrong and missing hints a verifier says the
// same of a record that is in order, and of one that is not.
func TestHintsDecideNothing(t *testing.T) {
	t.Parallel()
	h := simulated(t)
	onDisk, err := tlog.OpenDir(h.dir)
	must(t, err)
	want := h.report(t, noHints{onDisk})
	if !strings.Contains(want, `"verified": true`) {
		t.Fatalf("not verified: %s", want)
	}
	h.checkHints(t, want, onDisk)

	var broken atomic.Bool
	var asked atomic.Int64
	files := http.FileServer(http.Dir(h.dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/hint/") {
			if asked.Add(1); broken.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
		}
		files.ServeHTTP(w, r)
	}))
	defer server.Close()
	overURL, err := tlog.OpenURL(server.URL, server.Client())
	must(t, err)
	some := []string{"garbage", "two bundles' exchanged", "cut by a byte", "no hint directory"}
	h.checkHints(t, want, overURL, some...)
	broken.Store(true)
	if got := h.report(t, overURL); got != want {
		t.Errorf("a server that fails on hints: the report is\n%s\nwithout\n%s", got, want)
	}
	if asked.Load() == 0 {
		t.Error("no hints were asked for")
	}
	index := h.tamper(t)
	bad := h.report(t, noHints{onDisk})
	if !strings.Contains(bad, `"verified": false`) || !strings.Contains(bad, fmt.Sprintf("\"check\": \"V09\",\n   \"index\": %d,", index)) {
		t.Fatalf("the changed alpha of ballot %d is not found: %s", index, bad)
	}
	h.remake(t)
	h.checkHints(t, bad, onDisk, some...)
}

// tamper makes the first alpha of a ballot in the second bundle a string that is
// no point, has voter and booth sign it, and returns the ballot's index.
func (h *hinted) tamper(t *testing.T) int {
	t.Helper()
	path := filepath.Join(h.dir, "tile", "entries", "001")
	bundle, err := os.ReadFile(path)
	must(t, err)
	entries, err := tlog.ParseBundle(bundle, tlog.TileWidth)
	must(t, err)
	for i, raw := range entries {
		e, err := entry.Decode(raw)
		must(t, err)
		b, ok := e.Body.(*entry.Ballot)
		if !ok {
			continue
		}
		b.Contests[0].Ciphertexts[0] |= 1 // no encoding of a point is odd
		v := slices.IndexFunc(h.e.Voters, func(v simulation.Voter) bool { return bytes.Equal(v.Ballot.Public().Bytes(), e.Signatures[0].Signer) })
		signed, err := entry.Sign(b, h.e.Hash[:], h.e.Voters[v].Ballot, h.e.BoothKey)
		must(t, err)
		must(t, os.WriteFile(path, bytes.Replace(bundle, raw, signed.Bytes(), 1), 0o644))
		return tlog.TileWidth + i
	}
	t.Fatal("there is no ballot in the second bundle")
	return 0
}
