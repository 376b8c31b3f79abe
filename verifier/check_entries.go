package verifier

import (
	"bytes"
	"fmt"
	"slices"

	"rollcall/bulletin/entry"
)

// phasesOf says when an entry of a kind may stand, SPEC.md, section 7.
var phasesOf = map[entry.Kind][]phase{
	entry.KindCeremony:   {phaseSetup},
	entry.KindCommitment: {phaseSetup},
	entry.KindRound1:     {phaseSetup},
	entry.KindComplaint:  {phaseSetup},
	entry.KindConfirm:    {phaseSetup},
	entry.KindRoll:       {phaseSetup},
	entry.KindRollEnd:    {phaseSetup},
	entry.KindAudit:      {phaseSetup},
	entry.KindOpen:       {phaseSetup},
	entry.KindBallot:     {phaseOpen},
	entry.KindTick:       {phaseOpen, phaseClosing},
	entry.KindCast:       {phaseOpen, phaseClosing},
	entry.KindTest:       {phaseOpen, phaseClosing},
	entry.KindClose:      {phaseOpen},
	entry.KindEnd:        {phaseClosing},
	entry.KindTotals:     {phaseEnded},
	entry.KindTotalsEnd:  {phaseEnded},
	entry.KindShare:      {phaseCounted, phaseDone},
	entry.KindShareEnd:   {phaseCounted, phaseDone},
	entry.KindResult:     {phaseCounted},
	entry.KindResultEnd:  {phaseCounted},
	entry.KindAuditList:  {phaseEnded, phaseCounted, phaseDone},
}

// voidable reports whether a bad entry of a kind is void. All others fail the
// election.
func voidable(k entry.Kind) bool {
	switch k {
	case entry.KindTick, entry.KindBallot, entry.KindCast, entry.KindTest, entry.KindEnd,
		entry.KindShare, entry.KindShareEnd:
		return true
	}
	return false
}

// checkV06 holds that an entry decodes, stands in its phase and, unless a
// later check judges that, is signed by whom it must be. It reports whether the
// entry is to be judged further. One with a wrong signature is: the election
// has failed, but what else would be wrong with it is worth knowing.
func (j *judge) checkV06(p *prepared) bool {
	if p.err != nil {
		j.fail(v06, fmt.Errorf("entry %d: %w", p.index, p.err))
		return false
	}
	kind := p.entry.Kind()
	if !slices.Contains(phasesOf[kind], j.phase) {
		err := fmt.Errorf("kind %s has no place in phase %s", kind, j.phase)
		switch {
		case kind == entry.KindBallot:
			j.refuseBallot(p, v06, err)
			return false
		case voidable(kind):
			j.void(p, v06, "%w", err)
			return false
		}
		j.fail(v06, fmt.Errorf("entry %d: %w", p.index, err))
		if t, ok := p.entry.Body.(*entry.Totals); ok {
			j.checkV19Small(p, t)
		}
		return false
	}
	if voidable(kind) {
		return true
	}
	want, err := j.signer(p.entry.Body)
	switch {
	case err != nil:
	case !bytes.Equal(p.entry.Signatures[0].Signer, want):
		err = fmt.Errorf("signature 0: %w", entry.ErrSigner)
	default:
		err = p.signed
	}
	if err != nil {
		j.fail(v06, fmt.Errorf("entry %d: %s: %w", p.index, kind, err))
	}
	return true
}

// signer returns the key that must sign an entry of a kind with one signer.
func (j *judge) signer(body entry.Body) ([]byte, error) {
	switch b := body.(type) {
	case *entry.Roll, *entry.RollEnd, *entry.Audit, *entry.AuditList:
		return j.manifest.Registrar, nil
	case *entry.Tick, *entry.End, *entry.Totals, *entry.TotalsEnd:
		return j.manifest.Board, nil
	case *entry.Commitment:
		return j.trusteeKey(b.Trustee)
	case *entry.Round1:
		return j.trusteeKey(b.Trustee)
	case *entry.Complaint:
		return j.trusteeKey(b.Trustee)
	case *entry.Confirm:
		return j.trusteeKey(b.Trustee)
	case *entry.Share:
		return j.trusteeKey(b.Trustee)
	case *entry.ShareEnd:
		return j.trusteeKey(b.Trustee)
	}
	return j.manifest.Authority, nil
}

func (j *judge) trusteeKey(i uint64) ([]byte, error) {
	if i < 1 || i > uint64(len(j.manifest.Trustees)) {
		return nil, fmt.Errorf("trustee %d is not one of the %d", i, len(j.manifest.Trustees))
	}
	return j.manifest.Trustees[i-1].Signing, nil
}

// signedBy returns nil iff a voidable entry with one signer is signed by it.
func (j *judge) signedBy(p *prepared) error {
	want, err := j.signer(p.entry.Body)
	if err != nil {
		return err
	}
	if !bytes.Equal(p.entry.Signatures[0].Signer, want) {
		return fmt.Errorf("signature 0: %w", entry.ErrSigner)
	}
	return p.signed
}

// takeClose closes the election. Index and root pin it to one place in one
// history.
func (j *judge) takeClose(p *prepared, c *entry.Close) {
	if c.Index != p.index {
		j.fail(v06, fmt.Errorf("entry %d: close is signed for index %d", p.index, c.Index))
	}
	j.checkHistory(p, p.index, c.Root)
	j.phase, j.closeIndex = phaseClosing, p.index
}
