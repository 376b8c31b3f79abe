package tlog

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
)

// serve serves a handler and returns a Reader of it that retries fast.
func serve(t *testing.T, h http.Handler) Reader {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	r, err := OpenURL(srv.URL+"/board", srv.Client())
	if err != nil {
		t.Fatal(err)
	}
	r.(*urlReader).pause = time.Millisecond
	return r
}

func TestReadersSeeTheSame(t *testing.T) {
	m := newMemLog(1500)
	dir := t.TempDir()
	export(t, dir, m, 1500)
	byURL := serve(t, http.StripPrefix("/board", http.FileServer(http.Dir(dir))))
	for name, r := range map[string]Reader{"directory": mustDir(t, dir), "URL": byURL} {
		if err := verify(t.Context(), r, testPolicy(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, from := range []uint64{0, 1, 255, 256, 1300, 1499, 1500} {
			next := from
			err := Entries(t.Context(), r, from, 1500, func(i uint64, e []byte) error {
				if i != next || string(e) != string(m.entries[i]) {
					t.Fatalf("%s, from %d: entry %d is %q", name, from, i, e)
				}
				next++
				return nil
			})
			if err != nil || next != 1500 {
				t.Errorf("%s, from %d: ended at %d with %v", name, from, next, err)
			}
		}
		if err := Entries(t.Context(), r, 3, 2, nil); err == nil {
			t.Errorf("%s: from behind the end is accepted", name)
		}
		stop := errors.New("stop")
		if err := Entries(t.Context(), r, 0, 1500, func(uint64, []byte) error { return stop }); err != stop {
			t.Errorf("%s: the callback's error came back as %v", name, err)
		}
		if _, err := r.Tile(t.Context(), Tile{0, 99, 256}); !errors.Is(err, ErrFetch) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a missing tile: %v", name, err)
		}
	}
}

func TestOpenURLRefuses(t *testing.T) {
	for _, u := range []string{"", "board", "/board", "ftp://example.org/", "http://", "file:///etc", "http://a b/", "\x00"} {
		if _, err := OpenURL(u, nil); err == nil {
			t.Errorf("%q is taken for a URL", u)
		}
	}
	if _, err := OpenDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrFetch) {
		t.Errorf("a directory that is not there: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(file); !errors.Is(err, ErrFetch) {
		t.Errorf("a file for a directory: %v", err)
	}
}

func TestURLRetries(t *testing.T) {
	var calls atomic.Int32
	r := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusTooManyRequests)
		case 3:
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("cut off"))
		default:
			w.Write([]byte("here"))
		}
	}))
	b, err := r.Checkpoint(t.Context())
	if err != nil || string(b) != "here" || calls.Load() != 4 {
		t.Errorf("%q, %v after %d calls", b, err, calls.Load())
	}
}

// What a server does wrong ends in ErrFetch; what it sends too much of is
// wrong; and neither is asked for again and again.
func TestURLFailures(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    error
		calls   int32
	}{
		"always 500":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, ErrFetch, fetchAttempts},
		"403":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, ErrFetch, 1},
		"404":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, fs.ErrNotExist, 1},
		"no content":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, ErrFetch, 1},
		"without end":   {func(w http.ResponseWriter, r *http.Request) { endless(w) }, ErrWrong, 1},
		"hangs up":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ErrFetch, fetchAttempts},
		"redirect loop": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, ErrFetch, 10 * fetchAttempts},
	} {
		var calls atomic.Int32
		r := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			calls.Add(1)
			c.handler(w, req)
		}))
		_, err := r.Checkpoint(t.Context())
		if !errors.Is(err, c.want) || calls.Load() != c.calls {
			t.Errorf("%s: error %v after %d calls, want %v after %d", name, err, calls.Load(), c.want, c.calls)
		}
		if c.want != ErrWrong && wrong(err) {
			t.Errorf("%s: a failure to fetch is called wrong: %v", name, err)
		}
	}
}

func endless(w http.ResponseWriter) {
	line := []byte(strings.Repeat("x", 4096))
	for range 2 * checkpoint.MaxSize / len(line) {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

func TestURLContext(t *testing.T) {
	release := make(chan struct{})
	r := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := r.Checkpoint(ctx); !errors.Is(err, ErrFetch) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want ErrFetch and context.Canceled", err)
	}
	if err := Entries(ctx, r, 0, 10, func(uint64, []byte) error { return nil }); !errors.Is(err, ErrFetch) {
		t.Errorf("streaming: error %v, want ErrFetch", err)
	}
}

// A board that grows while it is read: what the older checkpoint needs is there
// at every moment.
func TestReadWhileGrowing(t *testing.T) {
	m := newMemLog(600)
	dir := t.TempDir()
	e := export(t, dir, m, 5)
	done := make(chan error, 1)
	go func() {
		for size := 6; size <= 600; size += 7 {
			root, err := Root(context.Background(), m, uint64(size))
			if err == nil {
				var note []byte
				if note, err = testSigner(t).Sign(uint64(size), root); err == nil {
					err = e.Export(context.Background(), uint64(size), note)
				}
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	r := mustDir(t, dir)
	for {
		if err := verify(t.Context(), r, testPolicy(t)); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
