package verifier

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// Status is what became of a check.
type Status string

// A check passes, fails, or is skipped: not run, or not yet answerable.
const (
	Pass    Status = "pass"
	Fail    Status = "fail"
	Skipped Status = "skipped"
)

// Check is the outcome of one numbered check.
type Check struct {
	ID     string `json:"id"`
	Title  string `json:"-"`
	Status Status `json:"status"`
	// Error says what failed and where; it is set iff Status is Fail.
	Error string `json:"error,omitempty"`
	// Note says why a check was skipped, or what is worth knowing.
	Note string `json:"note,omitempty"`
}

// Ballots counts the ballots of a record by their state.
type Ballots struct {
	Cast      uint64 `json:"cast"`
	Tested    uint64 `json:"tested"`
	Undecided uint64 `json:"undecided"`
	Void      uint64 `json:"void"`
}

// Count is one line of the result, with the ids of the manifest.
type Count struct {
	Contest string   `json:"contest"`
	Units   []string `json:"units"`
	Option  string   `json:"option"`
	Votes   uint64   `json:"votes"`
}

// Void is an entry that counts for nothing, and why: evidence against whoever
// let it in.
type Void struct {
	Index  uint64 `json:"index"`
	Kind   string `json:"kind"`
	Check  string `json:"check"`
	Reason string `json:"reason"`
}

// strayed ends the reason of a tick whose time is not that of its witnesses.
const strayed = "seconds from the tick's time"

// Strayed reports whether the entry is a tick that is void because its time is
// too far from that of a cosignature.
func (v *Void) Strayed() bool {
	return v.Kind == string(entry.KindTick) && strings.HasSuffix(v.Reason, strayed)
}

// Clock is the board's time as its valid ticks tell it, for whoever watches it.
type Clock struct {
	// Running is true from opening to end, while ticks must come.
	Running bool
	// Last is the time of the last valid tick, in POSIX seconds; 0 before the
	// first.
	Last uint64
	// Gap is the longest time, in seconds, from one valid tick to the next, among
	// those after Report.Before entries; GapAt is the index of the later one.
	Gap, GapAt uint64
	// Expired counts the valid ballots whose time to be decided has run out, and
	// Undecided those of them that nobody decided.
	Expired, Undecided uint64
}

// Part is one set of leaf units of a contest whose cast ballots are added up.
type Part struct {
	Contest uint64
	Units   []uint64 // positions, ascending
	Ballots uint64
	// Sums are the recomputed sums, one a ciphertext of the contest; nil for a
	// part that is not decrypted.
	Sums []elgamal.Ciphertext
}

// Tally is what a trustee needs before it decrypts, all of it recomputed from
// the record and nothing taken from its totals.
type Tally struct {
	ElectionHash [64]byte
	// End is the index of the valid end entry, Root that of the End+1 entries
	// up to and with it.
	End  uint64
	Root [32]byte
	// JointKey and VerificationShares (of trustees 1, 2, ...) are those of the
	// ceremony.
	JointKey           *group.Point
	VerificationShares []*group.Point
	// Parts is the partition of every contest, in the order of SPEC.md,
	// section 12.
	Parts []Part
}

// Report is the outcome of one verification.
type Report struct {
	Checks  []Check
	Ballots Ballots
	Results []Count
	Void    []Void
	// Rehearsal says that the manifest calls this election one.
	Rehearsal bool
	// ElectionID is that of the record read, whatever id was asked for.
	ElectionID string
	// Size is the number of entries judged, Before of them by the verification
	// that Options.Since comes from.
	Size    uint64
	Before  uint64
	Elapsed time.Duration
	// Clock tells the board's time, and what has run out by it.
	Clock Clock
	// Tally is set once the record has a valid end and a joint key.
	Tally *Tally
	// Snapshot is what a later verification can go on from; nil if a check
	// failed or something could not be read. It holds on to all of the judge's
	// memory.
	Snapshot *Snapshot
	// Receipts answers Options.Query.
	Receipts []Receipt
}

// Verified reports whether every check passed.
func (r *Report) Verified() bool {
	for _, c := range r.Checks {
		if c.Status != Pass {
			return false
		}
	}
	return len(r.Checks) == len(titles)
}

// Failed reports whether a check failed: something that is there is wrong.
func (r *Report) Failed() bool {
	for _, c := range r.Checks {
		if c.Status == Fail {
			return true
		}
	}
	return false
}

// ErrNotPassed says that a check that was asked for did not pass.
var ErrNotPassed = errors.New("not passed")

// RequirePassed returns nil iff every check named passed. The error wraps
// ErrNotPassed and names the first that did not.
func (r *Report) RequirePassed(ids ...string) error {
	for _, id := range ids {
		c := r.Check(id)
		if c == nil {
			return fmt.Errorf("check %s: %w: there is no such check", id, ErrNotPassed)
		}
		if c.Status == Pass {
			continue
		}
		why := c.Error
		if why == "" {
			why = c.Note
		}
		return fmt.Errorf("check %s (%s): %w: %s", id, c.Title, ErrNotPassed, why)
	}
	return nil
}

// Check returns the check with an id such as "V07", or nil.
func (r *Report) Check(id string) *Check {
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			return &r.Checks[i]
		}
	}
	return nil
}

// MarshalJSON writes the form of SPEC.md, section 17.
func (r *Report) MarshalJSON() ([]byte, error) {
	out := struct {
		Verified  bool    `json:"verified"`
		Checks    []Check `json:"checks"`
		Ballots   Ballots `json:"ballots"`
		Results   []Count `json:"results"`
		Void      []Void  `json:"void"`
		ElapsedMS int64   `json:"elapsed_ms"`
	}{r.Verified(), r.Checks, r.Ballots, r.Results, r.Void, r.Elapsed.Milliseconds()}
	if out.Results == nil {
		out.Results = []Count{}
	}
	if out.Void == nil {
		out.Void = []Void{}
	}
	return json.Marshal(out)
}
