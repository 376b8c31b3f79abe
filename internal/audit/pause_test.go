package audit

import (
	"math"
	"strings"
	"testing"
)

// TestKeyPause holds that pauses scatter around a call's own speed as a log-normal
// distribution does, and stay within what a line waits for.
func TestKeyPause(t *testing.T) {
	const speed, n = 400, 20_000
	d := &dice{r: source(9)}
	shorter, sum, squares, seen := 0, 0.0, 0.0, map[int]bool{}
	for range n {
		ms := keyPause(d, speed)
		if ms < speed*2/5 || ms > speed*5/2 {
			t.Fatalf("a pause of %d ms", ms)
		}
		if ms < speed {
			shorter++
		}
		x := math.Log(float64(ms) / speed)
		sum, squares, seen[ms] = sum+x, squares+x*x, true
	}
	// Cut off at two deviations, which takes it from 0.45 to 0.43.
	if mean, deviation := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.02 || math.Abs(deviation-0.43) > 0.02 {
		t.Errorf("mean %.3f, deviation %.3f", mean, deviation)
	}
	if shorter < n*48/100 || shorter > n*52/100 || len(seen) < 500 {
		t.Errorf("%d of %d are shorter, %d differ", shorter, n, len(seen))
	}
	if d := (&dice{r: strings.NewReader("")}); keyPause(d, speed) < 0 || d.err == nil {
		t.Error("randomness had no end")
	}
}
