package badline

import (
	"math"

	"github.com/pion/rtp"

	"rollcall/phone/media"
)

// Chance draws numbers from 0 to 1, 1 excluded.
type Chance func() float64

// Lose loses packets, that share of them, in bursts of a mean length. The line may
// conceal it: then the packet before is repeated, and nobody can see a gap.
func Lose(chance Chance, share, burst float64, conceal bool) Spoil {
	bad := false
	var last []byte
	return func(p *rtp.Packet) []*rtp.Packet {
		if bad {
			bad = chance() >= 1/burst
		}
		if !bad {
			bad = chance() < share/burst
		}
		switch {
		case !bad:
			last = p.Payload
		case !conceal:
			return nil
		case last != nil:
			p.Payload = last
		}
		return []*rtp.Packet{p}
	}
}

// Reorder has a packet, with a chance, arrive behind the next one.
func Reorder(chance Chance, share float64) Spoil {
	var held *rtp.Packet
	return func(p *rtp.Packet) []*rtp.Packet {
		if held != nil {
			out := []*rtp.Packet{p, held}
			held = nil
			return out
		}
		if chance() < share {
			held = p
			return nil
		}
		return []*rtp.Packet{p}
	}
}

// Change changes the sound of each packet by a function of its samples.
func Change(do func(samples []int16) []int16) Spoil {
	return func(p *rtp.Packet) []*rtp.Packet {
		p.Payload = media.EncodeUlaw(do(media.DecodeUlaw(p.Payload)))
		return []*rtp.Packet{p}
	}
}

// Transcode passes the sound through the other codec, as a border between
// networks does.
func Transcode() Spoil {
	return Change(func(x []int16) []int16 { return media.DecodeAlaw(media.EncodeAlaw(x)) })
}

// Attenuate makes the sound fainter by so many dB.
func Attenuate(db float64) Spoil {
	g := math.Pow(10, -db/20)
	return Change(func(x []int16) []int16 {
		for i, v := range x {
			x[i] = int16(math.Round(float64(v) * g))
		}
		return x
	})
}

// Hiss adds noise of a root mean square amplitude.
func Hiss(normal func() float64, rms float64) Spoil {
	return Change(func(x []int16) []int16 {
		for i, v := range x {
			x[i] = int16(math.Round(max(-32000, min(32000, float64(v)+rms*normal()))))
		}
		return x
	})
}

// Drift plays the sound by a clock that is fast by a part, such as 50e-6: the
// sound between two samples is drawn straight.
func Drift(part float64) Spoil {
	at := 1.0
	var sound []float64 // the last sample of before, and what is not played yet
	return Change(func(x []int16) []int16 {
		if sound == nil {
			sound = make([]float64, media.FrameSize+2) // what it can run ahead by
		}
		for _, v := range x {
			sound = append(sound, float64(v))
		}
		out := make([]int16, len(x))
		for i := range out {
			n := min(int(at), len(sound)-2)
			f := min(at-float64(n), 1)
			out[i] = int16(math.Round(sound[n]*(1-f) + sound[n+1]*f))
			at += 1 + part
		}
		drop := int(at) - 1
		sound = append(sound[:0], sound[min(drop, len(sound)):]...)
		at -= float64(drop)
		return out
	})
}

// Both spoils what another has spoiled.
func Both(list ...Spoil) Spoil {
	return func(p *rtp.Packet) []*rtp.Packet {
		packets := []*rtp.Packet{p}
		for _, spoil := range list {
			var next []*rtp.Packet
			for _, p := range packets {
				next = append(next, spoil(p)...)
			}
			packets = next
		}
		return packets
	}
}
