package prompt

import (
	"math"
	"slices"
	"testing"
)

// tone is a second of a sine.
func tone(rate int, hz, amplitude float64) sound {
	s := sound{rate: rate, samples: make([]int16, rate)}
	for i := range s.samples {
		s.samples[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return s
}

// level is the root mean square of the middle of the samples, away from the
// filter's ends.
func level(samples []int16) float64 {
	mid := samples[len(samples)/4 : len(samples)*3/4]
	sum := 0.0
	for _, s := range mid {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(mid)))
}

var rates = []int{11025, 16000, 22050, 44100, 48000}

// The telephone band passes as it is.
func TestResampleKeepsTheBand(t *testing.T) {
	for _, rate := range rates {
		for _, hz := range []float64{200, 1000, 3000, 3400} {
			got := resample(tone(rate, hz, 10000))
			if len(got) != Rate {
				t.Fatalf("%d Hz: a second has %d samples", rate, len(got))
			}
			want := tone(Rate, hz, 10000).samples
			worst := 0.0
			for i := Rate / 4; i < Rate*3/4; i++ {
				worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
			}
			if worst > 100 { // 1% of the amplitude
				t.Errorf("%d Hz: a tone of %.0f Hz is off by up to %.0f of 10,000", rate, hz, worst)
			}
		}
	}
}

// What the telephone can not carry does not fold back into the band.
func TestResampleStopsWhatWouldFold(t *testing.T) {
	for _, rate := range rates {
		for _, hz := range []float64{4100, 4700, 5000, 7000, 9000} {
			if hz >= float64(rate)/2 {
				continue
			}
			full := level(tone(rate, hz, 30000).samples)
			left := 20 * math.Log10((level(resample(tone(rate, hz, 30000)))+0.01)/full)
			if left > -60 {
				t.Errorf("%d Hz: a tone of %.0f Hz is left at %.0f dB, want below -60", rate, hz, left)
			}
		}
	}
}

func TestResampleAtRateIsExact(t *testing.T) {
	s := tone(Rate, 440, 20000)
	if got := resample(s); !slices.Equal(got, s.samples) {
		t.Error("a recording at 8 kHz was changed")
	}
}

func TestResampleClips(t *testing.T) {
	loud := sound{rate: 16000, samples: make([]int16, 400)}
	for i := range loud.samples {
		loud.samples[i] = 32767
		if i%40 < 20 {
			loud.samples[i] = -32768
		}
	}
	for i, s := range resample(loud)[50:150] {
		if want := loud.samples[2*(i+50)] > 0; (s > 0) != want && (i*2)%20 > 4 && (i*2)%20 < 16 {
			t.Fatalf("sample %d wrapped around: %d", i, s)
		}
	}
}

func TestTrim(t *testing.T) {
	words := slices.Repeat([]int16{5000, -5000}, Rate/4)
	samples := slices.Concat(make([]int16, Rate), words, make([]int16, Rate))
	if got, want := len(trim(samples)), lead+len(words)+tail; got != want {
		t.Errorf("%d samples left, want %d", got, want)
	}
	if got := trim(words); !slices.Equal(got, words) {
		t.Error("words without silence were cut")
	}
	if got := trim(make([]int16, 10)); len(got) != 10 {
		t.Errorf("%d samples of mere silence left, want all 10", len(got))
	}
}

func TestFramesAreWhole(t *testing.T) {
	for samples, want := range map[int]int{0: 0, 1: 160, 160: 160, 161: 320} {
		got := frames(make([]int16, samples))
		if len(got) != want {
			t.Errorf("%d samples give %d bytes, want %d", samples, len(got), want)
		}
		if slices.ContainsFunc(got, func(b byte) bool { return b != silence }) {
			t.Errorf("%d samples of silence are not silent", samples)
		}
	}
}
