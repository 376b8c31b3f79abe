package prompt

import "rollcall/phone/media"

// Rate is the sampling rate of all audio, in Hz and, as G.711 has one byte a
// sample, in bytes per second.
const Rate = 8000

// FrameSize is one 20 ms frame in bytes.
const FrameSize = media.FrameSize

// silence is the mu-law byte of a zero sample.
const silence = 0xff

// frames encodes samples at Rate and fills the last frame with silence.
func frames(samples []int16) []byte {
	out := media.EncodeUlaw(samples)
	for len(out)%FrameSize != 0 {
		out = append(out, silence)
	}
	return out
}
