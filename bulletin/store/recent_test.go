package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestRecent(t *testing.T) {
	var r recent
	r.reset(10)
	if got := r.last(0, 10); got != nil {
		t.Errorf("nothing was added, and there is %q", got)
	}
	r.add([][]byte{[]byte("ten"), []byte("eleven")})
	r.add([][]byte{[]byte("twelve")})
	for _, c := range []struct {
		from, to uint64
		want     string
	}{
		{0, 13, "ten eleven twelve"}, {10, 13, "ten eleven twelve"}, {11, 13, "eleven twelve"}, {11, 12, "eleven"},
		{0, 11, "ten"}, {0, 10, ""}, {3, 5, ""}, {13, 13, ""}, {12, 11, ""}, {12, 14, ""},
	} {
		if got := bytes.Join(r.last(c.from, c.to), []byte(" ")); string(got) != c.want {
			t.Errorf("%d to %d: %q, want %q", c.from, c.to, got, c.want)
		}
	}
	big := make([]byte, maxRecent/4)
	for range 9 {
		r.add([][]byte{big, []byte("small")})
	}
	if r.memory > maxRecent || len(r.entries) < 6 || r.end != 31 {
		t.Errorf("%d entries up to %d in %d bytes", len(r.entries), r.end, r.memory)
	}
	total := 0
	for _, e := range r.last(0, r.end) {
		total += len(e) + perRecent
	}
	if total != r.memory {
		t.Errorf("%d bytes counted, %d there", r.memory, total)
	}
}

// What was committed lately is handed out without the database, the same
// entries as from there; what is older is read from it, and so is everything
// after a failure.
func TestEntriesFromMemory(t *testing.T) {
	ctx := context.Background()
	s := openTest(t, newPath(t), Config{})
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("entry ", i))
		mustAppend(t, s, want[i])
		if i == 9 {
			s.mu.Lock()
			s.recent.reset(10) // the first ten have become old
			s.mu.Unlock()
		}
	}
	read := func(from, to uint64) (got []string, err error) {
		err = s.Entries(ctx, from, to, func(index uint64, entry []byte) error {
			if index != from+uint64(len(got)) {
				t.Errorf("index %d after %d entries from %d", index, len(got), from)
			}
			got = append(got, string(entry))
			return nil
		})
		return got, err
	}
	for from := range uint64(21) {
		for to := from; to <= 20; to++ {
			if got, err := read(from, to); err != nil || !slices.Equal(got, want[from:to]) {
				t.Errorf("%d to %d: %q, %v", from, to, got, err)
			}
		}
	}
	n := 0
	err := s.Entries(ctx, 8, 20, func(uint64, []byte) error {
		if n++; n == 4 {
			return errBad
		}
		return nil
	})
	if n != 4 || err != errBad {
		t.Errorf("%d entries and error %v, want the fourth one's", n, err)
	}
	if err := s.reader.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := read(10, 20); err != nil || !slices.Equal(got, want[10:]) {
		t.Errorf("without the database: %q, %v", got, err)
	}
	if _, err := read(9, 20); err == nil {
		t.Error("entry 9 came from memory")
	}
	// After a failure only the database says what the log holds.
	failCommits(t, s)
	if _, err := s.Append(ctx, []byte("lost")); !errors.Is(err, ErrCommit) {
		t.Fatalf("error %v, want ErrCommit", err)
	}
	if _, err := read(10, 20); err == nil {
		t.Error("entries came from memory after a failure")
	}
}

// Groups of all sizes around the batches of the statements: new entries, those
// of earlier groups and those of the same group get their right indexes.
func TestGroupSizes(t *testing.T) {
	s := openTest(t, newPath(t), Config{})
	var log []string
	for _, n := range []int{1, 2, 7, 8, 9, 63, 64, 65, 72, 73, 137} {
		var entries [][]byte
		var want []uint64
		for i := range n {
			switch {
			case i%5 == 3 && len(log) > 3: // of this group, or an earlier one
				at := len(log) - 1 - i*7%len(log)
				entries, want = append(entries, []byte(log[at])), append(want, uint64(at))
			default:
				log = append(log, fmt.Sprint("entry ", len(log)))
				entries, want = append(entries, []byte(log[len(log)-1])), append(want, uint64(len(log)-1))
			}
		}
		got, err := s.AppendAll(context.Background(), entries)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d entries: indexes %v, want %v: %v", n, got, want, err)
		}
	}
	checkLog(t, s, log...)
}
