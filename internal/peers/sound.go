package peers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
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
	fft := fourier.NewFFT(n)
	a, b := spectrum(fft, sent), spectrum(fft, heard)
	for i := range a {
		b[i] *= cmplx.Conj(a[i])
	}
	match := fft.Sequence(nil, b)
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
		if c := match[l] / float64(n) / math.Sqrt(all*window); c > peak {
			peak, lag = c, l
		}
	}
	return peak, lag
}

func spectrum(fft *fourier.FFT, samples []int16) []complex128 {
	x := make([]float64, fft.Len())
	for i, s := range samples {
		x[i] = float64(s)
	}
	return fft.Coefficients(nil, x)
}
