package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/bulletin/entry"
	"rollcall/internal/boardclient"
	"rollcall/internal/operate"
	"rollcall/internal/software"
	"rollcall/internal/workspace"
	"rollcall/tally/record"
)

// Status is what status tells.
type Status struct {
	Election  string   `json:"election"`
	Phase     string   `json:"phase"`
	Entries   uint64   `json:"entries"`
	Voters    uint64   `json:"voters"`             // without auditors
	Auditors  uint64   `json:"auditors,omitempty"` // audit credentials on the roll
	Cast      uint64   `json:"cast"`
	Tested    uint64   `json:"tested"`
	Undecided uint64   `json:"undecided"`
	Next      []string `json:"next"`
	// Software is the program that says this.
	Software software.Running `json:"software"`
	// Witnesses is left out where the manifest has none.
	Witnesses *Witnessed `json:"witnesses,omitempty"`
}

// Witnessed is what status tells of witnesses.
type Witnessed struct {
	Needed uint64   `json:"needed"`
	All    int      `json:"all"`
	Tick   []string `json:"tick"` // names of those who cosigned the last tick
	// Now is how they fare, by the board's own word; left out where it does not say.
	Now *boardclient.Witnesses `json:"now,omitempty"`
}

// out reports whether the board says that too few witnesses sign.
func (w *Witnessed) out() bool { return w != nil && w.Now != nil && !w.Now.Quorum }

func newStatus(e *env) *cobra.Command {
	var dir, board string
	c := &cobra.Command{
		Use:   "status",
		Short: "Say what is open, waiting and missing",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := operate.ConnectDir(c.Context(), board, workspace.Dir(dir))
			if err != nil {
				return err
			}
			state := r.State()
			sum := state.Summary()
			witnesses := witnessed(state)
			if witnesses != nil {
				// A mirror of the files can not say: the record is told all the same.
				witnesses.Now, _ = r.Witnesses(c.Context())
			}
			s := Status{Election: string(r.ID), Phase: sum.Phase.String(), Entries: sum.Size, Voters: sum.Voters, Auditors: sum.Auditors,
				Cast: sum.Cast, Tested: sum.Tested, Undecided: sum.Undecided, Next: next(workspace.Dir(dir), state, witnesses, time.Now()), Witnesses: witnesses}
			if s.Software, err = software.Compare(state.Manifest()); err != nil {
				return err
			}
			return e.print(s, func(w io.Writer) {
				fmt.Fprintf(w, "Election   %s\n", s.Election)
				fmt.Fprintf(w, "Phase      %s\n", s.Phase)
				fmt.Fprintf(w, "Board      %d entries\n", s.Entries)
				fmt.Fprintf(w, "Voters     %d on the roll%s\n", s.Voters, beside(s.Auditors))
				fmt.Fprintf(w, "Ballots    %d cast, %d tested, %d undecided\n", s.Cast, s.Tested, s.Undecided)
				fmt.Fprintf(w, "Program    %v\n", s.Software)
				if t := s.Witnesses; t != nil {
					fmt.Fprintf(w, "Witnesses  %d of %d needed%s\n", t.Needed, t.All, tickBy(t.Tick))
					for _, line := range t.lines() {
						fmt.Fprintf(w, "           %s\n", line)
					}
				}
				for i, n := range s.Next {
					label := ""
					if i == 0 {
						label = "Next"
					}
					fmt.Fprintf(w, "%-10s %s\n", label, n)
				}
			})
		},
	}
	dirFlag(c, &dir)
	boardFlag(c, &board)
	return c
}

// witnessed says who cosigned the last tick; nil without witnesses.
func witnessed(s *record.State) *Witnessed {
	m := s.Manifest()
	if len(m.Witnesses) == 0 {
		return nil
	}
	t := &Witnessed{Needed: m.Quorum, All: len(m.Witnesses), Tick: []string{}}
	if last, _ := s.LastTick(); last != nil {
		for _, c := range last.Cosignatures {
			t.Tick = append(t.Tick, m.Witnesses[c.Witness].Name)
		}
	}
	return t
}

// beside tells of audit credentials, if there are any.
func beside(auditors uint64) string {
	if auditors == 0 {
		return ""
	}
	return fmt.Sprintf(", beside %d audit credentials", auditors)
}

func tickBy(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; last tick cosigned by " + strings.Join(names, ", ")
}

// lines says what each witness does.
func (w *Witnessed) lines() []string {
	if w.Now == nil {
		return nil
	}
	var list []string
	for _, m := range w.Now.States {
		line := m.Name + ": " + does(m.State)
		if m.Since != nil {
			line += ", since " + m.Since.Local().Format(time.DateTime)
		}
		list = append(list, line)
	}
	return list
}

// contradicted tells whether a witness has signed another history.
func (w *Witnessed) contradicted() bool {
	return w != nil && w.Now != nil && slices.ContainsFunc(w.Now.States, func(s boardclient.WitnessState) bool { return s.State == "contradicts" })
}

func does(state string) string {
	switch state {
	case "answers":
		return "answers"
	case "silent":
		return "does not answer"
	case "refuses":
		return "REFUSES to sign"
	case "contradicts":
		return "HAS SIGNED ANOTHER HISTORY of this board, and refuses"
	}
	return "was not asked yet"
}

// next says what has to happen, and who has to do it.
func next(dir workspace.Dir, s *record.State, w *Witnessed, now time.Time) []string {
	var list []string
	if w.contradicted() {
		list = append(list, "A WITNESS HAS SIGNED ANOTHER HISTORY OF THIS BOARD: if it was restored from an old copy, stop it and put the newest copy back, whatever it takes; what is missing can not be made up for. If it was not, somebody else has the log's key")
	}
	if w.out() {
		since := ""
		if w.Now.Since != nil {
			since = " since " + w.Now.Since.Local().Format(time.DateTime)
		}
		list = append(list, fmt.Sprintf("TOO FEW WITNESSES SIGN%s: nothing is published and no codes are given until %d of %d do; call those that do not, and see the board's log", since, w.Needed, w.All))
	}
	return append(list, nextOf(dir, s, now)...)
}

// nextOf is what has to happen in a phase.
func nextOf(dir workspace.Dir, s *record.State, now time.Time) []string {
	switch sum := s.Summary(); sum.Phase {
	case record.PhaseSetup:
		return nextSetup(dir, s)
	case record.PhaseOpen:
		list := []string{"voters call; then rollcall close"}
		if now.Unix()-int64(sum.LastTick) > 90 {
			list = append(list, "the board has not ticked for over a minute: calls can not seal ballots")
			if m := s.Manifest(); m.Quorum > 0 {
				list = append(list, fmt.Sprintf("do %d of the %d witnesses answer? the board's log and metrics name those that do not", m.Quorum, len(m.Witnesses)))
			}
		}
		if !s.InWindow(uint64(now.Unix())) {
			list = append(list, "it is outside the calling windows now")
		}
		return list
	case record.PhaseClosing:
		if sum.DecideUntil == 0 {
			return []string{"the board ticks, then the decision time runs"}
		}
		return []string{"the board ends the election after " + time.Unix(int64(sum.DecideUntil), 0).Format(time.DateTime)}
	case record.PhaseEnded:
		list := nextEnded(s, sum)
		if why := auditMissing(s); why != "" {
			list = append(list, why)
		}
		return list
	default:
		if why := auditMissing(s); why != "" {
			return []string{why}
		}
		return []string{"nothing: the result is on the board (rollcall result; rollcall-verify)"}
	}
}

func nextSetup(dir workspace.Dir, s *record.State) []string {
	var list []string
	m := s.Manifest()
	a := s.LatestAttempt()
	if a == nil {
		list = append(list, "the authority starts the key ceremony: rollcall ceremony")
	} else if len(a.Confirms) < len(m.Trustees) {
		var missing []string
		for i := range m.Trustees {
			if a.Confirms[uint64(i+1)] == nil {
				missing = append(missing, fmt.Sprintf("%d (%s)", i+1, m.Trustees[i].Name))
			}
		}
		list = append(list, fmt.Sprintf("key ceremony, attempt %d: trustees %s have not finished (rollcall trustee ceremony)", a.Number, strings.Join(missing, ", ")))
		if n := len(a.Complaints); n > 0 {
			list = append(list, fmt.Sprintf("key ceremony, attempt %d: %d complaints; it has failed: rollcall ceremony starts another", a.Number, n))
		}
	}
	if !s.Summary().RollEnded {
		list = append(list, "the registrar posts the roll: rollcall roll")
	}
	if missing, err := operate.MissingPrompts(dir, m); err == nil && len(missing) > 0 {
		list = append(list, fmt.Sprintf("%d phrases can not be spoken: rollcall prompts check", len(missing)))
	}
	if len(list) == 0 {
		list = append(list, "the authority opens the election: rollcall open")
	}
	return list
}

func nextEnded(s *record.State, sum record.Summary) []string {
	if !sum.TotalsEnded {
		return []string{"the board posts the encrypted totals"}
	}
	m := s.Manifest()
	if have := len(s.Shares()); uint64(have) < m.Threshold && anythingToDecrypt(s) {
		return []string{fmt.Sprintf("%d of %d trustees have posted their share: rollcall trustee decrypt", have, m.Threshold)}
	}
	return []string{"the authority posts the result: rollcall tally"}
}

// anythingToDecrypt reports whether any part of the totals has enough ballots
// to be decrypted.
func anythingToDecrypt(s *record.State) bool {
	parts, _ := s.Totals()
	return slices.ContainsFunc(parts, func(p entry.Part) bool { return len(p.Sums) > 0 })
}
