package page

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/api/public"
	"rollcall/api/script"
	"rollcall/bulletin/entry"
)

// contentTypes are those of static files. What the machine's own table says is not
// asked: it may know none of them.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	"": "text/plain; charset=utf-8", // LICENSE
}

// forever is for what never changes under its name.
const forever = "public, max-age=31536000, immutable"

// Config says what the pages show, and how.
type Config struct {
	Election   public.Election
	Zone       *time.Location          // of times
	Log        *slog.Logger            // for internal errors
	Allow      func(*gin.Context) bool // whether a client may look up a number now
	HTTPS      bool                    // what is in front speaks TLS
	Missing    gin.HandlerFunc         // answers where there is no such file
	Live       bool                    // there is a stream of events
	Operations []Operation             // of the interface for programs
	Note       func([]public.Match)    // is told of what look-ups find
	LookedUp   func() uint64           // how many cast ballots were looked up, at least
}

// Pages are the pages of one election.
type Pages struct {
	Config
	words  map[string]*words
	sheets map[string]map[string]*template.Template // by language and name
	static map[string]file
}

// file is a static file, whose address changes with its bytes.
type file struct {
	bytes []byte
	url   string
}

func newFile(name string, b []byte) file {
	return file{b, fmt.Sprintf("/static/%s?v=%.8x", name, sha256.Sum256(b))}
}

// sheetNames are the templates below template/, but for layout.html, which all
// share.
var sheetNames = []string{"check", "results", "board", "entry", "how", "verify", "api", "message"}

// New returns the pages of an election.
func New(cfg Config) (*Pages, error) {
	p := &Pages{Config: cfg, sheets: map[string]map[string]*template.Template{}, static: map[string]file{}}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		name = path.Base(name)
		p.static[name] = newFile(name, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	for name, b := range map[string][]byte{"proof.js": script.Proof, "maths.js": script.Maths, "LICENSE": script.License} {
		p.static[name] = newFile(name, b)
	}
	if p.words, err = loadWords(); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	for _, lang := range Languages {
		p.sheets[lang] = map[string]*template.Template{}
		for _, name := range sheetNames {
			sheet := template.New("layout.html").Funcs(template.FuncMap{
				"t": p.words[lang].t, "asset": p.asset, "count": count,
				"groups": func(s string) string { return public.Number(s).Groups() },
			})
			for _, part := range []string{"layout", name} {
				b, err := files.ReadFile("template/" + part + ".html")
				if err == nil {
					_, err = sheet.Parse(p.settle(string(b), lang))
				}
				if err != nil {
					return nil, fmt.Errorf("page: %s: %w", part, err)
				}
			}
			p.sheets[lang][name] = sheet
		}
	}
	return p, nil
}

// None is what a blank vote is called, in every language of the pages.
func (p *Pages) None() entry.Text {
	names := entry.Text{}
	for lang, w := range p.words {
		names[lang] = w.t("none")
	}
	return names
}

// asset returns the address of a static file.
func (p *Pages) asset(name string) (string, error) {
	f, ok := p.static[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return f.url, nil
}

// settled are the calls in a template that always come to the same in a language.
var settled = regexp.MustCompile(`\{\{(t|asset) "([^"]+)"\}\}`)

// settle puts what a template's calls come to in their place, where that is always
// the same: texts without values, which are most, and addresses of files. To call
// them took half of the time of a page. All of them stand in text or in quoted
// attributes, where they are escaped as html/template would.
func (p *Pages) settle(source, lang string) string {
	return settled.ReplaceAllStringFunc(source, func(call string) string {
		m := settled.FindStringSubmatch(call)
		if m[1] == "t" {
			return template.HTMLEscapeString(p.words[lang].t(m[2]))
		}
		url, err := p.asset(m[2])
		if err != nil {
			return call // the template's own call says so
		}
		return url
	})
}

// Register adds the routes of the pages.
func (p *Pages) Register(r gin.IRoutes) {
	r.GET("/", p.home)
	r.POST("/check", p.check)
	r.GET("/check", func(c *gin.Context) { c.Redirect(http.StatusSeeOther, "/") })
	r.GET("/results", p.showResults)
	r.GET("/board", p.showBoard)
	r.GET("/board/:index", p.showEntry)
	r.GET("/how", p.showText("how"))
	r.GET("/verify", p.showText("verify"))
	r.GET("/api", p.showReference)
	r.GET("/static/:name", p.showFile)
}

// showText shows a page that is the same in every phase.
func (p *Pages) showText(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		v := p.start(c.Request, name, c.Query("lang"))
		p.show(c, name, http.StatusOK, "no-cache", v, v)
	}
}

// showFile serves a static file.
func (p *Pages) showFile(c *gin.Context) {
	name := c.Param("name")
	f, ok := p.static[name]
	if !ok {
		p.Missing(c)
		return
	}
	c.Header("Cache-Control", forever)
	c.Data(http.StatusOK, contentTypes[path.Ext(name)], f.bytes)
}

// message is a page of a few words.
type message struct {
	*frame
	Heading, Text string
}

// NotFound says that there is no such page.
func (p *Pages) NotFound(c *gin.Context) {
	v := p.start(c.Request, "", c.Query("lang"))
	p.show(c, "message", http.StatusNotFound, "no-cache", v, message{v, v.t("unknown_title"), ""})
}

// failed says that something is wrong here, and logs what.
func (p *Pages) failed(c *gin.Context, v *frame, err error) {
	p.Log.Error("page failed", "route", c.FullPath(), "error", err)
	status := http.StatusInternalServerError
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		status = http.StatusServiceUnavailable
	}
	p.show(c, "message", status, "no-store", v, message{v, v.t("failed_title"), v.t("failed_text")})
}
