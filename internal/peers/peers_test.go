package peers_test

import (
	"context"
	"math"
	"testing"
	"time"

	"rollcall/internal/caller"
	"rollcall/internal/peers"
	"rollcall/phone/media"
	"rollcall/phone/sip"
)

// limit ends a test that hangs.
const limit = 90 * time.Second

// line is a server that plays a prompt to each caller and notes the keys pressed.
func line(t *testing.T, prompt []byte) (*sip.Server, <-chan string) {
	t.Helper()
	keys := make(chan string, 1)
	s, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0"}, func(ctx context.Context, call *sip.Call) {
		go func() { _ = call.Play(ctx, prompt) }() // ends with the call
		var pressed []byte
		for {
			select {
			case k := <-call.Digits():
				pressed = append(pressed, k)
			case <-ctx.Done():
				for len(call.Digits()) > 0 {
					pressed = append(pressed, <-call.Digits())
				}
				keys <- string(pressed)
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, keys
}

// melody is sound like a voice's in loudness and pitch, in whole frames.
func melody(seconds float64) []byte {
	n := int(seconds*50) * media.FrameSize
	samples := make([]int16, n)
	for i := range samples {
		at := float64(i) / 8000
		pitch := 200 + 150*math.Sin(at*1.7) + 90*math.Sin(at*5.1)
		samples[i] = int16(9000 * math.Sin(2*math.Pi*pitch*at) * (0.6 + 0.4*math.Sin(at*9)))
	}
	return media.EncodeUlaw(samples)
}

func TestSippPressesKeys(t *testing.T) {
	peers.NeedSipp(t)
	const want = "0123456789*#1122**"
	for _, tt := range []struct {
		name string
		info bool
	}{
		{"RFC 4733 recordings", false},
		{"SIP INFO", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, keys := line(t, nil)
			ctx, stop := context.WithTimeout(t.Context(), limit)
			defer stop()
			err := peers.Sipp{
				Dir: t.TempDir(), Target: s.Addr(), Info: tt.info,
				Steps: []peers.Step{{Pause: 300 * time.Millisecond}, {Keys: want}, {Pause: 300 * time.Millisecond}},
			}.Run(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := <-keys; got != want {
				t.Errorf("sipp pressed %q, heard %q", want, got)
			}
		})
	}
}

func TestBaresipPressesKeysAndRecords(t *testing.T) {
	peers.NeedBaresip(t)
	const want = "1*90#55"
	for _, codec := range []string{"PCMU", "PCMA"} {
		t.Run(codec, func(t *testing.T) {
			prompt := melody(3)
			s, keys := line(t, prompt)
			ctx, stop := context.WithTimeout(t.Context(), limit)
			defer stop()
			b, err := peers.StartBaresip(ctx, t.TempDir(), codec)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Stop()
			if err := b.Dial(ctx, s.Addr()); err != nil {
				t.Fatal(err)
			}
			if err := b.Press(ctx, want); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond) // until the prompt has been played and recorded, in real time
			if err := b.Hangup(ctx); err != nil {
				t.Fatal(err)
			}
			if got := <-keys; got != want {
				t.Errorf("baresip pressed %q, heard %q", want, got)
			}
			b.Stop()
			heard, err := b.Recording()
			if err != nil {
				t.Fatal(err)
			}
			peak, lag := peers.Correlate(media.DecodeUlaw(prompt), heard)
			if peak < 0.99 {
				t.Errorf("correlation %.4f of the recording with the prompt, at %d of %d samples; want above 0.99", peak, lag, len(heard))
			}
			t.Logf("correlation %.5f at %d samples", peak, lag)
		})
	}
}

// TestBaresipHearsWhileItCalls reads the recording of a call that goes on, as a test of a whole conversation has to: it
// waits for a phrase before it presses a key.
func TestBaresipHearsWhileItCalls(t *testing.T) {
	peers.NeedBaresip(t)
	phrases := map[string][]byte{"greeting": melody(1), "thanks": media.EncodeUlaw(media.DecodeUlaw(melody(2))[8000:])}
	d, err := caller.NewDictionary(phrases)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sip.Listen(sip.Config{Listen: "127.0.0.1:0"}, func(ctx context.Context, call *sip.Call) {
		if call.Play(ctx, phrases["greeting"]) != nil {
			return
		}
		select {
		case <-call.Digits():
		case <-ctx.Done():
			return
		}
		_ = call.Play(ctx, phrases["thanks"])
		<-ctx.Done()
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	b, err := peers.StartBaresip(ctx, t.TempDir(), "PCMU")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Stop()
	if err := b.Dial(ctx, s.Addr()); err != nil {
		t.Fatal(err)
	}
	hear := func(n int, id string) {
		t.Helper()
		for {
			samples, err := b.Recording()
			if err != nil {
				t.Fatal(err)
			}
			if heard := d.Recognise(samples); len(heard) >= n {
				if !heard[n-1].Is(id) {
					t.Fatalf("heard %q, want %q", heard[n-1].ID, id)
				}
				return
			}
			select {
			case <-ctx.Done():
				t.Fatalf("did not hear %q in %d samples", id, len(samples))
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	hear(1, "greeting")
	if err := b.Press(ctx, "1"); err != nil {
		t.Fatal(err)
	}
	hear(2, "thanks")
	if err := b.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
}
