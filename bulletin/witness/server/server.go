// Package server is a witness (c2sp.org/tlog-witness): it cosigns the
// checkpoints of the logs it knows as long as each tree holds the one before.
//
// It keeps one row for each log and nothing else. It knows nothing of what is in
// a log, and takes only checkpoints without extension lines, which are those
// that package checkpoint writes.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

// Limits of a request in time and size.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second // the answer waits for the disk
	idleTimeout  = 2 * time.Minute  // boards keep their connection
	maxHeader    = 8 << 10
	stopTimeout  = 10 * time.Second
)

// Config is what a witness is made of.
type Config struct {
	Key *checkpoint.Cosigner // Ed25519
	// MLDSA is its ML-DSA-44 key, which signs whatever Key signs; nil if it has none.
	MLDSA *checkpoint.Cosigner
	// Memory is the path of its database, which CreateMemory made for these keys.
	Memory string
	// Logs are the logs that it cosigns, with different origins.
	Logs []*checkpoint.Verifier
	// Logger is told of what a log did wrong; nobody if nil.
	Logger *slog.Logger
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Server is a witness. It is an http.Handler.
type Server struct {
	cfg    Config
	logs   map[string]*checkpoint.Verifier // by origin
	mux    http.ServeMux
	memory *memory
	// mu is held from looking at the memory until the cosignature is made, so
	// that none says of a tree that it is the largest when a larger one is kept.
	mu sync.Mutex
}

// Open opens a witness. One memory can be open once at a time.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, logs: map[string]*checkpoint.Verifier{}}
	for _, l := range cfg.Logs {
		if s.logs[l.Name()] != nil {
			return nil, fmt.Errorf("the log %s is there twice", l.Name())
		}
		s.logs[l.Name()] = l
	}
	var err error
	var keys []string
	for _, key := range s.keys() {
		keys = append(keys, key.Verifier().String())
	}
	if s.memory, err = openMemory(ctx, cfg.Memory, keys...); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("POST "+witness.Path, s.addCheckpoint)
	return s, nil
}

// keys returns those that sign, the one that every board knows first.
func (s *Server) keys() []*checkpoint.Cosigner {
	if s.cfg.MLDSA == nil {
		return []*checkpoint.Cosigner{s.cfg.Key}
	}
	return []*checkpoint.Cosigner{s.cfg.Key, s.cfg.MLDSA}
}

// Close closes the memory. No request may be under way.
func (s *Server) Close() error { return s.memory.close() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Serve answers at l until ctx ends, and then finishes what is under way.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{Handler: s, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return h.Shutdown(stop)
}

// refusal is an answer other than 200.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

func refuse(code int, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// conflict is an answer 409 with the size of the latest tree.
type conflict struct{ size uint64 }

func (c *conflict) Error() string { return fmt.Sprintf("the latest tree has size %d", c.size) }

func (s *Server) addCheckpoint(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, witness.MaxRequest))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, fmt.Sprintf("a request has at most %d bytes", witness.MaxRequest), http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "the request could not be read", http.StatusBadRequest)
		return
	}
	// Whoever asks may hang up; what is begun is finished all the same, so that
	// memory and answer are one.
	lines, err := s.add(context.WithoutCancel(r.Context()), body)
	var refused *refusal
	var other *conflict
	switch {
	case err == nil:
		io.WriteString(w, lines)
	case errors.As(err, &other):
		w.Header().Set("Content-Type", witness.SizeType)
		w.WriteHeader(http.StatusConflict)
		fmt.Fprintf(w, "%d\n", other.size)
	case errors.As(err, &refused):
		http.Error(w, refused.text, refused.code)
	default:
		s.cfg.Logger.Error("cosigning", "err", err)
		http.Error(w, "this witness has a fault of its own", http.StatusInternalServerError)
	}
}

// add judges a request and returns the lines of the cosignatures: one decision, and
// one time, for all keys.
func (s *Server) add(ctx context.Context, body []byte) (string, error) {
	req, err := witness.ParseRequest(body)
	if err != nil {
		return "", refuse(http.StatusBadRequest, "%v", err)
	}
	c, err := s.open(req.Signed)
	if err != nil {
		return "", err
	}
	if req.Old > c.Size || int64(c.Size) < 0 {
		return "", refuse(http.StatusBadRequest, "size %d after size %d", c.Size, req.Old)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.memory.latest(ctx, c.Origin)
	if err != nil {
		return "", err
	}
	if known.size != req.Old {
		return "", &conflict{known.size}
	}
	now := tree{c.Size, c.Root}
	if now.size == known.size && now != known {
		s.cfg.Logger.Warn("A LOG SHOWS TWO TREES of one size", "origin", c.Origin, "size", c.Size, "checkpoint", string(req.Signed))
		return "", &conflict{known.size}
	}
	if err := tlog.VerifyConsistency(known.size, c.Size, req.Proof, known.root, c.Root); err != nil {
		// No accusation: anybody can send a log's checkpoint with a wrong proof.
		s.cfg.Logger.Info("a proof does not hold", "origin", c.Origin, "old", known.size, "size", c.Size, "checkpoint", string(req.Signed))
		return "", refuse(http.StatusUnprocessableEntity, "the proof does not hold: %v", err)
	}
	if now != known {
		is, err := s.memory.replace(ctx, c.Origin, known, now)
		if err != nil {
			return "", err
		}
		if is != now {
			return "", &conflict{is.size}
		}
	}
	at := uint64(s.cfg.Now().Unix())
	var lines strings.Builder
	for _, key := range s.keys() {
		cs, err := key.Cosign(c, at)
		if err != nil {
			return "", err
		}
		lines.WriteString(cs.Line())
	}
	return lines.String(), nil
}

// open verifies a checkpoint under the key of its log.
func (s *Server) open(signed []byte) (checkpoint.Checkpoint, error) {
	c, err := checkpoint.Peek(signed)
	if err != nil {
		return c, refuse(http.StatusBadRequest, "%v", err)
	}
	key := s.logs[c.Origin]
	if key == nil {
		return c, refuse(http.StatusNotFound, "this witness does not know the log")
	}
	c, err = checkpoint.Open(signed, c.Origin, key)
	var unsigned *note.UnverifiedNoteError
	var wrong *note.InvalidSignatureError
	switch {
	case errors.As(err, &unsigned), errors.As(err, &wrong):
		return c, refuse(http.StatusForbidden, "the checkpoint is not signed by the log's key")
	case err != nil:
		return c, refuse(http.StatusBadRequest, "%v", err)
	}
	return c, nil
}
