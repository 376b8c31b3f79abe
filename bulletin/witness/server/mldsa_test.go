package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"filippo.io/torchwood"
	outside "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness"
)

func newMLDSAKey(t testing.TB, name string) *checkpoint.Cosigner {
	t.Helper()
	k, err := checkpoint.GenerateMLDSACosigner(name, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// runBoth runs a witness of two keys for a log, under a name.
func runBoth(t *testing.T, name string, log *testLog) witness.Member {
	t.Helper()
	key, err := checkpoint.GenerateCosigner(name, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mldsa := newMLDSAKey(t, name)
	return witness.Member{Key: key.Verifier(), MLDSA: mldsa.Verifier(), URL: startBoth(t, key, mldsa, log)}
}

// policyOfBoth is the policy of members with their second keys, and the one of
// their first keys, for torchwood.
func policyOfBoth(t *testing.T, log *testLog, quorum int, members ...witness.Member) (*checkpoint.Policy, torchwood.Policy) {
	t.Helper()
	p, their := policyOf(t, log, quorum, members...)
	for _, m := range members {
		if m.MLDSA != nil {
			p.MLDSA = append(p.MLDSA, checkpoint.Witness{Name: m.Key.Name() + "/ml-dsa-44", Key: m.MLDSA})
		}
	}
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = checkpoint.ParsePolicy(text); err != nil {
		t.Fatal(err)
	}
	return p, their
}

// published judges a checkpoint by a policy and returns how many cosignatures of
// each kind it has.
func published(t *testing.T, p *checkpoint.Policy, signed []byte) (ed, mldsa int) {
	t.Helper()
	_, cosigs, err := p.OpenCosigned(signed)
	if err != nil {
		t.Errorf("%v\n%s", err, signed)
	}
	for _, cs := range cosigs {
		if cs.Witness.MLDSA() {
			mldsa++
		} else {
			ed++
		}
	}
	return ed, mldsa
}

// TestTwoKeys asks a witness of two keys what TestAnswers asks one of one: it
// answers with two lines or with none, at one time, which outside readers take.
func TestTwoKeys(t *testing.T) {
	key, mldsa := newKey(t), newMLDSAKey(t, "witness.example/w")
	log, second := newLog(t, "log.example"), newLog(t, "second.example")
	url := startBoth(t, key, mldsa, log, second)
	theirs, err := outside.NewMLDSAVerifier(mldsa.Verifier().String())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range sequence(t, log, second) {
		got := post(t, url, a.body)
		if got.code != a.code {
			t.Errorf("%s: answer %d %q, want %d", a.name, got.code, got.body, a.code)
			continue
		}
		if got.code != http.StatusOK {
			if strings.Contains(got.body, "\u2014") {
				t.Errorf("%s: a signature with the answer %d", a.name, got.code)
			}
			continue
		}
		n++
		checkCosigned(t, a, got, key.Verifier())
		checkCosigned(t, a, got, mldsa.Verifier())
		one, _ := checkpoint.ParseCosignatures([]byte(got.body), a.cosigned, key.Verifier())
		two, _ := checkpoint.ParseCosignatures([]byte(got.body), a.cosigned, mldsa.Verifier())
		if got.body != one.Line()+two.Line() || one.Time != two.Time {
			t.Errorf("%s: not two lines of one time: %q", a.name, got.body)
		}
		// As c2sp.org/tlog-witness has clients do.
		whole := append(a.cosigned.Text(), "\n"+got.body...)
		if opened, err := note.Open(whole, note.VerifierList(theirs)); err != nil || len(opened.Sigs) != 1 {
			t.Errorf("%s: outside: %v", a.name, err)
		}
	}
	if n < 6 {
		t.Errorf("only %d were cosigned", n)
	}
}

// TestMemoryOfTwoKeys: two keys that sign together stay together.
func TestMemoryOfTwoKeys(t *testing.T) {
	key, mldsa, log := newKey(t), newMLDSAKey(t, "witness.example/w"), newLog(t, "log.example")
	dir := t.TempDir()
	cfg := Config{Key: key, Logs: []*checkpoint.Verifier{log.signer.Verifier()}}
	open := func(memory string, second *checkpoint.Cosigner) error {
		cfg := cfg
		cfg.Memory, cfg.MLDSA = filepath.Join(dir, memory), second
		s, err := Open(t.Context(), cfg)
		if err == nil {
			err = s.Close()
		}
		return err
	}
	ed, ml := key.Verifier().String(), mldsa.Verifier().String()
	if err := errors.Join(CreateMemory(t.Context(), filepath.Join(dir, "both"), ed, ml), CreateMemory(t.Context(), filepath.Join(dir, "one"), ed),
		CreateMemory(t.Context(), filepath.Join(dir, "none"))); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		memory string
		second *checkpoint.Cosigner
		ok     bool
	}{
		"both":                {"both", mldsa, true},
		"made with one":       {"one", nil, true},
		"the second is lost":  {"both", nil, false},
		"the second is new":   {"one", mldsa, false},
		"another second":      {"both", newMLDSAKey(t, "witness.example/w"), false},
		"a memory of nobody":  {"none", nil, false},
		"nobody's and second": {"none", mldsa, false},
	} {
		if err := open(test.memory, test.second); (err == nil) != test.ok || err != nil && !errors.Is(err, ErrNoMemory) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBoardTwoKeys has litewitness, which knows one key, one of ours with one key and
// one with two cosign a board. The checkpoint has what there is, torchwood takes it,
// and what goes into ticks is Ed25519 alone.
func TestBoardTwoKeys(t *testing.T) {
	log := newLog(t, "log.example")
	url, key := litewitness(t, log)
	both, other := runBoth(t, "both.example", log), runBoth(t, "other.example", log)
	// The policy names a second key of this one, which it does not sign with.
	late := runWitness(t, "late.example", log)
	late.MLDSA = newMLDSAKey(t, "late.example").Verifier()
	members := []witness.Member{{Key: key, URL: url}, both, late, other}
	p, their := policyOfBoth(t, log, 4, members...)
	dir := t.TempDir()
	for round := range 2 {
		b, g := openBoard(t, dir, log, 4, members...)
		for i := range 3 {
			if _, err := b.Append(t.Context(), []byte{byte(round), byte(i)}); err != nil {
				t.Fatal(err)
			}
			latest := b.Latest()
			if ed, mldsa := published(t, p, latest.Signed); ed != 4 || mldsa != 2 {
				t.Errorf("%d Ed25519 and %d ML-DSA-44 cosignatures", ed, mldsa)
			}
			if c, n, err := torchwood.VerifyCheckpoint(latest.Signed, their); err != nil || c.N != int64(latest.Size) || len(n.Sigs) != 5 {
				t.Errorf("torchwood: size %d: %v", c.N, err)
			}
			if len(latest.Cosignatures) != 4 {
				t.Errorf("%d cosignatures for a tick", len(latest.Cosignatures))
			}
			for _, cs := range latest.Cosignatures {
				if cs.Witness.MLDSA() || len(cs.Sig) != 64 {
					t.Errorf("a tick would hold %d bytes by %s", len(cs.Sig), cs.Witness.Name())
				}
			}
		}
		r := g.Report()
		if r.Err != nil || r.Members[0].MLDSA || r.Members[0].MLDSAErr != nil || !r.Members[1].MLDSA || r.Members[1].MLDSAErr != nil ||
			!r.Members[2].MLDSA || r.Members[2].MLDSAErr == nil || r.Members[2].Err != nil {
			t.Errorf("report %+v", r)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWrongSecondLine spoils the ML-DSA-44 line on its way, in every manner: the
// board publishes without it, says so, and takes the next right one.
func TestWrongSecondLine(t *testing.T) {
	log := newLog(t, "log.example")
	both := runBoth(t, "both.example", log)
	blob := func(line string, how func(b []byte) []byte) string {
		head, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "example ")
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Error(err)
		}
		return head + "example " + base64.StdEncoding.EncodeToString(how(b)) + "\n"
	}
	flip := func(at int) func(ed, mldsa string) string {
		return func(ed, mldsa string) string {
			return ed + blob(mldsa, func(b []byte) []byte { b[at] ^= 1; return b })
		}
	}
	tests := []struct {
		name  string
		spoil func(ed, mldsa string) string
		right bool
	}{
		{"right", func(ed, mldsa string) string { return ed + mldsa }, true},
		{"in another order", func(ed, mldsa string) string { return mldsa + ed }, true},
		{"missing", func(ed, _ string) string { return ed }, false},
		{"the challenge", flip(12), false},
		{"z", flip(1000), false},
		{"the hints", flip(2400), false},
		{"the time", flip(11), false},
		{"the key id", flip(3), false},
		{"truncated", func(ed, mldsa string) string { return ed + blob(mldsa, func(b []byte) []byte { return b[:2000] }) }, false},
		{"longer", func(ed, mldsa string) string { return ed + blob(mldsa, func(b []byte) []byte { return append(b, 0) }) }, false},
		{"only a key id", func(ed, mldsa string) string { return ed + blob(mldsa, func(b []byte) []byte { return b[:5] }) }, false},
		{"Ed25519's signature", func(ed, mldsa string) string {
			return ed + blob(mldsa, func(b []byte) []byte {
				var out []byte
				blob(ed, func(e []byte) []byte { out = append(b[:4:4], e[4:]...); return e })
				return out
			})
		}, false},
		{"no line", func(ed, _ string) string { return ed + "hello\n" }, false},
		{"wrong, then right", func(ed, mldsa string) string {
			return ed + blob(mldsa, func(b []byte) []byte { b[99] ^= 1; return b }) + mldsa
		}, false},
		{"right again", func(ed, mldsa string) string { return ed + mldsa }, true},
	}
	var now atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Post(both.URL+r.URL.Path, "", r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		w.WriteHeader(resp.StatusCode)
		if resp.StatusCode == http.StatusOK {
			ed, mldsa, _ := strings.Cut(string(body), "\n")
			body = []byte(tests[now.Load()].spoil(ed+"\n", mldsa))
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(proxy.Close)
	member := both
	member.URL = proxy.URL
	p, _ := policyOfBoth(t, log, 1, member)
	var said bytes.Buffer
	g, err := witness.NewGroup([]witness.Member{member}, 1, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "board.db"), Dir: filepath.Join(dir, "board"), Signer: log.signer, Cosign: g.Cosign})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	for i, test := range tests {
		now.Store(int32(i))
		if _, err := b.Append(t.Context(), []byte{byte(i)}); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		ed, mldsa := published(t, p, b.Latest().Signed)
		if ed != 1 || (mldsa == 1) != test.right {
			t.Errorf("%s: %d Ed25519 and %d ML-DSA-44 cosignatures", test.name, ed, mldsa)
		}
		if r := g.Report().Members[0]; (r.MLDSAErr == nil) != test.right || r.Err != nil {
			t.Errorf("%s: report %+v", test.name, r)
		}
	}
	if n := strings.Count(said.String(), "without a right ML-DSA-44 cosignature"); n != 1 || strings.Count(said.String(), "with ML-DSA-44 again") != 1 {
		t.Errorf("the log says it %d times: %s", n, said.String())
	}
	for _, m := range []witness.Member{
		{Key: both.Key, MLDSA: newMLDSAKey(t, "else.example").Verifier(), URL: both.URL},
		{Key: both.Key, MLDSA: both.Key, URL: both.URL},
	} {
		if _, err := witness.NewGroup([]witness.Member{m}, 1, nil); err == nil {
			t.Errorf("%s is a second key", m.MLDSA.Name())
		}
	}
}

// TestRoomForSecondLines: of more than a checkpoint holds, the Ed25519 lines stay.
func TestRoomForSecondLines(t *testing.T) {
	log := newLog(t, "log.example")
	var keys, second []*checkpoint.Cosigner
	p := &checkpoint.Policy{Log: log.signer.Verifier(), Quorum: 32}
	for i := range 32 {
		name := fmt.Sprintf("witness%d.example", i)
		key, err := checkpoint.GenerateCosigner(name, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys, second = append(keys, key), append(second, newMLDSAKey(t, name))
		p.Witnesses = append(p.Witnesses, checkpoint.Witness{Name: name, Key: key.Verifier()})
		p.MLDSA = append(p.MLDSA, checkpoint.Witness{Name: name + "/2", Key: second[i].Verifier()})
	}
	cosign := func(n int) func(context.Context, witness.Tree) ([]checkpoint.Cosignature, error) {
		return func(_ context.Context, tree witness.Tree) (list []checkpoint.Cosignature, err error) {
			for _, key := range append(keys[:len(keys):len(keys)], second[:n]...) {
				cs, err := key.Cosign(tree.Checkpoint, 5)
				if err != nil {
					return nil, err
				}
				list = append(list, cs)
			}
			return list, nil
		}
	}
	for _, n := range []int{5, 32} {
		dir := t.TempDir()
		b, err := bulletin.Open(t.Context(), bulletin.Config{Database: filepath.Join(dir, "board.db"), Dir: filepath.Join(dir, "board"), Signer: log.signer, Cosign: cosign(n)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Append(t.Context(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		signed := b.Latest().Signed
		ed, mldsa := published(t, p, signed)
		if ed != 32 || mldsa < min(n, 16) || mldsa > n || len(signed) > checkpoint.MaxSize {
			t.Errorf("of %d: %d Ed25519 and %d ML-DSA-44 cosignatures in %d bytes", n, ed, mldsa, len(signed))
		}
		t.Logf("of 32 and %d second keys: %d bytes, %d of the second", n, len(signed), mldsa)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
