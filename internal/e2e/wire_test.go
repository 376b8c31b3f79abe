package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"rollcall/internal/caller"
	"rollcall/internal/service"
	"rollcall/internal/text"
	"rollcall/internal/voter"
	"rollcall/phone"
	"rollcall/phone/dtmf"
	"rollcall/phone/polling"
	"rollcall/phone/sip"
	"rollcall/tally/booth"
	"rollcall/tally/door"
)

// TestAStrangersSound: keys and sound from any other address than the one in the
// caller's SDP change nothing.
func TestAStrangersSound(t *testing.T) {
	t.Parallel()
	e := open(t, options{})
	port := uint16(evenPort(t))
	e.serve(t, fast, func(c *service.Config) { c.MediaPorts = [2]uint16{port, port} })
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	c, l := e.dial(t, ctx), e.letters[0]
	_, err := c.WaitFor(ctx, text.Language)
	must(t, err)
	stranger, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	must(t, err)
	defer stranger.Close()
	for event := range uint8(128) { // whatever number the call's key presses have
		packets, err := dtmf.Press('2', 160)
		must(t, err)
		for i, p := range packets {
			payload, err := p.Event.Append(nil)
			must(t, err)
			packet := rtp.Packet{Header: rtp.Header{Version: 2, Marker: p.Marker, PayloadType: event,
				SequenceNumber: uint16(i), Timestamp: 1000 * uint32(event), SSRC: 1}, Payload: payload}
			raw, err := packet.Marshal()
			must(t, err)
			_, err = stranger.Write(raw)
			must(t, err)
		}
	}
	// Had 2 been heard, the call would go on in Spanish, and English keys go astray.
	must(t, c.Press(ctx, "1"))
	_, err = c.WaitFor(ctx, text.AskNumber)
	must(t, err)
	must(t, c.Press(ctx, l.Number+l.PIN))
	code := sealAgain(t, ctx, c, someChoices)
	must(t, c.Cast(ctx, l.CastCode))
	b := e.castBallot(t, l)
	if got := e.decrypt(t, b); !equalVotes(got, someVotes) || b.Code != code {
		t.Errorf("the ballot cast holds %v, want %v", got, someVotes)
	}
}

// TestMalformedSIP: no packet takes the line down, nor into the log with what
// it holds.
func TestMalformedSIP(t *testing.T) {
	t.Parallel()
	e, ctx := calling(t, options{})
	const secret = "80218021"
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.line.Addr))
	must(t, err)
	defer conn.Close()
	info := "INFO sip:rollcall@127.0.0.1 SIP/2.0\r\nCall-ID: " + secret + "\r\nSignal=" + secret
	for _, packet := range []string{
		"\x00", "\r\n\r\n", secret, info, info + "\r\n\r\n", info + "\r\nCSeq: 1 INFO\r\nContent-Length: 99999\r\n\r\n" + secret,
		"SIP/2.0 200 OK\r\n\r\n", "INVITE\r\n" + secret, "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP\r\nContent-Length: -1\r\n\r\n" + secret,
		strings.Repeat("A", 60000), "INVITE sip:x SIP/2.0\r\n" + strings.Repeat("Via: "+secret+"\r\n", 3000) + "\r\n",
	} {
		_, err := conn.Write([]byte(packet))
		must(t, err)
	}
	e.voteAndCast(t, ctx, e.letters[0])
	if strings.Contains(e.log.String(), secret) {
		t.Error("what a malformed packet held is in the log")
	}
}

// TestAnswerNeverAcknowledged: a caller who never confirms the answer has the
// line for a while, and then the next caller gets it.
func TestAnswerNeverAcknowledged(t *testing.T) {
	t.Parallel()
	e := open(t, options{})
	e.serve(t, fast, func(c *service.Config) { c.Lines = 1 })
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.line.Addr))
	must(t, err)
	defer conn.Close()
	own, body := conn.LocalAddr(), "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
	_, err = fmt.Fprintf(conn, "INVITE sip:rollcall@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK-silent\r\n"+
		"From: <sip:silent@%v>;tag=1\r\nTo: <sip:rollcall@%v>\r\nCall-ID: silent\r\nCSeq: 1 INVITE\r\nContact: <sip:silent@%v>\r\n"+
		"Max-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", e.line.Addr, own, own, e.line.Addr, own, len(body), body)
	must(t, err)
	answer := make([]byte, 2048)
	for {
		must(t, conn.SetReadDeadline(time.Now().Add(limit)))
		n, err := conn.Read(answer)
		must(t, err)
		if strings.HasPrefix(string(answer[:n]), "SIP/2.0 200") {
			break
		}
	}
	var busy *caller.RefusedError
	if _, err := voter.Dial(ctx, e.line, "en"); !errors.As(err, &busy) {
		t.Fatalf("while the only line is taken: %v, want a refusal", err)
	}
	for {
		c, err := voter.Dial(ctx, e.line, "en")
		if err == nil {
			c.Hangup()
			return
		}
		if !errors.As(err, &busy) {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
			t.Fatal("the line is never free again")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// TestBoardWithoutTicks: a ballot that no tick covers is not said to be sealed,
// and nothing is cast. The board's clock is not started here, all else is real.
func TestBoardWithoutTicks(t *testing.T) {
	t.Parallel()
	e := open(t, options{})
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	board, log, err := service.OpenBoard(ctx, e.dir, door.Config{})
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	reg, err := service.OpenRegistrar(ctx, e.dir, nil)
	must(t, err)
	t.Cleanup(func() { must(t, reg.Close()) })
	key, err := e.dir.ReadKey("booth")
	must(t, err)
	state := board.State()
	sealer, err := booth.New(state.Manifest(), state.Hash(), state.JointKey(), key, board)
	must(t, err)
	line, err := polling.New(polling.Config{State: board.State, Evaluator: reg, Booth: func() (*booth.Booth, error) { return sealer, nil }})
	must(t, err)
	outcomes, library := make(chan phone.Outcome, 1), e.library(t)
	server, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0", Speed: fast}, func(ctx context.Context, call *sip.Call) {
		outcomes <- phone.Run(ctx, call, line, library, phone.Config{Speed: fast, SealTimeout: 2 * time.Second})
	})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	e.line = voter.Line{Addr: server.Addr(), Dictionary: e.dictionary(t), Speed: fast}

	c, l := e.dial(t, ctx), e.letters[0]
	chosen(t, ctx, c, l)
	must(t, c.Press(ctx, "1"+l.CastCode+"#"))
	refused(t, ctx, c, text.NotSealed)
	if o := <-outcomes; o != "not-sealed" {
		t.Errorf("the call ended as %q", o)
	}
	list, _ := board.State().FindBallotNumber(l.BallotNumber)
	if len(list) != 1 || list[0].CodeTick != 0 || board.State().Summary().Cast != 0 {
		t.Errorf("%d ballots on the board, %d cast; want one without a code", len(list), board.State().Summary().Cast)
	}
	for _, said := range c.Said() {
		if said == text.Sealed || said == text.CodeIs {
			t.Errorf("was told %q", said)
		}
	}
}
