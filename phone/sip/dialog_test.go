package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

func TestKeysByEvents(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, keys(got, make(chan struct{}, 1)))
	r := newRaw(t, s)
	_, sound := r.call(r.offer("0 96", "a=rtpmap:96 telephone-event/8000"))
	press(t, r.sound, sound, 96, 1000, 1)
	press(t, r.sound, sound, 96, 1000, 1) // a recording played twice: one timestamp, two presses
	press(t, r.sound, sound, 96, 500, 11)
	press(t, r.sound, sound, 101, 9000, 3) // not the number that was agreed on
	press(t, r.sound, sound, 96, 9500, 4)
	for _, want := range []byte("11#4") {
		expect(t, got, want)
	}
	r.want(200, "BYE", "")
}

func TestStrangersSoundChangesNothing(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, keys(got, make(chan struct{}, 1)))
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	for _, ip := range []string{"127.0.0.1", "127.0.0.9"} { // the caller's machine, another one
		stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
		if err != nil {
			t.Fatal(err)
		}
		defer stranger.Close()
		press(t, stranger, sound, 101, 7, 7)
	}
	press(t, r.sound, sound, 101, 1, 1)
	expect(t, got, '1')
	r.want(200, "BYE", "")
	if len(got) != 0 {
		t.Error("a stranger pressed a key")
	}
}

const relay = "Content-Type: application/dtmf-relay"

func TestKeysByInfo(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, keys(got, make(chan struct{}, 1)))
	r := newRaw(t, s)
	r.call(r.offer("0"))
	r.want(200, "INFO", "Signal=5\r\nDuration=160\r\n", relay)
	repeated := r.request("INFO", "", "Signal=6\r\n", relay)
	for range 2 { // an answer was lost: the request comes again
		r.send(repeated)
		if status, _ := r.response(); status != 200 {
			t.Errorf("status %d", status)
		}
	}
	r.want(200, "INFO", "#", "Content-Type: application/dtmf")
	r.want(200, "INFO", "")
	r.want(400, "INFO", "Signal=D\r\n", relay)
	if p := r.want(415, "INFO", "5", "Content-Type: text/plain"); !strings.Contains(p, "\r\nAccept: application/dtmf-relay") {
		t.Errorf("no Accept in:\n%s", p)
	}
	r.cseq -= 3 // an old request, or one of somebody who does not know the count
	r.send(r.request("INFO", "z9hG4bKold", "Signal=9\r\n", relay))
	if status, _ := r.response(); status != 500 {
		t.Errorf("old request: status %d, want 500", status)
	}
	r.cseq += 3
	for _, want := range []byte("56#") {
		expect(t, got, want)
	}
	r.want(200, "BYE", "")
	if len(got) != 0 {
		t.Errorf("%d keys too many", len(got))
	}
}

func TestInfoIsIgnoredBesideEvents(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, keys(got, make(chan struct{}, 1)))
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	r.want(200, "INFO", "Signal=5\r\n", relay) // the phone reports the one press both ways
	press(t, r.sound, sound, 101, 1, 5)
	expect(t, got, '5')
	r.want(200, "BYE", "")
	if len(got) != 0 {
		t.Error("one press counted twice")
	}
}

func TestHold(t *testing.T) {
	s := listen(t, Config{}, func(ctx context.Context, call *Call) {
		for ctx.Err() == nil {
			_ = call.Play(ctx, tone(10))
		}
	})
	for _, tt := range []struct{ name, line, answer string }{
		{"sendonly", "a=sendonly", "a=recvonly"},
		{"inactive", "a=inactive", "a=inactive"},
		{"address 0.0.0.0", "c=IN IP4 0.0.0.0", "a=sendrecv"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRaw(t, s)
			r.call(r.withEvents())
			if r.hear(limit) == nil {
				t.Fatal("no sound")
			}
			p := r.want(200, "INVITE", r.offer("0 101", "a=rtpmap:101 telephone-event/8000", tt.line))
			if !strings.Contains(p, "\r\n"+tt.answer+"\r\n") {
				t.Errorf("no %q in:\n%s", tt.answer, p)
			}
			r.ack("")
			for r.hear(200*time.Millisecond) != nil { // what was sent before, then nothing for 200 frames
			}
			r.want(200, "INVITE", r.withEvents())
			r.ack("")
			if p := r.hear(limit); p == nil || !p.Marker {
				t.Errorf("no sound, or no marker, after the hold: %v", p)
			}
			r.want(200, "BYE", "")
		})
	}
}

func TestCallMovesToAnotherAddressAndCodec(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, func(ctx context.Context, call *Call) {
		go keys(got, make(chan struct{}, 1))(ctx, call)
		for ctx.Err() == nil {
			_ = call.Play(ctx, tone(10))
		}
	})
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	r.hear(limit)
	old := r.sound
	var err error
	if r.sound, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	defer r.sound.Close()
	p := r.want(200, "INVITE", r.offer("8 97", "a=rtpmap:97 telephone-event/8000"))
	if !strings.Contains(p, "\no=- ") || soundOf(t, p) != sound {
		t.Errorf("the server moved:\n%s", p)
	}
	r.ack("")
	if p := r.hear(limit); p == nil || p.PayloadType != 8 {
		t.Errorf("at the new address: %v", p)
	}
	press(t, old, sound, 97, 1, 1) // by now a stranger
	press(t, r.sound, sound, 97, 2, 2)
	expect(t, got, '2')
	// What can not be agreed on leaves the call as it is.
	r.want(488, "INVITE", r.offer("3"))
	press(t, r.sound, sound, 97, 3, 3)
	expect(t, got, '3')
	r.want(200, "BYE", "")
}

func TestUnacknowledgedReInviteEndsCall(t *testing.T) {
	s := listen(t, Config{AckTimeout: time.Second}, idle)
	r := newRaw(t, s)
	r.call(r.withEvents())
	until(t, "the first ACK has arrived", func() bool {
		status, p := r.do("INVITE", r.withEvents())
		return status == 200 && strings.Contains(p, "application/sdp")
	})
	r.want(491, "INVITE", r.withEvents())
	for p := ""; !strings.HasPrefix(p, "BYE"); {
		if p = r.next(limit); p == "" {
			t.Fatal("no BYE")
		}
	}
	until(t, "the line is free", func() bool { return s.Active() == 0 })
}

func TestOfferLeftToServer(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, keys(got, make(chan struct{}, 1)))
	r := newRaw(t, s)
	p := r.invite("")
	for _, line := range []string{"RTP/AVP 0 8 101\r\n", "a=rtpmap:0 PCMU/8000\r\n", "a=rtpmap:8 PCMA/8000\r\n", "a=rtpmap:101 telephone-event/8000\r\n"} {
		if !strings.Contains(p, line) {
			t.Errorf("no line %q in:\n%s", line, p)
		}
	}
	r.ack(r.offer("8 101", "a=rtpmap:101 telephone-event/8000"))
	if p := r.hear(limit); p == nil || p.PayloadType != 8 {
		t.Errorf("first packet: %v", p)
	}
	press(t, r.sound, soundOf(t, p), 101, 1, 8)
	expect(t, got, '8')
	r.want(200, "BYE", "")

	// An ACK without the answer that it owes ends the call.
	r = newRaw(t, s)
	r.invite("")
	r.ack("")
	if p := r.next(limit); !strings.HasPrefix(p, "BYE") {
		t.Errorf("not a BYE:\n%s", p)
	}
}

func TestAckWithTheBranchOfItsInvite(t *testing.T) {
	got := make(chan byte, 100)
	s := listen(t, Config{}, keys(got, make(chan struct{}, 1)))
	r := newRaw(t, s)
	r.send(r.request("INVITE", "z9hG4bKsame", r.withEvents()))
	r.cseq = 0
	_, p := r.response()
	r.toTag = toTag.FindStringSubmatch(p)[1]
	r.send(r.request("ACK", "z9hG4bKsame", ""))
	if r.hear(limit) == nil {
		t.Error("no sound after the ACK")
	}
	r.cseq = 1
	r.want(200, "BYE", "")
}

func TestBargeIn(t *testing.T) {
	type result struct {
		digit byte
		err   error
	}
	results := make(chan result, 3)
	s := listen(t, Config{}, func(ctx context.Context, call *Call) {
		for _, sound := range [][]byte{tone(100000), tone(5), tone(100000)} {
			d, err := call.PlayUntilDigit(ctx, sound)
			results <- result{d, err}
		}
	})
	r := newRaw(t, s)
	_, sound := r.call(r.withEvents())
	r.hear(limit)
	press(t, r.sound, sound, 101, 1, 6)
	if got := <-results; got.digit != '6' || got.err != nil {
		t.Errorf("interrupted prompt: %v", got)
	}
	if got := <-results; got.digit != 0 || got.err != nil {
		t.Errorf("prompt played to its end: %v", got)
	}
	r.hear(limit)
	r.want(200, "BYE", "")
	if got := <-results; got.digit != 0 || got.err == nil {
		t.Errorf("prompt of a call that ended: %v", got)
	}
}

func TestRefusedRequests(t *testing.T) {
	s := listen(t, Config{}, idle)
	for _, tt := range []struct {
		name    string
		method  string
		body    string
		headers []string
		status  int
		want    string
	}{
		{"options", "OPTIONS", "", nil, 200, "Allow: INVITE, ACK, CANCEL, BYE, INFO, OPTIONS"},
		{"register", "REGISTER", "", nil, 405, "Allow: "},
		{"subscribe", "SUBSCRIBE", "", nil, 405, "Allow: "},
		{"unknown method", "DANCE", "", nil, 405, "Allow: "},
		{"bye outside a call", "BYE", "", nil, 481, ""},
		{"info outside a call", "INFO", "Signal=1\r\n", []string{relay}, 481, ""},
		{"cancel of nothing", "CANCEL", "", nil, 481, ""},
		{"required extension", "INVITE", "OFFER", []string{"Require: 100rel"}, 420, "Unsupported: 100rel"},
		{"body of another type", "INVITE", "OFFER", []string{"Content-Type: application/pidf+xml"}, 415, "Accept: application/sdp"},
		{"no common codec", "INVITE", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 3\r\n", nil, 488, ""},
		{"no session description", "INVITE", "hello", []string{"Content-Type: application/sdp"}, 488, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRaw(t, s)
			if tt.body == "OFFER" {
				tt.body = r.withEvents()
			}
			p := r.want(tt.status, tt.method, tt.body, tt.headers...)
			if !strings.Contains(p, tt.want) {
				t.Errorf("no %q in:\n%s", tt.want, p)
			}
			if n := s.Active(); n != 0 {
				t.Errorf("%d lines taken", n)
			}
		})
	}
	// A request of a call by somebody who knows all of it but the tag that the server chose.
	r := newRaw(t, s)
	r.call(r.withEvents())
	tag := r.toTag
	r.toTag = "guess"
	for _, method := range []string{"BYE", "INFO", "INVITE"} {
		r.want(481, method, "")
	}
	r.toTag = tag
	r.want(200, "BYE", "")
}

func TestCancelAfterAnswerChangesNothing(t *testing.T) {
	s := listen(t, Config{}, idle)
	r := newRaw(t, s)
	branch := "z9hG4bKcancelled"
	r.cseq = 1
	r.send(r.request("INVITE", branch, r.withEvents()))
	_, p := r.response()
	r.send(r.request("CANCEL", branch, ""))
	if status, _ := r.response(); status != 200 {
		t.Errorf("CANCEL: status %d", status)
	}
	r.toTag = toTag.FindStringSubmatch(p)[1]
	r.ack("")
	if r.hear(limit) == nil {
		t.Error("no sound: the call was lost")
	}
	r.want(200, "BYE", "")
}

func TestMalformedPacketsLeaveServiceUp(t *testing.T) {
	// sipgo would write whole packets, with what is keyed by INFO, to the log of the process.
	j, before := &journal{}, slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer func() {
		slog.SetDefault(before)
		if j.String() != "" {
			t.Errorf("written to the log of the process:\n%.2000s", j)
		}
	}()
	s := listen(t, Config{AckTimeout: time.Second}, idle)
	r := newRaw(t, s)
	whole := r.request("INVITE", "", r.withEvents())
	packets := []string{
		"", "\r\n\r\n", "\x00\x00\x00", "x", strings.Repeat("A", 60000), strings.Repeat("\r\n", 3000), "\xff\xfe" + whole,
		"INVITE", "INVITE sip:a SIP/2.0", "INVITE sip:a SIP/2.0\r\n", "INVITE sip:a SIP/2.0\r\n\r\n", "INVITE * SIP/2.0\r\n\r\n",
		"SIP/2.0 200 OK\r\n\r\n", "SIP/2.0 999999 OK\r\n\r\n", "SIP/2.0  \r\n\r\n", " SIP/2.0", "INVITE  SIP/2.0\r\n\r\n",
		strings.Replace(whole, "Via:", "Vib:", 1),
		strings.Replace(whole, "CSeq: 1 INVITE", "CSeq: 99999999999999999999 INVITE", 1),
		strings.Replace(whole, "CSeq: 1 INVITE", "CSeq: 1 BYE", 1),
		strings.Replace(whole, "CSeq: 1 INVITE", "CSeq: INVITE", 1),
		strings.Replace(whole, "Call-ID:", "Call-IX:", 1),
		strings.Replace(whole, "From: <", "From: <<<", 1),
		strings.Replace(whole, "To: <sip:line@127.0.0.1>", "To: ", 1),
		strings.Replace(whole, "To: <sip:line@127.0.0.1>", "To: <sip:[::>", 1),
		strings.Replace(whole, "Contact: <", "Contact: *;<", 1),
		strings.Replace(whole, "Via: SIP/2.0/UDP", "Via: SIP/2.0/", 1),
		strings.Replace(whole, "Via: SIP/2.0/UDP", "Via: SIP/2.0/CARRIERPIGEON", 1),
		strings.Replace(whole, "Content-Length: ", "Content-Length: 9", 1),
		strings.Replace(whole, "Content-Length: ", "Content-Length: -", 1),
		strings.Replace(whole, "Max-Forwards: 70", strings.Repeat("X: y\r\n", 2000)+"Y: z", 1),
		strings.ReplaceAll(whole, "\r\n", "\n"),
		strings.Replace(whole, "sip:line@", "sip:%%%@@@;;;", 1),
	}
	for i := 0; i < len(whole); i += 7 { // cut anywhere
		packets = append(packets, whole[:i])
	}
	for i := range whole { // and with any byte spoilt
		packets = append(packets, whole[:i]+"\x80"+whole[i+1:])
	}
	spoiler, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer spoiler.Close()
	for i, p := range packets {
		// Each has a call of its own, should the server take it for one.
		p = strings.ReplaceAll(p, r.callID, fmt.Sprintf("spoilt-%d", i))
		if _, err := spoiler.Write([]byte(p)); err != nil && len(p) < 1000 {
			t.Fatal(err)
		}
		if i%20 == 0 {
			time.Sleep(time.Millisecond) // so that the socket's buffer holds them all
		}
	}
	// A caller who comes now is answered, and the sound comes.
	fine := newRaw(t, s)
	until(t, "a call is answered", func() bool {
		fine.callID = fmt.Sprint("fine-", time.Now().UnixNano())
		status, p := fine.do("INVITE", fine.withEvents())
		if status == 200 {
			fine.toTag = toTag.FindStringSubmatch(p)[1]
			fine.ack("")
		}
		return status == 200
	})
	if fine.hear(limit) == nil {
		t.Error("no sound")
	}
	if n := s.Active(); n > s.cfg.MaxUnacked+1 { // one is of this caller
		t.Errorf("%d lines taken by packets nobody answers for", n-1)
	}
	fine.want(200, "BYE", "")
}

func TestKeysBeyondTheBufferAreDropped(t *testing.T) {
	c := &Call{digits: make(chan byte, maxDigits)}
	for i := range 3 * maxDigits { // must not wait for a reader: the sound of the call hangs on it
		c.press('0' + byte(i%10))
	}
	for i := range maxDigits {
		if got, want := <-c.digits, '0'+byte(i%10); got != want {
			t.Fatalf("key %d: %q, want %q", i, got, want)
		}
	}
	if len(c.digits) != 0 {
		t.Errorf("%d keys too many", len(c.digits))
	}
}
