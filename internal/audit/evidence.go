package audit

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rollcall/internal/voter"
	"rollcall/phone/media"
)

// spoken is a phrase of heard.json.
type spoken struct {
	From   float64 `json:"from_s"`
	To     float64 `json:"to_s"`
	Phrase string  `json:"phrase"` // empty: not understood
	Fit    float64 `json:"fit"`
}

// keep writes what was heard in a call.
func (a *Audit) keep(n int, c *voter.Call) error {
	heard := []spoken{}
	for _, p := range c.Transcript() {
		heard = append(heard, spoken{float64(p.From) / sampleRate, float64(p.To) / sampleRate, p.ID, p.Fit})
	}
	if err := replaceJSON(a.store.of(n, heardFile), heard); err != nil {
		return err
	}
	return replace(a.store.of(n, recordingFile), wav(c.Recording()))
}

const sampleRate = 8000

// wav writes mu-law as a WAV file of 16-bit samples, which every player reads.
func wav(ulaw []byte) []byte {
	samples := media.DecodeUlaw(ulaw)
	le := binary.LittleEndian
	b := append(make([]byte, 0, 44+2*len(samples)), "RIFF"...)
	b = le.AppendUint32(b, uint32(36+2*len(samples)))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1) // PCM
	b = le.AppendUint16(b, 1) // channel
	b = le.AppendUint32(b, sampleRate)
	b = le.AppendUint32(b, 2*sampleRate)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(2*len(samples)))
	for _, s := range samples {
		b = le.AppendUint16(b, uint16(s))
	}
	return b
}

// writeEvidence writes all that shows the mismatches of a call into a directory
// that can be given to others. It holds neither voter number nor PIN: neither is
// written in anything that it is made of.
func (a *Audit) writeEvidence(ctx context.Context, plan Call, r *Result) error {
	dir := a.store.evidence(r.Call)
	if err := os.MkdirAll(filepath.Join(dir, "board"), 0o700); err != nil {
		return err
	}
	for _, f := range []string{journalFile, heardFile, recordingFile} {
		b, err := os.ReadFile(a.store.of(r.Call, f))
		if os.IsNotExist(err) { // there is none of a call that was cut off
			continue
		}
		if err != nil {
			return err
		}
		if err := replace(filepath.Join(dir, f), b); err != nil {
			return err
		}
	}
	for name, v := range map[string]any{"plan.json": plan, resultFile: r} {
		if err := replaceJSON(filepath.Join(dir, name), v); err != nil {
			return err
		}
	}
	var entries []uint64
	for _, m := range r.Mismatches {
		entries = append(entries, m.Entries...)
	}
	slices.Sort(entries)
	list, refused := a.board.show(ctx, slices.Compact(entries))
	for _, s := range list {
		name := filepath.Join(dir, "board", fmt.Sprintf("entry-%d", s.index))
		if err := replace(name+".cbor", s.raw); err != nil {
			return err
		}
		if err := replace(name+".tlog-proof", s.proof); err != nil {
			return err
		}
		if err := replace(filepath.Join(dir, "board", "checkpoint"), s.checkpoint); err != nil {
			return err
		}
	}
	if err := replace(filepath.Join(dir, "README.txt"), []byte(a.explain(plan, r))); err != nil {
		return err
	}
	if refused != nil {
		return &boardError{refused}
	}
	return nil
}

// boardError says that the board did not show all entries; all else is written.
type boardError struct{ error }

// explain says in plain words what the evidence shows.
func (a *Audit) explain(plan Call, r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Call %d to the line of election %s, from %s to %s.\n\n", r.Call, a.plan.Election,
		r.Began.Format("2006-01-02 15:04:05"), r.Ended.Format("15:04:05 MST"))
	fmt.Fprintf(&b, "An auditor called as a voter would, with the ballot number %s.\nIt keyed, as planned and written down before the call:\n\n", plan.BallotNumber)
	for _, c := range plan.Choices {
		fmt.Fprintf(&b, "  %s: %s\n", c.Contest, list(c.Options))
	}
	if r.Progress.Code != "" {
		fmt.Fprintf(&b, "\nIt heard the receipt code %s.\n", r.Progress.Code)
	}
	fmt.Fprintf(&b, "The call ended as: %s. %s\n\nWhat does not fit:\n\n", r.Outcome, r.Detail)
	for _, m := range r.Mismatches {
		fmt.Fprintf(&b, "  %s: %s\n", m.Kind, m.Detail)
	}
	b.WriteString(`
Files
  plan.json      what the call was to do, drawn before it
  journal        every key but voter number and PIN, written before it was pressed
  recording.wav  what the line said
  heard.json     the phrases recognised in it, by the published prompts
  result.json    this, for programs
  board/         the board's entries, each with its C2SP tlog-proof under the
                 signed checkpoint: the board can not deny that it showed them

What it proves, and what not: the entries and the recording prove what the board
shows and what the line said. That the keys of the journal were pressed is the
auditor's word; that is why many calls are made, by more than one auditor.
`)
	return b.String()
}
