package caller_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/caller"
	"rollcall/phone/media"
	"rollcall/phone/sip"
)

// fast is the clock of the tests: 1 ms a frame.
const fast = 20

// limit ends a test that hangs; nothing waits that long otherwise.
const limit = time.Minute

// phrase makes the sound of a phrase of n frames: noise that is its own.
func phrase(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n*media.FrameSize)
	for i := range b {
		b[i] = byte(r.UintN(256))
	}
	return b
}

func dictionary(t testing.TB, phrases map[string][]byte) *caller.Dictionary {
	t.Helper()
	d, err := caller.NewDictionary(phrases)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// listen starts a server whose calls are handled by h.
func listen(t testing.TB, h sip.Handler) *sip.Server {
	t.Helper()
	s, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0", Speed: fast}, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t testing.TB, s *sip.Server, opts caller.Options) *caller.Call {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	opts.Speed = fast
	c, err := caller.Dial(ctx, s.Addr(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Hangup)
	return c
}

func is(id string) func(string) bool { return func(s string) bool { return s == id } }

// menu greets, says each key it hears as a phrase, and ends the call on '#'.
func menu(phrases map[string][]byte) sip.Handler {
	return func(ctx context.Context, call *sip.Call) {
		key, err := call.PlayUntilDigit(ctx, phrases["greeting"])
		for {
			if err != nil {
				return
			}
			if key == 0 {
				select {
				case key = <-call.Digits():
				case <-ctx.Done():
					return
				}
			}
			if key == '#' {
				_ = call.Play(ctx, phrases["goodbye"])
				return
			}
			key, err = call.PlayUntilDigit(ctx, phrases[string(key)])
		}
	}
}

func menuPhrases() map[string][]byte {
	p := map[string][]byte{"greeting": phrase(100, 40), "goodbye": phrase(101, 10)}
	for i, k := range "0123456789*" {
		p[string(k)] = phrase(uint64(i), 5+i)
	}
	return p
}

func TestConversation(t *testing.T) {
	phrases := menuPhrases()
	d := dictionary(t, phrases)
	for _, tt := range []struct {
		name string
		opts caller.Options
	}{
		{"mu-law", caller.Options{}},
		{"A-law", caller.Options{Codec: media.PCMA}},
		{"keys by INFO", caller.Options{Info: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := listen(t, menu(phrases))
			tt.opts.Dictionary = d
			c := dial(t, s, tt.opts)
			ctx, stop := context.WithTimeout(t.Context(), limit)
			defer stop()
			if _, err := c.WaitFor(ctx, is("greeting")); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"1", "1", "5", "*", "0"} {
				if err := c.Press(ctx, key); err != nil {
					t.Fatal(err)
				}
				if p := <-c.Heard(); !p.Is(key) {
					t.Fatalf("heard %q after key %q", p.ID, key)
				}
			}
			if err := c.Press(ctx, "#"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.WaitFor(ctx, is("goodbye")); err != nil {
				t.Fatal(err)
			}
			<-c.Done()
			if _, err := c.WaitFor(ctx, is("anything")); err != caller.ErrEnded {
				t.Errorf("after the call: %v, want ErrEnded", err)
			}
			if err := c.Press(ctx, "1"); err != caller.ErrEnded {
				t.Errorf("key after the call: %v, want ErrEnded", err)
			}
		})
	}
}

func TestKeyInterruptsPrompt(t *testing.T) {
	phrases := menuPhrases()
	phrases["greeting"] = phrase(100, 100000) // over a minute even at this speed
	s := listen(t, menu(phrases))
	c := dial(t, s, caller.Options{Dictionary: dictionary(t, phrases), Record: true})
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	for len(c.Recording()) < 20*media.FrameSize {
		time.Sleep(time.Millisecond)
	}
	if err := c.Press(ctx, "7"); err != nil {
		t.Fatal(err)
	}
	select {
	case p := <-c.Heard():
		if !p.Is("7") {
			t.Errorf("heard %q", p.ID)
		}
	case <-ctx.Done():
		t.Error("the prompt was not interrupted")
	}
}

// TestManyCallers is the demonstration's load: many calls at 20 times real time, every phrase of each recognised.
func TestManyCallers(t *testing.T) {
	const callers, said = 30, 40
	phrases := make(map[string][]byte)
	var all []string
	for i := range said {
		id := fmt.Sprintf("p%02d", i)
		phrases[id] = phrase(uint64(i), 30)
		all = append(all, id)
	}
	s, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0", Speed: fast, MaxCalls: callers, MaxUnacked: callers},
		func(ctx context.Context, call *sip.Call) {
			for _, id := range all {
				if call.Play(ctx, phrases[id]) != nil {
					return
				}
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := dictionary(t, phrases)
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			c, err := caller.Dial(ctx, s.Addr(), caller.Options{Dictionary: d, Speed: fast})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Hangup()
			var got []string
			_, err = c.WaitFor(ctx, func(id string) bool { got = append(got, id); return false })
			if err != caller.ErrEnded || strings.Join(got, " ") != strings.Join(all, " ") {
				t.Errorf("heard %d of %d phrases, in order %v: %v", len(got), said, got, err)
			}
		})
	}
	wg.Wait()
}

func TestIPv6(t *testing.T) {
	sound := phrase(1, 20)
	s, err := sip.Listen(sip.Config{Listen: "[::1]:0", Speed: fast}, func(ctx context.Context, call *sip.Call) { _ = call.Play(ctx, sound) })
	if err != nil {
		t.Skipf("no IPv6 on this machine: %v", err)
	}
	defer s.Close()
	c := dial(t, s, caller.Options{Record: true})
	<-c.Done()
	if !bytes.Contains(c.Recording(), sound) {
		t.Errorf("the sound played is not in a recording of %d bytes", len(c.Recording()))
	}
}

func TestRefusal(t *testing.T) {
	s, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0", Speed: fast, MaxCalls: 1}, func(ctx context.Context, _ *sip.Call) { <-ctx.Done() })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := dial(t, s, caller.Options{})
	_, err = caller.Dial(t.Context(), s.Addr(), caller.Options{Speed: fast})
	var refused *caller.RefusedError
	if !errors.As(err, &refused) || refused.Status != 486 {
		t.Errorf("second call on one line: %v, want status 486", err)
	}
	first.Hangup()
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := caller.Dial(ctx, netip.MustParseAddrPort("127.0.0.1:9"), caller.Options{}); err == nil {
		t.Error("a call to nobody was answered")
	}
}

func TestRecordingIsWhatWasPlayed(t *testing.T) {
	sound := phrase(1, 50)
	s := listen(t, func(ctx context.Context, call *sip.Call) { _ = call.Play(ctx, sound) })
	c := dial(t, s, caller.Options{Record: true})
	<-c.Done()
	if !bytes.Contains(c.Recording(), sound) {
		t.Errorf("the sound played is not in a recording of %d bytes", len(c.Recording()))
	}
}
