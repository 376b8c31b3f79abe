package media

// FrameSize is the number of bytes, and of samples, in one frame: 20 ms at 8000 samples a second.
const FrameSize = 160

// Silence is the mu-law byte of a zero sample.
const Silence = 0xff

// decodeUlaw and decodeAlaw map a G.711 byte to a 16-bit linear sample; ulawToAlaw and alawToUlaw convert directly.
var (
	decodeUlaw = table(expandUlaw)
	decodeAlaw = table(expandAlaw)
	ulawToAlaw = table(func(b byte) byte { return compressAlaw(decodeUlaw[b]) })
	alawToUlaw = table(func(b byte) byte { return compressUlaw(decodeAlaw[b]) })
)

func table[T any](f func(byte) T) (t [256]T) {
	for i := range t {
		t[i] = f(byte(i))
	}
	return t
}

// EncodeUlaw converts 16-bit linear samples to mu-law (ITU-T G.711, table 2), a byte each.
func EncodeUlaw(samples []int16) []byte {
	out := make([]byte, len(samples))
	for i, s := range samples {
		out[i] = compressUlaw(s)
	}
	return out
}

// DecodeUlaw converts mu-law to 16-bit linear samples.
func DecodeUlaw(ulaw []byte) []int16 {
	out := make([]int16, len(ulaw))
	for i, b := range ulaw {
		out[i] = decodeUlaw[b]
	}
	return out
}

// EncodeAlaw converts 16-bit linear samples to A-law (ITU-T G.711, table 1), a byte each.
func EncodeAlaw(samples []int16) []byte {
	out := make([]byte, len(samples))
	for i, s := range samples {
		out[i] = compressAlaw(s)
	}
	return out
}

// DecodeAlaw converts A-law to 16-bit linear samples.
func DecodeAlaw(alaw []byte) []int16 {
	out := make([]int16, len(alaw))
	for i, b := range alaw {
		out[i] = decodeAlaw[b]
	}
	return out
}

// UlawToAlaw appends to dst the A-law of ulaw.
func UlawToAlaw(dst, ulaw []byte) []byte {
	for _, b := range ulaw {
		dst = append(dst, ulawToAlaw[b])
	}
	return dst
}

// AlawToUlaw appends to dst the mu-law of alaw.
func AlawToUlaw(dst, alaw []byte) []byte {
	for _, b := range alaw {
		dst = append(dst, alawToUlaw[b])
	}
	return dst
}

// expandUlaw: a byte is sign, three bits of segment and four of mantissa, all inverted. The segments are shifted by
// a bias of 33 (132 in 16 bits), which makes each twice as wide as the one below.
func expandUlaw(b byte) int16 {
	b = ^b
	v := (int16(b&0x0f)<<3+ulawBias)<<(b>>4&7) - ulawBias
	if b&0x80 != 0 {
		return -v
	}
	return v
}

const (
	ulawBias = 132
	ulawClip = 32767 - ulawBias
)

func compressUlaw(s int16) byte {
	v, sign := int32(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, ulawClip) + ulawBias
	segment := byte(0)
	for v>>segment > 0xff {
		segment++
	}
	return ^(sign | segment<<4 | byte(v>>(segment+3))&0x0f)
}

// expandAlaw: a byte is sign (1 is positive), three bits of segment and four of mantissa, the even bits inverted.
// Segment 0 is as fine as segment 1.
func expandAlaw(b byte) int16 {
	b ^= 0x55
	v := int16(b&0x0f)<<4 + 8
	if segment := b >> 4 & 7; segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

func compressAlaw(s int16) byte {
	v, sign := int32(s), byte(0x80)
	if v < 0 {
		v, sign = -v-1, 0
	}
	segment := byte(0)
	for v>>segment > 0xff {
		segment++
	}
	// Segments 0 and 1 have the same step of 16; from there on it doubles.
	mantissa := byte(v>>(max(segment, 1)+3)) & 0x0f
	return (sign | segment<<4 | mantissa) ^ 0x55
}
