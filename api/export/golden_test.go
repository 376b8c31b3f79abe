package export

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"rollcall/internal/election"
)

var update = flag.Bool("update", false, "write the golden files in testdata again")

// TestGolden holds the bytes of both formats for the small election. A reader's
// program depends on them: whoever changes them raises the number in application.
func TestGolden(t *testing.T) {
	r := small()
	raw, err := NIST(r)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := OpenElections(&b, r, "en"); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"testdata/small.nist.json": raw, "testdata/small.csv": b.Bytes()} {
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: other bytes:\n%s", name, got)
		}
	}
}

// TestElection writes the result of an election with real ballots, which this
// package has had no hand in.
func TestElection(t *testing.T) {
	e, counted, err := election.Simulate(context.Background(), election.Small(t.TempDir()), rand.New(rand.NewPCG(7, 7)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	r := Result{Manifest: e.Manifest, ID: string(e.ID()), Index: 1, Parts: counted.Parts, Published: time.Unix(1_800_000_000, 0), Version: 2}
	v := report(t, r)
	checkCounts(t, r, v)
	if !v.IsTest || v.TestType != "rehearsal" {
		t.Errorf("a rehearsal, but IsTest %v, TestType %q", v.IsTest, v.TestType)
	}
	rows := rowsOf(t, r, "es")
	checkTable(t, r, rows)
	if row := repeated(rows); row != nil {
		t.Errorf("%q stands twice", row)
	}
}
