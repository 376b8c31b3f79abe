package audit

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence of each bound by itself.
const Confidence = 0.95

// Assumption is what the bounds rest on.
const Assumption = "The calls were like voters' calls: whoever handled them could not tell one from a voter's call before the choice to test was keyed."

// Found is a mismatch of a report.
type Found struct {
	Call     int    `json:"call"`
	Kind     Kind   `json:"kind"`
	Detail   string `json:"detail"`
	Evidence string `json:"evidence"`                 // directory
	Lacking  string `json:"evidence_lacks,omitempty"` // why the board's entries are not in it
}

// Report is what an audit has found.
type Report struct {
	Election   string          `json:"election"`
	Planned    int             `json:"planned"`
	Made       int             `json:"made"`
	Complete   bool            `json:"complete"`
	Outcomes   map[Outcome]int `json:"outcomes"`
	Compared   int             `json:"compared"`              // ballots of calls that pressed test
	Unheard    int             `json:"compared_without_code"` // of those, whose code stayed unclear
	Mismatched int             `json:"mismatched"`            // of the compared, with a mismatch of any kind
	Uncompared int             `json:"sealed_not_compared"`   // calls that were not to abandon, with a ballot on the board that never was compared
	Low        float64         `json:"altered_at_least"`
	High       float64         `json:"altered_at_most"`
	Worst      float64         `json:"altered_at_most_if_all_not_compared_are"` // as High, had every one of Uncompared been found altered
	Confidence float64         `json:"confidence"`
	Assumption string          `json:"assumption"`
	Mismatches []Found         `json:"mismatches"`
	Board      string          `json:"board_fault,omitempty"` // why the board could not be read to its end
}

// Interval bounds the share of altered ballots when k of n compared were. Each bound
// holds by itself with 95 % confidence, whatever the share is (Clopper and Pearson
// 1934, one-sided): both at once with at least 90 %. That way the bound from above
// for k = 0 is one of the same rule, not one that is chosen after k is seen. Where
// nothing was compared nothing is known.
func Interval(k, n int) (low, high float64) {
	switch tail := 1 - Confidence; {
	case n == 0:
		return 0, 1
	case k == 0:
		return 0, 1 - math.Pow(tail, 1/float64(n))
	default:
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
		if k == n {
			return low, 1
		}
		return low, distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
}

// Write writes the report for people.
func (r *Report) Write(w io.Writer) {
	fmt.Fprintf(w, "%d of %d calls made\n", r.Made, r.Planned)
	for _, o := range slices.Sorted(maps.Keys(r.Outcomes)) {
		fmt.Fprintf(w, "  %4d %s\n", r.Outcomes[o], o)
	}
	fmt.Fprintf(w, "%d ballots tested and compared with what was keyed, %d of them with a mismatch\n", r.Compared, r.Mismatched)
	if r.Unheard > 0 {
		fmt.Fprintf(w, "%d of them without their code having been understood, found by the ballot number alone\n", r.Unheard)
	}
	for _, f := range r.Mismatches {
		fmt.Fprintf(w, "\nMISMATCH in call %d, %s: %s\n  evidence: %s\n", f.Call, f.Kind, f.Detail, f.Evidence)
		if f.Lacking != "" {
			fmt.Fprintf(w, "  The evidence lacks the board's entries, which could not be fetched: %s\n", f.Lacking)
		}
	}
	fmt.Fprintln(w)
	switch {
	case r.Compared == 0:
		fmt.Fprintln(w, "Nothing was compared, so nothing is known of the share of ballots altered before sealing.")
	case r.Mismatched == 0:
		fmt.Fprintf(w, "With 95 %% confidence at most %.2f %% of ballots were altered before sealing.\n", 100*r.High)
	default:
		fmt.Fprintf(w, "With 95 %% confidence at most %.2f %% of ballots were altered or not opened.\n", 100*r.High)
		fmt.Fprintf(w, "With 95 %% confidence at least %.2f %% were. (Each of the two holds by itself; both at once with 90 %%.)\n", 100*r.Low)
	}
	if r.Uncompared > 0 {
		fmt.Fprintf(w, "%d more calls sealed a ballot that was to be tested and never was compared. Had all of these been altered, it would be, with 95 %% confidence, at most %.2f %%.\n",
			r.Uncompared, 100*r.Worst)
	}
	fmt.Fprintln(w, Assumption)
	if r.Board != "" {
		fmt.Fprintf(w, "The board could not be read to its end, and the calls are judged by what was read before: %s\n", r.Board)
	}
	if !r.Complete {
		fmt.Fprintln(w, "The audit is not complete: run it again with the same directory to go on.")
	}
}

// Mismatch tells whether anything was found.
func (r *Report) Mismatch() bool { return len(r.Mismatches) > 0 }
