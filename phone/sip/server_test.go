package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"rollcall/phone/media"
)

func TestAnswer(t *testing.T) {
	s := listen(t, Config{}, idle)
	r := newRaw(t, s)
	// The caller's number for telephone-event is not the usual one, and a camera is offered before the sound.
	offer := strings.Replace(r.offer("8 0 99", "a=rtpmap:99 telephone-event/8000", "a=sendrecv"),
		"m=audio", "m=video 5000 RTP/AVP 31 96\r\na=rtpmap:96 H264/90000\r\nm=audio", 1) + "m=application 9 UDP/BFCP *\r\n"
	p := r.invite(offer)
	for _, line := range []string{
		"m=video 0 RTP/AVP 31 96\r\n", "RTP/AVP 8 99\r\n", "a=rtpmap:8 PCMA/8000\r\n",
		"a=rtpmap:99 telephone-event/8000\r\n", "a=fmtp:99 0-15\r\n", "a=ptime:20\r\n", "a=sendrecv\r\n", "m=application 0 UDP/BFCP *\r\n",
		fmt.Sprintf("Contact: <sip:rollcall@%v;transport=udp>\r\n", s.Addr()),
		"Content-Type: application/sdp\r\n",
	} {
		if !strings.Contains(p, line) {
			t.Errorf("no line %q in the answer:\n%s", line, p)
		}
	}
	if n := strings.Count(p, "\nm="); n != 3 {
		t.Errorf("%d media lines answer 3", n)
	}
	r.ack("")
	r.want(200, "BYE", "")
	until(t, "the line is free", func() bool { return s.Active() == 0 })
}

func TestNoSoundBeforeAck(t *testing.T) {
	s := listen(t, Config{}, func(ctx context.Context, call *Call) { _ = call.Play(ctx, tone(10000)) })
	r := newRaw(t, s)
	r.invite(r.withEvents())
	if p := r.hear(100 * time.Millisecond); p != nil {
		t.Error("sound before the answer was acknowledged")
	}
	r.ack("")
	if p := r.hear(limit); p == nil || p.PayloadType != 0 || len(p.Payload) != media.FrameSize || !p.Marker {
		t.Errorf("first packet after the ACK: %v", p)
	}
	r.want(200, "BYE", "")
}

func TestALaw(t *testing.T) {
	s := listen(t, Config{}, func(ctx context.Context, call *Call) { _ = call.Play(ctx, tone(1)) })
	r := newRaw(t, s)
	r.call(r.offer("8"))
	p := r.hear(limit)
	if p == nil || p.PayloadType != 8 || string(p.Payload) != string(media.UlawToAlaw(nil, tone(1))) {
		t.Errorf("not the A-law of the prompt: %v", p)
	}
}

func TestRepeatedInviteIsAnsweredOnce(t *testing.T) {
	calls := make(chan uint64, 10)
	s := listen(t, Config{}, func(ctx context.Context, call *Call) {
		calls <- call.ID()
		<-ctx.Done()
	})
	r := newRaw(t, s)
	first := r.request("INVITE", "", r.withEvents())
	for range 3 {
		r.send(first)
	}
	status, p := r.response()
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	r.toTag = toTag.FindStringSubmatch(p)[1]
	r.ack("")
	r.send(first)
	// The same INVITE by another way: other branch, same call.
	tag := r.toTag
	r.toTag = ""
	r.send(r.request("INVITE", "z9hG4bKother-way", r.withEvents()))
	if status, _ := r.response(); status != 482 {
		t.Errorf("the INVITE by another way: status %d, want 482", status)
	}
	r.toTag = tag
	until(t, "the call has begun", func() bool { return len(calls) > 0 })
	r.want(200, "BYE", "")
	if len(calls) != 1 {
		t.Errorf("%d calls came of one INVITE", len(calls))
	}
}

func TestHangUpCancelsContext(t *testing.T) {
	ended, pressed := make(chan struct{}, 1), make(chan byte, 1)
	s := listen(t, Config{}, keys(pressed, ended))
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	press(t, r.sound, sound, 101, 1, 1)
	expect(t, pressed, '1') // the handler has begun
	r.want(200, "BYE", "")
	select {
	case <-ended:
	case <-time.After(limit):
		t.Fatal("the handler was not told")
	}
	r.want(481, "BYE", "")
}

func TestHandlerEndsCall(t *testing.T) {
	s := listen(t, Config{}, func(context.Context, *Call) {})
	r := newRaw(t, s)
	r.invite(r.withEvents(), "Record-Route: <sip:127.0.0.2;lr>, <sip:127.0.0.3;lr>", "Record-Route: <sip:127.0.0.4;lr>")
	r.ack("")
	bye := r.next(limit)
	for _, want := range []string{
		fmt.Sprintf("BYE sip:%s@%v SIP/2.0\r\n", rawUser, r.conn.LocalAddr()),
		";tag=" + r.toTag, ";tag=" + r.callID, "Call-ID: " + r.callID,
	} {
		if !strings.Contains(bye, want) {
			t.Errorf("no %q in:\n%s", want, bye)
		}
	}
	var route []string
	for line := range strings.Lines(bye) {
		if v, ok := strings.CutPrefix(line, "Route: "); ok {
			route = append(route, strings.TrimSpace(v))
		}
	}
	if got, want := strings.Join(route, ", "), "<sip:127.0.0.2;lr>, <sip:127.0.0.3;lr>, <sip:127.0.0.4;lr>"; got != want {
		t.Errorf("route %s, want %s", got, want)
	}
	r.send(reply(bye, "200 OK"))
	until(t, "the line is free", func() bool { return s.Active() == 0 })
}

// reply answers a request of the server.
func reply(request, status string) string {
	lines := []string{"SIP/2.0 " + status}
	for line := range strings.Lines(request) {
		line = strings.TrimSpace(line)
		if name, _, ok := strings.Cut(line, ":"); ok {
			switch name {
			case "Via", "From", "To", "Call-ID", "CSeq":
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(append(lines, "Content-Length: 0", "", ""), "\r\n")
}

func TestUnacknowledgedAnswerFreesItsLine(t *testing.T) {
	started := make(chan struct{}, 10)
	s := listen(t, Config{MaxCalls: 2, AckTimeout: time.Second}, func(context.Context, *Call) { started <- struct{}{} })
	r := newRaw(t, s)
	r.invite(r.withEvents())
	if s.Active() != 1 {
		t.Fatalf("%d lines taken, want 1", s.Active())
	}
	// The answer is repeated once, after half a second, then the server gives up and says so.
	if p := r.next(limit); !strings.HasPrefix(p, "SIP/2.0 200") {
		t.Errorf("not the answer again:\n%s", p)
	}
	p := r.next(limit)
	if !strings.HasPrefix(p, "BYE") {
		t.Errorf("not a BYE:\n%s", p)
	}
	until(t, "the line is free", func() bool { return s.Active() == 0 })
	r.ack("") // too late
	r.want(481, "BYE", "")
	if len(started) != 0 {
		t.Error("the handler was started without an ACK")
	}
}

func TestLimits(t *testing.T) {
	s := listen(t, Config{MaxCalls: 3, MaxUnacked: 2}, idle)
	var waiting []*raw
	for range 2 {
		r := newRaw(t, s)
		r.invite(r.withEvents())
		waiting = append(waiting, r)
	}
	r := newRaw(t, s)
	if p := r.want(503, "INVITE", r.withEvents()); !strings.Contains(p, "\r\nRetry-After: ") {
		t.Errorf("no Retry-After in:\n%s", p)
	}
	for _, r := range waiting {
		r.ack("")
	}
	third := newRaw(t, s)
	until(t, "a call is taken again", func() bool {
		status, p := third.do("INVITE", third.withEvents())
		if status != 200 {
			return false
		}
		third.toTag = toTag.FindStringSubmatch(p)[1]
		third.ack("")
		return true
	})
	r = newRaw(t, s)
	r.want(486, "INVITE", r.withEvents())
	if s.Active() != 3 {
		t.Errorf("%d lines taken, want 3", s.Active())
	}
	third.want(200, "BYE", "")
	until(t, "a line is free", func() bool { return s.Active() == 2 })
	r = newRaw(t, s)
	r.call(r.withEvents())
}

func TestMaxTime(t *testing.T) {
	s := listen(t, Config{MaxTime: 300 * time.Millisecond}, idle)
	r := newRaw(t, s)
	r.call(r.withEvents())
	if p := r.next(limit); !strings.HasPrefix(p, "BYE") {
		t.Errorf("not a BYE at the end of the time:\n%s", p)
	}
}

func TestCloseEndsCalls(t *testing.T) {
	ended, pressed := make(chan struct{}, 1), make(chan byte, 1)
	s := listen(t, Config{}, keys(pressed, ended))
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	press(t, r.sound, sound, 101, 1, 1)
	expect(t, pressed, '1') // the handler has begun
	unacked := newRaw(t, s)
	unacked.invite(unacked.withEvents())
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for _, r := range []*raw{r, unacked} {
		p := r.next(limit)
		if !strings.HasPrefix(p, "BYE") {
			t.Fatalf("not a BYE:\n%s", p)
		}
		r.send(reply(p, "200 OK"))
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	select {
	case <-ended:
	default:
		t.Error("Close returned before the handler")
	}
}

func TestPanicEndsOneCall(t *testing.T) {
	j := &journal{}
	s := listen(t, Config{Logger: textLogger(j)}, func(ctx context.Context, call *Call) {
		select {
		case key := <-call.Digits():
			panic("pressed " + string(key) + " of 8675309")
		case <-ctx.Done():
		}
	})
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	press(t, r.sound, sound, 101, 1, 5)
	if p := r.next(limit); !strings.HasPrefix(p, "BYE") {
		t.Errorf("not a BYE:\n%s", p)
	}
	if log := j.String(); !strings.Contains(log, "panicked") || !strings.Contains(log, "TestPanicEndsOneCall") {
		t.Errorf("the log does not say where:\n%s", log)
	}
	if strings.Contains(j.String(), "8675309") {
		t.Error("the log holds the value of the panic")
	}
	other := newRaw(t, s)
	other.call(other.withEvents())
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"everybody may call", Config{Listen: "0.0.0.0:0"}, "name the networks"},
		{"no address to name", Config{Listen: "0.0.0.0:0", Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, "advertise"},
		{"bad address to name", Config{Listen: "127.0.0.1:0", Advertise: "phone.example"}, "advertise"},
		{"bad address", Config{Listen: "127.0.0.1"}, "sip: listen udp"},
	} {
		s, err := Listen(tt.cfg, idle)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	s := listen(t, Config{Advertise: "192.0.2.7:5099", MediaPort: [2]uint16{31000, 31998}}, idle)
	r := newRaw(t, s)
	p := r.invite(r.withEvents())
	if !strings.Contains(p, "Contact: <sip:rollcall@192.0.2.7:5099;transport=udp>") || !strings.Contains(p, "c=IN IP4 192.0.2.7\r\n") {
		t.Errorf("the address to advertise is not in:\n%s", p)
	}
	if port := soundOf(t, p).Port(); port < 31000 || port > 31998 {
		t.Errorf("port %d for the sound", port)
	}
}

func TestAllowList(t *testing.T) {
	s := listen(t, Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.3/32")}}, idle)
	r := newRaw(t, s)
	r.send(r.request("INVITE", "", r.withEvents()))
	if p := r.next(200 * time.Millisecond); p != "" {
		t.Errorf("an answer to a network that may not call:\n%s", p)
	}
	var err error
	r.conn.Close()
	if r.conn, err = net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 3)}, net.UDPAddrFromAddrPort(s.Addr())); err != nil {
		t.Fatal(err)
	}
	r.call(r.withEvents())
}
