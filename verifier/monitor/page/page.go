package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/verifier/monitor"
)

// Bounds of every request and of all together.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 15 * time.Second
	idleTimeout    = 30 * time.Second
	maxHeaderBytes = 8 << 10
	maxConns       = 64
)

// Config says what is shown.
type Config struct {
	Election string // its id, as it was asked for
	Now      func() time.Time
	// Late is after how long without a round that has ended the monitor is too late
	// for what it shows to be news.
	Late time.Duration
}

// Page shows what it was given last. It is safe for concurrent use.
type Page struct {
	config   Config
	status   atomic.Pointer[shown]
	done     atomic.Uint64 // entries that are judged in the verification under way
	total    atomic.Uint64 // 0 for none
	handler  http.Handler
	server   *http.Server
	mu       sync.Mutex
	answered answer // under mu: the last one
}

// shown is a status and when it was given.
type shown struct {
	*monitor.Status
	ended time.Time
}

// answer is what was made of a status, which serves for a second.
type answer struct {
	of         *shown
	at         time.Time // whole seconds
	html, json []byte
	healthy    bool
}

// New returns a page of a monitor that has not looked yet.
func New(cfg Config) *Page {
	p := &Page{config: cfg}
	mux := http.NewServeMux()
	for path, show := range map[string]func(http.ResponseWriter, *answer){"/{$}": showPage, "/status.json": showJSON, "/healthz": showHealth} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, show) })
	}
	p.handler = secured(mux)
	p.server = &http.Server{
		Handler:           p.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0), // it would name the client's address
	}
	return p
}

// Show has a status of now shown from now on.
func (p *Page) Show(s *monitor.Status) {
	told := *s
	told.Standing, told.Past = slices.Clone(s.Standing), slices.Clone(s.Past)
	for i := range told.Standing {
		told.Standing[i].Evidence = fileName(told.Standing[i].Evidence)
	}
	for i := range told.Past {
		told.Past[i].Evidence = fileName(told.Past[i].Evidence)
	}
	p.total.Store(0)
	p.status.Store(&shown{&told, p.config.Now()})
}

// fileName is the name of a file without where it lies on this machine.
func fileName(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// Progress tells how far a verification is that is under way. It costs two
// stores.
func (p *Page) Progress(done, total uint64) {
	p.done.Store(done)
	p.total.Store(total)
}

// Handler returns what is served.
func (p *Page) Handler() http.Handler { return p.handler }

// Serve answers on l until Close. It has 64 connections at most; others wait.
func (p *Page) Serve(l net.Listener) error {
	err := p.server.Serve(&limited{Listener: l, free: make(chan struct{}, maxConns), done: make(chan struct{})})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close ends all connections.
func (p *Page) Close() error { return p.server.Close() }

// policy lets the page have its own style, which stands in it, and nothing else.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// secured answers GET and HEAD alone, with headers that keep a page to itself.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *Page) serve(w http.ResponseWriter, _ *http.Request, show func(http.ResponseWriter, *answer)) {
	a, err := p.answer()
	if err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	show(w, a)
}

// answer returns what to answer now. It is made once a second at most, for all
// who ask.
func (p *Page) answer() (*answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, of := p.config.Now().UTC().Truncate(time.Second), p.status.Load()
	if a := p.answered; a.html != nil && a.of == of && a.at.Equal(now) {
		return &a, nil
	}
	a := answer{of: of, at: now}
	v := p.view(now, of)
	a.healthy = v.Healthy
	var html bytes.Buffer
	if err := sheet.Execute(&html, v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	var err error
	if a.json, err = json.Marshal(v.json()); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	a.html = html.Bytes()
	p.answered = a
	return &a, nil
}

func showPage(w http.ResponseWriter, a *answer) { write(w, "text/html; charset=utf-8", 200, a.html) }

func showJSON(w http.ResponseWriter, a *answer) { write(w, "application/json", 200, a.json) }

func showHealth(w http.ResponseWriter, a *answer) {
	if a.healthy {
		write(w, "text/plain; charset=utf-8", http.StatusOK, []byte("ok\n"))
		return
	}
	write(w, "text/plain; charset=utf-8", http.StatusServiceUnavailable, []byte("an alarm stands, or no round has ended in time\n"))
}

func write(w http.ResponseWriter, kind string, code int, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	w.Write(body) // who is gone needs no answer
}

//go:embed style.css
var style string

//go:embed page.html
var markup string

var sheet = template.Must(template.New("page").Parse(markup))
