package server

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

// TestReference puts the same requests to litewitness, which nobody here wrote:
// it answers as the specification says, as ours does, but for what the table
// notes.
func TestReference(t *testing.T) {
	log, second := newLog(t, "log.example"), newLog(t, "second.example")
	url, key := litewitness(t, log, second)
	for _, a := range sequence(t, log, second) {
		want := a.code
		if a.reference != 0 {
			want = a.reference
		}
		got := post(t, url, a.body)
		if got.code != want {
			t.Errorf("%s: answer %d %q, want %d", a.name, got.code, got.body, want)
			continue
		}
		if got.code == http.StatusConflict && a.size != "" && (got.kind != witness.SizeType || got.body != a.size+"\n") {
			t.Errorf("%s: %s %q, want the size %s", a.name, got.kind, got.body, a.size)
		}
		if got.code == http.StatusOK {
			checkCosigned(t, a, got, key)
		}
	}
}

// litewitness runs filippo.io/torchwood/cmd/litewitness for the logs. Its module
// is one of the tools, so that it is no dependency of Rollcall.
func litewitness(t *testing.T, logs ...*testLog) (url string, key *checkpoint.Verifier) {
	t.Helper()
	dir, err := os.MkdirTemp("", "lw") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	bin, db, socket := filepath.Join(dir, "litewitness"), filepath.Join(dir, "w.db"), filepath.Join(dir, "agent")
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=tools/go.mod", "-o", bin, "filippo.io/torchwood/cmd/litewitness")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("ROLLCALL_PEERS") == "1" {
			t.Fatalf("building litewitness: %v\n%s", err, out)
		}
		t.Skipf("building litewitness: %v (it needs a network, or Go's module cache)\n%s", err, out)
	}
	fingerprint := sshAgent(t, socket)
	fill(t, db, logs)
	listener, err := net.Listen("tcp", "127.0.0.1:0") // litewitness does not tell its port
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-name", "lite.example/w", "-db", db, "-ssh-agent", socket, "-listen", address, "-key", fingerprint)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	found := make(chan string, 1)
	go func() {
		defer close(ended)
		vkey := regexp.MustCompile(`vkey=(\S+)`)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := vkey.FindStringSubmatch(lines.Text()); m != nil {
				found <- strings.Trim(m[1], `"`)
			}
		}
		_ = cmd.Wait()
	}()
	select {
	case text := <-found:
		if key, err = checkpoint.ParseWitnessVerifier(text); err != nil {
			t.Fatal(err)
		}
	case <-ended:
		t.Fatal("litewitness ended")
	}
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return "http://" + address, key
		}
		select {
		case <-ended:
			t.Fatal("litewitness ended")
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// sshAgent serves an agent with one new key, which is where litewitness has its
// key from, and returns the key's fingerprint.
func sshAgent(t *testing.T, socket string) (fingerprint string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return ssh.FingerprintSHA256(pub)
}

// fill makes the database of litewitness as its witnessctl does.
func fill(t *testing.T, path string, logs []*testLog) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
		CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));`); err != nil {
		t.Fatal(err)
	}
	root := tlog.EmptyRoot()
	for _, l := range logs {
		if _, err := db.Exec(`INSERT INTO log VALUES ($1, 0, $2)`, l.signer.Origin(), base64.StdEncoding.EncodeToString(root[:])); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`INSERT INTO key VALUES ($1, $2)`, l.signer.Origin(), l.signer.Verifier().String()); err != nil {
			t.Fatal(err)
		}
	}
}
