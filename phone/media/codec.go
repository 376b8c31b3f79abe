package media

import "fmt"

// Codec is a G.711 variant, by its static RTP payload type (RFC 3551, table 4).
type Codec uint8

// The two codecs that every telephone network carries.
const (
	PCMU Codec = 0
	PCMA Codec = 8
)

// String returns the encoding name that SDP uses.
func (c Codec) String() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	}
	return fmt.Sprintf("codec %d", uint8(c))
}

// Valid reports whether c is one of the two codecs.
func (c Codec) Valid() bool { return c == PCMU || c == PCMA }

// fromUlaw appends to dst the frame in codec c.
func (c Codec) fromUlaw(dst, ulaw []byte) []byte {
	if c == PCMA {
		return UlawToAlaw(dst, ulaw)
	}
	return append(dst, ulaw...)
}

// toUlaw appends to dst the mu-law of a frame in codec c.
func (c Codec) toUlaw(dst, frame []byte) []byte {
	if c == PCMA {
		return AlawToUlaw(dst, frame)
	}
	return append(dst, frame...)
}
