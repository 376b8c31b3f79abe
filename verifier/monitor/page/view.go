package page

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"rollcall/verifier"
	"rollcall/verifier/monitor"
)

// view is what the page says. Texts of boards have gone through
// verifier.Printable, and the template escapes them.
type view struct {
	CSS      template.CSS
	Election string
	Made     time.Time
	Healthy  bool
	InTime   bool
	Ended    time.Time // of the last round; zero before the first
	Late     string
	Done     uint64 // of Total entries that are being judged; Total 0 for nothing
	Total    uint64
	*monitor.Status
	Past []monitor.Past // the newest first
}

func (p *Page) view(now time.Time, of *shown) *view {
	v := &view{CSS: template.CSS(style), Election: p.config.Election, Made: now, Late: span(p.config.Late), Status: &monitor.Status{}}
	if v.Total = p.total.Load(); v.Total > 0 {
		v.Done = min(p.done.Load(), v.Total)
	}
	if of == nil {
		return v
	}
	v.Status, v.Ended = of.Status, of.ended
	v.InTime = now.Sub(of.ended) <= p.config.Late
	v.Healthy = v.InTime && len(of.Standing) == 0
	for i := range of.Past {
		v.Past = append(v.Past, of.Past[len(of.Past)-1-i])
	}
	return v
}

// statusJSON is status.json.
type statusJSON struct {
	Election string    `json:"election"`
	Time     time.Time `json:"time"` // of this answer
	Healthy  bool      `json:"healthy"`
	InTime   bool      `json:"in_time"`
	// RoundEnded is when the last round ended.
	RoundEnded time.Time `json:"round_ended,omitzero"`
	// Verifying is there while entries are judged.
	Verifying *verifyingJSON `json:"verifying,omitempty"`
	*monitor.Status
	PerSecond float64 `json:"entries_per_second,omitempty"`
}

type verifyingJSON struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

func (v *view) json() *statusJSON {
	j := &statusJSON{Election: v.Election, Time: v.Made, Healthy: v.Healthy, InTime: v.InTime, RoundEnded: v.Ended, Status: v.Status}
	if v.Total > 0 {
		j.Verifying = &verifyingJSON{v.Done, v.Total}
	}
	if v.Judged != nil {
		j.PerSecond = v.Judged.PerSecond()
	}
	return j
}

// State is the first thing that the page says, and Tone how it looks.
func (v *view) State() string {
	switch n := len(v.Standing); {
	case v.Ended.IsZero():
		return "Nothing is known yet"
	case !v.InTime && n > 0:
		return fmt.Sprintf("%s, and this monitor has not looked for too long", count(uint64(n), "alarm stands", "alarms stand"))
	case !v.InTime:
		return "This monitor has not looked for too long"
	case n > 0:
		return count(uint64(n), "alarm stands", "alarms stand")
	}
	return "No alarm stands"
}

func (v *view) Tone() string {
	switch {
	case v.Ended.IsZero():
		return "wait"
	case !v.Healthy:
		return "bad"
	}
	return "good"
}

// Verdict says what came of the last verification, of what it judged.
func (v *view) Verdict() string {
	switch j := v.Judged; {
	case j == nil:
		return "Nothing has been verified by this run of the monitor."
	case j.Status == verifier.Pass:
		return "Verified: every check passed."
	case j.Status == verifier.Fail:
		return "Not verified: something that is there is wrong."
	case j.Running:
		return "Incomplete: nothing is wrong with what is there, and the election goes on."
	}
	return "Incomplete: nothing is wrong with what is there, and not all that a verdict needs is there."
}

// Behind is how many entries the boards show beyond what was judged.
func (v *view) Behind() string {
	if v.Largest == nil || v.Judged != nil && v.Judged.Size >= v.Largest.Size {
		return ""
	}
	n := v.Largest.Size
	if v.Judged != nil {
		n -= v.Judged.Size
	}
	return count(n, "entry that a signed checkpoint names is", "entries that a signed checkpoint names are") + " not judged."
}

// Speed is how fast the last verification was.
func (v *view) Speed() string {
	j := v.Judged
	if j == nil || j.New == 0 || j.PerSecond() == 0 {
		return "nothing new to judge"
	}
	return fmt.Sprintf("%s in %s: %s a second", count(j.New, "entry", "entries"), span(j.Took), number(uint64(j.PerSecond()+0.5)))
}

// Undecided is the share of ballots that ran out undecided.
func (v *view) Undecided() string {
	if v.Judged == nil || v.Judged.Undecided == nil {
		return "too few ballots have run out to say"
	}
	u := v.Judged.Undecided
	return fmt.Sprintf("%.0f %%: %s of %s whose time ran out lately", u.Percent, number(u.Undecided), count(u.Expired, "ballot", "ballots"))
}

// Says returns what a board shows now.
func (v *view) Says(b monitor.BoardStatus) string {
	switch {
	case !b.Lost.IsZero():
		return "can not be read since " + stamp(b.Lost)
	case b.Shows == nil && b.Read.IsZero():
		return "nothing yet that is signed as the policy asks"
	case b.Shows == nil:
		return "nothing that is in order: see the alarms"
	}
	return count(b.Shows.Size, "entry", "entries")
}

// Printed is a text of a board that no character of it can disturb.
func (v *view) Printed(s string) string { return verifier.Printable(s) }

// Stamp is a time for people, Machine the same for programs.
func (v *view) Stamp(t time.Time) string { return stamp(t) }

func (v *view) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (v *view) Number(n uint64) string { return number(n) }

func (v *view) Result(s verifier.Status) string {
	return map[verifier.Status]string{verifier.Pass: "passed", verifier.Fail: "FAILED", verifier.Skipped: "not yet"}[s]
}

func stamp(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05") + " UTC" }

// span is a time without more digits than anybody reads.
func span(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= 10*time.Millisecond:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

func count(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + more
}

// number writes n in groups of three.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
