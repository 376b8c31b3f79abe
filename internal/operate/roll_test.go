package operate

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
)

// busy answers posts of one kind with 503.
func busy(kind entry.Kind) func(http.ResponseWriter, *entry.Entry) bool {
	return func(w http.ResponseWriter, e *entry.Entry) bool {
		if e.Kind() == kind {
			http.Error(w, "not now", http.StatusServiceUnavailable)
		}
		return e.Kind() == kind
	}
}

// TestRoll cuts the posting of a roll off at every entry, and takes it up again
// without making letters twice.
func TestRoll(t *testing.T) {
	s := newStaff(t)
	roll := s.rollCSV()
	s.disturb = busy(entry.KindRoll)
	_, err := Roll(t.Context(), s.remote, s.dir, roll, RollOptions{})
	s.refused(err, "rollcall roll again posts the rest")
	letters, err := os.ReadFile(s.dir.Letters())
	s.must(err)
	if n := strings.Count(string(letters), "\n"); n != 4 {
		t.Errorf("letters.csv has %d lines, want 4", n)
	}
	if info, err := os.Stat(s.dir.Letters()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("letters.csv: mode %v, error %v; want 0600", info.Mode(), err)
	}
	s.disturb = busy(entry.KindRollEnd)
	_, err = Roll(t.Context(), s.remote, s.dir, roll, RollOptions{})
	s.refused(err, "entry 2 of 2")
	if sum := s.update().Summary(); sum.RollEnded || sum.Voters != 3 {
		t.Errorf("on the board: %d voters, ended %v; want 3, not ended", sum.Voters, sum.RollEnded)
	}

	s.disturb = nil
	rolled, err := Roll(t.Context(), s.remote, s.dir, "no file is read now", RollOptions{})
	s.must(err)
	if !rolled.Resumed || rolled.Voters != 3 || rolled.Units["town"] != 3 || rolled.Letters != s.dir.Letters() {
		t.Errorf("rolled %+v", rolled)
	}
	if sum := s.update().Summary(); !sum.RollEnded || sum.Voters != 3 {
		t.Errorf("on the board: %d voters, ended %v", sum.Voters, sum.RollEnded)
	}
	size := s.remote.State().Size()
	_, err = Roll(t.Context(), s.remote, s.dir, roll, RollOptions{})
	s.refused(err, "on the board already, with 3 voters")
	if again, err := os.ReadFile(s.dir.Letters()); err != nil || string(again) != string(letters) {
		t.Errorf("the letters have changed (error %v)", err)
	}
	if s.update().Size() != size {
		t.Error("a refused roll has posted something")
	}
}

// TestRollRefuses holds that nothing is drawn, written or posted where an
// earlier call has left something that can not be taken up.
func TestRollRefuses(t *testing.T) {
	s := newStaff(t)
	size := s.update().Size()
	refused := func(want string) {
		t.Helper()
		_, err := Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{})
		s.refused(err, want)
		if s.update().Size() != size {
			t.Fatal("something was posted")
		}
	}
	s.must(os.WriteFile(s.dir.Letters(), []byte("precious"), 0o600))
	refused("none of these letters is valid")
	if b, _ := os.ReadFile(s.dir.Letters()); string(b) != "precious" {
		t.Error("the letters were overwritten")
	}
	s.must(os.Remove(s.dir.Letters()))

	manifest, err := os.ReadFile(s.dir.ManifestEntry())
	s.must(err)
	for want, content := range map[string]string{
		"cut short":            "\x00\x05abc",
		"entry 0":              "\x00\x01a",
		"cut short after 0":    "\x00",
		"does not end with a ": "",
		"roll-end":             string([]byte{byte(len(manifest) >> 8), byte(len(manifest))}) + string(manifest),
	} {
		s.must(os.WriteFile(rollFile(s.dir), []byte(content), 0o644))
		refused(want)
	}
	s.must(os.Remove(rollFile(s.dir)))
	if _, err := os.Stat(s.dir.Letters()); !errors.Is(err, fs.ErrNotExist) {
		t.Error("letters were written")
	}

	_, err = Roll(t.Context(), s.remote, s.dir, "nowhere.csv", RollOptions{})
	s.refused(err, "nowhere.csv")

	// Part of a roll is posted, and what could finish it is lost.
	s.disturb = busy(entry.KindRollEnd)
	_, err = Roll(t.Context(), s.remote, s.dir, s.rollCSV(), RollOptions{})
	s.refused(err, "again posts the rest")
	s.must(os.Remove(rollFile(s.dir)))
	s.disturb = nil
	size = s.update().Size()
	refused("a new election is needed")
}
