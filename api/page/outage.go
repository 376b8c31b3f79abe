package page

import "rollcall/api/public"

// An outage is what a page says while too few witnesses answer.
type outage struct {
	Text      string
	Witnesses []string // what each does, by name
}

// addOutage says so if too few witnesses answer.
func (v *frame) addOutage(w *public.Witnesses) {
	if w == nil || !w.Out {
		return
	}
	v.Outage = &outage{Text: v.t("outage", "time", v.moment(w.Since))}
	for _, m := range w.Members {
		does := v.t("witness_unknown")
		switch m.State {
		case public.WitnessAnswers:
			does = v.t("witness_answers", "time", v.moment(m.Since))
		case public.WitnessSilent:
			does = v.t("witness_silent", "time", v.moment(m.Since))
		case public.WitnessRefuses:
			does = v.t("witness_refuses", "time", v.moment(m.Since))
		case public.WitnessContradicts:
			does = v.t("witness_contradicts", "time", v.moment(m.Since))
		}
		v.Outage.Witnesses = append(v.Outage.Witnesses, m.Name+": "+does)
	}
}
