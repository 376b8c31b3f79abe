package prompt

import "math"

// The low-pass filter of the resampler: a Kaiser-windowed sinc. The telephone
// band ends at 3,400 Hz; what lies above 4,000 Hz would fold back as noise, and
// is down by some 70 dB.
const (
	passHz    = 3400.0
	stopHz    = 4000.0
	kaiserB   = 6.8 // about 70 dB of stop band
	attenuate = 70.0
)

// resample converts to Rate with a polyphase filter. Sound at Rate is returned
// as it is, so that a recording made for the telephone is sent bit by bit.
func resample(s sound) []int16 {
	if s.rate == Rate {
		return s.samples
	}
	g := gcd(s.rate, Rate)
	up, down := Rate/g, s.rate/g
	taps := phases(up, s.rate)
	half := len(taps[0]) / 2
	out := make([]int16, (len(s.samples)*up+down-1)/down)
	for n := range out {
		at := n * down
		centre, phase := at/up, at%up
		sum := 0.0
		for k, w := range taps[phase] {
			if i := centre - half + 1 + k; i >= 0 && i < len(s.samples) {
				sum += w * float64(s.samples[i])
			}
		}
		out[n] = int16(math.Round(max(-32768, min(32767, sum))))
	}
	return out
}

// phases holds, for each of up positions between two input samples, the weights
// of the input samples around it. The weights of one phase add up to 1, so that
// a constant stays one.
func phases(up, rate int) [][]float64 {
	transition := (stopHz - passHz) / float64(rate)
	half := int(math.Ceil((attenuate - 8) / (2.285 * 2 * math.Pi * transition) / 2)) // Kaiser's formula
	cutoff := (passHz + stopHz) / float64(rate)                                      // of the input's Nyquist rate
	all := make([][]float64, up)
	for p := range all {
		w := make([]float64, 2*half)
		sum := 0.0
		for k := range w {
			x := float64(k-half+1) - float64(p)/float64(up)
			r := x / float64(half)
			w[k] = sinc(cutoff*x) * bessel0(kaiserB*math.Sqrt(max(0, 1-r*r)))
			sum += w[k]
		}
		for k := range w {
			w[k] /= sum
		}
		all[p] = w
	}
	return all
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel0 is the modified Bessel function of the first kind and order zero.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// How spoken audio is cut: below quiet is silence, of which a little is left
// before, and a breath after the words.
const (
	quiet = 200 // of 32,767
	lead  = Rate / 50
	tail  = Rate * 3 / 50
)

// trim cuts the silence of a synthesiser's utterance down, so that phrases that
// follow each other sound like one sentence.
func trim(samples []int16) []int16 {
	first, last := -1, 0
	for i, s := range samples {
		if s > quiet || s < -quiet {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return samples
	}
	return samples[max(0, first-lead):min(len(samples), last+1+tail)]
}
