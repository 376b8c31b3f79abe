package prompt

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// wav builds a file of one format chunk and one data chunk.
func wav(tag, channels uint16, rate uint32, depth uint16, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVEfmt ")
	for _, v := range []any{uint32(16), tag, channels, rate, rate * uint32(channels) * uint32(depth) / 8, channels * depth / 8, depth} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(len(data)))
	b.Write(data)
	return b.Bytes()
}

func pcm(samples ...int16) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, samples)
	return b.Bytes()
}

// extensible rewrites a file's format chunk in the extensible form.
func extensible(raw []byte) []byte {
	format := append(slices.Clone(raw[20:36]), make([]byte, 24)...)
	copy(format[24:], format[:2]) // the sub-format starts with the old tag
	binary.LittleEndian.PutUint16(format, 0xfffe)
	return slices.Concat(raw[:16], []byte{40, 0, 0, 0}, format, raw[36:])
}

func TestParseWAV(t *testing.T) {
	good := wav(1, 1, 16000, 16, pcm(1, -2, 300))
	withList := slices.Concat(good[:36], []byte("LIST\x03\x00\x00\x00abc\x00"), good[36:])
	open := slices.Clone(good)
	binary.LittleEndian.PutUint32(open[40:], 0x7ffff000)
	for name, tc := range map[string]struct {
		raw     []byte
		stream  bool
		want    []int16
		wantErr string
	}{
		"mono":             {good, false, []int16{1, -2, 300}, ""},
		"stereo":           {wav(1, 2, 44100, 16, pcm(100, 200, -32768, -32768)), false, []int16{150, -32768}, ""},
		"other-chunk":      {withList, false, []int16{1, -2, 300}, ""},
		"extensible":       {extensible(good), false, []int16{1, -2, 300}, ""},
		"open-stream":      {open, true, []int16{1, -2, 300}, ""},
		"open-file":        {open, false, nil, "cut short"},
		"empty":            {nil, false, nil, "not a WAV"},
		"other-file":       {[]byte("OggS and more than twelve bytes"), false, nil, "not a WAV"},
		"header-only":      {good[:12], false, nil, "no data"},
		"no-data":          {good[:36], false, nil, "no data"},
		"cut-short":        {good[:len(good)-1], false, nil, "cut short"},
		"no-samples":       {wav(1, 1, 8000, 16, nil), false, nil, "no samples"},
		"half-a-sample":    {wav(1, 2, 8000, 16, pcm(1)), false, nil, "no samples"},
		"data-first":       {append(slices.Clone(good[:12]), good[36:]...), false, nil, "before format"},
		"short-format":     {slices.Concat(good[:16], []byte{2, 0, 0, 0, 1, 0}, good[36:]), false, nil, "cut short"},
		"eight-bit":        {wav(1, 1, 8000, 8, []byte{1, 2}), false, nil, "16-bit PCM"},
		"float":            {wav(3, 1, 8000, 16, pcm(1)), false, nil, "16-bit PCM"},
		"mu-law":           {wav(7, 1, 8000, 16, pcm(1)), false, nil, "16-bit PCM"},
		"five-channels":    {wav(1, 5, 8000, 16, pcm(1, 2, 3, 4, 5)), false, nil, "5 channels"},
		"no-channels":      {wav(1, 0, 8000, 16, pcm(1)), false, nil, "0 channels"},
		"too-slow":         {wav(1, 1, 7999, 16, pcm(1)), false, nil, "7999 Hz"},
		"too-fast":         {wav(1, 1, 192001, 16, pcm(1)), false, nil, "192001 Hz"},
		"extensible-float": {extensible(wav(3, 1, 8000, 16, pcm(1))), false, nil, "16-bit PCM"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseWAV(tc.raw, tc.stream)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("got %v, want an error with %q", err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.samples, tc.want) {
				t.Errorf("got %v, want %v", s.samples, tc.want)
			}
		})
	}
}

// FuzzParseWAV: no file makes the parser panic, and what it accepts can be sent.
func FuzzParseWAV(f *testing.F) {
	good := wav(1, 1, 16000, 16, pcm(1, -2, 300))
	f.Add(good, false)
	f.Add(good[:43], true)
	f.Add(extensible(wav(1, 2, 44100, 16, pcm(1, 2))), false)
	f.Fuzz(func(t *testing.T, raw []byte, stream bool) {
		s, err := parseWAV(raw, stream)
		if err != nil {
			return
		}
		if len(s.samples) == 0 || len(s.samples) > len(raw) || s.rate < minWAVRate || s.rate > maxWAVRate {
			t.Errorf("%d samples at %d Hz from %d bytes", len(s.samples), s.rate, len(raw))
		}
		if len(s.samples) < 1000 && s.rate%1000 == 0 && len(frames(resample(s)))%FrameSize != 0 {
			t.Error("not whole frames")
		}
	})
}
