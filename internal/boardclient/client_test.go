package boardclient

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	for _, base := range []string{"", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "//host", "http://host/?a=b", "http://host/#x",
		"http://user:secret@host", "http://[::1", "http://host\x00"} {
		if c, err := New(base); err == nil || !strings.Contains(err.Error(), "not the address of a board") {
			t.Errorf("New(%q) = %v, error %v", base, c, err)
		}
	}
	for base, want := range map[string]string{
		"http://127.0.0.1:8080": "http://127.0.0.1:8080", "https://vote.example/board//": "https://vote.example/board"} {
		c, err := New(base)
		if err != nil || c.URL() != want {
			t.Errorf("New(%q): URL %v, error %v; want %s", base, c, err, want)
		}
	}
}

func TestPostAnswers(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		body    string
		index   uint64
		refused bool
		want    string // of the error; empty for none
	}{
		{"created", 201, `{"index":7,"leaf":"00"}`, 7, false, ""},
		{"known", 200, `{"index":0}`, 0, false, ""},
		{"problem", 409, `{"title":"refused","detail":"ballot: already there"}`, 0, true, "refused: ballot: already there"},
		{"problem that commands the terminal", 409, `{"title":"\u001b[2Jverified","detail":"a\nb\u009bc"}`, 0, true, " [2Jverified: a b c"},
		{"problem without a title", 500, `{"detail":"x"}`, 0, true, "HTTP status 500"},
		{"long problem", 400, `{"title":"` + strings.Repeat("é", 900) + `"}`, 0, true, "é ...: "},
		{"page of a proxy", 502, "<html>", 0, true, "HTTP status 502"},
		{"answer without an index", 201, `{}`, 0, false, "names no index"},
		{"negative index", 201, `{"index":-1}`, 0, false, "names no index"},
		{"broken index", 201, `{"index":1.5}`, 0, false, "names no index"},
		{"null", 200, `null`, 0, false, "names no index"},
		{"empty answer", 200, ``, 0, false, "names no index"},
		{"oversize answer", 200, `{"index":1}` + strings.Repeat(" ", maxAnswer), 0, false, "over 65536 bytes"},
		{"oversize refusal", 400, `{"title":"` + strings.Repeat("x", maxAnswer) + `"}`, 0, false, "over 65536 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || r.URL.Path != "/api/v1/entries" || r.Header.Get("Content-Type") != "application/cbor" {
					t.Errorf("request %s %s", r.Method, r.URL)
				}
				w.WriteHeader(test.status)
				w.Write([]byte(test.body))
			}))
			defer server.Close()
			c, err := New(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			index, err := c.Post(t.Context(), []byte("entry"))
			if test.want == "" {
				if err != nil || index != test.index {
					t.Errorf("index %d, error %v; want %d", index, err, test.index)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, ErrRefused) != test.refused {
				t.Errorf("error %v, want one with %q (ErrRefused: %v)", err, test.want, test.refused)
			}
			if err != nil && len(err.Error()) > 2*maxText {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestPostUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(t.Context(), nil); err == nil || errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "is rollcall serve running?") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Post(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
}
