package booth

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What these tests hold and what they do not: TestNoBranchOnTheChoice counts
// how often each block of Go code runs and needs no clock. It sees no short
// circuit inside an expression, no address and no assembly. The comparison of
// timings sees all of it and proves nothing: it is reported and never fails.

// timed are choices that must not be told apart, in two contests of ten
// options: a vote for one, and one for up to three.
var timed = []struct {
	name    string
	choices [][]int
}{
	{"first", [][]int{{0}, {0, 1}}},
	{"last", [][]int{{9}, {8, 9}}},
	{"none", [][]int{{}, {0, 9}}},
	{"descending", [][]int{{4}, {7, 2}}},
}

func timedFixture(t testing.TB) *fixture {
	return newFixture(t, nil, contest("one", 10, 1), contest("up", 10, 3))
}

// sealEnv makes this test program seal a choice and nothing else.
const sealEnv = "ROLLCALL_TEST_SEAL"

// TestNoBranchOnTheChoice seals different choices with programs that count how
// often each block of the booth, of crypto and of its libraries runs, and holds
// that the counts are the same.
func TestNoBranchOnTheChoice(t *testing.T) {
	// How many options of "up to three" are chosen may show, and must: else
	// the counts see nothing.
	control := [][]int{{0}, {0}}
	if name := os.Getenv(sealEnv); name != "" {
		choices := control
		for _, c := range timed {
			if c.name == name {
				choices = c.choices
			}
		}
		f := timedFixture(t)
		if _, _, err := f.Make(f.voter, 0, choices); err != nil {
			t.Fatal(err)
		}
		return
	}
	program := filepath.Join(t.TempDir(), "counting.test")
	out, err := exec.Command("go", "test", "-c", "-o", program, "-covermode=count",
		"-coverpkg=rollcall/crypto/...,rollcall/tally/booth,filippo.io/edwards25519/...,github.com/cloudflare/circl/math/...", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	counts := func(name string) []byte {
		t.Helper()
		profile := filepath.Join(t.TempDir(), "profile")
		cmd := exec.Command(program, "-test.run=^TestNoBranchOnTheChoice$", "-test.coverprofile="+profile)
		// When a pool is empty is up to the garbage collector and the scheduler.
		cmd.Env = append(os.Environ(), sealEnv+"="+name, "GOGC=off", "GOMAXPROCS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		b, err := os.ReadFile(profile)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := counts(timed[0].name)
	for _, c := range timed[1:] {
		if got := counts(c.name); !bytes.Equal(got, want) {
			t.Errorf("%s and %s run different blocks:\n%s", timed[0].name, c.name, firstDifference(want, got))
		}
	}
	if bytes.Equal(counts("control"), want) {
		t.Error("the counts do not see that fewer options are chosen")
	}
}

func firstDifference(a, b []byte) string {
	x, y := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			return fmt.Sprintf("%s\n%s", x[i], y[i])
		}
	}
	return "one has more lines"
}

// samples are the timings of one class, in nanoseconds.
type samples []float64

// timeChoices seals n ballots of each of the timed choices, in random order,
// so that what else the machine does falls on all alike.
func timeChoices(t testing.TB, n int) []samples {
	t.Helper()
	f := timedFixture(t)
	order := make([]int, 0, n*len(timed))
	for range n {
		for c := range timed {
			order = append(order, c)
		}
	}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	out := make([]samples, len(timed))
	for _, c := range order {
		choices := timed[c].choices
		start := time.Now()
		_, _, err := f.Make(f.voter, 0, choices)
		took := time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		out[c] = append(out[c], float64(took))
	}
	return out
}

// crops are the shares of the fastest timings that are compared: the slow ones
// are the machine's, not the code's.
var crops = []float64{0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1}

// compare is the statistic of dudect (Reparaz, Balasch and Verbauwhede, "Dude,
// is my code constant time?", DATE 2017): the largest of Welch's t over crops.
// Beyond 10 the classes differ for certain, below 4.5 nothing was seen.
func compare(a, b samples) float64 {
	both := slices.Sorted(slices.Values(slices.Concat(a, b)))
	largest := 0.0
	for _, share := range crops {
		limit := both[int(share*float64(len(both)-1))]
		if t := welch(a.upTo(limit), b.upTo(limit)); math.Abs(t) > math.Abs(largest) {
			largest = t
		}
	}
	return largest
}

func (s samples) upTo(limit float64) samples {
	return slices.DeleteFunc(slices.Clone(s), func(v float64) bool { return v > limit })
}

// welch is Welch's t: the difference of the means over its standard error.
func welch(a, b samples) float64 {
	ma, va := a.moments()
	mb, vb := b.moments()
	return (ma - mb) / math.Sqrt(va/float64(len(a))+vb/float64(len(b)))
}

// moments returns mean and variance.
func (s samples) moments() (mean, variance float64) {
	for i, v := range s {
		d := v - mean
		mean += d / float64(i+1)
		variance += d * (v - mean)
	}
	return mean, variance / float64(len(s)-1)
}

// TestTimingStatistic sees that the statistic finds a leak and invents none, on
// samples that no clock made: a base, noise, and now and then an interruption.
func TestTimingStatistic(t *testing.T) {
	if got := welch(samples{1, 2, 3}, samples{2, 4, 6, 8}); math.Abs(got+2.121320343) > 1e-9 {
		t.Errorf("Welch's t is %v, want -2.1213", got) // -3 / sqrt(1/3 + (20/3)/4)
	}
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(leak float64) samples {
		s := make(samples, 5000)
		for i := range s {
			s[i] = 600_000 + leak + 10_000*r.NormFloat64()
			if r.IntN(20) == 0 {
				s[i] += 2_000_000 * r.Float64()
			}
		}
		return s
	}
	if got := compare(draw(0), draw(0)); math.Abs(got) > 4.5 {
		t.Errorf("t of the same is %.1f", got)
	}
	// A third of one of the scalar multiplications of a ballot.
	for _, leak := range []float64{3_000, -3_000} {
		if got := compare(draw(leak), draw(0)); math.Abs(got) < 10 || got*leak < 0 {
			t.Errorf("t of a leak of %v ns is %.1f", leak, got)
		}
	}
}

// TestTimingOfChoices reports the statistic for a few ballots, for the record
// of a test run; BenchmarkTimingOfChoices takes many.
func TestTimingOfChoices(t *testing.T) {
	s := timeChoices(t, 20)
	for i, c := range timed[1:] {
		t.Logf("%s against %s: t = %.1f", timed[0].name, c.name, compare(s[0], s[i+1]))
	}
}

// BenchmarkTimingOfChoices reports the statistic: -benchtime 5000x are 5,000
// ballots of each choice.
func BenchmarkTimingOfChoices(b *testing.B) {
	s := timeChoices(b, max(b.N, 10))
	b.ReportMetric(0, "ns/op") // the time of all classes together says nothing
	for i, c := range timed[1:] {
		b.ReportMetric(compare(s[0], s[i+1]), "t-"+c.name)
	}
}
