package media

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"rollcall/phone/dtmf"
)

var (
	// ErrBusy is returned by Play and Press while another of them has not returned.
	ErrBusy = errors.New("media: already playing")
	// ErrClosed is returned once the session is closed.
	ErrClosed = errors.New("media: session closed")
)

// MaxSpeed is the fastest clock that a session takes, in multiples of real time.
const MaxSpeed = 100

// readBuffer is the size in bytes asked for the receive buffer of a socket: about a second of a call at 20 times
// real time. The kernel may give less.
const readBuffer = 1 << 20

// Config says how a session keeps time and where it delivers what it hears. Digit and Frame are called one at a
// time, from one goroutine of the session; they must not block, nor keep the slice they are given.
type Config struct {
	// Speed makes a frame last 20 ms / Speed, for tests and demonstrations. RTP timestamps do not change. Zero
	// is 1, real time.
	Speed float64
	// Silence sends frames of silence while nothing is played, as telephone networks expect of an answerer.
	Silence bool
	// Digit, if not nil, takes each key that the peer presses by RFC 4733.
	Digit func(digit byte)
	// Frame, if not nil, takes the peer's sound, as mu-law, a packet at a time, usually FrameSize bytes. lost is
	// how many packets before this one never came.
	Frame func(ulaw []byte, lost int)
	// MinPort and MaxPort bound the UDP ports used; both zero leave the choice to the system.
	MinPort, MaxPort uint16
}

// Peer is the other end of a session, as its SDP describes it.
type Peer struct {
	Addr  netip.AddrPort // where it receives, and the only address that is listened to
	Codec Codec
	Event uint8 // payload type of telephone-event; 0 if not negotiated
	Hold  bool  // it wants to hear nothing for now: play waits
}

// Session is one end of an RTP stream. It sends and hears nothing until SetPeer. Its methods may be called from
// any goroutine.
type Session struct {
	cfg  Config
	tick time.Duration // how long a frame lasts
	conn *net.UDPConn
	port uint16
	wake chan struct{} // capacity 1: there is something to send
	done chan struct{} // closed by Close
	deaf chan struct{} // closed when the reading goroutine ends
	wg   sync.WaitGroup

	in receiver // owned by the reading goroutine

	mu     sync.Mutex // guards what follows
	peer   Peer
	live   bool // SetPeer was called
	closed bool
	job    *job
	out    sender
}

// Open binds a UDP socket on the local address.
func Open(local netip.Addr, cfg Config) (*Session, error) {
	if cfg.Speed == 0 {
		cfg.Speed = 1
	}
	if !(cfg.Speed > 0 && cfg.Speed <= MaxSpeed) {
		return nil, fmt.Errorf("media: speed %v out of range, at most %d", cfg.Speed, MaxSpeed)
	}
	var seed [10]byte
	rand.Read(seed[:])
	s := &Session{
		cfg:  cfg,
		tick: time.Duration(float64(20*time.Millisecond) / cfg.Speed),
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),
		deaf: make(chan struct{}),
		out: sender{
			ssrc:      binary.BigEndian.Uint32(seed[:]),
			timestamp: binary.BigEndian.Uint32(seed[4:]),
			sequence:  binary.BigEndian.Uint16(seed[8:]),
		},
	}
	var err error
	if s.conn, err = bind(local, cfg.MinPort, cfg.MaxPort); err != nil {
		return nil, err
	}
	s.port = s.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	if err := s.conn.SetReadBuffer(readBuffer); err != nil {
		s.conn.Close()
		return nil, fmt.Errorf("media: receive buffer: %w", err)
	}
	return s, nil
}

// bind opens a socket on the first free even port from low to high (RTP ports are even, RFC 3550 section 11), or on
// any port if both are zero.
func bind(local netip.Addr, low, high uint16) (*net.UDPConn, error) {
	network := "udp4"
	if local.Is6() {
		network = "udp6"
	}
	if low == 0 && high == 0 {
		conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
		if err != nil {
			return nil, fmt.Errorf("media: %w", err)
		}
		return conn, nil
	}
	for port := (int(low) + 1) &^ 1; port <= int(high); port += 2 {
		conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(port))))
		if err == nil {
			return conn, nil
		}
	}
	return nil, fmt.Errorf("media: no free port from %d to %d", low, high)
}

// Port returns the UDP port bound, to be named in SDP.
func (s *Session) Port() uint16 { return s.port }

// SetPeer names the peer. The first call starts the session, so it must not come before the peer has agreed to
// hear it; later calls follow a re-negotiation.
func (s *Session) SetPeer(p Peer) error {
	if !p.Codec.Valid() {
		return fmt.Errorf("media: %v", p.Codec)
	}
	if !p.Addr.IsValid() || p.Addr.Port() == 0 || p.Addr.Addr().IsUnspecified() || p.Addr.Addr().IsMulticast() {
		return errors.New("media: peer without a usable address")
	}
	p.Addr = netip.AddrPortFrom(p.Addr.Addr().Unmap(), p.Addr.Port())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.peer = p
	s.out.marker = true
	if !s.live {
		s.live = true
		s.wg.Go(s.read)
		s.wg.Go(s.pace)
	}
	s.signal()
	return nil
}

// Play sends mu-law, whole frames of FrameSize bytes, one every 20 ms / Speed. It returns when the last is sent, or
// with the context's error as soon as the context is cancelled: that is how a key interrupts a prompt.
func (s *Session) Play(ctx context.Context, ulaw []byte) error {
	if len(ulaw)%FrameSize != 0 {
		return fmt.Errorf("media: %d bytes are not whole frames of %d", len(ulaw), FrameSize)
	}
	return s.do(ctx, &job{sound: ulaw, ticks: len(ulaw) / FrameSize})
}

// Press sends one press of a digit by RFC 4733, which takes dtmf.PressTicks frames with the pause after it. A press
// that was begun is always ended on the wire unless the context is cancelled.
func (s *Session) Press(ctx context.Context, digit byte) error {
	packets, err := dtmf.Press(digit, FrameSize)
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	s.mu.Lock()
	event := s.peer.Event
	s.mu.Unlock()
	if event == 0 {
		return errors.New("media: telephone-event was not negotiated")
	}
	return s.do(ctx, &job{press: packets, ticks: dtmf.PressTicks})
}

// do hands a job to the pacing goroutine and waits for it.
func (s *Session) do(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if j.ticks == 0 {
		return nil
	}
	j.done = make(chan struct{})
	s.mu.Lock()
	if s.closed || s.job != nil {
		defer s.mu.Unlock()
		if s.closed {
			return ErrClosed
		}
		return ErrBusy
	}
	s.job = j
	s.signal()
	s.mu.Unlock()
	select {
	case <-j.done:
		return nil
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == j {
		s.job = nil
	}
	return ctx.Err()
}

// signal wakes the pacing goroutine. The caller holds mu or does not care.
func (s *Session) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Drain hears what has arrived but was not delivered yet, and then nothing more. It is for the end of a call, when
// the word that it is over can overtake its last sound. It must not be called from a callback.
func (s *Session) Drain() {
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	if !live {
		return
	}
	if err := s.conn.SetReadDeadline(time.Now()); err != nil {
		return // closed
	}
	<-s.deaf
}

// Close stops the session and waits for its goroutines: no callback runs after it returns. It must not be called
// from a callback.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	err := s.conn.Close()
	s.mu.Unlock()
	s.wg.Wait()
	if err != nil {
		return fmt.Errorf("media: close: %w", err)
	}
	return nil
}
