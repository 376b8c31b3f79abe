package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"rollcall/api/gen"
	"rollcall/api/live"
	"rollcall/api/page"
	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// Bounds of every request.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	handleTimeout  = 20 * time.Second // shorter than writeTimeout, so that its error can be written
	writeTimeout   = 30 * time.Second
	idleTimeout    = 60 * time.Second
	vanishTimeout  = 60 * time.Second // of a client that acknowledges nothing
	maxHeaderBytes = 16 << 10
	maxAppends     = 64 // in flight
)

// Config says what to serve.
type Config struct {
	Election public.Election
	Board    string         // directory of the board's exported files
	Zone     *time.Location // of times on the page; nil is UTC
	Log      *slog.Logger   // for internal errors; nil is none
	Hub      *live.Hub      // whose news are streamed; nil streams none. Shutdown closes it
	LookedUp uint64         // what Server.LookedUp said before it was stopped
	// Proxies are the networks of web servers in front, whose X-Forwarded-For is
	// believed: without them, all requests that come through one share its limits.
	Proxies []netip.Prefix
	// Collectors are metrics to serve beside those of this package, each once.
	Collectors []prometheus.Collector
	// Tracer makes a span of every request, for the operator; nil makes none.
	Tracer trace.Tracer
	// HTTPS says that what is in front speaks TLS: browsers are told to insist on it.
	HTTPS   bool
	Posts   Rate // of signed entries; default 50 a second, 200 at once
	Lookups Rate // of receipts; default 20 a second, 100 at once
}

// Server serves one election.
type Server struct {
	election public.Election
	board    *os.Root
	log      *slog.Logger
	pages    *page.Pages
	valid    *validator
	reports  reports
	looked   looked
	metrics  *metrics
	tracer   trace.Tracer // nil if nobody asks for traces
	proxies  []netip.Prefix
	https    bool
	hub      *live.Hub // nil if nothing is streamed
	posts    *limiter
	lookups  *limiter
	appends  chan struct{} // holds one element for each append in flight
	handler  http.Handler
	http     *http.Server
}

// New returns a server for cfg. It opens the board's directory, which must be
// there; Shutdown closes it.
func New(cfg Config) (*Server, error) {
	if cfg.Election == nil {
		return nil, errors.New("api: no election")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	spec, err := gen.GetSpec()
	if err != nil {
		return nil, fmt.Errorf("api: specification: %w", err)
	}
	board, err := os.OpenRoot(cfg.Board)
	if err != nil {
		return nil, fmt.Errorf("api: directory of the board: %w", err)
	}
	s := &Server{
		hub:     cfg.Hub,
		looked:  looked{before: cfg.LookedUp},
		proxies: cfg.Proxies, https: cfg.HTTPS, tracer: cfg.Tracer,
		reports:  reports{files: map[string]func() ([]byte, error){}},
		election: cfg.Election, board: board, log: cfg.Log, valid: newValidator(spec),
		posts:   newLimiter(cfg.Posts.withDefault(50, 200), time.Now),
		lookups: newLimiter(cfg.Lookups.withDefault(20, 100), time.Now),
		appends: make(chan struct{}, maxAppends),
	}
	s.metrics = newMetrics(s, cfg.Collectors)
	s.pages, err = page.New(page.Config{
		Election: cfg.Election, Zone: cfg.Zone, Log: cfg.Log, HTTPS: cfg.HTTPS, Missing: s.notFound,
		Live: s.hub != nil, Operations: operations(spec), Allow: func(c *gin.Context) bool { return s.lookups.allow(s.client(c)) }, Note: s.looked.note, LookedUp: s.looked.atLeast,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("api: %w", err), board.Close())
	}
	s.handler = headAsGet(s.routes())
	s.http = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			untilVanished(c)
			return live.ConnContext(ctx, c)
		},
		// What net/http logs names the client's address.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return s, nil
}

// Handler returns the whole of what is served.
func (s *Server) Handler() http.Handler { return s.handler }

// LookedUp returns how many cast ballots were looked up at least, in this run or one
// before it.
func (s *Server) LookedUp() uint64 { return s.looked.atLeast() }

// Serve answers on l until Shutdown, then returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("api: %w", err)
	}
	return nil
}

// Shutdown stops taking requests, and returns when those in flight are
// answered or ctx is done.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.hub != nil {
		s.hub.Close() // or it would wait for streams, which have no end
	}
	err := s.http.Shutdown(ctx)
	return errors.Join(err, s.board.Close())
}

// routes returns the handler of everything but HEAD.
func (s *Server) routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	proxies := make([]string, len(s.proxies)) // none: gin would believe everybody
	for i, p := range s.proxies {
		proxies[i] = p.String()
	}
	if err := e.SetTrustedProxies(proxies); err != nil {
		panic("api: " + err.Error()) // prefixes can not be malformed
	}
	e.Use(s.measure, s.trace, s.recover, s.headers, deadline)
	e.NoRoute(s.notFound)
	e.NoMethod(func(c *gin.Context) {
		reads := strings.Contains(c.Writer.Header().Get("Allow"), http.MethodGet) && strings.HasPrefix(c.Request.URL.Path, "/api/v1/")
		if c.Request.Method == http.MethodOptions && reads {
			preflight(c)
			return
		}
		s.fail(c, errMethod)
	})

	e.GET("/checkpoint", s.file)
	e.GET("/tile/*path", s.file)
	e.GET("/hint/*path", s.file)

	s.pages.Register(e)
	e.GET("/api/v1/openapi.yaml", s.serveSpecification)
	if s.hub != nil {
		e.GET(eventsPath, s.events)
		e.HEAD(eventsPath, s.events)
	}

	strict := gen.NewStrictHandlerWithOptions(handlers{s}, nil, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  s.fail,
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.fail,
	})
	gen.RegisterHandlersWithOptions(e.Group("/", conditional), strict, gen.GinServerOptions{
		Middlewares:  []gen.MiddlewareFunc{s.admit},
		ErrorHandler: s.failParameter,
	})
	return e
}

// admit stands before every operation of openapi.yaml. It runs after the
// generated code has read the parameters, and before the handler.
func (s *Server) admit(c *gin.Context) {
	c.Header("Cache-Control", "no-cache") // to be asked for again, but for what never changes
	if strings.HasPrefix(c.FullPath(), "/api/v1/receipts/") {
		c.Header("Cache-Control", "no-store") // who looked up what is nobody's to keep
	}
	limit := s.lookups
	if c.Request.Method == http.MethodPost {
		limit = s.posts
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, entry.MaxSize)
	} else {
		c.Header("Access-Control-Allow-Origin", "*")
		c.Header("Access-Control-Expose-Headers", "ETag, Content-Disposition, Retry-After")
	}
	if !limit.allow(s.client(c)) {
		s.fail(c, errLimited)
		return
	}
	if err := s.valid.check(c); err != nil {
		s.fail(c, err)
	}
}
