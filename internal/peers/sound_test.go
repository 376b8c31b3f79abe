package peers

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

func noise(seed uint64, n int) []int16 {
	r := rand.New(rand.NewPCG(seed, 0))
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(r.IntN(20000) - 10000)
	}
	return s
}

func TestCorrelate(t *testing.T) {
	sent := noise(1, 1000)
	for _, tt := range []struct {
		name      string
		heard     []int16
		low, high float64
		lag       int
	}{
		{"itself", sent, 0.9999, 1.0001, 0},
		{"later", slices.Concat(noise(2, 777), sent, noise(3, 500)), 0.9999, 1.0001, 777},
		{"half as loud", slices.Concat(make([]int16, 50), scale(sent, 0.5)), 0.999, 1.0001, 50},
		{"another sound", noise(4, 3000), 0, 0.2, -1},
		{"a quarter missing", slices.Concat(sent[:500], make([]int16, 250), sent[750:]), 0.8, 0.9, 0},
		{"too short", sent[:999], 0, 0, 0},
		{"silence", make([]int16, 2000), 0, 0, 0},
	} {
		peak, lag := Correlate(sent, tt.heard)
		if peak < tt.low || peak > tt.high || tt.lag >= 0 && lag != tt.lag {
			t.Errorf("%s: correlation %.4f at %d, want %.4f to %.4f at %d", tt.name, peak, lag, tt.low, tt.high, tt.lag)
		}
	}
}

func scale(s []int16, by float64) []int16 {
	out := make([]int16, len(s))
	for i, v := range s {
		out[i] = int16(float64(v) * by)
	}
	return out
}

// encodeWAV returns a WAV file of 16-bit mono samples, 8000 a second.
func encodeWAV(samples []int16) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF"), le.AppendUint32(nil, uint32(36+2*len(samples)))...)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1) // PCM
	b = le.AppendUint16(b, 1) // mono
	b = le.AppendUint32(b, sampleRate)
	b = le.AppendUint32(b, 2*sampleRate)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*len(samples)))
	for _, s := range samples {
		b = le.AppendUint16(b, uint16(s))
	}
	return b
}

func TestWAV(t *testing.T) {
	want := noise(5, 333)
	file := encodeWAV(want)
	got, err := DecodeWAV(file)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("a WAV file does not come back: %v", err)
	}
	if got, err = DecodeWAV(file[:44+100]); err != nil || !slices.Equal(got, want[:50]) {
		t.Errorf("a cut WAV file is not read as far as it goes: %v", err)
	}
	stereo := slices.Clone(file)
	stereo[22] = 2
	for name, b := range map[string][]byte{"empty": nil, "no WAV": make([]byte, 100), "no samples": file[:36], "stereo": stereo} {
		if _, err := DecodeWAV(b); err == nil {
			t.Errorf("read: %s", name)
		}
	}
}
