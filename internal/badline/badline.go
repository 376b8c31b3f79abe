// Package badline is a bad telephone line for tests: a relay between a caller and
// an answerer, over real UDP, that can lose, change and reorder what the answerer
// says. Keys and SIP pass unharmed.
//
// It relays one call at a time, and knows of SIP no more than where the two say
// that they listen.
package badline

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"sync"

	"github.com/pion/rtp"
)

// Spoil takes each packet of the answerer's sound and returns what arrives in its
// place: nothing, the packet, or several. It is called by one goroutine.
type Spoil func(p *rtp.Packet) []*rtp.Packet

// Line is a relay.
type Line struct {
	target netip.AddrPort
	spoil  Spoil
	caller *net.UDPConn // SIP of the caller's side
	booth  *net.UDPConn // SIP of the answerer's side
	sound  *net.UDPConn // RTP of both
	wg     sync.WaitGroup

	mu                      sync.Mutex // guards what follows
	callerSIP               netip.AddrPort
	callerSound, boothSound netip.AddrPort
}

// Listen starts a relay on 127.0.0.1 to an answerer there.
func Listen(target netip.AddrPort, spoil Spoil) (*Line, error) {
	l := &Line{target: target, spoil: spoil}
	for _, conn := range []**net.UDPConn{&l.caller, &l.booth, &l.sound} {
		var err error
		if *conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			return nil, errors.Join(err, l.Close())
		}
		_ = (*conn).SetReadBuffer(1 << 20)
	}
	l.wg.Go(func() { l.relay(l.caller, l.fromCaller) })
	l.wg.Go(func() { l.relay(l.booth, l.fromBooth) })
	l.wg.Go(func() { l.relay(l.sound, l.hear) })
	return l, nil
}

// Addr is where callers call.
func (l *Line) Addr() netip.AddrPort { return l.caller.LocalAddr().(*net.UDPAddr).AddrPort() }

// Close ends the relay.
func (l *Line) Close() error {
	var errs []error
	for _, conn := range []*net.UDPConn{l.caller, l.booth, l.sound} {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	l.wg.Wait()
	return errors.Join(errs...)
}

func (l *Line) relay(conn *net.UDPConn, take func(from netip.AddrPort, b []byte)) {
	b := make([]byte, 1<<16)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			take(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), bytes.Clone(b[:n]))
		}
	}
}

func (l *Line) fromCaller(from netip.AddrPort, b []byte) {
	l.mu.Lock()
	l.callerSIP = from
	b = l.redirect(b, &l.callerSound)
	l.mu.Unlock()
	// Answers are sent to where the request says that it comes from.
	b = bytes.Replace(b, fmt.Appendf(nil, "UDP %v;", from), fmt.Appendf(nil, "UDP %v;", l.booth.LocalAddr()), 1)
	_, _ = l.booth.WriteToUDPAddrPort(b, l.target)
}

func (l *Line) fromBooth(_ netip.AddrPort, b []byte) {
	l.mu.Lock()
	b = l.redirect(b, &l.boothSound)
	to := l.callerSIP
	l.mu.Unlock()
	b = bytes.Replace(b, fmt.Appendf(nil, "UDP %v;", l.booth.LocalAddr()), fmt.Appendf(nil, "UDP %v;", to), 1)
	_, _ = l.caller.WriteToUDPAddrPort(b, to)
}

var (
	audio  = regexp.MustCompile(`(?m)^m=audio (\d+) `)
	length = regexp.MustCompile(`(?mi)^Content-Length: *\d+`)
)

// redirect notes where one side wants its sound and writes this relay in its
// place.
func (l *Line) redirect(b []byte, sound *netip.AddrPort) []byte {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	m := audio.FindSubmatch(body)
	if !ok || m == nil {
		return b
	}
	port, err := strconv.ParseUint(string(m[1]), 10, 16)
	if err != nil {
		return b
	}
	*sound = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
	own := l.sound.LocalAddr().(*net.UDPAddr).Port
	body = audio.ReplaceAll(body, fmt.Appendf(nil, "m=audio %d ", own))
	head = length.ReplaceAll(head, fmt.Appendf(nil, "Content-Length: %d", len(body)))
	return append(append(bytes.Clone(head), "\r\n\r\n"...), body...)
}

// hear relays one packet of sound or keys.
func (l *Line) hear(from netip.AddrPort, b []byte) {
	l.mu.Lock()
	caller, booth := l.callerSound, l.boothSound
	l.mu.Unlock()
	if from == caller {
		_, _ = l.sound.WriteToUDPAddrPort(b, booth)
		return
	}
	var p rtp.Packet
	if from != booth || p.Unmarshal(b) != nil {
		return
	}
	for _, p := range l.spoil(&p) {
		if b, err := p.Marshal(); err == nil {
			_, _ = l.sound.WriteToUDPAddrPort(b, caller)
		}
	}
}
