package verifier

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"rollcall/bulletin/entry"
)

// decodeManifest prepares entry 0, whose signature covers no election hash.
func (p *prepared) decodeManifest() {
	if p.decode(); p.err == nil {
		p.signed = verifyNamed(p.entry, nil)
	}
}

// checkV01 holds that entry 0 is a manifest by SPEC.md, section 6, signed by
// its authority, and that it is the one that the election id names. Without a
// manifest nothing else can be judged.
func (j *judge) checkV01(p *prepared) {
	if p.err != nil {
		j.fail(v01, fmt.Errorf("entry 0: %w", p.err))
		j.halt(v01)
		return
	}
	m, ok := p.entry.Body.(*entry.Manifest)
	if !ok {
		j.fail(v01, fmt.Errorf("entry 0: is a %s, want a manifest", p.entry.Kind()))
		j.halt(v01)
		return
	}
	if err := m.Check(); err != nil {
		j.fail(v01, fmt.Errorf("entry 0: %w", err))
		j.halt(v01)
		return
	}
	j.first = slices.Clone(p.raw) // p holds a whole bundle, of roll perhaps
	j.hash, j.manifest, j.plan = p.entry.Hash(), m, newPlan(m)
	if !bytes.Equal(p.entry.Signatures[0].Signer, m.Authority) {
		j.fail(v01, fmt.Errorf("entry 0: manifest: signature 0: %w", entry.ErrSigner))
	} else if p.signed != nil {
		j.fail(v01, fmt.Errorf("entry 0: manifest: %w", p.signed))
	}
	switch id := entry.NewElectionID(j.hash); {
	case j.opts.ElectionID == "":
		j.skip("no election id was given: give --election, the id on the voters' letters", v01)
	case id != j.opts.ElectionID:
		j.fail(v01, fmt.Errorf("entry 0: this is election %s, not %s", id, j.opts.ElectionID))
	}
	j.pass(v01)
	j.noteSplitView()
	j.noteSoftware()
}

// noteSoftware gives the programs that the manifest names, for people to compare.
func (j *judge) noteSoftware() {
	var list []string
	for _, p := range j.manifest.Software {
		list = append(list, fmt.Sprintf("%s (sha256 %x)", p.Name, p.SHA256))
	}
	if len(list) == 0 {
		list = []string{"none"}
	}
	j.note(v01, "software named: %s", strings.Join(list, ", "))
}

// noteSplitView says how many dishonest witnesses are harmless: two different
// boards can each find a quorum k of w only if 2k-w witnesses sign both.
func (j *judge) noteSplitView() {
	w, k := len(j.manifest.Witnesses), int(j.manifest.Quorum)
	switch bound := 2*k - w - 1; {
	case w == 0:
		j.note(v01, "there are no witnesses: nothing but the log's own word says that everybody sees one board")
	case bound < 0:
		j.note(v01, "%d of %d witnesses are enough for a tick, which does not rule out two different boards", k, w)
	default:
		j.note(v01, "%d of %d witnesses are needed: up to %d dishonest ones can not show two different boards", k, w, bound)
	}
	if j.manifest.Rehearsal {
		j.note(v01, "this is a rehearsal")
	}
}
