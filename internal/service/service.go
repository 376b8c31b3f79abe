// Package service puts the parts of a running election together from an
// election's directory: the board with its pages, the registrar, and the phone
// booth, all in one process or each alone with its own key.
//
// It holds no rules of its own. `rollcall serve` and the demo run it.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin/entry"
	"rollcall/internal/software"
	"rollcall/internal/tracing"
	"rollcall/phone/sip"
	"rollcall/tally/record"
)

// Role is one of the parts that can run alone.
type Role string

// The roles. The board serves the pages and the API as well.
const (
	Board     Role = "board"
	Registrar Role = "registrar"
	Booth     Role = "booth"
)

// AllRoles is every role, in the order in which they start.
var AllRoles = []Role{Board, Registrar, Booth}

// ParseRoles reads a list such as "board,booth".
func ParseRoles(s string) ([]Role, error) {
	if s == "" {
		return AllRoles, nil
	}
	var roles []Role
	for name := range strings.SplitSeq(s, ",") {
		r := Role(strings.TrimSpace(name))
		if !slices.Contains(AllRoles, r) {
			return nil, fmt.Errorf("there is no role %q: want board, registrar or booth", name)
		}
		if !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	return roles, nil
}

// Config says what to run.
type Config struct {
	Dir   string
	Roles []Role
	// HTTP is where the board listens, Private where the registrar does if it
	// runs alone.
	HTTP, Private string
	// BoardURL and RegistrarURL are where a role that runs alone finds them.
	BoardURL, RegistrarURL string
	// Metrics is where the board's metrics are served, for its operator; "" serves none.
	Metrics string
	// Traces is the URL of a collector of traces; "" leaves it to the environment.
	Traces string
	// Proxies are web servers in front of the board, whose word on who asks is taken;
	// HTTPS says that they speak TLS.
	Proxies []netip.Prefix
	HTTPS   bool
	// NextPort takes the next free port where one is taken.
	NextPort bool

	SIP, Advertise string
	Allow          []netip.Prefix
	MediaPorts     [2]uint16
	Lines          int
	// Speed makes calls faster than real time, for callers that are machines.
	Speed float64
	// Patience is how long a call waits for the board and its witnesses to seal a
	// ballot, and to cast or test it; 0 is phone.Patience.
	Patience time.Duration

	Logger *slog.Logger
}

// Service is a running election.
type Service struct {
	cfg    Config
	traces *tracing.Tracing // nil if nobody asks for them
	board  *board
	reg    *registry
	line   *sip.Server

	http  []*http.Server
	tasks *errgroup.Group
	stop  context.CancelFunc
	addrs addresses
	calls *outcomes
	// compared says that the program was held against the manifest.
	compared bool
}

// addresses are where the parts listen.
type addresses struct{ http, private, metrics net.Addr }

// has reports whether a role is to run.
func (c *Config) has(r Role) bool { return slices.Contains(c.Roles, r) }

// Start starts the roles. It returns when all of them are ready.
func Start(ctx context.Context, cfg Config) (_ *Service, err error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if len(cfg.Roles) == 0 {
		cfg.Roles = AllRoles
	}
	traces, err := tracing.Open(ctx, tracing.Config{URL: cfg.Traces, Log: cfg.Logger})
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Service{cfg: cfg, traces: traces, stop: stop, calls: newOutcomes()}
	s.tasks, run = errgroup.WithContext(run)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if cfg.has(Board) {
		if err := s.startBoard(ctx, run); err != nil {
			return nil, fmt.Errorf("board: %w", err)
		}
	}
	if cfg.has(Registrar) {
		if err := s.startRegistrar(ctx, run); err != nil {
			return nil, fmt.Errorf("registrar: %w", err)
		}
	}
	if cfg.has(Booth) {
		if err := s.startBooth(ctx, run); err != nil {
			return nil, fmt.Errorf("booth: %w", err)
		}
	}
	return s, nil
}

// URL is the base address of the board's pages and API, or "" without a board.
func (s *Service) URL() string {
	if s.addrs.http == nil {
		return ""
	}
	return "http://" + s.addrs.http.String()
}

// MetricsURL is where the board's metrics are, or "".
func (s *Service) MetricsURL() string {
	if s.addrs.metrics == nil {
		return ""
	}
	return "http://" + s.addrs.metrics.String() + "/metrics"
}

// TracesURL is where traces go, or "".
func (s *Service) TracesURL() string { return s.traces.URL() }

// SIP is where the phone line listens; ok is false without a booth.
func (s *Service) SIP() (addr netip.AddrPort, ok bool) {
	if s.line == nil {
		return netip.AddrPort{}, false
	}
	return s.line.Addr(), true
}

// State returns the record as the service sees it, or nil if it runs neither a
// board nor a booth.
func (s *Service) State() *record.State {
	if s.board != nil {
		return s.board.door.State()
	}
	return nil
}

// Calls returns how many calls have ended with each outcome so far.
func (s *Service) Calls() map[string]int { return s.calls.counts() }

// Wait returns when a part has failed, with its error, or when the service is
// closed.
func (s *Service) Wait() error {
	err := s.tasks.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// closeTimeout is how long requests and calls in flight may take to finish.
const closeTimeout = 10 * time.Second

// Close ends calls, finishes requests in flight and closes the board.
func (s *Service) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var errs []error
	if s.line != nil {
		errs = append(errs, s.line.Close())
	}
	for _, h := range s.http {
		errs = append(errs, h.Shutdown(ctx))
	}
	if s.board != nil && s.board.api != nil {
		errs = append(errs, s.board.api.Shutdown(ctx))
	}
	s.stop()
	if s.board != nil && s.board.hooks != nil {
		errs = append(errs, s.board.hooks.Close(ctx))
	}
	if err := s.tasks.Wait(); !errors.Is(err, context.Canceled) {
		errs = append(errs, err)
	}
	if s.reg != nil {
		errs = append(errs, s.reg.close())
	}
	if s.board != nil && s.board.log != nil {
		errs = append(errs, s.board.log.Close())
	}
	s.traces.Close() // last, for all of the above is in them; in a time of its own
	return errors.Join(errs...)
}

// listen opens a TCP port, or the next free one after it if that is wanted.
func (s *Service) listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is no address to listen at: want host:port", address)
	}
	first, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, err
	}
	for i := range 50 {
		l, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(first+i)))
		if err == nil || !s.cfg.NextPort || first == 0 {
			return l, err
		}
	}
	return nil, fmt.Errorf("no free port from %s on", address)
}

// compare says in the log whether the manifest names the program that runs, once
// for all roles.
func (s *Service) compare(m *entry.Manifest) {
	if s.compared {
		return
	}
	s.compared = true
	r, err := software.Compare(m)
	switch {
	case err != nil:
		s.cfg.Logger.Warn("it is not known whether the manifest names this program", "error", err)
	case r.Named:
		s.cfg.Logger.Info("the manifest names this program", "program", r.Program, "sha256", r.SHA256)
	default:
		s.cfg.Logger.Warn("the manifest does not name this program: say in public why another one runs", "program", r.Program, "sha256", r.SHA256)
	}
}

// exists reports whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
