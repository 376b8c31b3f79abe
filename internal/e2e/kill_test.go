package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
	"rollcall/internal/boardclient"
	"rollcall/internal/service"
	"rollcall/registrar"
	"rollcall/tally/booth"
)

// process is a rollcall serve that can be killed.
type process struct{ cmd *exec.Cmd }

// startProcess runs rollcall serve, with all roles, as a process of its own,
// and returns when it is ready. The board is at address.
func (e *election) startProcess(t *testing.T, address string) *process {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	p := &process{cmd: exec.Command(self, "serve", "--dir", string(e.dir), "--listen", address, "--sip-listen", "127.0.0.1:0")}
	p.cmd.Env = append(os.Environ(), asRollcall+"=1")
	stderr, err := p.cmd.StderrPipe()
	must(t, err)
	must(t, p.cmd.Start())
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(stderr)
	var said strings.Builder
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "sip:rollcall@") {
			go func() { _, _ = io.Copy(io.Discard, stderr) }() // so that it never waits for a reader
			return p
		}
	}
	t.Fatalf("rollcall serve did not start:\n%s", &said)
	return nil
}

// kill is kill -9. It may be called more than once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be dead
	_ = p.cmd.Wait()         // and says that it was killed
}

// makeBallots makes one ballot of every voter, as a booth does, without posting
// them. Nothing else may run in the election's directory.
func (e *election) makeBallots(t *testing.T) [][]byte {
	t.Helper()
	ctx := t.Context()
	m, hash, err := service.ReadManifest(e.dir)
	must(t, err)
	key, err := e.dir.ReadKey("booth")
	must(t, err)
	sealer, err := booth.New(m, hash, e.shares[0].Public.JointKey, key, nil)
	must(t, err)
	reg, err := service.OpenRegistrar(ctx, e.dir, nil)
	must(t, err)
	defer func() { must(t, reg.Close()) }()
	oprf, err := credential.ParseOPRFPublicKey(m.OPRFKeys[0])
	must(t, err)
	var ballots [][]byte
	for _, l := range e.letters {
		var own *schnorr.SecretKey
		own, err = registrar.DeriveBallotKey(ctx, reg, oprf, hash, l.Number, l.PIN)
		must(t, err)
		made, _, err := sealer.Make(own, 0, someVotes)
		must(t, err)
		ballots = append(ballots, made.Bytes())
	}
	return ballots
}

// ledger is what the board has acknowledged.
type ledger struct {
	mu   sync.Mutex
	have map[uint64]tlog.Hash // by index
}

func (l *ledger) add(index uint64, raw []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.have[index] = tlog.LeafHash(raw)
}

func (l *ledger) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.have)
}

// TestKilledAtAnyMoment kills rollcall serve with 200 ballots on their way to
// it, again and again. After every restart all that was acknowledged is there,
// nothing is there twice, and the checkpoint from before is a prefix.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	const ballots, kills = 200, 6
	e := open(t, options{voters: ballots + 1})
	made := e.makeBallots(t)[:ballots] // the last voter votes by telephone
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	server := e.startProcess(t, address)
	client, err := boardclient.New("http://" + address)
	must(t, err)
	reader, err := tlog.OpenURL(client.URL(), nil)
	must(t, err)
	policy, _, err := service.ReadPolicy(e.dir)
	must(t, err)

	acknowledged := &ledger{have: map[uint64]tlog.Hash{}}
	var g errgroup.Group
	g.SetLimit(8)
	posted := make(chan error, 1)
	go func() {
		for _, raw := range made {
			g.Go(func() error { return postUntilTaken(ctx, client, raw, acknowledged) })
		}
		posted <- g.Wait()
	}()
	for i := range kills {
		for acknowledged.size() < (i+1)*ballots/(kills+1) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		before := latest(t, ctx, reader, policy)
		time.Sleep(rand.N(40 * time.Millisecond)) // somewhere between two answers
		server.kill()
		server = e.startProcess(t, address)
		checkBoard(t, ctx, reader, policy, before, acknowledged)
	}
	must(t, <-posted)
	if n := acknowledged.size(); n != ballots {
		t.Errorf("%d of %d ballots have an index of their own", n, ballots)
	}
	checkBoard(t, ctx, reader, policy, latest(t, ctx, reader, policy), acknowledged)

	// And voting goes on, after one more kill.
	before := latest(t, ctx, reader, policy)
	server.kill()
	e.serve(t, fast, func(c *service.Config) { c.HTTP = address })
	e.voteAndCast(t, ctx, e.letters[ballots])
	checkBoard(t, ctx, reader, policy, before, acknowledged)
}

// postUntilTaken posts the same bytes until the board says where they are, as
// whoever gets no answer does.
func postUntilTaken(ctx context.Context, client *boardclient.Client, raw []byte, l *ledger) error {
	for {
		index, err := client.Post(ctx, raw)
		if err == nil {
			l.add(index, raw)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("posting: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// latest is the checkpoint that the board shows.
func latest(t *testing.T, ctx context.Context, r tlog.Reader, policy *checkpoint.Policy) checkpoint.Checkpoint {
	t.Helper()
	signed, err := r.Checkpoint(ctx)
	must(t, err)
	c, err := policy.Open(signed)
	must(t, err)
	return c
}

// checkBoard reads the whole board and holds it against what it said before.
func checkBoard(t *testing.T, ctx context.Context, r tlog.Reader, policy *checkpoint.Policy, before checkpoint.Checkpoint, l *ledger) {
	t.Helper()
	l.mu.Lock()
	want := make(map[uint64]tlog.Hash, len(l.have))
	for i, h := range l.have {
		want[i] = h
	}
	l.mu.Unlock()
	now := latest(t, ctx, r, policy)
	if now.Size < before.Size {
		t.Fatalf("the board has %d entries, and had %d", now.Size, before.Size)
	}
	tree, seen := tlog.NewRangeBuilder(), map[tlog.Hash]uint64{}
	must(t, tlog.Entries(ctx, r, 0, now.Size, func(index uint64, raw []byte) error {
		leaf := tree.Append(raw)
		if first, twice := seen[leaf]; twice {
			return fmt.Errorf("entry %d is entry %d again", index, first)
		}
		seen[leaf] = index
		if h, ok := want[index]; ok && h != leaf {
			return fmt.Errorf("entry %d is not the one that was acknowledged there", index)
		}
		delete(want, index)
		return nil
	}))
	if len(want) > 0 {
		t.Errorf("%d acknowledged entries are not on a board of %d", len(want), now.Size)
	}
	if root := tree.Root(); root != now.Root {
		t.Error("the entries do not have the checkpoint's root")
	}
	old, err := tree.RootAt(before.Size)
	must(t, err)
	if old != before.Root {
		t.Errorf("the checkpoint of %d entries is no prefix of that of %d", before.Size, now.Size)
	}
}
