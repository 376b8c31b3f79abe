package page

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/bulletin/entry"
)

// A frame is what every page has around its own part.
type frame struct {
	*words
	Lang        string
	Title       string // of the window; the election's unless a page has its own
	Election    string
	IsRehearsal bool
	ID          string
	Help, Phone string
	Address     string // of this server, for a verifier
	Here, Made  string // address of this page and time of its making, for paper
	Links       []link
	Languages   []link
	// Outage is nil while the quorum of witnesses answers, and on pages that do not
	// tell of it.
	Outage *outage
	// Typed is a number that a change of language has to send along, or "".
	Typed    string
	Software []entry.Software // that the manifest names

	manifest *entry.Manifest
	zone     *time.Location
}

// A link leads to another page, or to this one in another language.
type link struct {
	Name, Tag, URL string
	Current        bool
}

// menu are the pages that every page links to, with the texts that name them.
var menu = []struct{ page, path string }{
	{"check", "/"}, {"results", "/results"}, {"board", "/board"}, {"how", "/how"}, {"verify", "/verify"},
}

// start fills in what every page has: the link to page is marked. asked is the
// language asked for.
func (p *Pages) start(r *http.Request, page, asked string) *frame {
	m := p.Election.Manifest()
	lang := chooseLanguage(asked, r.Header.Get("Accept-Language"), m)
	scheme := "http"
	if r.TLS != nil || p.HTTPS {
		scheme = "https"
	}
	w := p.words[lang]
	title := pick(m, m.Title, lang)
	v := &frame{
		words: w, Lang: lang, Title: title, Election: title, IsRehearsal: m.Rehearsal,
		ID: string(p.Election.ID()), Help: unbroken(m.HelpLine), Phone: unbroken(m.Phone),
		Address: scheme + "://" + r.Host + "/", Software: m.Software, manifest: m, zone: p.Zone,
	}
	v.Here, v.Made = v.Address, v.moment(time.Now())
	if r.Method == http.MethodGet {
		v.Here += strings.TrimPrefix(r.URL.Path, "/")
		if from := r.URL.Query().Get("from"); from != "" {
			v.Here += "?" + url.Values{"from": {from}}.Encode()
		}
	}
	for _, item := range menu {
		v.Links = append(v.Links, link{Name: w.t("menu_" + item.page), URL: item.path + "?lang=" + lang, Current: item.page == page})
	}
	if page != "" && page != "check" && page != "entry" {
		v.Title = w.t("menu_"+page) + " - " + title
	}
	here := r.URL.Path
	if r.Method != http.MethodGet || page == "" {
		here = "/"
	}
	for _, l := range Languages {
		query := url.Values{"lang": {l}}
		if from := r.URL.Query().Get("from"); from != "" {
			query.Set("from", from)
		}
		v.Languages = append(v.Languages, link{
			Name: p.words[l].t("language"), Tag: l, URL: here + "?" + query.Encode(), Current: l == lang,
		})
	}
	return v
}

// unbroken keeps a telephone number on one line.
func unbroken(phone string) string { return strings.ReplaceAll(phone, " ", "\u00a0") }

func (v *frame) moment(t time.Time) string { return v.words.moment(t.In(v.zone)) }

func (v *frame) pick(text entry.Text) string { return pick(v.manifest, text, v.Lang) }

// pageBytes is room for most pages.
const pageBytes = 16 << 10

// show renders the whole page before the first byte goes out. body is what the
// template is given: the frame, or what embeds it.
func (p *Pages) show(c *gin.Context, name string, status int, cache string, v *frame, body any) {
	var b bytes.Buffer
	b.Grow(pageBytes)
	if err := p.sheets[v.Lang][name].Execute(&b, body); err != nil {
		// A template that fails would fail again: nothing of it is shown.
		p.Log.Error("page failed", "route", c.FullPath(), "error", fmt.Errorf("template %s: %w", name, err))
		c.Header("Cache-Control", "no-store")
		c.String(http.StatusInternalServerError, v.t("failed_title"))
		return
	}
	c.Header("Cache-Control", cache)
	c.Header("Vary", "Accept-Language")
	c.Header("Content-Language", v.Lang)
	c.Header("Content-Length", strconv.Itoa(b.Len())) // or it would go out in chunks
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}
