package script_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"rollcall/internal/peers"
)

// peer is a node that runs testdata/peer.mjs: one request and one answer a
// line.
type peer struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

// answer is what a function of the scripts returned or threw.
type answer struct {
	Value   json.RawMessage `json:"value"`
	Error   string          `json:"error"`   // nothing was thrown if empty
	Unknown bool            `json:"unknown"` // it could not be told
	Fault   bool            `json:"fault"`   // neither Wrong nor Unknown was thrown: a mistake in the script
}

func (a answer) ok() bool { return a.Error == "" }

var node = sync.OnceValues(func() (*peer, error) {
	cmd := exec.Command("node", "testdata/peer.mjs") // ends with its standard input, when this process does
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &peer{in: in, out: bufio.NewReader(out)}, cmd.Start()
})

// call has node run a function of peer.mjs, with arguments as JSON.
func call(t testing.TB, name string, args ...any) answer {
	t.Helper()
	peers.Need(t, "node", "nodejs")
	p, err := node()
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(map[string]any{"name": name, "args": args})
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.in.Write(append(request, '\n')); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("%s: node: %v", name, err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatalf("%s: %v: %q", name, err, line)
	}
	if a.Fault {
		t.Fatalf("%s threw %s", name, a.Error)
	}
	return a
}

// value is call for a function that must not throw.
func value[T any](t testing.TB, name string, args ...any) T {
	t.Helper()
	a := call(t, name, args...)
	if !a.ok() {
		t.Fatalf("%s: %s", name, a.Error)
	}
	var v T
	if err := json.Unmarshal(a.Value, &v); err != nil {
		t.Fatalf("%s: %v: %s", name, err, a.Value)
	}
	return v
}
