package e2e

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/demo/names"
	"rollcall/internal/peers"
	"rollcall/internal/text"
	"rollcall/internal/voter"
	"rollcall/phone/media"
	"rollcall/tally/record"
)

// peerLimit ends a call of an outside telephone that hangs. They call in real
// time.
const peerLimit = 4 * time.Minute

// sound is what the line plays for messages, one after the other.
func (e *election) sound(t *testing.T, messages ...text.Message) []int16 {
	t.Helper()
	phrases, err := text.Render(messages)
	must(t, err)
	ulaw, err := e.library(t).Audio(phrases)
	must(t, err)
	return media.DecodeUlaw(ulaw)
}

// lasts is how long messages take to say.
func (e *election) lasts(t *testing.T, messages ...text.Message) time.Duration {
	t.Helper()
	return time.Duration(len(e.sound(t, messages...))) * time.Second / 8000
}

func english(id text.ID) text.Message { return text.Message{Lang: "en", ID: id} }

func codeIs(code string) text.Message {
	return text.Message{Lang: "en", ID: text.CodeIs, Digits: code}
}

// readAt is the option that is read at a place, from 1: the names begin with
// the option that the first eight bytes of the ballot key, modulo their number,
// give.
func readAt(b record.Ballot, contest, place int) int {
	n := uint64(len(names.Contests[contest].Options))
	return int((binary.BigEndian.Uint64(b.Voter.BallotKey.Bytes())%n + uint64(place) - 1) % n)
}

// keyed is what a caller keys in the two contests: the third name read in one,
// the first and the last in the other.
const keyedFirst, keyedSecond = "3#", "14#"

// checkKeyed holds the ballot cast for a letter against the keys, and what was
// heard against what the line had to say about that very ballot.
func (e *election) checkKeyed(t *testing.T, l voter.Letter, heard []int16) {
	t.Helper()
	b := e.castBallot(t, l)
	want := [][]int{{readAt(b, 0, 3)}, {readAt(b, 1, 1), readAt(b, 1, 4)}}
	if x := want[1]; x[0] > x[1] {
		x[0], x[1] = x[1], x[0]
	}
	if got := e.decrypt(t, b); !equalVotes(got, want) {
		t.Errorf("the ballot cast holds %v, keyed was %v", got, want)
	}
	for name, said := range map[string][]text.Message{
		"receipt code": {english(text.Sealed), codeIs(b.Code)},
		"cast":         {english(text.Cast), english(text.Goodbye)},
	} {
		sent := e.sound(t, said...)
		peak, lag := peers.Correlate(sent, heard)
		if peak <= 0.99 {
			t.Errorf("%s: correlation %.4f of what was heard with what was sent, at %d of %d samples; want above 0.99", name, peak, lag, len(heard))
		}
		t.Logf("%s: correlation %.5f over %.1f s", name, peak, float64(len(sent))/8000)
	}
}

// TestSippVotes is a whole vote by sipp, which can not hear: it keys through
// what it is told, and waits as long as the receipt code takes to read.
func TestSippVotes(t *testing.T) {
	peers.NeedSipp(t)
	t.Parallel()
	for _, tt := range []struct {
		name string
		info bool
	}{
		{"RFC 4733, with one timestamp for all presses of a key", false},
		{"SIP INFO", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, options{})
			e.serve(t, 1)
			l := e.letters[0]
			ctx, stop := context.WithTimeout(t.Context(), peerLimit)
			defer stop()
			port := evenPort(t)
			heard := tapSound(t, port)
			// The code is as long as its longest digits.
			sealing := e.lasts(t, english(text.Sealing), english(text.Sealed), codeIs(strings.Repeat("9", 16)))
			must(t, peers.Sipp{
				Dir: t.TempDir(), Target: e.line.Addr, Info: tt.info, Port: port, WaitBye: true,
				Steps: []peers.Step{
					{Pause: time.Second}, {Keys: "1"}, {Pause: time.Second}, {Keys: l.Number + l.PIN},
					{Pause: 3 * time.Second}, {Keys: keyedFirst + keyedSecond}, {Pause: time.Second}, {Keys: "1"},
					{Pause: sealing + 8*time.Second}, {Keys: l.CastCode + "#"},
				},
			}.Run(ctx))
			e.checkKeyed(t, l, heard())
		})
	}
}

// evenPort returns a UDP port that is free now, even as sound's is, and with
// free ones after it.
func evenPort(t *testing.T) int {
	t.Helper()
	for {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		must(t, err)
		port := c.LocalAddr().(*net.UDPAddr).Port
		must(t, c.Close())
		if port%2 == 0 && port < 65500 {
			return port
		}
	}
}

// tapSound records the mu-law that arrives at a port of this machine, for a
// telephone that does not record. It looks at the wire, which takes root; sipp
// needs that as well.
func tapSound(t *testing.T, port int) (heard func() []int16) {
	t.Helper()
	wire, err := net.ListenIP("ip4:udp", &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	must(t, wire.SetReadBuffer(8<<20))
	t.Cleanup(func() { wire.Close() })
	var mu sync.Mutex
	var ulaw []byte
	go func() {
		const udpHeader, rtpHeader = 8, 12
		packet := make([]byte, 2048)
		for {
			n, _, err := wire.ReadFrom(packet) // without the IP header
			if err != nil {
				return // closed
			}
			p := packet[:n]
			if len(p) < udpHeader+rtpHeader || int(binary.BigEndian.Uint16(p[2:])) != port || p[udpHeader+1]&0x7f != uint8(media.PCMU) {
				continue
			}
			mu.Lock()
			ulaw = append(ulaw, p[udpHeader+rtpHeader:]...)
			mu.Unlock()
		}
	}()
	return func() []int16 {
		mu.Lock()
		defer mu.Unlock()
		return media.DecodeUlaw(ulaw)
	}
}

// TestBaresipVotes is a whole vote by baresip, which records what it hears: the
// receipt code is taken from there.
func TestBaresipVotes(t *testing.T) {
	peers.NeedBaresip(t)
	t.Parallel()
	e := open(t, options{})
	e.serve(t, 1)
	l := e.letters[0]
	ctx, stop := context.WithTimeout(t.Context(), peerLimit)
	defer stop()
	b, err := peers.StartBaresip(ctx, t.TempDir(), "PCMU")
	must(t, err)
	defer b.Stop()
	must(t, b.Dial(ctx, e.line.Addr))
	words, err := text.For("en")
	must(t, err)
	hear := func(id text.ID) (ids []string) {
		t.Helper()
		for {
			samples, err := b.Recording()
			must(t, err)
			ids = nil
			found := false
			for _, p := range e.line.Dictionary.Recognise(samples) {
				ids = append(ids, p.ID)
				begins, ok := words.Announces(p.ID)
				found = found || ok && begins == id
			}
			if found {
				return ids
			}
			select {
			case <-ctx.Done():
				t.Fatalf("did not hear %q", id)
			case <-time.After(2 * time.Second):
			}
		}
	}
	hear(text.Language)
	for _, keys := range []string{"1", l.Number, l.PIN} {
		must(t, b.Press(ctx, keys))
	}
	hear(text.ContestOne)
	for _, keys := range []string{keyedFirst, keyedSecond, "1"} {
		must(t, b.Press(ctx, keys))
	}
	code, ok := text.CodeFromPhrases(hear(text.Decide))
	must(t, b.Press(ctx, l.CastCode+"#"))
	select {
	case <-b.Closed():
	case <-ctx.Done():
		t.Fatal("the line did not hang up after the cast")
	}
	b.Stop()
	samples, err := b.Recording()
	must(t, err)
	e.checkKeyed(t, l, samples)
	if cast := e.castBallot(t, l); !ok || code != cast.Code {
		t.Errorf("baresip did not hear the receipt code of its ballot (heard one: %v)", ok)
	}
}
