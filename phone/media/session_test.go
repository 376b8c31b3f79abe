package media

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// fast is a clock for tests: 1 ms a frame.
const fast = 20

// heard collects what a session delivers.
type heard struct {
	mu     sync.Mutex
	digits []byte
	sound  []byte
	lost   int
	change chan struct{}
}

func newHeard() *heard { return &heard{change: make(chan struct{}, 1)} }

func (h *heard) digit(d byte) {
	h.mu.Lock()
	h.digits = append(h.digits, d)
	h.mu.Unlock()
	h.signal()
}

func (h *heard) frame(ulaw []byte, lost int) {
	h.mu.Lock()
	h.sound = append(h.sound, ulaw...)
	h.lost += lost
	h.mu.Unlock()
	h.signal()
}

func (h *heard) signal() {
	select {
	case h.change <- struct{}{}:
	default:
	}
}

// wait returns when ok holds, or fails the test after a time that only a hang takes.
func (h *heard) wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		h.mu.Lock()
		met := ok()
		h.mu.Unlock()
		if met {
			return
		}
		select {
		case <-h.change:
		case <-limit:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func open(t *testing.T, cfg Config) *Session {
	t.Helper()
	s, err := Open(loopback, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func addr(s *Session) netip.AddrPort { return netip.AddrPortFrom(loopback, s.Port()) }

// pair returns two connected sessions; b delivers to the heard returned.
func pair(t *testing.T, codec Codec, a Config) (*Session, *Session, *heard) {
	t.Helper()
	h := newHeard()
	x := open(t, a)
	y := open(t, Config{Speed: a.Speed, Digit: h.digit, Frame: h.frame})
	if err := y.SetPeer(Peer{Addr: addr(x), Codec: codec, Event: 96}); err != nil {
		t.Fatal(err)
	}
	if err := x.SetPeer(Peer{Addr: addr(y), Codec: codec, Event: 96}); err != nil {
		t.Fatal(err)
	}
	return x, y, h
}

// tone returns n frames, no two alike.
func tone(n int) []byte {
	b := make([]byte, n*FrameSize)
	for i := range b {
		b[i] = byte(i*7 + i/FrameSize*13)
	}
	return b
}

func TestPlayArrivesWhole(t *testing.T) {
	for _, codec := range []Codec{PCMU, PCMA} {
		t.Run(codec.String(), func(t *testing.T) {
			x, _, h := pair(t, codec, Config{Speed: fast})
			sound := tone(500)
			if err := x.Play(t.Context(), sound); err != nil {
				t.Fatal(err)
			}
			want := codec.toUlaw(nil, codec.fromUlaw(nil, sound))
			h.wait(t, "all frames", func() bool { return len(h.sound) == len(want) })
			if !bytes.Equal(h.sound, want) || h.lost != 0 {
				t.Errorf("sound differs from what was played, %d packets lost", h.lost)
			}
		})
	}
}

func TestPacing(t *testing.T) {
	x, _, _ := pair(t, PCMU, Config{Speed: fast})
	begin := time.Now()
	if err := x.Play(t.Context(), tone(200)); err != nil {
		t.Fatal(err)
	}
	// 200 frames end 199 ticks after the first. There is no upper bound: a busy machine may be slow.
	if d := time.Since(begin); d < 190*time.Millisecond {
		t.Errorf("200 frames of 1 ms took %v", d)
	}
}

func TestPressIsHeardOnce(t *testing.T) {
	x, _, h := pair(t, PCMU, Config{Speed: fast})
	const keys = "1123#*0099"
	for _, k := range []byte(keys) {
		if err := x.Press(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	h.wait(t, "all keys", func() bool { return len(h.digits) >= len(keys) })
	if string(h.digits) != keys {
		t.Errorf("heard %d keys, not those pressed", len(h.digits))
	}
}

func TestPlayStopsWhenCancelled(t *testing.T) {
	x, _, h := pair(t, PCMU, Config{Speed: fast})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- x.Play(ctx, tone(100000)) }()
	h.wait(t, "sound", func() bool { return len(h.sound) > 0 })
	if err := x.Play(t.Context(), tone(1)); !errors.Is(err, ErrBusy) {
		t.Errorf("second Play: %v, want ErrBusy", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Play: %v", err)
	}
	// The line is free for the next prompt at once.
	if err := x.Play(t.Context(), tone(1)); err != nil {
		t.Errorf("Play after a cancelled one: %v", err)
	}
}

func TestStrangerChangesNothing(t *testing.T) {
	x, y, h := pair(t, PCMU, Config{Speed: fast})
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(addr(y)))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	// A perfect key press, and sound that would spoil the count of the real stream, from another port.
	for _, p := range []rtp.Packet{
		{Header: rtp.Header{Version: 2, Marker: true, PayloadType: 96, Timestamp: 1, SSRC: 7}, Payload: []byte{5, 10, 0, 160}},
		{Header: rtp.Header{Version: 2, PayloadType: 0, SequenceNumber: 9, SSRC: 7}, Payload: make([]byte, FrameSize)},
	} {
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := stranger.Write(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The stranger's packets are in y's socket before these, so they have been judged when these are heard.
	if err := x.Press(t.Context(), '3'); err != nil {
		t.Fatal(err)
	}
	if err := x.Play(t.Context(), tone(2)); err != nil {
		t.Fatal(err)
	}
	h.wait(t, "the peer", func() bool { return len(h.sound) >= 2*FrameSize })
	if string(h.digits) != "3" || !bytes.Equal(h.sound, tone(2)) {
		t.Errorf("a stranger was heard: %d keys, %d bytes of sound", len(h.digits), len(h.sound))
	}
}

func TestNothingIsSentBeforeSetPeer(t *testing.T) {
	h := newHeard()
	y := open(t, Config{Speed: fast, Frame: h.frame})
	x := open(t, Config{Speed: fast, Silence: true})
	if err := y.SetPeer(Peer{Addr: addr(x)}); err != nil {
		t.Fatal(err)
	}
	played := make(chan error, 1)
	go func() { played <- x.Play(t.Context(), tone(3)) }()
	time.Sleep(20 * time.Millisecond) // a sender that does not wait has sent twenty frames by then
	h.mu.Lock()
	early := len(h.sound)
	h.mu.Unlock()
	if early != 0 {
		t.Errorf("%d bytes of sound before the peer was named", early)
	}
	if err := x.SetPeer(Peer{Addr: addr(y)}); err != nil {
		t.Fatal(err)
	}
	if err := <-played; err != nil {
		t.Fatal(err)
	}
	h.wait(t, "sound", func() bool { return bytes.HasPrefix(h.sound, tone(3)) })
}

func TestSilenceFillsPauses(t *testing.T) {
	_, _, h := pair(t, PCMU, Config{Speed: fast, Silence: true})
	h.wait(t, "silence", func() bool { return len(h.sound) >= 10*FrameSize })
	if n := bytes.Count(h.sound, []byte{Silence}); n != len(h.sound) {
		t.Errorf("%d of %d bytes of a pause are not silence", len(h.sound)-n, len(h.sound))
	}
}

func TestHoldPausesPlay(t *testing.T) {
	x, y, h := pair(t, PCMU, Config{Speed: fast})
	p := Peer{Addr: addr(y), Codec: PCMU, Hold: true}
	if err := x.SetPeer(p); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- x.Play(t.Context(), tone(50)) }()
	select {
	case <-done:
		t.Error("play ended while the peer held the line")
	case <-time.After(100 * time.Millisecond):
	}
	p.Hold = false
	if err := x.SetPeer(p); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	h.wait(t, "all frames", func() bool { return len(h.sound) >= 50*FrameSize })
	if !bytes.Equal(h.sound, tone(50)) {
		t.Error("frames were lost to the hold")
	}
}

func TestLostPacketsAreCounted(t *testing.T) {
	h := newHeard()
	y := open(t, Config{Frame: h.frame, Digit: h.digit})
	y.peer = Peer{Addr: netip.AddrPortFrom(loopback, 4000), Codec: PCMU, Event: 96}
	feed := func(seq uint16, kind uint8, payload []byte) {
		p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: kind, SequenceNumber: seq, SSRC: 1}, Payload: payload}
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		y.receive(y.peer.Addr, b)
	}
	frame := make([]byte, FrameSize)
	for _, step := range []struct {
		name  string
		seq   uint16
		kind  uint8
		body  []byte
		lost  int
		sound int
	}{
		{"first", 65534, 0, frame, 0, 1},
		{"next", 65535, 0, frame, 0, 2},
		{"wraps", 0, 0, frame, 0, 3},
		{"a key shares the count", 1, 96, []byte{1, 10, 0, 160}, 0, 3},
		{"after the key", 2, 0, frame, 0, 4},
		{"two lost", 5, 0, frame, 2, 5},
		{"doubled", 5, 0, frame, 2, 5},
		{"late", 4, 0, frame, 2, 5},
		{"other codec", 6, 8, frame, 2, 5},
	} {
		feed(step.seq, step.kind, step.body)
		if h.lost != step.lost || len(h.sound) != step.sound*FrameSize {
			t.Errorf("%s: %d lost and %d frames, want %d and %d", step.name, h.lost, len(h.sound)/FrameSize, step.lost, step.sound)
		}
	}
}

func TestDrainHearsWhatArrived(t *testing.T) {
	h := newHeard()
	y := open(t, Config{Speed: fast, Frame: h.frame})
	x := open(t, Config{Speed: fast})
	if err := x.SetPeer(Peer{Addr: addr(y)}); err != nil {
		t.Fatal(err)
	}
	// All of it waits in y's socket before y begins to listen.
	if err := x.Play(t.Context(), tone(30)); err != nil {
		t.Fatal(err)
	}
	y.Drain() // nothing to hear yet: returns at once
	if err := y.SetPeer(Peer{Addr: addr(x)}); err != nil {
		t.Fatal(err)
	}
	y.Drain()
	if !bytes.Equal(h.sound, tone(30)) {
		t.Errorf("%d of %d bytes heard", len(h.sound), len(tone(30)))
	}
	y.Drain() // again: returns at once
}

func TestRefusals(t *testing.T) {
	for _, speed := range []float64{-1, MaxSpeed + 1} {
		if _, err := Open(loopback, Config{Speed: speed}); err == nil {
			t.Errorf("speed %v taken", speed)
		}
	}
	s := open(t, Config{MinPort: 30000, MaxPort: 30999})
	if p := s.Port(); p < 30000 || p > 30999 || p%2 != 0 {
		t.Errorf("port %d", p)
	}
	if _, err := Open(loopback, Config{MinPort: s.Port(), MaxPort: s.Port()}); err == nil {
		t.Error("a port in use was bound")
	}
	good := netip.MustParseAddrPort("127.0.0.1:4000")
	for name, p := range map[string]Peer{
		"no address":  {Codec: PCMU},
		"port 0":      {Addr: netip.AddrPortFrom(loopback, 0)},
		"unspecified": {Addr: netip.MustParseAddrPort("0.0.0.0:4000")},
		"multicast":   {Addr: netip.MustParseAddrPort("224.0.0.1:4000")},
		"codec":       {Addr: good, Codec: 3},
	} {
		if err := s.SetPeer(p); err == nil {
			t.Errorf("peer taken: %s", name)
		}
	}
	if err := s.Play(t.Context(), make([]byte, 100)); err == nil {
		t.Error("part of a frame played")
	}
	if err := s.SetPeer(Peer{Addr: good}); err != nil {
		t.Fatal(err)
	}
	if err := s.Press(t.Context(), '1'); err == nil {
		t.Error("key pressed though telephone-event was not negotiated")
	}
	if err := s.Press(t.Context(), 'A'); err == nil {
		t.Error("key A pressed")
	}
	s.Close()
	if err := s.Play(t.Context(), tone(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("play on a closed session: %v", err)
	}
	if err := s.SetPeer(Peer{Addr: good}); !errors.Is(err, ErrClosed) {
		t.Errorf("peer of a closed session: %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	for _, p := range []rtp.Packet{
		{Header: rtp.Header{Version: 2, Marker: true, PayloadType: 96}, Payload: []byte{5, 10, 0, 160}},
		{Header: rtp.Header{Version: 2, PayloadType: 8}, Payload: make([]byte, FrameSize)},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	from := netip.MustParseAddrPort("127.0.0.1:4000")
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Session{peer: Peer{Addr: from, Codec: PCMA, Event: 96}}
		s.cfg.Digit = func(d byte) {}
		s.cfg.Frame = func(ulaw []byte, lost int) {
			if len(ulaw) > len(b) || lost < 0 {
				t.Errorf("%d bytes of sound, %d lost, from a packet of %d", len(ulaw), lost, len(b))
			}
		}
		s.receive(from, b)
	})
}
