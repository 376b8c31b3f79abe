package service

import (
	"log/slog"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/internal/software"
)

// TestCompare: the log says once, for all roles, whether the manifest names what
// runs.
func TestCompare(t *testing.T) {
	own, err := software.Own()
	must(t, err)
	for want, list := range map[string][]entry.Software{
		`level=INFO msg="the manifest names this program"`:             {own},
		`level=WARN msg="the manifest does not name this program: say`: {{Name: own.Name, SHA256: make([]byte, 32)}},
	} {
		var log strings.Builder
		s := &Service{cfg: Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
		s.compare(&entry.Manifest{Software: list})
		s.compare(&entry.Manifest{Software: list})
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, want) || !strings.Contains(got, "sha256=") {
			t.Errorf("log %q, want one line with %s", got, want)
		}
	}
}
