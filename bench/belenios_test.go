package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"rollcall/internal/peers"
)

// TestBelenios makes two whole elections with Belenios' own tool and has it
// verify them.
func TestBelenios(t *testing.T) {
	peers.Need(t, "belenios-tool", "belenios-tool")
	dir := t.TempDir()
	for _, blank := range []bool{false, true} {
		key := keyBelenios
		if blank {
			key = keyBeleniosBlank
		}
		m, err := measureBelenios(t.Context(), dir, key, 1, 3, blank, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{key, sizeKey(key, 1), sizeKey(key, 3)} {
			if _, ok := s[k]; !ok {
				t.Errorf("no figure %s", k)
			}
		}
	}
	// An election that lacks what it verified before is refused.
	b := beleniosElection{filepath.Join(dir, "absent")}
	if _, err := b.verify(t.Context()); err == nil {
		t.Error("an election that is not there is verified")
	}
}

// Every ballot chooses at most one, and some choose none.
func TestBeleniosChoices(t *testing.T) {
	for _, blank := range []bool{false, true} {
		places := beleniosAnswers
		if blank {
			places++
		}
		empty := 0
		for voter := range beleniosAnswers + 1 {
			raw, err := beleniosChoices(blank, voter)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]int
			if err := json.Unmarshal(raw, &got); err != nil || len(got) != 1 || len(got[0]) != places {
				t.Fatalf("blank %v, voter %d: %s, %v", blank, voter, raw, err)
			}
			sum := 0
			for _, v := range got[0] {
				sum += v
			}
			switch {
			case sum == 0:
				empty++
			case sum != 1:
				t.Errorf("blank %v, voter %d chooses %d", blank, voter, sum)
			}
		}
		if want := beleniosAnswers + 1 - places; empty != want { // with blank, "none" is an answer
			t.Errorf("blank %v: %d ballots choose nothing, want %d", blank, empty, want)
		}
	}
}
