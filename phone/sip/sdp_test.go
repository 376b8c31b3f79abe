package sip

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"rollcall/phone/media"
)

// body joins the lines of a session description behind the usual head.
func body(lines ...string) string {
	head := []string{"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"}
	return strings.Join(append(append(head, lines...), ""), "\r\n")
}

func TestParseDescription(t *testing.T) {
	here := netip.MustParseAddrPort("127.0.0.1:4000")
	prior := netip.MustParseAddrPort("127.0.0.1:5000")
	for _, tt := range []struct {
		name  string
		body  string
		prior netip.AddrPort
		want  media.Peer // zero: refused
	}{
		{"mu-law", body("m=audio 4000 RTP/AVP 0"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"caller's order", body("m=audio 4000 RTP/AVP 3 8 0"), netip.AddrPort{}, media.Peer{Addr: here, Codec: media.PCMA}},
		{"events", body("m=audio 4000 RTP/AVP 0 110", "a=rtpmap:110 TELEPHONE-EVENT/8000"), netip.AddrPort{}, media.Peer{Addr: here, Event: 110}},
		{"events of two rates", body("m=audio 4000 RTP/AVP 0 96 97", "a=rtpmap:96 telephone-event/48000", "a=rtpmap:97 telephone-event/8000"),
			netip.AddrPort{}, media.Peer{Addr: here, Event: 97}},
		{"events not among the formats", body("m=audio 4000 RTP/AVP 0", "a=rtpmap:101 telephone-event/8000"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"events with the number of a codec", body("m=audio 4000 RTP/AVP 0 8", "a=rtpmap:8 telephone-event/8000"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"events numbered beyond 127", body("m=audio 4000 RTP/AVP 0 228", "a=rtpmap:228 telephone-event/8000"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"address of the line", body("m=audio 4000 RTP/AVP 0", "c=IN IP4 127.0.0.7"), netip.AddrPort{},
			media.Peer{Addr: netip.MustParseAddrPort("127.0.0.7:4000")}},
		{"second line", body("m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 0"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"encrypted line refused, plain taken", body("m=audio 3000 RTP/SAVP 0", "m=audio 4000 RTP/AVP 0"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"on hold", body("m=audio 4000 RTP/AVP 0", "a=sendonly"), netip.AddrPort{}, media.Peer{Addr: here, Hold: true}},
		{"line's direction before the session's", body("a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv"), netip.AddrPort{}, media.Peer{Addr: here}},
		{"old way to hold", body("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), prior, media.Peer{Addr: prior, Hold: true}},
		{"old way to hold, at the beginning", body("m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), netip.AddrPort{}, media.Peer{}},
		{"name for an address", body("m=audio 4000 RTP/AVP 0", "c=IN IP4 phone.example"), prior, media.Peer{}},
		{"other family", body("m=audio 4000 RTP/AVP 0", "c=IN IP6 ::1"), prior, media.Peer{}},
		{"multicast", body("m=audio 4000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"), prior, media.Peer{}},
		{"port too high", body("m=audio 70000 RTP/AVP 0"), prior, media.Peer{}},
		{"several ports", body("m=audio 4000/2 RTP/AVP 0"), prior, media.Peer{}},
		{"only other codecs", body("m=audio 4000 RTP/AVP 3 9 18"), prior, media.Peer{}},
		{"only video", body("m=video 4000 RTP/AVP 31"), prior, media.Peer{}},
		{"nothing", "", prior, media.Peer{}},
		{"too many lines", body(strings.Split(strings.Repeat("m=audio 4000 RTP/AVP 0\n", maxMLines+1), "\n")...), prior, media.Peer{}},
		{"too long", body("m=audio 4000 RTP/AVP 0", "a="+strings.Repeat("x", maxSDP)), prior, media.Peer{}},
		{"no session", "m=audio 4000 RTP/AVP 0\r\n", prior, media.Peer{}},
	} {
		d, err := parseDescription([]byte(tt.body), here.Addr(), tt.prior)
		var got media.Peer
		if err == nil {
			got = d.peer
		}
		if got != tt.want || (err == nil) != tt.want.Addr.IsValid() {
			t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
}

// FuzzDescription asks of every session description that is taken: its answer can be read, has as many lines, and only
// one of them is used.
func FuzzDescription(f *testing.F) {
	f.Add([]byte(body("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000")))
	f.Add([]byte(body("m=video 0 RTP/AVP 31", "m=audio 4000 RTP/AVP 8", "a=sendonly")))
	at := local{addr: netip.MustParseAddrPort("127.0.0.1:6000"), session: 1, version: 1}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseDescription(b, at.addr.Addr(), netip.AddrPort{})
		if err != nil {
			return
		}
		answer, err := at.answer(d)
		if err != nil {
			t.Fatal(err)
		}
		if len(answer) > maxSDP {
			return
		}
		back, err := parseDescription(answer, at.addr.Addr(), netip.AddrPort{})
		if err != nil {
			t.Fatalf("answer can not be read: %v\n%q", err, answer)
		}
		if len(back.lines) != len(d.lines) || back.audio != d.audio || back.peer.Codec != d.peer.Codec || back.peer.Event != d.peer.Event {
			t.Errorf("answer does not fit the offer:\n%s", answer)
		}
		for i, m := range back.lines {
			if i != back.audio && m.MediaName.Port.Value != 0 {
				t.Errorf("line %d of the answer is used:\n%s", i, answer)
			}
		}
	})
}

// FuzzReadable asks that no packet makes the filter panic, and that what passes has what the handlers rely on.
func FuzzReadable(f *testing.F) {
	f.Add([]byte("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 2 BYE\r\n\r\n"))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: a\r\nTo: b\r\nCall-ID: 1\r\nCSeq: 2 BYE\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !readable(b) {
			return
		}
		if len(b) > maxMessage {
			t.Errorf("%d bytes taken", len(b))
		}
		parseRequest(t, b)
	})
}

// parseRequest reads a packet again, as sipgo does, and looks at it as the handlers do.
func parseRequest(t *testing.T, b []byte) {
	m, err := sip.ParseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	req, ok := m.(*sip.Request)
	if !ok {
		return
	}
	if id := requestID(req); id.callID == "" || id.remoteTag == "" {
		t.Error("a request without Call-ID or tag is taken")
	}
	_ = req.To().Params.Has("tag")
	if _, fault := readOffer(req, netip.IPv4Unspecified(), netip.AddrPort{}); fault != nil {
		return
	}
	if req.Contact() != nil {
		_ = req.Clone().String()
	}
}
