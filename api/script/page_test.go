package script_test

import (
	"context"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"rollcall/api/script"
	"rollcall/internal/peers"
)

// receiptPage is a page by the contract of README.md. Its texts are nobody's
// language.
var receiptPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Receipt</title>
<script type="module" src="/proof.js"></script><script type="module" src="/click.mjs"></script></head><body>
{{range .}}
<section data-check{{if .Skip}} data-skip{{end}} data-election="{{.Claim.election}}" data-ballot="{{.Claim.ballot}}" data-number="{{.Claim.number}}"
 data-decision="{{.Claim.decision}}" data-kind="{{.Claim.kind}}" data-code="{{.Claim.code}}" data-opened="{{.Claim.opened}}" data-roll="{{.Claim.roll}}">
<button data-run hidden>check</button><button data-maths="{{.Maths}}" hidden>more</button>
<p role="status"><span data-when="busy" hidden>…</span><span data-when="ok" hidden>+</span><span data-when="bad" hidden>-</span><span data-when="unknown" hidden>?</span></p>
<ul data-steps hidden>
{{range .Steps}}<li data-step="{{.}}" hidden>{{.}} <span data-when="ok" hidden>+</span><span data-when="bad" hidden>-</span><span data-when="unknown" hidden>?</span></li>
{{end}}</ul>
</section>
{{end}}
</body></html>`))

type section struct {
	Claim map[string]string
	Maths string
	Steps []string
	Skip  bool // the first button
}

// look is what click.mjs saw of a section.
type look struct {
	Buttons, List bool
	Busy, Status  string
	Steps         map[string]string
}

type clicked struct{ During, After look }

// TestPageInABrowser clicks on both buttons in Debian's chromium, under the
// policy of the page.
func TestPageInABrowser(t *testing.T) {
	peers.Need(t, "chromium", "chromium")
	b := newBoard(t, nil)
	wrong := b.claim(t, atTested)
	wrong["code"] = b.claim(t, atCast)["code"]
	sections := []section{
		{Claim: b.claim(t, atCast), Maths: "/maths.js", Steps: slices.Concat(proofSteps, mathsSteps[:len(mathsSteps)-1])},
		{Claim: wrong, Maths: "/maths.js", Steps: slices.Concat(proofSteps, testSteps[:len(testSteps)-1]), Skip: true},
		{Claim: wrong, Maths: "/maths.js", Steps: []string{"election"}}, // the wrong code has no place, and is told all the same
		{Claim: b.claim(t, atLate), Maths: "/maths.js", Steps: []string{"election", "ballot", "ballot-record", "checkpoint", "ballot-form"}},
		{Claim: b.claim(t, atCast), Maths: "/missing.js", Steps: proofSteps},
	}
	var report struct {
		Violations []string
		Seen       []struct {
			Before       look
			Proof, Again *clicked
			Maths        clicked
		}
	}
	see(t, b, sections, &report)
	if len(report.Violations) > 0 || len(report.Seen) != len(sections) {
		t.Fatalf("%d sections, violations of the policy %q", len(report.Seen), report.Violations)
	}
	ok := func(steps ...string) map[string]string {
		m := map[string]string{}
		for _, s := range steps {
			m[s] = "ok"
		}
		return m
	}
	badCode := ok(sections[1].Steps...)
	badCode["code"] = bad
	for i, want := range []struct {
		proof, maths           string
		proofSteps, mathsSteps map[string]string
	}{
		{"ok", "ok", ok(proofSteps...), ok(sections[0].Steps...)},
		{"", "bad", nil, badCode},
		{"ok", "bad", ok("election"), ok("election")},
		{"ok", "ok", ok("election", "ballot", "ballot-record", "checkpoint"), ok(sections[3].Steps...)},
		{"ok", "unknown", ok(proofSteps...), ok(proofSteps...)},
	} {
		got := report.Seen[i]
		if !got.Before.Buttons || got.Before.List || got.Before.Status != "" || len(got.Before.Steps) > 0 {
			t.Errorf("section %d before: %+v", i, got.Before)
		}
		for _, c := range []struct {
			seen   *clicked
			status string
			steps  map[string]string
		}{{got.Proof, want.proof, want.proofSteps}, {&got.Maths, want.maths, want.mathsSteps}, {got.Again, want.proof, want.proofSteps}} {
			if c.seen == nil {
				continue
			}
			if d := c.seen.During; !d.List || d.Busy != "true" || d.Status != "busy" {
				t.Errorf("section %d during: %+v", i, d)
			}
			if a := c.seen.After; a.Status != c.status || !maps.Equal(a.Steps, c.steps) {
				t.Errorf("section %d: %s, %v\nwant %s, %v", i, a.Status, a.Steps, c.status, c.steps)
			}
		}
	}
}

// see has chromium open a page of sections, and reads what click.mjs reports.
func see(t *testing.T, b *board, sections []section, report any) {
	t.Helper()
	clicks, err := os.ReadFile("testdata/click.mjs")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	file := func(path, kind string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Write(body)
		})
	}
	file("/proof.js", "text/javascript", script.Proof)
	file("/maths.js", "text/javascript", script.Maths)
	file("/click.mjs", "text/javascript", clicks)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'")
		if err := receiptPage.Execute(w, sections); err != nil {
			t.Error(err)
		}
	})
	seen, once := make(chan error, 1), sync.Once{}
	mux.HandleFunc("POST /seen", func(_ http.ResponseWriter, r *http.Request) {
		once.Do(func() { seen <- json.NewDecoder(r.Body).Decode(report) })
	})
	mux.HandleFunc("/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		body, status := b.answers(r.URL.Path)
		w.WriteHeader(status)
		w.Write(body)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	profile, err := os.MkdirTemp("", "rollcall-chromium")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile) // chromium's last processes may still write into it
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+profile, "--remote-debugging-port=0", server.URL)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() // says that it was interrupted
	defer cancel()
	select {
	case err := <-seen:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("chromium reports nothing")
	}
}
