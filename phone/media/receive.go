package media

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/rtp"

	"rollcall/phone/dtmf"
)

// maxPacket is the largest packet looked at, in bytes: an Ethernet frame. What is longer is cut and refused.
const maxPacket = 1500

// maxGap is how many packets may be missing before the stream counts as begun anew.
const maxGap = 1000

// receiver is the state of the incoming stream.
type receiver struct {
	keys dtmf.Detector
	ssrc uint32
	next uint16 // sequence number expected
	any  bool   // a sound packet was seen
	ulaw []byte // reused
}

// Once a session drains, it ends when nothing came for drainIdle, and after drainMax at the latest.
const (
	drainIdle = 50 * time.Millisecond
	drainMax  = time.Second
)

// read hears the peer until the session is closed, or drained.
func (s *Session) read() {
	defer close(s.deaf)
	buf := make([]byte, maxPacket+1)
	var draining time.Time
	for {
		if !draining.IsZero() {
			if time.Since(draining) > drainMax {
				return
			}
			_ = s.conn.SetReadDeadline(time.Now().Add(drainIdle))
		}
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if errors.Is(err, os.ErrDeadlineExceeded) { // only Drain sets a deadline
			if !draining.IsZero() {
				return
			}
			draining = time.Now()
			continue
		}
		if err != nil {
			// Errors of a UDP socket are about single packets; the pause keeps a lasting one from spinning.
			select {
			case <-time.After(s.tick):
				continue
			case <-s.done:
				return
			}
		}
		if n <= maxPacket {
			s.receive(from, buf[:n])
		}
	}
}

// receive takes one datagram. Whatever does not come from the peer's address, or is no RTP of a payload type that
// was negotiated, changes nothing.
func (s *Session) receive(from netip.AddrPort, b []byte) {
	s.mu.Lock()
	peer := s.peer
	s.mu.Unlock()
	if netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != peer.Addr {
		return
	}
	var p rtp.Packet
	if err := p.Unmarshal(b); err != nil || p.Version != 2 {
		return
	}
	switch {
	case peer.Event != 0 && p.PayloadType == peer.Event:
		s.receiveEvent(&p)
	case p.PayloadType == uint8(peer.Codec):
		s.receiveSound(peer.Codec, &p)
	}
}

func (s *Session) receiveEvent(p *rtp.Packet) {
	if p.SSRC == s.in.ssrc && p.SequenceNumber == s.in.next {
		s.in.next++ // sound and keys share one count
	}
	event, err := dtmf.ParseEvent(p.Payload)
	if err != nil || s.cfg.Digit == nil {
		return
	}
	if digit, ok := s.in.keys.Packet(p.SSRC, p.Timestamp, p.Marker, event); ok {
		s.cfg.Digit(digit)
	}
}

func (s *Session) receiveSound(codec Codec, p *rtp.Packet) {
	if s.cfg.Frame == nil || len(p.Payload) == 0 {
		return
	}
	lost := 0
	if s.in.any && p.SSRC == s.in.ssrc {
		gap := int16(p.SequenceNumber - s.in.next)
		if gap < 0 && gap > -maxGap {
			return // late or doubled: its place is past
		}
		if gap > 0 && gap < maxGap {
			lost = int(gap)
		}
	}
	s.in.any, s.in.ssrc, s.in.next = true, p.SSRC, p.SequenceNumber+1
	s.in.ulaw = codec.toUlaw(s.in.ulaw[:0], p.Payload)
	s.cfg.Frame(s.in.ulaw, lost)
}
