package page

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/api/public"
	"rollcall/crypto/checkdigit"
)

// checkPage is the form for a number, and what is said of one.
type checkPage struct {
	*frame
	Phase   string
	Counts  string
	Fault   string   // what is wrong with the number that was typed
	Near    []string // numbers that could be meant
	Asked   string   // what was looked up
	Several string
	Cards   []card
}

// maxFormBytes bounds the body of the form.
const maxFormBytes = 4 << 10

// home shows the form, empty.
func (p *Pages) home(c *gin.Context) {
	v := p.start(c.Request, "check", c.Query("lang"))
	view, _, err := p.checkPage(c, v)
	if err != nil {
		p.failed(c, v, err)
		return
	}
	p.show(c, "check", http.StatusOK, "no-cache", v, view)
}

// checkPage returns the page without an answer.
func (p *Pages) checkPage(c *gin.Context, v *frame) (*checkPage, standing, error) {
	s, err := p.standing(c.Request.Context())
	if err != nil {
		return nil, s, err
	}
	v.addOutage(s.Witnesses)
	view := &checkPage{frame: v, Phase: v.phase(s)}
	if s.Phase != public.PhaseSetup {
		text := "so_far"
		if s.Phase == public.PhaseEnded {
			text = "so_far_end"
		}
		view.Counts = v.t(text+"_cast", "n", s.Ballots.Cast) + " " + v.t(text+"_tested", "n", s.Ballots.Tested)
	}
	return view, s, nil
}

// check answers the form. The number comes in the body of a POST, so that it
// stands in no address, history or log on the way.
func (p *Pages) check(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxFormBytes)
	formErr := c.Request.ParseForm()
	form := c.Request.PostForm
	v := p.start(c.Request, "check", form.Get("lang"))
	view, s, err := p.checkPage(c, v)
	if err != nil {
		p.failed(c, v, err)
		return
	}
	v.Typed = strings.TrimSpace(form.Get("number"))
	if !p.Allow(c) {
		view.Fault = v.t("too_many")
		c.Header("Retry-After", strconv.Itoa(int(time.Minute/time.Second)))
		p.show(c, "check", http.StatusTooManyRequests, "no-store", v, view)
		return
	}
	n, err := public.ParseNumber(v.Typed)
	if err != nil || formErr != nil {
		p.showFault(c, view, err)
		return
	}
	matches, err := public.Find(c.Request.Context(), p.Election, n)
	if err == nil {
		p.Note(matches)
		err = view.answer(n, matches, s)
	}
	if err != nil {
		p.failed(c, v, err)
		return
	}
	v.Title = view.Cards[0].Title + " - " + v.Election
	status := http.StatusOK
	if len(matches) == 0 {
		status = http.StatusNotFound
	}
	p.show(c, "check", status, "no-store", v, view)
}

// showFault says what is wrong with a number, and which ones could be meant.
func (p *Pages) showFault(c *gin.Context, view *checkPage, fault error) {
	v := view.frame
	view.Fault = v.t("wrong_length")
	if errors.Is(fault, checkdigit.ErrCheck) {
		view.Fault = v.t("wrong_digit")
	}
	near, err := public.FindNear(c.Request.Context(), p.Election, v.Typed)
	if err != nil {
		p.failed(c, v, fmt.Errorf("near numbers: %w", err))
		return
	}
	for _, n := range near {
		view.Near = append(view.Near, n.Groups())
	}
	v.Typed = strings.ToValidUTF8(v.Typed[:min(len(v.Typed), 80)], "")
	v.Title = v.t("menu_check") + " - " + v.Election
	p.show(c, "check", http.StatusBadRequest, "no-store", v, view)
}

// answer says what a look-up has found.
func (view *checkPage) answer(n public.Number, matches []public.Match, s standing) error {
	v := view.frame
	sort := "number"
	if n.IsCode() {
		sort = "code"
	}
	view.Asked = v.t("asked_"+sort, "number", n.Groups())
	if len(matches) == 0 {
		view.Cards = []card{{Kind: "bad", Title: v.t("missing_" + sort + "_title"), Texts: []string{v.t("missing_"+sort+"_text", "help", v.Help)}}}
		return nil
	}
	if len(matches) > 1 {
		view.Several = v.t("several_"+sort, "n", uint64(len(matches)))
	}
	for i := range matches {
		c, err := v.card(&matches[i], s)
		if err != nil {
			return err
		}
		view.Cards = append(view.Cards, c)
	}
	return nil
}
