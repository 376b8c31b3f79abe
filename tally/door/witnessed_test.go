package door_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/internal/election"
	"rollcall/tally/manifest"
)

// TestNoTickWithoutWitnesses: a board whose manifest has a quorum, and that asks
// nobody, makes no tick, so that no code is ever spoken.
func TestNoTickWithoutWitnesses(t *testing.T) {
	key, err := checkpoint.GenerateCosigner("witness.example", rand.Reader)
	must(t, err)
	o := election.Small(t.TempDir())
	o.File.Witnesses, o.File.Quorum = []manifest.Witness{{Key: key.Verifier().String(), URL: "https://witness.example"}}, 1
	e, err := election.New(context.Background(), o)
	must(t, err)
	defer e.Close()
	must(t, e.Ceremony(context.Background()))
	if err := e.Open(context.Background()); err == nil || !strings.Contains(err.Error(), "this board asks none") {
		t.Errorf("opening, and the first tick: %v", err)
	}
	if err := e.Door.Tick(context.Background()); err == nil {
		t.Error("ticked")
	}
	if last, _ := e.Door.State().LastTick(); last != nil {
		t.Errorf("tick %+v", last)
	}
}
