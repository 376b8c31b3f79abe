package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness"
)

// childEnv is the directory of the witness that a child runs.
const childEnv = "ROLLCALL_TEST_WITNESS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child serves a witness and says where, until it is killed.
func child(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		return err
	}
	key, err := checkpoint.ParseCosigner(string(text))
	if err != nil {
		return err
	}
	if text, err = os.ReadFile(filepath.Join(dir, "mldsa")); err != nil {
		return err
	}
	mldsa, err := checkpoint.ParseMLDSACosigner(string(text))
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, "logs"))
	if err != nil {
		return err
	}
	logs, err := ParseLogs(b)
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := Open(ctx, Config{Key: key, MLDSA: mldsa, Memory: filepath.Join(dir, "w.db"), Logs: logs})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return s.Serve(ctx, l)
}

// TestKill kills a witness of two keys at random moments while a log grows: what it
// answered with cosignatures it knows, and it cosigns no other tree from there.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	dir := t.TempDir()
	key, mldsa, log := newKey(t), newMLDSAKey(t, "witness.example/w"), newLog(t, "log.example")
	for name, text := range map[string]string{"key": key.Marshal(), "mldsa": mldsa.Marshal(), "logs": fmt.Sprintf("log %s\n", log.signer.Verifier())} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := CreateMemory(t.Context(), filepath.Join(dir, "w.db"), key.Verifier().String(), mldsa.Verifier().String()); err != nil {
		t.Fatal(err)
	}
	var cosigned uint64 // the largest size that was answered with a cosignature
	for round := range 15 {
		url, kill := runChild(t, dir)
		// What it knows: at least what it said, at most one more, which it kept
		// before it was killed and could not say.
		got := post(t, url, log.request(t, 254, 255).Marshal())
		var known uint64
		if _, err := fmt.Sscanf(got.body, "%d\n", &known); got.code != http.StatusConflict || err != nil {
			t.Fatalf("round %d: asked for its size, it answers %d %q", round, got.code, got.body)
		}
		if known < cosigned || known > cosigned+1 {
			t.Fatalf("round %d: it has cosigned size %d, and knows %d", round, cosigned, known)
		}
		if known > 0 {
			fork := log.fork(int(known) - 1)
			if got := post(t, url, fork.request(t, known, known+1).Marshal()); got.code != http.StatusUnprocessableEntity {
				t.Fatalf("round %d: asked for another history, it answers %d", round, got.code)
			}
		}
		cosigned = known
		timer := time.AfterFunc(time.Duration(rand.IntN(60_000))*time.Microsecond, kill)
		for cosigned < 240 {
			body := log.request(t, cosigned, cosigned+1).Marshal()
			resp, err := http.Post(url+witness.Path, "", bytes.NewReader(body))
			if err != nil {
				break // killed
			}
			var lines strings.Builder
			_, err = bufio.NewReader(resp.Body).WriteTo(&lines)
			resp.Body.Close()
			c, _ := log.checkpoint(t, cosigned+1)
			_, perr := checkpoint.ParseCosignatures([]byte(lines.String()), c, key.Verifier())
			if err != nil || perr != nil {
				break // cut by the kill
			}
			if _, err := checkpoint.ParseCosignatures([]byte(lines.String()), c, mldsa.Verifier()); err != nil {
				t.Errorf("size %d: the second key: %v", cosigned+1, err)
			}
			cosigned++
		}
		timer.Stop()
		kill()
	}
	if cosigned < 15 {
		t.Errorf("only %d trees cosigned", cosigned)
	}
}

// runChild starts a witness in a process of its own; kill ends it with SIGKILL
// and waits for that.
func runChild(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	lines := bufio.NewScanner(stdout)
	ok := lines.Scan()
	go func() { _ = cmd.Wait(); close(ended) }()
	if !ok {
		<-ended
		t.Fatalf("the child failed: %s", stderr.String())
	}
	return "http://" + lines.Text(), func() { cmd.Process.Kill(); <-ended }
}
