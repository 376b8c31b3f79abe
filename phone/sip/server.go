// Package sip answers telephone calls: a SIP user agent server over UDP (RFC 3261, RFC 3264) that gives each
// answered call, with its sound and its keys, to a handler.
//
// It knows nothing of votes or prompts. It never places calls, registers nowhere and authenticates nobody; who may
// call is a list of networks. No log line and no error of this package holds a digit, or a caller's number, URI or
// address; SIP packets are never logged, whole or in part.
package sip

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"rollcall/phone/media"
)

// name is the user part of the server's own URI and its User-Agent.
const name = "rollcall"

// Config says where a Server listens and what it allows. Only Listen must be given.
type Config struct {
	Listen    string         // host:port for SIP over UDP; port 0 takes a free one
	Advertise string         // IP address, or address:port, that callers reach the server at; default: where it listens
	Allow     []netip.Prefix // networks that may call; must be given unless Listen is a loopback address
	MediaPort [2]uint16      // lowest and highest UDP port for sound; both zero: any
	MaxCalls  int            // lines; further callers hear busy. Default 32
	// MaxUnacked is how many of the lines may be answered but not yet acknowledged by the caller, so that calls
	// which are begun and left can not take all lines. Default: half the lines, at least 4.
	MaxUnacked int
	AckTimeout time.Duration // how long an answer waits for its ACK, then the line is freed; default 10 s
	MaxTime    time.Duration // after which a call is ended; default one hour
	Speed      float64       // of the sound, see media.Config; default 1
	Logger     *slog.Logger  // default: discards
}

func (c Config) withDefaults() Config {
	if c.MaxCalls == 0 {
		c.MaxCalls = 32
	}
	if c.MaxUnacked == 0 {
		c.MaxUnacked = max(c.MaxCalls/2, 4)
	}
	if c.AckTimeout == 0 {
		c.AckTimeout = 10 * time.Second
	}
	if c.MaxTime == 0 {
		c.MaxTime = time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Handler speaks with one caller. It starts once the caller has acknowledged the answer; when it returns, the
// server hangs up. ctx is cancelled when the caller hangs up, and when the server closes.
type Handler func(ctx context.Context, call *Call)

// Server is a listening SIP user agent. Its methods may be called from any goroutine.
type Server struct {
	cfg     Config
	handler Handler
	conn    net.PacketConn
	addr    netip.AddrPort // bound
	contact netip.AddrPort // told to callers
	ua      *sipgo.UserAgent
	client  *sipgo.Client
	ctx     context.Context // cancelled by Close
	cancel  context.CancelFunc
	serving sync.WaitGroup // the listener
	running sync.WaitGroup // calls and BYEs in flight

	mu      sync.Mutex // guards what follows
	calls   map[dialogID]*Call
	unacked int
	closing bool
	serial  uint64
}

func init() {
	// sipgo has loggers for the whole process besides those it is given, and prints packets it can not read.
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	// It refuses to send more than 1300 bytes over UDP. An answer repeats every Via and Record-Route of the request
	// and must go back the way that came, so it has to go out even if it needs fragments.
	sip.UDPMTUSize = 65507
}

// Listen starts a server. It answers calls until Close.
func Listen(cfg Config, handler Handler) (*Server, error) {
	cfg = cfg.withDefaults()
	conn, err := net.ListenPacket("udp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("sip: %w", err)
	}
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s := &Server{
		cfg: cfg, handler: handler, conn: conn,
		addr:  netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()),
		calls: make(map[dialogID]*Call),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.start(); err != nil {
		s.cancel()
		conn.Close()
		return nil, fmt.Errorf("sip: %w", err)
	}
	return s, nil
}

func (s *Server) start() error {
	if len(s.cfg.Allow) == 0 && !s.addr.Addr().IsLoopback() {
		return errors.New("listening beyond this machine: name the networks that may call")
	}
	var err error
	if s.contact, err = s.advertised(); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	s.ua, err = sipgo.NewUA(
		sipgo.WithUserAgent(name),
		sipgo.WithUserAgentTransportLayerOptions(
			sip.WithTransportLayerLogger(quiet),
			sip.WithTransportLayerReadFilter(s.filter),
		),
		sipgo.WithUserAgentTransactionLayerOptions(
			sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}),
		),
	)
	if err != nil {
		return fmt.Errorf("user agent: %w", err)
	}
	server, err := sipgo.NewServer(s.ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.client, err = sipgo.NewClient(s.ua, sipgo.WithClientLogger(quiet),
		sipgo.WithClientHostname(s.contact.Addr().String()), sipgo.WithClientPort(int(s.contact.Port())))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	s.route(server)
	s.serving.Go(func() {
		if err := server.ServeUDP(s.conn); err != nil {
			s.cfg.Logger.Error("telephone line stopped listening")
		}
	})
	return nil
}

// advertised returns the address to name in Contact and in session descriptions.
func (s *Server) advertised() (netip.AddrPort, error) {
	if s.cfg.Advertise == "" {
		if s.addr.Addr().IsUnspecified() {
			return s.addr, errors.New("listening on every address: say which one callers reach (advertise)")
		}
		return s.addr, nil
	}
	if ip, err := netip.ParseAddr(s.cfg.Advertise); err == nil {
		return netip.AddrPortFrom(ip.Unmap(), s.addr.Port()), nil
	}
	a, err := netip.ParseAddrPort(s.cfg.Advertise)
	if err != nil {
		return a, fmt.Errorf("address to advertise: %w", err)
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), nil
}

// Addr returns the address that the server is bound to.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Active returns how many lines are taken.
func (s *Server) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// closeTimeout bounds how long Close waits for handlers and for callers to confirm that their call has ended.
const closeTimeout = 5 * time.Second

// Close ends all calls, waits for their handlers, and stops listening.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return nil
	}
	s.closing = true
	calls := make([]*Call, 0, len(s.calls))
	for _, c := range s.calls {
		calls = append(calls, c)
	}
	s.mu.Unlock()
	for _, c := range calls {
		c.Hangup()
	}
	idle := make(chan struct{})
	go func() {
		s.running.Wait()
		close(idle)
	}()
	var err error
	select {
	case <-idle:
	case <-time.After(closeTimeout):
		err = errors.New("sip: close: calls did not end in time")
	}
	s.cancel()
	if cerr := s.ua.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("sip: close: %w", cerr))
	}
	if cerr := s.conn.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("sip: close: %w", cerr))
	}
	s.serving.Wait()
	return err
}

// openMedia opens the RTP session of a call, where SIP is listened to, in the family of the address that callers know.
func (s *Server) openMedia(digit func(byte)) (*media.Session, error) {
	ip := s.addr.Addr()
	if ip.IsUnspecified() && s.contact.Addr().Is4() {
		ip = netip.IPv4Unspecified()
	}
	return media.Open(ip, media.Config{
		Speed: s.cfg.Speed, Silence: true, Digit: digit,
		MinPort: s.cfg.MediaPort[0], MaxPort: s.cfg.MediaPort[1],
	})
}

// randomUint64 returns 63 random bits, which every reader of an SDP session id takes.
func randomUint64() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]) >> 1
}
