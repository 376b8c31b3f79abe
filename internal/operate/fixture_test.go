package operate

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/internal/service"
	"rollcall/internal/trustee"
	"rollcall/internal/workspace"
	"rollcall/tally/manifest"
	"rollcall/tally/record"
)

const (
	passphrase = "four words make one"

	description = `
title: Test election
languages: [en]
rehearsal: true
phone: "+1 555 0100"
help_line: "+1 555 0199"
minimum: 2
decision_seconds: 1
trustees_needed: 2
windows: [{from: %s, to: %s}]
units:
  - {id: town, name: Town}
contests:
  - id: mayor
    title: Mayor of the test
    vote_for: 1
    options:
      - {id: ada, name: Ada Alder of the test}
      - {id: ben, name: Ben Birch of the test}
`
	people = "name,unit,language,street\nAnn,town,en,1 A Street\nBob,town,en,2 B Street\nCem,town,en,3 C Street\n"
)

// staff is an election in a directory, its running service, and a way to it
// that a test can disturb.
type staff struct {
	t        *testing.T
	dir      workspace.Dir
	trustees []string // directories
	service  *service.Service
	remote   *Remote
	// disturb, if set, may answer a post in the board's place.
	disturb func(w http.ResponseWriter, e *entry.Entry) (answered bool)
}

// newTrustees makes the key files of n trustees and returns their directories
// and public halves.
func newTrustees(t *testing.T, n int) (dirs []string, list []entry.Trustee) {
	t.Helper()
	for i := range n {
		dir := t.TempDir()
		if _, err := trustee.Create(dir, fmt.Sprintf("Trustee %d", i+1), passphrase, 1); err != nil {
			t.Fatal(err)
		}
		public, err := trustee.ReadPublic(filepath.Join(dir, "trustee.public"))
		if err != nil {
			t.Fatal(err)
		}
		dirs, list = append(dirs, dir), append(list, public)
	}
	return dirs, list
}

// describe parses the description, with a window around now.
func describe(t *testing.T) *manifest.File {
	t.Helper()
	now := time.Now().UTC()
	text := fmt.Sprintf(description, now.Add(-time.Hour).Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339))
	f, err := manifest.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newStaff makes an election with three trustees and serves its board and
// registrar. No program on the machine speaks prompts.
func newStaff(t *testing.T) *staff {
	t.Helper()
	t.Setenv("PATH", "")
	s := &staff{t: t, dir: workspace.Dir(filepath.Join(t.TempDir(), "vote"))}
	var list []entry.Trustee
	s.trustees, list = newTrustees(t, 3)
	_, err := Init(t.Context(), s.dir, describe(t), list)
	s.must(err)
	s.service, err = service.Start(t.Context(), service.Config{Dir: string(s.dir), HTTP: "127.0.0.1:0", Private: "127.0.0.1:0",
		Roles: []service.Role{service.Board, service.Registrar}})
	s.must(err)
	t.Cleanup(func() {
		if err := s.service.Close(); err != nil {
			t.Error(err)
		}
	})
	s.remote, err = ConnectDir(t.Context(), s.proxy(), s.dir)
	s.must(err)
	return s
}

// proxy serves the board, and lets disturb see every entry before it does.
func (s *staff) proxy() string {
	target, err := url.Parse(s.service.URL())
	s.must(err)
	forward := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && s.disturb != nil {
			raw, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if e, err := entry.Decode(raw); err == nil && s.disturb(w, e) {
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(raw))
		}
		forward.ServeHTTP(w, r)
	}))
	s.t.Cleanup(server.Close)
	return server.URL
}

func (s *staff) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// refused holds that an error says something.
func (s *staff) refused(err error, want string) {
	s.t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		s.t.Errorf("error %v, want one with %q", err, want)
	}
}

// update reads the board.
func (s *staff) update() *record.State {
	s.t.Helper()
	_, err := s.remote.Follower.Update(s.t.Context())
	s.must(err)
	return s.remote.State()
}

// wait follows the board until cond holds.
func (s *staff) wait(cond func(*record.State) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	s.must(s.remote.Follower.Wait(ctx, cond))
}

// ceremony runs the key ceremony.
func (s *staff) ceremony() {
	s.t.Helper()
	for range 5 {
		for _, dir := range s.trustees {
			t, err := trustee.Open(dir, passphrase)
			s.must(err)
			_, err = t.Ceremony(s.t.Context(), s.update(), s.remote, time.Now())
			t.Close()
			s.must(err)
		}
	}
}

// rollCSV writes the roll and returns its path.
func (s *staff) rollCSV() string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "roll.csv")
	s.must(os.WriteFile(path, []byte(people), 0o600))
	return path
}

// record makes silent recordings of phrases.
func (s *staff) record(list []MissingPrompt) {
	s.t.Helper()
	const samples = 1600
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), 36+2*samples)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, v := range []uint16{1, 1} { // PCM, mono
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, 8000)
	b = binary.LittleEndian.AppendUint32(b, 16000)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, 2*samples)
	b = append(b, make([]byte, 2*samples)...)
	for _, p := range list {
		path := filepath.Join(s.dir.Recordings(), filepath.FromSlash(p.File))
		s.must(os.MkdirAll(filepath.Dir(path), 0o755))
		s.must(os.WriteFile(path, b, 0o644))
	}
}
