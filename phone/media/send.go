package media

import (
	"bytes"
	"time"

	"github.com/pion/rtp"

	"rollcall/phone/dtmf"
)

// maxLate is how many frames the pacing goroutine may be behind its deadlines before it gives up catching up, so
// that a machine that was stopped does not pour seconds of sound on a peer at once.
const maxLate = 10

// job is a sequence of ticks to be sent: sound, or one key press.
type job struct {
	sound []byte // mu-law, whole frames; or
	press []dtmf.Packet
	ticks int // length
	pos   int // next tick; guarded by Session.mu
	start uint32
	done  chan struct{} // closed when the last tick is sent
}

// sender is the state of the outgoing stream.
type sender struct {
	ssrc      uint32
	timestamp uint32 // of the next tick
	sequence  uint16 // of the next packet
	marker    bool   // the next sound packet begins a talkspurt
	packet    []byte // reused
	frame     []byte // reused
}

var silence = bytes.Repeat([]byte{Silence}, FrameSize)

// pace sends one tick after the other on absolute deadlines: what one is late the next makes up for.
func (s *Session) pace() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	deadline := time.Now()
	for {
		if late := time.Since(deadline); late > maxLate*s.tick {
			deadline = deadline.Add(late)
		}
		timer.Reset(time.Until(deadline))
		select {
		case <-timer.C:
		case <-s.done:
			return
		}
		if s.send() {
			deadline = deadline.Add(s.tick)
			continue
		}
		idle := time.Now()
		select {
		case <-s.wake:
		case <-s.done:
			return
		}
		now := time.Now()
		s.skip(int(now.Sub(idle) / s.tick))
		deadline = now
	}
}

// skip moves the RTP clock on by ticks in which nothing was sent.
func (s *Session) skip(ticks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.timestamp += uint32(ticks) * FrameSize
	s.out.marker = true
}

// send sends what is due in one tick. It returns false if there is nothing to send until the next signal.
func (s *Session) send() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.peer.Hold {
		return false
	}
	defer func() { s.out.timestamp += FrameSize }()
	j := s.job
	switch {
	case j == nil:
		if !s.cfg.Silence {
			return false
		}
		s.sendSound(silence)
		return true
	case j.press != nil:
		s.sendPress(j)
	default:
		s.sendSound(j.sound[j.pos*FrameSize : (j.pos+1)*FrameSize])
	}
	if j.pos++; j.pos == j.ticks {
		s.job = nil
		close(j.done)
	}
	return true
}

func (s *Session) sendSound(ulaw []byte) {
	s.out.frame = s.peer.Codec.fromUlaw(s.out.frame[:0], ulaw)
	s.write(rtp.Header{Marker: s.out.marker, PayloadType: uint8(s.peer.Codec), Timestamp: s.out.timestamp}, s.out.frame)
	s.out.marker = false
}

// sendPress sends the packets of a press that are due now. They all bear the timestamp of the press's start.
func (s *Session) sendPress(j *job) {
	if j.pos == 0 {
		j.start = s.out.timestamp
	}
	for _, p := range j.press {
		if p.Tick != j.pos {
			continue
		}
		payload, err := p.Event.Append(nil)
		if err != nil {
			continue // dtmf.Press makes valid events only
		}
		s.write(rtp.Header{Marker: p.Marker, PayloadType: s.peer.Event, Timestamp: j.start}, payload)
	}
	s.out.marker = true
}

// write sends one packet. A packet that can not be sent is a packet lost, which RTP lives with.
func (s *Session) write(h rtp.Header, payload []byte) {
	h.Version, h.SSRC, h.SequenceNumber = 2, s.out.ssrc, s.out.sequence
	s.out.sequence++
	size := h.MarshalSize()
	if cap(s.out.packet) < size+len(payload) {
		s.out.packet = make([]byte, size+FrameSize)
	}
	b := s.out.packet[:size+len(payload)]
	if _, err := h.MarshalTo(b); err != nil {
		return
	}
	copy(b[size:], payload)
	_, _ = s.conn.WriteToUDPAddrPort(b, s.peer.Addr)
}
