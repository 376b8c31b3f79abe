package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// TestFollowMirrors compares a board with two mirrors, and holds that evidence
// is proven when none of them is there any more.
func TestFollowMirrors(t *testing.T) {
	f := newForger(t)
	less, good, fork := f.publish(1), f.publish(1, 2, 3), f.publish(1, 2, 8, 9)
	hiding := maps.Clone(fork)
	delete(hiding, "/"+(tlog.Tile{Width: 5}).Path())
	for _, c := range []struct {
		name   string
		boards [3]map[string][]byte // the board and its mirrors
		forked []int                // which are told
	}{
		{"all agree", [3]map[string][]byte{good, good, good}, nil},
		{"one is behind", [3]map[string][]byte{good, less, good}, nil},
		{"the board is behind", [3]map[string][]byte{less, good, good}, nil},
		{"the first forks", [3]map[string][]byte{good, fork, good}, []int{1}},
		{"the second forks", [3]map[string][]byte{good, good, fork}, []int{2}},
		{"the second forks, the first is gone", [3]map[string][]byte{good, nil, fork}, []int{2}},
		{"they contradict each other, the board is behind", [3]map[string][]byte{less, good, fork}, []int{2}},
		{"they contradict each other, the board is gone", [3]map[string][]byte{nil, good, fork}, []int{2}},
		{"the first hides the hashes, the second has them", [3]map[string][]byte{good, hiding, fork}, []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, boards := t.TempDir(), c.boards
			urls := []string{serve(t, &boards[0]), serve(t, &boards[1]), serve(t, &boards[2])}
			code, out := followOnce(t, time.Unix(1e9, 0), urls[0], "--mirror", urls[1], "--mirror", urls[2], "--policy", f.policy,
				"--election", string(entry.NewElectionID(f.hash)), "--evidence-dir", dir)
			want := exitIncomplete
			if len(c.forked) > 0 {
				want = exitAlarm
			}
			if code != want || strings.Count(out, "ALARM") != len(c.forked) {
				t.Errorf("exit code %d, want %d and forks of %v\n%s", code, want, c.forked, out)
			}
			for i, url := range urls {
				if told := strings.Contains(out, "ALARM fork: "+url+":"); told != slices.Contains(c.forked, i) {
					t.Errorf("board %d told: %v\n%s", i, told, out)
				}
			}
			boards = [3]map[string][]byte{}
			files, err := os.ReadDir(dir)
			if err != nil || (len(files) > 0) != (len(c.forked) > 0) {
				t.Fatalf("evidence %v, %v", files, err)
			}
			for _, file := range files {
				if code, stdout, _ := call(t, "evidence", "--policy", f.policy, filepath.Join(dir, file.Name())); code != exitVerified || !strings.Contains(out, file.Name()) {
					t.Errorf("%s: exit code %d, %s", file.Name(), code, stdout)
				}
			}
		})
	}
}
