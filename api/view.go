package api

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"rollcall/api/gen"
	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// optional leaves a zero time out of JSON.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func electionView(e public.Election, s public.Status, published bool, lookedUp uint64) gen.Election {
	m := e.Manifest()
	v := gen.Election{
		ID: string(e.ID()), Title: gen.Text(m.Title), Rehearsal: m.Rehearsal, Languages: m.Languages,
		Phase: gen.Phase(s.Phase), Phone: m.Phone, HelpLine: m.HelpLine,
		Contests: make([]gen.Contest, len(m.Contests)), Units: make([]gen.Unit, len(m.Units)),
		Minimum: m.Minimum, Windows: make([]gen.Window, len(m.Windows)), DecisionSeconds: m.DecisionSeconds,
		Trustees: make([]string, len(m.Trustees)), Threshold: m.Threshold,
		Witnesses: make([]string, len(m.Witnesses)), Quorum: m.Quorum, Software: make([]gen.Program, len(m.Software)), Origin: m.Log.Origin,
		Size: s.Size, Voters: s.Voters, Auditors: s.Auditors, LastTick: optional(s.LastTick), Published: published, LookedUp: lookedUp,
		Ballots: ballotsView(s.Ballots),
	}
	for i := range m.Contests {
		v.Contests[i] = contestView(m, &m.Contests[i])
	}
	for i, u := range m.Units {
		v.Units[i] = gen.Unit{ID: u.ID, Name: gen.Text(u.Name), Parent: m.Units[u.Parent].ID}
	}
	for i, w := range m.Windows {
		v.Windows[i] = gen.Window{From: public.Unix(w.From), To: public.Unix(w.To)}
	}
	for i := range m.Trustees {
		v.Trustees[i] = m.Trustees[i].Name
	}
	for i, p := range m.Software {
		v.Software[i] = gen.Program{Name: p.Name, Sha256: hex.EncodeToString(p.SHA256)}
	}
	for i := range m.Witnesses {
		v.Witnesses[i] = m.Witnesses[i].Name
	}
	if s.Witnesses != nil {
		v.Witnessing = witnessingView(s.Witnesses)
	}
	return v
}

func witnessingView(w *public.Witnesses) *gen.Witnessing {
	v := &gen.Witnessing{Quorum: !w.Out, Since: optional(w.Since), States: make([]gen.WitnessState, len(w.Members))}
	for i, m := range w.Members {
		v.States[i] = gen.WitnessState{Name: m.Name, State: string(m.State), Since: optional(m.Since)}
	}
	return v
}

func ballotsView(c public.Counts) gen.Ballots { return gen.Ballots(c) }

func contestView(m *entry.Manifest, c *entry.Contest) gen.Contest {
	v := gen.Contest{
		ID: c.ID, Title: gen.Text(c.Title), Limit: c.Limit,
		Options: make([]gen.Option, len(c.Options)), Units: make([]string, len(c.Units)),
	}
	for i, o := range c.Options {
		v.Options[i] = gen.Option{ID: o.ID, Name: gen.Text(o.Name)}
	}
	for i, u := range c.Units {
		v.Units[i] = m.Units[u].ID
	}
	return v
}

func receiptView(m *entry.Manifest, b *public.Match) (gen.Receipt, error) {
	v := gen.Receipt{
		Index: b.Index, BallotNumber: b.Number, State: string(b.State), Counted: b.State == public.StateCast,
		SealedAfter: optional(b.SealedAfter), SealedBefore: optional(b.SealedBefore),
	}
	if b.Code != "" {
		v.Code = &b.Code
	}
	if b.Casting {
		v.Casting = &b.Casting
	}
	switch b.State {
	case public.StateUndecided:
		v.DecideBefore = optional(b.DecideBefore)
	case public.StateCast, public.StateTested:
		v.Decision, v.Decided = &b.Decision, optional(b.Decided)
	case public.StateVoid:
		v.Reason = &b.Reason
	}
	if b.State == public.StateCast {
		proof := fmt.Sprintf("/api/v1/proofs/%d", b.Decision)
		v.Proof = &proof
	}
	if b.State == public.StateTested {
		opened, err := openedView(m, b.Opened)
		if err != nil {
			return v, fmt.Errorf("ballot %d: %w", b.Index, err)
		}
		v.Opened = &opened
	}
	if i := b.Instead; i != nil {
		v.CountedInstead = &gen.Instead{
			Index: i.Index, SealedAfter: optional(i.SealedAfter), SealedBefore: optional(i.SealedBefore),
		}
	}
	return v, nil
}

func openedView(m *entry.Manifest, opened []public.Opened) ([]gen.Opened, error) {
	views := make([]gen.Opened, len(opened))
	for i, o := range opened {
		if o.Contest >= uint64(len(m.Contests)) {
			return nil, fmt.Errorf("opening %d: no contest %d", i, o.Contest)
		}
		contest := &m.Contests[o.Contest]
		views[i] = gen.Opened{Contest: contest.ID, Selected: make([]string, len(o.Selected))}
		for j, p := range o.Selected {
			id, _, err := public.OptionAt(contest, p)
			if err != nil {
				return nil, fmt.Errorf("opening %d: %w", i, err)
			}
			views[i].Selected[j] = id
		}
	}
	return views, nil
}

// contestResultView shows the result of a contest. none is what "none" is called:
// in a vote for one it is counted like an option.
func contestResultView(c *public.ContestResult, none entry.Text) gen.ContestResult {
	v := gen.ContestResult{
		ID: c.ID, Title: gen.Text(c.Title), Limit: c.Limit,
		Total: partView(c, &c.Total, none), Parts: make([]gen.PartResult, len(c.Parts)),
	}
	for i := range c.Parts {
		v.Parts[i] = partView(c, &c.Parts[i], none)
	}
	return v
}

func partView(c *public.ContestResult, part *public.Part, none entry.Text) gen.PartResult {
	v := gen.PartResult{
		Units: append([]string{}, part.Units...), Ballots: part.Ballots, Undervotes: part.Undervotes, Withheld: part.Withheld,
		Options: make([]gen.OptionResult, len(part.Votes)),
	}
	for i, votes := range part.Votes {
		o := gen.OptionResult{ID: entry.NoneID, Name: gen.Text(none), Votes: votes}
		if i < len(c.Options) {
			o.ID, o.Name = c.Options[i].ID, gen.Text(c.Options[i].Name)
		}
		v.Options[i] = o
	}
	return v
}

// entryView shows an entry of the board in JSON.
func entryView(index uint64, raw []byte) (gen.Entry, error) {
	e, err := entry.Decode(raw)
	if err != nil {
		return gen.Entry{}, err
	}
	v := gen.Entry{
		Index: index, Leaf: fmt.Sprintf("%x", e.LeafHash()), Kind: string(e.Kind()),
		Signatures: make([]gen.Signature, len(e.Signatures)),
	}
	for i, s := range e.Signatures {
		v.Signatures[i] = gen.Signature{Signer: hex.EncodeToString(s.Signer), Value: hex.EncodeToString(s.Value)}
	}
	var outer []cbor.RawMessage // kind, body, signatures: Decode has seen to it
	if err := cbor.Unmarshal(raw, &outer); err != nil {
		return v, err
	}
	var inner []byte
	if err := cbor.Unmarshal(outer[1], &inner); err != nil {
		return v, err
	}
	var body map[string]any
	if err := cbor.Unmarshal(inner, &body); err != nil {
		return v, err
	}
	v.Body = readable(body).(map[string]any)
	return v, nil
}

// readable turns what cbor decodes into what JSON can hold.
func readable(v any) any {
	switch v := v.(type) {
	case []byte:
		return hex.EncodeToString(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = readable(v[i])
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k := range v {
			m[k] = readable(v[k])
		}
		return m
	case map[any]any: // inner maps: their keys are texts, by the schema
		m := make(map[string]any, len(v))
		for k := range v {
			m[fmt.Sprint(k)] = readable(v[k])
		}
		return m
	}
	return v
}
