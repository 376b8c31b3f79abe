package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/bulletin/entry"
	"rollcall/crypto/checkdigit"
)

// pages renders the one page that there is: the election, the form, the answer
// to it, and the result. It works without scripts.
type pages struct {
	election Election
	zone     *time.Location
	words    map[string]*words
	none     entry.Text // what "none" is called, in the languages of the page
	template *template.Template
	static   map[string][]byte
}

// A page is what the template shows.
type page struct {
	*words
	Lang, Other string
	Title       string // of the window
	Election    string
	IsRehearsal bool
	Phase       string
	Counts      string
	ID          string
	Help, Phone string
	Address     string // of this server, for a verifier

	Typed   string // as typed into the form
	Fault   string // what is wrong with it
	Asked   string // what was looked up
	Several string
	Cards   []card
	Results *resultsPage // nil before there are any
	Message *message     // in place of everything else
}

// A message is a page of a few words.
type message struct{ Title, Text string }

func newPages(e Election, zone *time.Location) (*pages, error) {
	p := &pages{
		election: e, zone: zone, words: make(map[string]*words), none: make(entry.Text), static: make(map[string][]byte),
	}
	for _, lang := range pageLanguages {
		w, err := loadWords(lang)
		if err != nil {
			return nil, err
		}
		p.words[lang], p.none[lang] = w, w.None
	}
	for _, name := range []string{"style.css", "icon.svg"} {
		b, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
		p.static[name] = b
	}
	var err error
	p.template, err = template.New("page.html").Funcs(template.FuncMap{
		"asset": p.asset, "groups": func(s string) string { return number(s).groups() }, "fill": fill,
	}).ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return p, nil
}

// asset returns the address of a static file, which changes with its bytes.
func (p *pages) asset(name string) (string, error) {
	b, ok := p.static[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return fmt.Sprintf("/static/%s?v=%.8x", name, sha256.Sum256(b)), nil
}

// start fills in what every page has. asked is the language asked for.
func (p *pages) start(r *http.Request, asked string) *page {
	m := p.election.Manifest()
	lang := chooseLanguage(asked, r.Header.Get("Accept-Language"), m)
	other := pageLanguages[0]
	if lang == other {
		other = pageLanguages[1]
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	title := pick(m, m.Title, lang)
	return &page{
		words: p.words[lang], Lang: lang, Other: other, Title: title, Election: title,
		IsRehearsal: m.Rehearsal, ID: string(p.election.ID()), Help: unbroken(m.HelpLine), Phone: unbroken(m.Phone),
		Address: scheme + "://" + r.Host + "/",
	}
}

// unbroken keeps a telephone number on one line.
func unbroken(phone string) string { return strings.ReplaceAll(phone, " ", "\u00a0") }

// home shows the page with an empty form.
func (s *Server) home(c *gin.Context) {
	v := s.pages.start(c.Request, c.Query("lang"))
	if _, err := s.pages.addElection(c.Request, v); err != nil {
		s.showFailed(c, v, err)
		return
	}
	s.show(c, http.StatusOK, "no-cache", v)
}

// check answers the form. The number comes in the body of a POST, so that it
// stands in no address, history or log on the way.
func (s *Server) check(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxFormBytes)
	formErr := c.Request.ParseForm()
	form := c.Request.PostForm
	v := s.pages.start(c.Request, form.Get("lang"))
	state, err := s.pages.addElection(c.Request, v)
	if err != nil {
		s.showFailed(c, v, err)
		return
	}
	v.Typed = strings.TrimSpace(form.Get("number"))
	if !s.lookups.allow(c.Request.RemoteAddr) {
		v.Fault = v.TooMany
		c.Header("Retry-After", strconv.Itoa(int(time.Minute/time.Second)))
		s.show(c, http.StatusTooManyRequests, "no-store", v)
		return
	}
	n, err := parseNumber(v.Typed)
	if err != nil || formErr != nil {
		v.Fault = v.WrongLength
		if errors.Is(err, checkdigit.ErrCheck) {
			v.Fault = v.WrongDigit
		}
		v.Typed = v.Typed[:min(len(v.Typed), 80)]
		v.Title = v.CheckTitle + " - " + v.Election
		s.show(c, http.StatusBadRequest, "no-store", v)
		return
	}
	matches, err := find(c.Request.Context(), s.election, n)
	if err != nil {
		s.showFailed(c, v, err)
		return
	}
	if err := s.pages.addAnswer(v, n, matches, state); err != nil {
		s.showFailed(c, v, err)
		return
	}
	v.Title = v.Cards[0].Title + " - " + v.Election
	status := http.StatusOK
	if len(matches) == 0 {
		status = http.StatusNotFound
	}
	s.show(c, status, "no-store", v)
}

// static serves the style and the icon.
func (s *Server) static(c *gin.Context) {
	name := c.Param("name")
	b, ok := s.pages.static[name]
	if !ok {
		s.notFound(c)
		return
	}
	c.Header("Cache-Control", forever)
	c.Data(http.StatusOK, mime.TypeByExtension(path.Ext(name)), b)
}

func (s *Server) showNotFound(c *gin.Context) {
	v := s.pages.start(c.Request, c.Query("lang"))
	v.Message = &message{Title: v.UnknownTitle}
	s.show(c, http.StatusNotFound, "no-cache", v)
}

// showFailed shows that something is wrong here, and logs what.
func (s *Server) showFailed(c *gin.Context, v *page, err error) {
	s.log.Error("page failed", "route", c.FullPath(), "error", err)
	v.Message = &message{Title: v.FailedTitle, Text: v.FailedText}
	p, _ := classify(err)
	s.show(c, p.status, "no-store", v)
}

// show renders the whole page before the first byte goes out.
func (s *Server) show(c *gin.Context, status int, cache string, v *page) {
	var b bytes.Buffer
	if err := s.pages.template.Execute(&b, v); err != nil {
		s.fail(c, fmt.Errorf("page: %w", err))
		return
	}
	c.Header("Cache-Control", cache)
	c.Header("Vary", "Accept-Language")
	c.Header("Content-Language", v.Lang)
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}
