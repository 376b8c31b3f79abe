package bulletin

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
)

const (
	childEnv     = "ROLLCALL_TEST_BOARD" // directory of the board the child appends to
	childEntries = 200
)

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

func childConfig(dir string) (Config, error) {
	key, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		return Config{}, err
	}
	signer, err := checkpoint.ParseSigner(string(key))
	return Config{Database: filepath.Join(dir, "board.db"), Dir: filepath.Join(dir, "board"), Signer: signer}, err
}

// child appends its entries, from four callers, and acknowledges each on
// standard output as "<number> <index>". It begins at the start each time: what
// is in the log already is a retry.
func child(dir string) error {
	cfg, err := childConfig(dir)
	if err != nil {
		return err
	}
	b, err := Open(context.Background(), cfg)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var out sync.Mutex
	errs := make(chan error, 4)
	for caller := range 4 {
		wg.Go(func() {
			for i := caller; i < childEntries; i += 4 {
				e := childEntry(i)
				index, err := b.Append(context.Background(), []byte(e), store.Claim(e))
				if err != nil {
					errs <- err
					return
				}
				out.Lock()
				fmt.Println(i, index)
				out.Unlock()
			}
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	return b.Close()
}

func childEntry(i int) string { return fmt.Sprintf("entry %d %s", i, strings.Repeat("x", i)) }

// Kill -9 at random moments: what was acknowledged is there, the checkpoint of
// before is a prefix of the one after, nothing is there twice, and the public
// files are a whole board at every moment.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	dir := t.TempDir()
	signer := newSigner(t)
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte(signer.Marshal()), 0o600); err != nil {
		t.Fatal(err)
	}
	acked := map[int]uint64{}
	kills := 0
	for round := 0; ; round++ {
		if round == 100 {
			t.Fatalf("not done after %d rounds: %d of %d acknowledged", round, len(acked), childEntries)
		}
		// A few new acknowledgements, then the end at some moment of the next.
		finished := runChild(t, dir, acked, len(acked)+1+rand.IntN(10))
		checkAfterKill(t, dir, signer, acked)
		if finished {
			break
		}
		kills++
	}
	if kills == 0 {
		t.Error("the child was done before it was killed once")
	}
	if len(acked) != childEntries {
		t.Errorf("%d of %d acknowledged", len(acked), childEntries)
	}
}

// runChild runs a child until it has acknowledged stop entries altogether and
// kills it then, adding to acked. It says whether the child came to its end.
func runChild(t *testing.T, dir string, acked map[int]uint64, stop int) (finished bool) {
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
	killed := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var i int
		var index uint64
		if _, err := fmt.Sscanf(lines.Text(), "%d %d", &i, &index); err != nil {
			break // cut by the kill
		}
		if before, ok := acked[i]; ok && before != index {
			t.Errorf("entry %d was acknowledged at %d, and now at %d", i, before, index)
		}
		acked[i] = index
		if len(acked) >= stop && !killed {
			killed = true
			time.Sleep(time.Duration(rand.IntN(5_000)) * time.Microsecond)
			cmd.Process.Kill()
		}
	}
	err = cmd.Wait()
	if err != nil && !killed {
		t.Fatalf("the child failed by itself: %v\n%s", err, stderr.String())
	}
	return err == nil
}

func checkAfterKill(t *testing.T, dir string, signer *checkpoint.Signer, acked map[int]uint64) {
	t.Helper()
	ctx := context.Background()
	cfg, err := childConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	before, published, err := verifyDir(cfg.Dir, policyOf(signer))
	if err != nil {
		t.Fatalf("the public board after a kill: %v", err)
	}
	for i, index := range acked {
		if index >= uint64(len(published)) || string(published[index]) != childEntry(i) {
			t.Errorf("entry %d was acknowledged at %d of %d published, and is not there", i, index, len(published))
		}
	}
	b, err := Open(ctx, cfg)
	if err != nil {
		t.Fatalf("opening after a kill: %v", err)
	}
	after := b.Latest()
	path, err := b.Log().ConsistencyProof(ctx, before.Size, after.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.VerifyConsistency(before.Size, after.Size, path, before.Root, after.Root); err != nil {
		t.Errorf("the checkpoint before is no prefix: %v", err)
	}
	if after.Size != b.Log().Size() {
		t.Errorf("%d of %d published after opening", after.Size, b.Log().Size())
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	_, entries, err := verifyDir(cfg.Dir, policyOf(signer))
	if err != nil {
		t.Fatalf("the public board after opening: %v", err)
	}
	seen := map[string]bool{}
	for i, e := range entries {
		if seen[string(e)] {
			t.Errorf("entry %d is there twice", i)
		}
		seen[string(e)] = true
	}
}
