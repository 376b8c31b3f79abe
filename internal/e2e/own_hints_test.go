package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/hint"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
	"rollcall/internal/operate"
	"rollcall/internal/service"
	"rollcall/internal/workspace"
	"rollcall/registrar"
	"rollcall/tally/door"
	"rollcall/tally/manifest"
)

// TestRunningBoardMakesHints: a board that runs makes the hints of what is
// published, and serves them. It tells its operator, at another address, how it is.
func TestRunningBoardMakesHints(t *testing.T) {
	t.Parallel()
	dir := workspace.Dir(t.TempDir())
	file, err := manifest.Parse(strings.NewReader(manifestOf(options{})))
	must(t, err)
	trustees := make([]entry.Trustee, 3)
	for i := range trustees {
		trustees[i] = entry.Trustee{Name: "Trustee", Signing: schnorr.GenerateKey().Public().Bytes(), Ceremony: schnorr.GenerateKey().Public().Bytes()}
	}
	_, err = operate.Init(t.Context(), dir, file, trustees)
	must(t, err)
	entries := fillBundle(t, dir)

	s, err := service.Start(t.Context(), service.Config{Dir: string(dir), Roles: []service.Role{service.Board}, HTTP: "127.0.0.1:0", Metrics: "127.0.0.1:0"})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	checkMetrics(t, s)
	var got []byte
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(s.URL() + "/" + tlog.HintPath(0))
		must(t, err)
		got, err = io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode == http.StatusOK {
			break
		}
		if resp.StatusCode != http.StatusNotFound || time.Now().After(end) {
			t.Fatalf("hints of the first bundle: %s", resp.Status)
		}
	}
	if want := hint.Make(entries); len(want) == 0 || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of hints, want %d, or they differ", len(got), len(want))
	}
}

// checkMetrics reads the metrics of a board of one bundle where only its operator
// is told of them.
func checkMetrics(t *testing.T, s *service.Service) {
	t.Helper()
	resp, err := http.Get(s.MetricsURL())
	must(t, err)
	text, err := io.ReadAll(resp.Body)
	must(t, errors.Join(err, resp.Body.Close()))
	if !strings.Contains(string(text), "\ngo_goroutines ") {
		t.Error("nothing is told of the process")
	}
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(text), fmt.Sprintf("rollcall_board_entries %d\n", tlog.TileWidth)) {
		t.Errorf("metrics: %s\n%s", resp.Status, text)
	}
}

// fillBundle posts chunks of the roll, of one voter each, until the board of a
// directory has a full bundle, whose entries it returns.
func fillBundle(t *testing.T, dir workspace.Dir) [][]byte {
	t.Helper()
	keys, err := registrar.ReadKeys(dir.Key("registrar"))
	must(t, err)
	d, board, err := service.OpenBoard(t.Context(), dir, door.Config{})
	must(t, err)
	defer func() { must(t, board.Close()) }()
	hash := d.State().Hash()
	for chunk := uint64(0); board.Log().Size() < tlog.TileWidth; chunk++ {
		line := entry.AppendVoter(nil, entry.Voter{
			BallotKey: [32]byte(schnorr.GenerateKey().Public().Bytes()), CastKey: [32]byte(schnorr.GenerateKey().Public().Bytes())})
		signed, err := entry.Sign(&entry.Roll{Chunk: chunk, Voters: line}, hash[:], keys.Sign)
		must(t, err)
		_, err = d.Post(t.Context(), signed.Bytes())
		must(t, err)
	}
	var entries [][]byte
	must(t, board.Log().Entries(t.Context(), 0, tlog.TileWidth, func(_ uint64, e []byte) error {
		entries = append(entries, bytes.Clone(e))
		return nil
	}))
	return entries
}
