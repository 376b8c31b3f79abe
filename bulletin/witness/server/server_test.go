package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

// testLog is a log of up to 256 entries in memory. Logs of one key with
// different names of entries fork at the entry that differs.
type testLog struct {
	signer *checkpoint.Signer
	leaves []tlog.Hash
}

func newLog(t testing.TB, origin string) *testLog {
	t.Helper()
	s, err := checkpoint.GenerateSigner(origin, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l := &testLog{signer: s}
	return l.fork(0)
}

// fork returns a log of the same key whose entries from n on are others.
func (l *testLog) fork(n int) *testLog {
	f := &testLog{signer: l.signer, leaves: append([]tlog.Hash(nil), l.leaves[:n]...)}
	for i := n; i < 256; i++ {
		f.leaves = append(f.leaves, tlog.LeafHash(fmt.Appendf(nil, "fork at %d of %d, entry %d", n, len(l.leaves), i)))
	}
	return f
}

// Hashes implements tlog.HashReader.
func (l *testLog) Hashes(_ context.Context, level int, from, to uint64) ([]tlog.Hash, error) {
	if level != 0 || to > uint64(len(l.leaves)) {
		return nil, fmt.Errorf("no hashes of level %d up to %d", level, to)
	}
	return append([]tlog.Hash(nil), l.leaves[from:to]...), nil
}

func (l *testLog) checkpoint(t testing.TB, size uint64) (checkpoint.Checkpoint, []byte) {
	t.Helper()
	root, err := tlog.Root(t.Context(), l, size)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := l.signer.Sign(size, root)
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint.Checkpoint{Origin: l.signer.Origin(), Size: size, Root: root}, signed
}

func (l *testLog) request(t testing.TB, old, size uint64) witness.Request {
	t.Helper()
	_, signed := l.checkpoint(t, size)
	r := witness.Request{Old: old, Signed: signed}
	if old > 0 && old <= size {
		var err error
		if r.Proof, err = tlog.ConsistencyProof(t.Context(), l, old, size); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func newKey(t testing.TB) *checkpoint.Cosigner {
	t.Helper()
	k, err := checkpoint.GenerateCosigner("witness.example/w", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// start runs a witness with a new memory and returns its address.
func start(t *testing.T, key *checkpoint.Cosigner, logs ...*testLog) (url string) {
	t.Helper()
	return startBoth(t, key, nil, logs...)
}

// startBoth is start with a second key, if there is one.
func startBoth(t *testing.T, key, mldsa *checkpoint.Cosigner, logs ...*testLog) (url string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "witness.db")
	keys := []string{key.Verifier().String()}
	if mldsa != nil {
		keys = append(keys, mldsa.Verifier().String())
	}
	if err := CreateMemory(t.Context(), path, keys...); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Key: key, MLDSA: mldsa, Memory: path}
	for _, l := range logs {
		cfg.Logs = append(cfg.Logs, l.signer.Verifier())
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// reply is what a witness answered.
type reply struct {
	code int
	kind string // Content-Type
	body string
}

func post(t testing.TB, url string, body []byte) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+witness.Path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header.Get("Content-Type"), string(b)}
}

// asked is one request of a sequence, and what a witness must answer.
type asked struct {
	name string
	body []byte
	code int
	// size is that of an answer 409.
	size string
	// reference is the code that litewitness v0.9.0 answers where it is not
	// what the specification says.
	reference int
	// cosigned is the checkpoint that is to be cosigned, with code 200.
	cosigned checkpoint.Checkpoint
}

// sequence are requests in an order, to a witness that knows log and second,
// about a log that forks, and others.
func sequence(t *testing.T, log, second *testLog) []asked {
	fork, stranger, imposter := log.fork(10), newLog(t, "stranger.example"), newLog(t, log.signer.Origin())
	ok := func(name string, l *testLog, old, size uint64) asked {
		c, _ := l.checkpoint(t, size)
		return asked{name: name, body: l.request(t, old, size).Marshal(), code: 200, cosigned: c}
	}
	no := func(name string, code int, r witness.Request) asked {
		return asked{name: name, body: r.Marshal(), code: code}
	}
	conflict := func(name string, r witness.Request, size string) asked {
		return asked{name: name, body: r.Marshal(), code: 409, size: size}
	}
	wrong := log.request(t, 20, 30)
	wrong.Proof[1][0] ^= 1
	short := log.request(t, 20, 30)
	short.Proof = short.Proof[1:]
	long := log.request(t, 20, 20)
	long.Proof = []tlog.Hash{{}}
	several := log.request(t, 30, 31)
	_, more := stranger.checkpoint(t, 31)
	several.Signed = append(several.Signed, more[bytes.Index(more, []byte("\n\n"))+2:]...)
	c31, _ := log.checkpoint(t, 31)
	twoTrees := conflict("another tree of the size cosigned last", fork.request(t, 31, 31), "31")
	twoTrees.reference = 422
	return []asked{
		conflict("a size before the first", log.request(t, 3, 5), "0"),
		ok("the first", log, 0, 10),
		ok("the same again", log, 10, 10),
		ok("more", log, 10, 20),
		conflict("old size too small", log.request(t, 10, 30), "20"),
		conflict("old size too large", log.request(t, 25, 30), "20"),
		conflict("asking for the size", log.request(t, 0, 30), "20"),
		conflict("back to a smaller tree", log.request(t, 10, 15), "20"),
		no("old size beyond the checkpoint's", 400, witness.Request{Old: 31, Signed: log.request(t, 0, 30).Signed}),
		no("a wrong proof", 422, wrong),
		no("a proof too short", 422, short),
		no("a proof too long", 422, long),
		no("a fork", 422, fork.request(t, 20, 30)),
		no("a fork with a proof of its own", 422, witness.Request{Old: 20, Proof: fork.request(t, 20, 30).Proof, Signed: fork.request(t, 0, 30).Signed}),
		no("an unknown log", 404, stranger.request(t, 0, 3)),
		no("another key", 403, imposter.request(t, 20, 30)),
		{name: "another text under the signature", code: 403, body: bytes.Replace(log.request(t, 20, 30).Marshal(), []byte("\n30\n"), []byte("\n31\n"), 1)},
		{name: "no request", body: []byte("hello\n"), code: 400},
		{name: "a size that is none", body: append([]byte("old 020\n\n"), wrong.Signed...), code: 400, reference: 422},
		ok("after all this", log, 20, 30),
		ok("another log", second, 0, 7),
		{name: "signatures of others beside", body: several.Marshal(), code: 200, cosigned: c31},
		twoTrees,
		ok("and on", log, 31, 255),
	}
}

func TestAnswers(t *testing.T) {
	key, log, second := newKey(t), newLog(t, "log.example"), newLog(t, "second.example")
	url := start(t, key, log, second)
	for _, a := range sequence(t, log, second) {
		got := post(t, url, a.body)
		if got.code != a.code {
			t.Errorf("%s: answer %d %q, want %d", a.name, got.code, got.body, a.code)
			continue
		}
		if got.code == http.StatusConflict && (got.kind != witness.SizeType || got.body != a.size+"\n") {
			t.Errorf("%s: %s %q, want the size %s", a.name, got.kind, got.body, a.size)
		}
		if got.code == http.StatusOK {
			checkCosigned(t, a, got, key.Verifier())
		}
	}
}

func checkCosigned(t *testing.T, a asked, got reply, key *checkpoint.Verifier) {
	t.Helper()
	cs, err := checkpoint.ParseCosignatures([]byte(got.body), a.cosigned, key)
	if err != nil {
		t.Errorf("%s: %v", a.name, err)
		return
	}
	if now := uint64(time.Now().Unix()); cs.Time > now || cs.Time+3600 < now {
		t.Errorf("%s: signed at %d, it is %d", a.name, cs.Time, now)
	}
}

func TestOtherRequests(t *testing.T) {
	log := newLog(t, "log.example")
	url := start(t, newKey(t), log)
	if got := post(t, url, []byte(strings.Repeat("x", witness.MaxRequest+1))); got.code != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: %d", got.code)
	}
	for _, c := range []struct {
		path string
		want int
	}{{witness.Path, http.StatusMethodNotAllowed}, {"/", http.StatusNotFound}} {
		resp, err := http.Get(url + c.path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("GET %s: %d, want %d", c.path, resp.StatusCode, c.want)
		}
	}
	// Extension lines and malformed signatures are no checkpoint of this form.
	r := log.request(t, 0, 3)
	for name, signed := range map[string]string{
		"extension":    strings.Replace(string(r.Signed), "\n\n", "\nmore\n\n", 1),
		"no signature": strings.SplitAfter(string(r.Signed), "\n\n")[0],
		"cut":          string(r.Signed[:len(r.Signed)-3]),
	} {
		if got := post(t, url, witness.Request{Signed: []byte(signed)}.Marshal()); got.code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.code, got.body)
		}
	}
}

// TestRace asks for two histories at once, many times: at most one of two trees
// that are no prefix of each other is ever cosigned.
func TestRace(t *testing.T) {
	log := newLog(t, "log.example")
	url := start(t, newKey(t), log)
	forks := []*testLog{log.fork(0), log.fork(0)}
	forks[1].leaves[0] = tlog.LeafHash([]byte("other"))
	var signed [2]int
	var wg sync.WaitGroup
	for i, f := range forks {
		var bodies [][]byte
		for size := uint64(1); size < 30; size++ {
			bodies = append(bodies, f.request(t, size-1, size).Marshal())
		}
		wg.Go(func() {
			for _, b := range bodies {
				if post(t, url, b).code == http.StatusOK {
					signed[i]++
				}
			}
		})
	}
	wg.Wait()
	if signed[0]*signed[1] != 0 || signed[0]+signed[1] != 29 {
		t.Errorf("cosigned %d of one history and %d of the other", signed[0], signed[1])
	}
}

func TestParseLogs(t *testing.T) {
	a, b := newLog(t, "a.example").signer.Verifier(), newLog(t, "b.example").signer.Verifier()
	logs, err := ParseLogs(fmt.Appendf(nil, "# mine\n\nlog %s\r\n  log\t%s", a, b))
	if err != nil || len(logs) != 2 || logs[0].String() != a.String() || logs[1].String() != b.String() {
		t.Errorf("%v, %v", logs, err)
	}
	for text, want := range map[string]string{
		"quorum none":                         "line 1",
		"\nlog":                               "line 2",
		"log x":                               "line 1",
		fmt.Sprintf("log %s more", a):         "line 1",
		fmt.Sprintf("log %s\nlog %s\n", a, a): "twice",
		strings.Repeat("\n", MaxLogs+1):       "over",
	} {
		if _, err := ParseLogs([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}
