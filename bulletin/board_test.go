package bulletin

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

const testOrigin = "rollcall.example/7f3a"

func newSigner(t testing.TB) *checkpoint.Signer {
	t.Helper()
	s, err := checkpoint.GenerateSigner(testOrigin, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newConfig returns the configuration of a new board in a directory of its own.
func newConfig(t testing.TB) Config {
	dir := t.TempDir()
	return Config{Database: filepath.Join(dir, "board.db"), Dir: filepath.Join(dir, "board"), Signer: newSigner(t)}
}

func openBoard(t testing.TB, cfg Config) *Board {
	t.Helper()
	b, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func fill(t testing.TB, b *Board, n int) {
	t.Helper()
	entries := make([][]byte, n)
	for i := range entries {
		entries[i] = fmt.Appendf(nil, "entry %d", i)
	}
	if _, err := b.AppendAll(context.Background(), entries); err != nil {
		t.Fatal(err)
	}
}

func policyOf(s *checkpoint.Signer) *checkpoint.Policy {
	return &checkpoint.Policy{Log: s.Verifier()}
}

// verifyDir reads a published board as a stranger does and checks all of it.
func verifyDir(dir string, policy *checkpoint.Policy) (checkpoint.Checkpoint, [][]byte, error) {
	ctx := context.Background()
	r, err := tlog.OpenDir(dir)
	if err != nil {
		return checkpoint.Checkpoint{}, nil, err
	}
	signed, err := r.Checkpoint(ctx)
	if err != nil {
		return checkpoint.Checkpoint{}, nil, err
	}
	c, err := policy.Open(signed)
	if err != nil {
		return c, nil, err
	}
	var entries [][]byte
	b, tiles := tlog.NewRangeBuilder(), tlog.NewTileChecker(ctx, r, c.Size)
	err = tlog.Entries(ctx, r, 0, c.Size, func(_ uint64, e []byte) error {
		entries = append(entries, e)
		b.Append(e)
		return tiles.Append(e, tlog.LeafHash(e))
	})
	if ferr := tiles.Finish(); err == nil {
		err = ferr
	}
	if err == nil && b.Root() != c.Root {
		err = errors.New("root of the entries is not the checkpoint's")
	}
	return c, entries, err
}

func TestAppendIsPublished(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	if c, _, err := verifyDir(cfg.Dir, policyOf(cfg.Signer)); err != nil || c.Size != 0 || c.Root != tlog.EmptyRoot() {
		t.Errorf("an empty board is published as %+v, %v", c, err)
	}
	for i := range 300 {
		e := fmt.Appendf(nil, "entry %d", i)
		index, err := b.Append(ctx, e, store.Claim(e))
		if err != nil || index != uint64(i) {
			t.Fatalf("entry %d: index %d, error %v", i, index, err)
		}
		if i%37 > 0 && i < 250 {
			continue
		}
		c, entries, err := verifyDir(cfg.Dir, policyOf(cfg.Signer))
		if err != nil || len(entries) != i+1 || !bytes.Equal(entries[i], e) {
			t.Fatalf("after entry %d: size %d, error %v", i, c.Size, err)
		}
		if p := b.Latest(); p.Checkpoint != c {
			t.Errorf("Latest is %+v, published is %+v", p.Checkpoint, c)
		}
	}
	if index, err := b.Append(ctx, []byte("entry 5"), "entry 5"); err != nil || index != 5 {
		t.Errorf("a retry: index %d, error %v", index, err)
	}
	if _, err := b.Append(ctx, []byte("other"), "entry 5"); !errors.Is(err, store.ErrClaimed) {
		t.Errorf("a taken claim: error %v", err)
	}
	index, err := b.AppendFunc(ctx, func(size uint64, root tlog.Hash) ([]byte, []store.Claim, error) {
		return fmt.Appendf(nil, "tick %d %x", size, root), nil, nil
	})
	if err != nil || index != 300 || b.Latest().Size != 301 {
		t.Errorf("tick: index %d, error %v", index, err)
	}
	if err := errors.Join(b.Publish(ctx), b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	if _, err := b.Append(ctx, []byte("late")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("append to a closed board: error %v", err)
	}
	b = openBoard(t, cfg)
	if b.Latest().Size != 301 || b.Log().Size() != 301 {
		t.Errorf("opened again with %d published of %d", b.Latest().Size, b.Log().Size())
	}
}

func TestAppendAllReportsRefusal(t *testing.T) {
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	got, err := b.AppendAll(context.Background(), [][]byte{[]byte("a"), []byte("b"), nil})
	if err == nil || len(got) != 0 {
		t.Errorf("an empty entry in a batch: %v, %v", got, err)
	}
	got, err = b.AppendAll(context.Background(), [][]byte{[]byte("a"), []byte("b"), []byte("a")})
	if err != nil || fmt.Sprint(got) != "[0 1 0]" || b.Latest().Size != 2 {
		t.Errorf("indexes %v, error %v, %d published", got, err, b.Latest().Size)
	}
}

// Many callers, and a reader that looks at the files all the time.
func TestConcurrentAppendsAndReader(t *testing.T) {
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	done := make(chan struct{})
	var reader, writers sync.WaitGroup
	reader.Go(func() {
		for last := uint64(0); ; {
			c, _, err := verifyDir(cfg.Dir, policyOf(cfg.Signer))
			if err != nil || c.Size < last {
				t.Errorf("size %d after %d, error %v", c.Size, last, err)
				return
			}
			last = c.Size
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for w := range 8 {
		writers.Go(func() {
			for i := range 60 {
				index, err := b.Append(context.Background(), fmt.Appendf(nil, "entry %d of %d", i, w))
				if err != nil {
					t.Error(err)
					return
				}
				if size := b.Latest().Size; size <= index {
					t.Errorf("entry %d is acknowledged with %d published", index, size)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	reader.Wait()
	if _, entries, err := verifyDir(cfg.Dir, policyOf(cfg.Signer)); err != nil || len(entries) != 480 {
		t.Errorf("%d entries at the end, error %v", len(entries), err)
	}
}

func TestReceipts(t *testing.T) {
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	fill(t, b, 300)
	for _, i := range []uint64{0, 255, 256, 299} {
		r, err := b.Receipt(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		index, _, err := tlog.VerifyReceipt(r, fmt.Appendf(nil, "entry %d", i), policyOf(cfg.Signer))
		if err != nil || index != i {
			t.Errorf("receipt of %d: index %d, error %v", i, index, err)
		}
		if e, err := b.Entry(context.Background(), i); err != nil || string(e) != fmt.Sprint("entry ", i) {
			t.Errorf("entry %d: %q, %v", i, e, err)
		}
	}
	if _, err := b.Receipt(context.Background(), 300); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a receipt of an entry that is not there: %v", err)
	}
	if _, err := b.Entry(context.Background(), 300); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an entry that is not there: %v", err)
	}
}

// Two processes that publish one board could let its checkpoint go backwards.
func TestBoardIsOpenOnce(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	if _, err := Open(ctx, cfg); !errors.Is(err, ErrInUse) {
		t.Errorf("opening twice: error %v, want ErrInUse", err)
	}
	if _, err := b.Append(ctx, []byte("a")); err != nil {
		t.Errorf("the first one after that: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	foreign := cfg
	foreign.Signer = newSigner(t)
	if _, err := Open(ctx, foreign); err == nil {
		t.Fatal("opened with another key")
	}
	openBoard(t, cfg) // a failed Open has let go of the lock
}

// The public directory can be lost and is written anew; the database can not.
func TestPublicFilesAreRebuilt(t *testing.T) {
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	fill(t, b, 700)
	if err := errors.Join(b.Close(), os.RemoveAll(cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	openBoard(t, cfg)
	if _, entries, err := verifyDir(cfg.Dir, policyOf(cfg.Signer)); err != nil || len(entries) != 700 {
		t.Errorf("%d entries, error %v", len(entries), err)
	}
}

// A database that does not go with the published checkpoint must not be signed.
func TestForkedBoardIsRefused(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	fill(t, b, 300)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	published, err := tlog.ReadCheckpoint(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	behind, other, foreign := cfg, cfg, cfg
	behind.Database = filepath.Join(t.TempDir(), "old copy.db")
	other.Database = filepath.Join(t.TempDir(), "another.db")
	foreign.Signer = newSigner(t)
	s, err := store.Open(ctx, other.Database, store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 301 {
		if _, err := s.Append(ctx, fmt.Appendf(nil, "other entry %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  Config
		want error
	}{
		"old copy of the database": {behind, ErrForked},
		"another log's database":   {other, ErrForked},
		"another log's key":        {foreign, checkpoint.ErrInvalid},
	} {
		if _, err := Open(ctx, c.cfg); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
	if now, err := tlog.ReadCheckpoint(cfg.Dir); err != nil || !bytes.Equal(now, published) {
		t.Errorf("the published checkpoint changed: %q, %v", now, err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, "checkpoint"), []byte("garbage"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, cfg); !errors.Is(err, checkpoint.ErrInvalid) {
		t.Errorf("a garbled checkpoint: error %v", err)
	}
}

// While the files can not be written, appends are durable and say that they are
// not published; the board catches up by itself.
func TestPublicationFailure(t *testing.T) {
	ctx := context.Background()
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	fill(t, b, 10)
	tmp := filepath.Join(cfg.Dir, ".tmp")
	if err := errors.Join(os.RemoveAll(tmp), os.WriteFile(tmp, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	index, err := b.Append(ctx, []byte("waits"))
	if !errors.Is(err, ErrNotPublished) || index != 10 {
		t.Fatalf("index %d, error %v, want 10 and ErrNotPublished", index, err)
	}
	if b.Latest().Size != 10 || b.Log().Size() != 11 {
		t.Errorf("%d published of %d", b.Latest().Size, b.Log().Size())
	}
	if _, err := b.Entry(ctx, index); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an entry that is not published is shown: %v", err)
	}
	if c, _, err := verifyDir(cfg.Dir, policyOf(cfg.Signer)); err != nil || c.Size != 10 {
		t.Errorf("the public board: size %d, error %v", c.Size, err)
	}
	if err := os.Remove(tmp); err != nil {
		t.Fatal(err)
	}
	for b.Latest().Size < 11 { // by itself, after retryPause
		time.Sleep(10 * time.Millisecond)
	}
	if c, _, err := verifyDir(cfg.Dir, policyOf(cfg.Signer)); err != nil || c.Size != 11 {
		t.Errorf("after catching up: size %d, error %v", c.Size, err)
	}
}

// A caller that gives up learns that its entry is in the log all the same.
func TestAppendGivesUpWaiting(t *testing.T) {
	cfg := newConfig(t)
	release := make(chan struct{})
	cfg.Cosign = func(ctx context.Context, t witness.Tree) ([]checkpoint.Cosignature, error) {
		if t.Size > 0 {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil, nil
	}
	b := openBoard(t, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	index, err := b.Append(ctx, []byte("a"))
	if index != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("index %d, error %v, want context.Canceled", index, err)
	}
	close(release)
	if index, err = b.Append(context.Background(), []byte("a")); err != nil || index != 0 || b.Log().Size() != 1 {
		t.Errorf("the retry: index %d, error %v, size %d", index, err, b.Log().Size())
	}
}

func TestCosignedCheckpoints(t *testing.T) {
	cfg := newConfig(t)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wit, err := checkpoint.NewWitnessVerifier("witness.example", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	const at = 1_800_000_000
	cosigned := func(c checkpoint.Checkpoint) checkpoint.Cosignature {
		sig, err := checkpoint.SignCosignature(key, c.Origin, c.Size, c.Root, at)
		if err != nil {
			t.Error(err)
		}
		return checkpoint.Cosignature{Witness: wit, Time: at, Sig: sig}
	}
	cfg.Cosign = func(_ context.Context, t witness.Tree) ([]checkpoint.Cosignature, error) {
		broken := cosigned(t.Checkpoint)
		broken.Time++
		return []checkpoint.Cosignature{broken, cosigned(t.Checkpoint)}, nil
	}
	b := openBoard(t, cfg)
	fill(t, b, 5)
	policy := policyOf(cfg.Signer)
	policy.Witnesses, policy.Quorum = []checkpoint.Witness{{Name: "w", Key: wit}}, 1
	c, _, err := verifyDir(cfg.Dir, policy)
	if err != nil || c.Size != 5 {
		t.Errorf("size %d, error %v", c.Size, err)
	}
	p := b.Latest()
	if len(p.Cosignatures) != 1 || p.Cosignatures[0].Time != at {
		t.Errorf("cosignatures of the newest checkpoint: %+v, want the good one alone", p.Cosignatures)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if b = openBoard(t, cfg); len(b.Latest().Cosignatures) != 1 {
		t.Error("a board that is opened again has no cosignatures")
	}
}
