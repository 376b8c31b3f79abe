package badline_test

import (
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"

	"rollcall/internal/badline"
	"rollcall/phone/media"
)

// pass sends n packets, whose first sample is their number, through a spoiler and
// returns what comes out.
func pass(spoil badline.Spoil, n int) (numbers []int16, sequence []uint16) {
	for i := range n {
		x := make([]int16, media.FrameSize)
		for j := range x {
			x[j] = int16(8 * i)
		}
		for _, p := range spoil(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: media.EncodeUlaw(x)}) {
			numbers, sequence = append(numbers, media.DecodeUlaw(p.Payload)[0]), append(sequence, p.SequenceNumber)
		}
	}
	return numbers, sequence
}

// TestLose holds that about the share asked for is lost, and that a line that
// conceals loses no packet and repeats sound instead.
func TestLose(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 2000
	for _, burst := range []float64{1, 5} {
		_, got := pass(badline.Lose(r.Float64, 0.05, burst, false), n)
		if lost := n - len(got); lost < 50 || lost > 160 {
			t.Errorf("bursts of %v: %d of %d lost", burst, lost, n)
		}
	}
	sound, got := pass(badline.Lose(r.Float64, 0.5, 1, true), 60)
	repeated := 0
	for i := range sound[1:] {
		if sound[i+1] == sound[i] {
			repeated++
		}
	}
	if len(got) != 60 || repeated < 10 || repeated > 50 {
		t.Errorf("%d packets, %d repeat the one before", len(got), repeated)
	}
}

func TestReorder(t *testing.T) {
	_, got := pass(badline.Reorder(rand.New(rand.NewPCG(2, 2)).Float64, 0.2), 500)
	swapped := 0
	for i := range got[1:] {
		if got[i+1] < got[i] {
			swapped++
		}
	}
	if len(got) < 499 || swapped < 40 || swapped > 160 {
		t.Errorf("%d packets, %d out of order", len(got), swapped)
	}
}

// TestDrift holds that a fast clock is ahead, and a slow one behind, by as much as
// it should be: a ramp shows where each sample comes from.
func TestDrift(t *testing.T) {
	const part = 0.01
	// A click every 1000 samples comes every 1000/(1+part).
	spoil, clicks, at := badline.Drift(part), []int(nil), 0
	for i := range 60 {
		x := make([]int16, media.FrameSize)
		for j := range x {
			if (i*media.FrameSize+j)%1000 == 500 {
				x[j] = 20000
			}
		}
		for _, v := range media.DecodeUlaw(spoil(&rtp.Packet{Payload: media.EncodeUlaw(x)})[0].Payload) {
			if v > 9000 && (len(clicks) == 0 || at-clicks[len(clicks)-1] > 10) {
				clicks = append(clicks, at)
			}
			at++
		}
	}
	for i := range clicks[1:] {
		if d := clicks[i+1] - clicks[i]; d < 988 || d > 992 {
			t.Errorf("clicks are %d samples apart, want 990", d)
		}
	}
	if len(clicks) < 8 {
		t.Errorf("%d clicks", len(clicks))
	}
}

func TestChanges(t *testing.T) {
	loud := func(spoil badline.Spoil) float64 {
		x := make([]int16, media.FrameSize)
		for i := range x {
			x[i] = int16(8000 * (1 - 2*(i%2)))
		}
		sum := 0.0
		for _, v := range media.DecodeUlaw(spoil(&rtp.Packet{Payload: media.EncodeUlaw(x)})[0].Payload) {
			sum += float64(v) * float64(v)
		}
		return sum / media.FrameSize / 64e6
	}
	if g := loud(badline.Attenuate(12)); g < 0.058 || g > 0.068 {
		t.Errorf("12 dB are %v of the power", g)
	}
	if g := loud(badline.Transcode()); g < 0.9 || g > 1.1 {
		t.Errorf("transcoding changes the power to %v", g)
	}
	if g := loud(badline.Hiss(rand.New(rand.NewPCG(3, 3)).NormFloat64, 8000)); g < 1.5 || g > 2.5 {
		t.Errorf("noise as loud as the sound makes %v of the power", g)
	}
	if g := loud(badline.Both(badline.Attenuate(6), badline.Attenuate(6))); g < 0.055 || g > 0.075 {
		t.Errorf("twice 6 dB are %v of the power", g)
	}
}
