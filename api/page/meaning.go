package page

import (
	"strconv"

	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// kind names the kind of an entry.
func (v *frame) kind(e *entry.Entry) string { return v.t("kind_" + string(e.Kind())) }

// meaning says in a sentence what an entry is. It is what the entry says of itself:
// whether it is valid is not looked at.
func (v *frame) meaning(e *entry.Entry) string {
	id := "means_" + string(e.Kind())
	switch body := e.Body.(type) {
	case *entry.Ceremony:
		return v.t(id, "attempt", body.Attempt)
	case *entry.Commitment:
		return v.t(id, "trustee", v.trustee(body.Trustee))
	case *entry.Round1:
		return v.t(id, "trustee", v.trustee(body.Trustee))
	case *entry.Complaint:
		return v.t(id, "trustee", v.trustee(body.Trustee), "against", v.trustee(body.Against))
	case *entry.Confirm:
		return v.t(id, "trustee", v.trustee(body.Trustee))
	case *entry.Roll:
		return v.t(id, "n", uint64(len(body.Voters)/entry.VoterSize))
	case *entry.RollEnd:
		return v.t(id, "n", sum(body.Counts))
	case *entry.Audit:
		return v.t(id, "n", sum(body.Counts))
	case *entry.AuditList:
		return v.t(id, "n", uint64(len(body.Keys)/entry.AuditKeySize))
	case *entry.Open:
		return v.t(id, "n", sum(body.Voters))
	case *entry.Tick:
		return v.t(id, "time", v.moment(public.Unix(body.Time)), "n", body.Size)
	case *entry.Cast:
		return v.t(id, "ballot", body.Ballot)
	case *entry.Test:
		return v.t(id, "ballot", body.Ballot)
	case *entry.Share:
		return v.t(id, "trustee", v.trustee(body.Trustee))
	case *entry.ShareEnd:
		return v.t(id, "trustee", v.trustee(body.Trustee))
	case *entry.ResultEnd:
		return v.t(id, "n", uint64(len(body.Trustees)))
	}
	return v.t(id) // manifest, ballot, close, end, totals, totals-end, result
}

// trustee names a trustee by its number, from 1.
func (v *frame) trustee(n uint64) string {
	if n >= 1 && n <= uint64(len(v.manifest.Trustees)) {
		return v.manifest.Trustees[n-1].Name
	}
	return strconv.FormatUint(n, 10)
}

func sum(counts []uint64) (total uint64) {
	for _, n := range counts {
		total += n
	}
	return total
}
