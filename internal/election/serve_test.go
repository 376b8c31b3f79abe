package election

import (
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/internal/workspace"
)

// TestWriteKeys: the keys are those of the board, in the form that its server reads.
func TestWriteKeys(t *testing.T) {
	o := Small(t.TempDir())
	o.Began, o.Open = time.Unix(1_800_000_000, 0), 2*time.Hour
	e, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.WriteKeys(); err != nil {
		t.Fatal(err)
	}
	dir := workspace.Dir(e.Dir)
	board, err := dir.ReadKey(workspace.Board)
	if err != nil || string(board.Public().Bytes()) != string(e.Manifest.Board) {
		t.Errorf("the board's key is another: %v", err)
	}
	text, err := workspace.ReadSecret(dir.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := checkpoint.ParseSigner(string(text))
	if err != nil || log.Origin() != e.Manifest.Log.Origin || string(log.Verifier().PublicKey()) != string(e.Manifest.Log.Key) {
		t.Errorf("the log's key is another: %v", err)
	}
	if err := e.WriteKeys(); err == nil {
		t.Error("keys that are there are written over")
	}
	if w := e.Manifest.Windows; len(w) != 1 || w[0].From != 1_800_000_000 || w[0].To != 1_800_007_200 || e.Now() != w[0].From {
		t.Errorf("windows %v, the clock says %d", w, e.Now())
	}
}
