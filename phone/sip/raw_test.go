package sip

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"rollcall/phone/media"
)

// fast is the clock of the sound in tests: 1 ms a frame.
const fast = 20

// limit ends a test that hangs; nothing waits that long otherwise.
const limit = 30 * time.Second

// journal is a log that tests can read.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// listen starts a server on this machine. Its log, read at the end of the test, must not name the callers.
func listen(t *testing.T, cfg Config, h Handler) *Server {
	t.Helper()
	j := &journal{}
	cfg.Listen, cfg.Speed = "127.0.0.1:0", fast
	if cfg.Logger == nil {
		cfg.Logger = textLogger(j)
	}
	s, err := Listen(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, secret := range []string{rawUser, "127.0.0.1", "tel:", "Signal", "z9hG4bK"} {
			if strings.Contains(j.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, j)
			}
		}
	})
	return s
}

// rawUser is the number of the test's caller; the server must never write it down.
const rawUser = "15551234567"

// raw is a caller that writes its SIP itself, so that a test can send what no telephone would.
type raw struct {
	t      *testing.T
	conn   *net.UDPConn
	server netip.AddrPort
	sound  *net.UDPConn
	callID string
	toTag  string
	cseq   int
}

var calls = struct {
	sync.Mutex
	n int
}{}

func newRaw(t *testing.T, s *Server) *raw {
	t.Helper()
	calls.Lock()
	calls.n++
	id := fmt.Sprintf("raw-%d", calls.n)
	calls.Unlock()
	r := &raw{t: t, server: s.Addr(), callID: id}
	var err error
	if r.conn, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.Addr())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.leave)
	if r.sound, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.sound.Close() })
	return r
}

// leave goes on confirming, for a while, that the server has ended the call, so that its Close need not wait.
func (r *raw) leave() {
	go func() {
		defer r.conn.Close()
		buf := make([]byte, 65536)
		_ = r.conn.SetReadDeadline(time.Now().Add(closeTimeout))
		for {
			n, err := r.conn.Read(buf)
			if err != nil {
				return
			}
			if p := string(buf[:n]); strings.HasPrefix(p, "BYE") {
				_, _ = r.conn.Write([]byte(reply(p, "200 OK")))
			}
		}
	}()
}

// offer is the SDP of a caller who speaks the formats, and whatever lines follow.
func (r *raw) offer(formats string, lines ...string) string {
	sdp := []string{"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=audio %d RTP/AVP %s", r.sound.LocalAddr().(*net.UDPAddr).Port, formats)}
	return strings.Join(append(append(sdp, lines...), ""), "\r\n")
}

// withEvents is the usual offer.
func (r *raw) withEvents() string { return r.offer("0 101", "a=rtpmap:101 telephone-event/8000") }

// request writes a request of this call. The branch is new unless one is given.
func (r *raw) request(method, branch, body string, headers ...string) string {
	if method != "ACK" && method != "CANCEL" && branch == "" {
		r.cseq++
	}
	if branch == "" {
		branch = fmt.Sprintf("z9hG4bK%s-%d-%s", r.callID, r.cseq, method)
	}
	to := ""
	if r.toTag != "" {
		to = ";tag=" + r.toTag
	}
	if body != "" && !strings.Contains(strings.Join(headers, "\n"), "Content-Type") {
		headers = append(headers, "Content-Type: application/sdp")
	}
	lines := append([]string{
		fmt.Sprintf("%s sip:line@%v SIP/2.0", method, r.server),
		fmt.Sprintf("Via: SIP/2.0/UDP %v;branch=%s;rport", r.conn.LocalAddr(), branch),
		fmt.Sprintf("From: <sip:%s@127.0.0.1>;tag=%s", rawUser, r.callID),
		fmt.Sprintf("To: <sip:line@127.0.0.1>%s", to),
		"Call-ID: " + r.callID,
		fmt.Sprintf("CSeq: %d %s", r.cseq, method),
		fmt.Sprintf("Contact: <sip:%s@%v>", rawUser, r.conn.LocalAddr()),
		"Max-Forwards: 70",
	}, headers...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return strings.Join(lines, "\r\n")
}

func (r *raw) send(packet string) {
	r.t.Helper()
	if _, err := r.conn.Write([]byte(packet)); err != nil {
		r.t.Fatal(err)
	}
}

// next returns the next packet from the server, or "" after the time given.
func (r *raw) next(wait time.Duration) string {
	r.t.Helper()
	buf := make([]byte, 65536)
	if err := r.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		r.t.Fatal(err)
	}
	n, err := r.conn.Read(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// response returns the final response to the last request, and its status. A refused INVITE is acknowledged, which is
// the business of the transaction (RFC 3261, section 17.1.1.3).
func (r *raw) response() (int, string) {
	r.t.Helper()
	for {
		p := r.next(limit)
		if p == "" {
			r.t.Fatal("no response")
		}
		if !strings.HasPrefix(p, "SIP/2.0 ") || !strings.Contains(p, "\r\nCall-ID: "+r.callID+"\r\n") ||
			!strings.Contains(p, fmt.Sprintf("\r\nCSeq: %d ", r.cseq)) {
			continue // of an earlier request
		}
		status, err := strconv.Atoi(p[8:11])
		if err != nil {
			r.t.Fatal(err)
		}
		if status >= 300 && strings.Contains(p, " INVITE\r\n") {
			tag := r.toTag
			r.toTag = toTag.FindStringSubmatch(p)[1]
			r.send(r.request("ACK", viaBranch.FindStringSubmatch(p)[1], ""))
			r.toTag = tag
		}
		if status >= 200 {
			return status, p
		}
	}
}

// do sends a request and returns the final response to it.
func (r *raw) do(method, body string, headers ...string) (int, string) {
	r.t.Helper()
	r.send(r.request(method, "", body, headers...))
	return r.response()
}

// want sends a request and fails the test unless the status comes back.
func (r *raw) want(status int, method, body string, headers ...string) string {
	r.t.Helper()
	got, p := r.do(method, body, headers...)
	if got != status {
		r.t.Fatalf("%s: status %d, want %d", method, got, status)
	}
	return p
}

var (
	toTag     = regexp.MustCompile(`(?m)^To: .*;tag=([^;\r]+)`)
	viaBranch = regexp.MustCompile(`(?m)^Via: .*;branch=([^;\r]+)`)
)

// invite calls and returns the answer, unacknowledged.
func (r *raw) invite(body string, headers ...string) string {
	r.t.Helper()
	p := r.want(200, "INVITE", body, headers...)
	r.toTag = toTag.FindStringSubmatch(p)[1]
	return p
}

func (r *raw) ack(body string) { r.send(r.request("ACK", "", body)) }

// call is invite and ack; it returns the address of the server's sound.
func (r *raw) call(body string) (answer string, sound netip.AddrPort) {
	r.t.Helper()
	answer = r.invite(body)
	r.ack("")
	return answer, soundOf(r.t, answer)
}

var (
	soundPort = regexp.MustCompile(`(?m)^m=audio (\d+) RTP/AVP`)
	soundHost = regexp.MustCompile(`(?m)^c=IN IP4 ([\d.]+)`)
)

// soundOf returns the address in a session description.
func soundOf(t *testing.T, packet string) netip.AddrPort {
	t.Helper()
	port, host := soundPort.FindStringSubmatch(packet), soundHost.FindStringSubmatch(packet)
	if port == nil || host == nil {
		t.Fatalf("no address for the sound in:\n%s", packet)
	}
	return netip.MustParseAddrPort(host[1] + ":" + port[1])
}

// hear returns the next RTP packet, or nil after the time given.
func (r *raw) hear(wait time.Duration) *rtp.Packet {
	r.t.Helper()
	buf := make([]byte, 2000)
	if err := r.sound.SetReadDeadline(time.Now().Add(wait)); err != nil {
		r.t.Fatal(err)
	}
	n, err := r.sound.Read(buf)
	if err != nil {
		return nil
	}
	p := new(rtp.Packet)
	if err := p.Unmarshal(buf[:n]); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// press sends one press by RFC 4733 from the conn given.
func press(t *testing.T, conn *net.UDPConn, to netip.AddrPort, kind uint8, timestamp uint32, code byte) {
	t.Helper()
	for i, body := range [][]byte{{code, 10, 0, 160}, {code, 10, 1, 64}, {code, 0x8a, 1, 224}, {code, 0x8a, 1, 224}} {
		p := rtp.Packet{Header: rtp.Header{Version: 2, Marker: i == 0, PayloadType: kind, Timestamp: timestamp, SSRC: 9}, Payload: body}
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
			t.Fatal(err)
		}
	}
}

// until polls a condition that holds soon, or fails the test.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// keys is a handler that hands on what is pressed, until the call ends.
func keys(to chan<- byte, ended chan<- struct{}) Handler {
	return func(ctx context.Context, call *Call) {
		for {
			select {
			case k := <-call.Digits():
				to <- k
			case <-ctx.Done():
				ended <- struct{}{}
				return
			}
		}
	}
}

// idle is a handler that waits for the end of the call.
func idle(ctx context.Context, _ *Call) { <-ctx.Done() }

// expect takes one key from a handler.
func expect(t *testing.T, from <-chan byte, want byte) {
	t.Helper()
	select {
	case got := <-from:
		if got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	case <-time.After(limit):
		t.Fatalf("key %q was not heard", want)
	}
}

// tone returns n frames, none silent.
func tone(n int) []byte {
	b := make([]byte, n*media.FrameSize)
	for i := range b {
		b[i] = byte(i % 100)
	}
	return b
}

func textLogger(j *journal) *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }
