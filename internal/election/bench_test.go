package election

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkSimulate is a whole election of ten options, from its keys to its
// result, for each voter.
func BenchmarkSimulate(b *testing.B) {
	o, err := Large(b.TempDir(), max(b.N, 1), 10, 1)
	if err != nil {
		b.Fatal(err)
	}
	e, _, err := Simulate(b.Context(), o, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
}
