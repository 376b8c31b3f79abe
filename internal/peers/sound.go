package peers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/cmplx"
)

const sampleRate = 8000

// DecodeWAV reads a WAV file of 16-bit mono samples, 8000 a second. A file whose writer was stopped, so that its
// lengths are wrong, is read as far as it goes.
func DecodeWAV(b []byte) ([]int16, error) {
	le := binary.LittleEndian
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, errors.New("wav: not a WAV file")
	}
	known := false
	for b = b[12:]; len(b) >= 8; {
		id, size := string(b[:4]), int(le.Uint32(b[4:]))
		b = b[8:]
		switch id {
		case "fmt ":
			if len(b) < 16 || le.Uint16(b) != 1 || le.Uint16(b[2:]) != 1 || le.Uint32(b[4:]) != sampleRate || le.Uint16(b[14:]) != 16 {
				return nil, fmt.Errorf("wav: not 16-bit mono at %d samples a second", sampleRate)
			}
			known = true
		case "data":
			if !known {
				return nil, errors.New("wav: no format before the samples")
			}
			if size == 0 || size > len(b) {
				size = len(b)
			}
			samples := make([]int16, size/2)
			for i := range samples {
				samples[i] = int16(le.Uint16(b[2*i:]))
			}
			return samples, nil
		}
		b = b[min(len(b), size+size%2):]
	}
	return nil, errors.New("wav: no samples")
}

// Correlate looks for sent in heard, at every lag, and returns the highest normalised correlation, 1 being equal up to
// loudness, and where in heard, in samples, it is.
func Correlate(sent, heard []int16) (peak float64, lag int) {
	if len(sent) == 0 || len(heard) < len(sent) {
		return 0, 0
	}
	n := 1 << bits.Len(uint(len(heard)+len(sent)))
	a, b := spectrum(sent, n), spectrum(heard, n)
	for i := range a {
		b[i] *= cmplx.Conj(a[i])
	}
	// The inverse transform is the transform of the conjugate, over n.
	for i := range b {
		b[i] = cmplx.Conj(b[i])
	}
	fft(b)
	energy := func(s []int16) (e float64) {
		for _, v := range s {
			e += float64(v) * float64(v)
		}
		return e
	}
	all, window := energy(sent), energy(heard[:len(sent)])
	for l := 0; l+len(sent) <= len(heard); l++ {
		if l > 0 {
			in, out := float64(heard[l+len(sent)-1]), float64(heard[l-1])
			window += in*in - out*out
		}
		if all == 0 || window < 1 {
			continue
		}
		if c := real(b[l]) / float64(n) / math.Sqrt(all*window); c > peak {
			peak, lag = c, l
		}
	}
	return peak, lag
}

func spectrum(samples []int16, n int) []complex128 {
	x := make([]complex128, n)
	for i, s := range samples {
		x[i] = complex(float64(s), 0)
	}
	fft(x)
	return x
}

// fft transforms x in place; its length is a power of two.
func fft(x []complex128) {
	n := len(x)
	shift := 64 - bits.Len(uint(n-1))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); n > 1 && i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		root := cmplx.Rect(1, -2*math.Pi/float64(size))
		for at := 0; at < n; at += size {
			w := complex(1, 0)
			for i := at; i < at+size/2; i++ {
				u, v := x[i], x[i+size/2]*w
				x[i], x[i+size/2] = u+v, u-v
				w *= root
			}
		}
	}
}
