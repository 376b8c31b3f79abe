package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"modernc.org/sqlite"

	"rollcall/bulletin/tlog"
)

// failCommits makes the commits on the writer's present connection fail.
func failCommits(t *testing.T, s *Store) {
	t.Helper()
	conn, err := s.db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { return 1 })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// After a failed commit nothing of the group is in memory or in the database,
// every caller of the group is told so, refused ones too, and the log goes on.
func TestCommitFailure(t *testing.T) {
	f := &follower{}
	s := openTest(t, newPath(t), Config{Admitter: f})
	mustAppend(t, s, "a 1")
	failCommits(t, s)
	release := hold(t, s)
	wait := enqueue(s, "b 1", "b 2", "bad", "c 1")
	release()
	for i, err := range wait() {
		if !errors.Is(err, ErrCommit) || errors.Is(err, ErrClaimed) || errors.Is(err, errBad) {
			t.Errorf("caller %d: error %v, want ErrCommit alone", i, err)
		}
	}
	if f.reloads != 2 {
		t.Errorf("%d reloads, want one at opening and one after the failure", f.reloads)
	}
	f.check(t, s, "a 1")
	if _, ok, _ := s.Claimed(context.Background(), "first/b"); ok {
		t.Error("a claim of the failed group is there")
	}
	if i := mustAppend(t, s, "b 2"); i != 1 {
		t.Errorf("the retry has index %d, want 1", i)
	}
	f.check(t, s, "a 1", "b 2")
}

// The tree that AppendFunc sees must be the database's again after a failure.
func TestAppendFuncAfterCommitFailure(t *testing.T) {
	s := openTest(t, newPath(t), Config{})
	mustAppend(t, s, "a")
	root := s.Root()
	failCommits(t, s)
	if _, err := s.Append(context.Background(), []byte("lost")); !errors.Is(err, ErrCommit) {
		t.Fatalf("error %v, want ErrCommit", err)
	}
	_, err := s.AppendFunc(context.Background(), func(size uint64, r tlog.Hash) ([]byte, []Claim, error) {
		if size != 1 || r != root {
			t.Errorf("the tree has size %d and root %x, want 1 and %x", size, r, root)
		}
		return []byte("tick"), nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkLog(t, s, "a", "tick")
}

// A full disk, as SQLite sees it: appends fail, reads go on, and when there is
// room again appends do too.
func TestDiskFull(t *testing.T) {
	ctx := context.Background()
	f := &follower{}
	s := openTest(t, newPath(t), Config{Admitter: f})
	mustAppend(t, s, "a 1")
	var pages int
	if err := s.db.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2)); err != nil {
		t.Fatal(err)
	}
	big := "b " + strings.Repeat("x", 60_000)
	if _, err := s.Append(ctx, []byte(big)); !errors.Is(err, ErrCommit) {
		t.Fatalf("error %v, want ErrCommit", err)
	}
	f.check(t, s, "a 1")
	// The limit belonged to the connection that was dropped: there is room.
	mustAppend(t, s, big)
	f.check(t, s, "a 1", big)
}

// While the database can not even be read, appends fail, the store does not;
// it recovers with the database.
func TestReloadFailure(t *testing.T) {
	ctx := context.Background()
	f := &follower{}
	s := openTest(t, newPath(t), Config{Admitter: f})
	mustAppend(t, s, "a 1")
	failCommits(t, s)
	f.failLoad = errBad
	for range 2 {
		if _, err := s.Append(ctx, []byte("b 1")); !errors.Is(err, ErrCommit) || !errors.Is(err, errBad) {
			t.Errorf("error %v, want ErrCommit with the reason", err)
		}
	}
	checkLog(t, s, "a 1")
	f.mu.Lock()
	f.failLoad = nil
	f.mu.Unlock()
	mustAppend(t, s, "b 1")
	f.check(t, s, "a 1", "b 1")
}

// Two processes on one database can not fork the log: the one that is behind
// fails, sees what is there, and goes on behind it.
func TestSecondWriter(t *testing.T) {
	path := newPath(t)
	f := &follower{}
	first, second := openTest(t, path, Config{}), openTest(t, path, Config{Admitter: f})
	mustAppend(t, first, "a 1")
	if _, err := second.Append(context.Background(), []byte("b 1")); !errors.Is(err, ErrCommit) {
		t.Fatalf("error %v, want ErrCommit", err)
	}
	f.check(t, second, "a 1")
	if i := mustAppend(t, second, "b 1"); i != 1 {
		t.Errorf("index %d, want 1", i)
	}
	f.check(t, second, "a 1", "b 1")
}

// A database that lost an entry is noticed, not papered over.
func TestDamagedDatabase(t *testing.T) {
	ctx := context.Background()
	path := newPath(t)
	s := openTest(t, path, Config{})
	for i := range 300 {
		mustAppend(t, s, fmt.Sprint("entry ", i))
	}
	if _, err := s.db.Exec(`DELETE FROM entries WHERE idx = 290`); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.recent.reset(300) // what is in memory is right
	s.mu.Unlock()
	if err := s.Entries(ctx, 0, 300, func(uint64, []byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "entry 290 is missing") {
		t.Errorf("reading: error %v", err)
	}
	s.Close()
	if _, err := Open(ctx, path, Config{}); err == nil {
		t.Error("a log with a hole was opened")
	}
}
