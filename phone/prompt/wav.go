package prompt

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// sound is one channel of 16-bit samples at some rate.
type sound struct {
	rate    int // Hz
	samples []int16
}

// Limits of what is read: rates that telephones, studios and espeak-ng use.
const (
	minWAVRate = 8000
	maxWAVRate = 192000
	maxWAV     = 64 << 20 // bytes
)

// parseWAV reads RIFF/WAVE with 16-bit PCM, mono or stereo (mixed to mono). A
// stream may leave the length of its data open, as espeak-ng does on a pipe; a
// file may not.
func parseWAV(raw []byte, stream bool) (sound, error) {
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return sound{}, errors.New("not a WAV file")
	}
	var channels int
	out := sound{}
	for rest := raw[12:]; len(rest) >= 8; {
		kind, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:8]))
		rest = rest[8:]
		if kind == "data" && stream {
			size = min(size, uint64(len(rest)))
		}
		if size > uint64(len(rest)) {
			return sound{}, fmt.Errorf("chunk %q is cut short", kind)
		}
		body := rest[:size]
		switch kind {
		case "fmt ":
			var err error
			if channels, out.rate, err = parseFormat(body); err != nil {
				return sound{}, err
			}
		case "data":
			if channels == 0 {
				return sound{}, errors.New("data before format")
			}
			out.samples = mono(body, channels)
			if len(out.samples) == 0 {
				return sound{}, errors.New("no samples")
			}
			return out, nil
		}
		rest = rest[min(size+size%2, uint64(len(rest))):]
	}
	return sound{}, errors.New("no data")
}

func parseFormat(f []byte) (channels, rate int, err error) {
	const pcm, extensible = 1, 0xfffe
	if len(f) < 16 {
		return 0, 0, errors.New("format is cut short")
	}
	tag := binary.LittleEndian.Uint16(f)
	if tag == extensible && len(f) >= 26 {
		tag = binary.LittleEndian.Uint16(f[24:]) // first field of the sub-format
	}
	channels = int(binary.LittleEndian.Uint16(f[2:]))
	wide := binary.LittleEndian.Uint32(f[4:])
	depth := binary.LittleEndian.Uint16(f[14:])
	switch {
	case tag != pcm || depth != 16:
		return 0, 0, fmt.Errorf("format %d with %d bits, want 16-bit PCM", tag, depth)
	case channels != 1 && channels != 2:
		return 0, 0, fmt.Errorf("%d channels, want mono or stereo", channels)
	case wide < minWAVRate || wide > maxWAVRate:
		return 0, 0, fmt.Errorf("%d Hz, want %d to %d", wide, minWAVRate, maxWAVRate)
	}
	return channels, int(wide), nil
}

// mono reads little-endian samples, the mean of both channels where there are two.
func mono(body []byte, channels int) []int16 {
	out := make([]int16, len(body)/(2*channels))
	for i := range out {
		sum := 0
		for c := range channels {
			sum += int(int16(binary.LittleEndian.Uint16(body[2*(i*channels+c):])))
		}
		out[i] = int16(sum / channels)
	}
	return out
}
