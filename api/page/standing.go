package page

import (
	"context"
	"fmt"
	"time"

	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

// standing is how far the election is, as the sentences of a page need it.
type standing struct {
	public.Status
	result *public.Result // nil before there is one
	now    time.Time      // by the board's clock, where it runs
}

func (p *Pages) standing(ctx context.Context) (standing, error) {
	status, err := p.Election.Status(ctx)
	if err != nil {
		return standing{}, fmt.Errorf("status: %w", err)
	}
	result, err := p.Election.Result(ctx)
	if err != nil {
		return standing{}, fmt.Errorf("result: %w", err)
	}
	s := standing{status, result, status.LastTick}
	if s.now.IsZero() {
		s.now = time.Now()
	}
	return s, nil
}

// phase says how far the election is, and what can be done now.
func (v *frame) phase(s standing) string {
	switch {
	case s.result != nil:
		return v.t("phase_published")
	case s.Phase == public.PhaseSetup:
		return v.t("phase_setup")
	case s.Phase == public.PhaseClosing:
		return v.t("phase_closing")
	case s.Phase == public.PhaseEnded:
		return v.t("phase_ended")
	}
	w, inside := nextWindow(v.manifest, s.now)
	switch {
	case w == nil:
		return v.t("phase_over")
	case inside:
		return v.t("phase_open", "phone", v.Phone, "to", v.moment(public.Unix(w.To)))
	}
	return v.t("phase_pause", "phone", v.Phone, "from", v.moment(public.Unix(w.From)))
}

// again says when a voter can call again.
func (v *frame) again(s standing) string {
	w, inside := nextWindow(v.manifest, s.now)
	switch {
	case s.Phase != public.PhaseOpen || w == nil:
		return v.t("again_never", "help", v.Help)
	case inside:
		return v.t("again_until", "phone", v.Phone, "to", v.moment(public.Unix(w.To)))
	}
	return v.t("again_from", "phone", v.Phone, "from", v.moment(public.Unix(w.From)), "to", v.moment(public.Unix(w.To)))
}

// nextWindow returns the window that now is inside of, or else the next one,
// or nil after the last.
func nextWindow(m *entry.Manifest, now time.Time) (w *entry.Window, inside bool) {
	for i := range m.Windows {
		w := &m.Windows[i]
		if now.Before(public.Unix(w.To)) {
			return w, !now.Before(public.Unix(w.From))
		}
	}
	return nil, false
}
