package api

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/api/live"
	"rollcall/api/page"
	"rollcall/api/public"
	"rollcall/internal/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

// sight is a page in one state, as a browser gets to it.
type sight struct {
	name, path string
	number     string // typed into the form, where not empty
	status     int
	arrange    func(t *testing.T, f *fake)
}

// sights are all pages, and all states of a ballot.
var sights = []sight{
	{"home", "/", "", 200, func(*testing.T, *fake) {}},
	{"results-none", "/results", "", 200, func(*testing.T, *fake) {}},
	{"results", "/results", "", 200, func(_ *testing.T, f *fake) { f.publish() }},
	{"results-wrong", "/results", "", 200, func(_ *testing.T, f *fake) {
		f.publish()
		f.own = &public.OwnCheck{At: noon.Add(10 * time.Hour), Checks: 20}
	}},
	{"board-empty", "/board", "", 200, func(*testing.T, *fake) {}},
	{"board", "/board", "", 200, func(t *testing.T, f *fake) { fillBoard(t, f, 60) }},
	{"entry", "/board/3", "", 200, func(t *testing.T, f *fake) { fillBoard(t, f, 5) }},
	{"how", "/how", "", 200, func(*testing.T, *fake) {}},
	{"verify", "/verify", "", 200, func(*testing.T, *fake) {}},
	{"api", "/api", "", 200, func(*testing.T, *fake) {}},
	{"nowhere", "/nowhere", "", 404, func(*testing.T, *fake) {}},
	{"cast", "/", code(1), 200, func(_ *testing.T, f *fake) { f.ballots = []public.Ballot{castAt(1)} }},
	{"counted", "/", code(1), 200, func(_ *testing.T, f *fake) { f.publish(); f.ballots = []public.Ballot{castAt(1)} }},
	{"tested", "/", code(1), 200, func(_ *testing.T, f *fake) {
		b := sealedAt(1, public.StateTested)
		b.Decision, b.Decided = 42, noon.Add(time.Minute)
		b.Opened = []public.Opened{{Contest: 0, Selected: []uint64{1}}, {Contest: 1, Selected: []uint64{0, 1}}}
		f.ballots = []public.Ballot{b, castAt(5)}
	}},
	{"undecided", "/", code(1), 200, func(_ *testing.T, f *fake) { f.ballots = []public.Ballot{sealedAt(1, public.StateUndecided)} }},
	{"lapsed", "/", code(1), 200, func(_ *testing.T, f *fake) { f.ballots = []public.Ballot{sealedAt(1, public.StateLapsed), castAt(5)} }},
	{"void", "/", code(1), 200, func(_ *testing.T, f *fake) {
		b := sealedAt(1, public.StateVoid)
		b.Reason = "the code of an earlier ballot"
		f.ballots = []public.Ballot{b}
	}},
	{"several", "/", code(1), 200, func(_ *testing.T, f *fake) {
		other := castAt(1)
		other.Number, other.Index = ballotNumber(2), 77
		f.ballots = []public.Ballot{sealedAt(1, public.StateVoid), other}
	}},
	{"short", "/", "1234", 400, func(*testing.T, *fake) {}},
	{"missing", "/", code(9), 404, func(*testing.T, *fake) {}},
	{"near", "/", code(1)[:15] + string('0'+(code(1)[15]-'0'+1)%10), 400, func(_ *testing.T, f *fake) { f.ballots = []public.Ballot{castAt(1)} }},
}

// sightOf returns a sight by its name.
func sightOf(name string) sight {
	return sights[slices.IndexFunc(sights, func(s sight) bool { return s.name == name })]
}

// show brings a window to a sight.
func (s sight) show(t *testing.T, p *browser.Page, url, lang string) {
	t.Helper()
	status := p.Open(url + s.path + "?lang=" + lang)
	if s.number != "" {
		p.Type("#number", s.number)
		status = p.Follow(func() { p.Press("Enter") })
	}
	if status != s.status {
		t.Errorf("status %d, want %d", status, s.status)
	}
}

// windows is how many windows work side by side.
const windows = 2

// inWindows runs a test for each sight, in a few windows that stay open: a browser
// has most of its work with a window's first page.
func inWindows(t *testing.T, list []sight, test func(t *testing.T, p *browser.Page, i int)) {
	for w := range windows {
		t.Run(fmt.Sprint("window", w), func(t *testing.T) {
			t.Parallel()
			p := browser.Start(t, browser.Options{})
			for i := w; i < len(list); i += windows {
				t.Run(list[i].name, func(t *testing.T) { test(t, p.For(t), i) })
			}
		})
	}
}

// TestPagesInABrowser holds every page and every state of a ballot, by day and by
// night, on a telephone and on a desk, against WCAG 2.2 AA: no violation, and
// nothing that a person would have to decide. Each works with keys alone and without
// scripts, fits into 320 pixels and holds large and spaced letters, asks nobody but
// this server for anything, and is of use on paper. With ROLLCALL_SCREENSHOTS=DIR the
// pictures stay there.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	inWindows(t, sights, func(t *testing.T, p *browser.Page, i int) {
		s, lang := sights[i], page.Languages[i%len(page.Languages)]
		f := newFake()
		s.arrange(t, f)
		server, _ := newServer(t, f)
		for _, o := range []browser.Options{{Width: 320, Height: 640, NoScript: true}, {Width: 1000, Dark: true}} {
			p.Change(o)
			// Where there are no scripts to run, the page would be the same again.
			if o.NoScript || scripted(p) {
				s.show(t, p, server.URL, lang)
			}
			unfold(p, o.Dark)
			p.RequireAccessible()
			p.RequireReflow()
			p.RequireKeyboard()
			p.RequireTargets()
			p.RequireOneOrigin(server.URL)
			picture(p, fmt.Sprintf("%s-%s-%d", s.name, lang, o.Width))
		}
		requireLargeLetters(t, p, s.name)
		unfold(p, false) // paper unfolds it by itself
		requireNoMotion(t, p)
		requireForcedColours(t, p, s.name)
		requireHelp(t, p, f.manifest.HelpLine)
		requirePaper(t, p, s, server.URL)
	})
}

// unfold opens or closes what can be folded away.
func unfold(p *browser.Page, open bool) {
	p.Eval(fmt.Sprintf(`document.querySelectorAll("details").forEach(d => d.open = %v)`, open), nil)
}

// scripted is whether a page has scripts.
func scripted(p *browser.Page) (yes bool) {
	p.Eval("document.scripts.length > 0", &yes)
	return yes
}

// TestPagesInEveryLanguage: the longest words of each language fit, too. Each sight
// that is not a ballot's is shown in the languages in which TestPagesInABrowser does
// not show it.
func TestPagesInEveryLanguage(t *testing.T) {
	t.Parallel()
	var list []sight
	var had []string // the language in which TestPagesInABrowser shows each
	for i, s := range sights {
		// One server with everything: there is nothing else to see where others have nothing yet.
		if s.number == "" && s.name != "results-none" && s.name != "results-wrong" && s.name != "board-empty" || s.name == "counted" {
			list, had = append(list, s), append(had, page.Languages[i%len(page.Languages)])
		}
	}
	f := newFake()
	f.publish()
	f.ballots = []public.Ballot{castAt(1)}
	fillBoard(t, f, 40)
	server, _ := newServer(t, f)
	inWindows(t, list, func(t *testing.T, p *browser.Page, i int) {
		for _, lang := range page.Languages {
			if lang == had[i] {
				continue
			}
			p.Change(browser.Options{Width: 320})
			list[i].show(t, p, server.URL, lang)
			p.RequireAccessible()
			p.RequireReflow()
			unfold(p, true)
			p.Restyle(browser.LargeText, browser.WideText)
			p.RequireFit()
		}
	})
}

// TestBoardGoesOn: the list of the newest entries grows by itself where there are
// scripts and a stream, can be stopped, and does not move under the focus.
func TestBoardGoesOn(t *testing.T) {
	t.Parallel()
	f := newFake()
	fillBoard(t, f, 40)
	hub := live.NewHub(live.HubConfig{Every: time.Millisecond})
	server, _ := newServer(t, f, func(c *Config) { c.Hub = hub })
	hub.Publish(live.State{Size: 40, Phase: string(public.PhaseOpen)})
	p := browser.Start(t, browser.Options{})
	p.Open(server.URL + "/board?lang=en")
	p.RequireAccessible()
	newest := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			// In one look: the list may be another one at the next.
			var got string
			if p.Eval(`document.querySelector(".entries li .digits").textContent`, &got); got == want {
				return
			} else if time.Now().After(deadline) {
				t.Fatalf("the newest entry shown is %s, want %s", got, want)
			}
		}
	}
	newest("39")
	// later lets the page think that a minute has passed: it looks every five seconds at most.
	later := func() {
		t.Helper()
		p.Eval("Date.now = (now => () => now() + 60_000)(Date.now)", nil)
	}
	later()
	fillBoard(t, f, 43)
	hub.Publish(live.State{Size: 43, Phase: string(public.PhaseOpen)})
	newest("42")
	p.RequireAccessible()

	p.Click("[data-live-button]")
	fillBoard(t, f, 44)
	hub.Publish(live.State{Size: 44, Phase: string(public.PhaseOpen)})
	var pressed string
	p.Eval(`document.querySelector("[data-live-button]").getAttribute("aria-pressed")`, &pressed)
	if pressed != "false" || hub.Followers() > 0 && !left(hub) {
		t.Errorf("after the button was pressed: %q, %d follow", pressed, hub.Followers())
	}
	if got := p.Text(".entries li .digits"); got != "42" {
		t.Errorf("a list that was stopped shows %s", got)
	}
	later()
	p.Click("[data-live-button]")
	newest("43")
}

// TestBoardWithoutAPlace: where too many streams are open from here already, the
// button does not say that the list moves, and takes it up when there is room.
func TestBoardWithoutAPlace(t *testing.T) {
	f := newFake()
	fillBoard(t, f, 40)
	hub := live.NewHub(live.HubConfig{PerClient: 1})
	server, _ := newServer(t, f, func(c *Config) { c.Hub = hub })
	res, leave := follow(t, server.URL, "")
	if res.StatusCode != 200 {
		t.Fatalf("status %d", res.StatusCode)
	}
	p := browser.Start(t, browser.Options{})
	p.Open(server.URL + "/board?lang=en")
	pressed := func(want string) {
		t.Helper()
		var got string
		for range 600 {
			if p.Eval(`document.querySelector("[data-live-button]").getAttribute("aria-pressed")`, &got); got == want {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("the button is pressed: %s, want %s", got, want)
	}
	pressed("false")
	leave()
	waitFor(t, hub, 0)
	p.Click("[data-live-button]")
	pressed("true")
	waitFor(t, hub, 1)
	pressed("true")
	if c := p.Complaints(); len(c) != 1 || !strings.Contains(fmt.Sprint(c), "429") {
		t.Errorf("the browser complains of %v, want the one stream that was refused", c)
	}
}

// left waits until nobody follows any more.
func left(hub *live.Hub) bool {
	for range 6000 {
		if hub.Followers() == 0 {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// TestWhatAReceiptPageCosts reports bytes and times of the answer to a look-up on a
// slow telephone; only the bytes, which no machine changes, are held.
func TestWhatAReceiptPageCosts(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	server, _ := newServer(t, f)
	p := browser.Start(t, browser.Options{Width: 360, Height: 640, Slow: true})
	sightOf("cast").show(t, p, server.URL, "en")
	transfer := p.Transfer()
	t.Logf("form and answer: %+v; usable after %+v", transfer, p.Usable())
	if transfer.Bytes > 60_000 {
		t.Errorf("%d bytes, at most 60,000 are allowed", transfer.Bytes)
	}
}
