package api

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rollcall/api/page"
	"rollcall/api/public"
	"rollcall/internal/browser"
)

// requireLargeLetters: nothing is cut off or covered, nor does one scroll sideways,
// with letters of twice the size (WCAG 1.4.4) and with the spaces of 1.4.12, in a
// window of 1280 pixels at 200 % and at 400 %.
func requireLargeLetters(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	for _, width := range []int{640, 320} {
		p.Change(browser.Options{Width: width})
		for _, styles := range [][]string{{browser.WideText}, {browser.LargeText, browser.WideText}, {browser.LargeText}} {
			p.Restyle(styles...)
			p.RequireFit()
			// In the narrow window, words of twice the size may be wider than it is.
			if width == 640 || !slices.Contains(styles, browser.LargeText) {
				p.RequireWholeWords()
			}
		}
		picture(p, fmt.Sprintf("%s-large-%d", name, width))
		p.Restyle()
	}
}

// picture draws the page if somebody wants to see it.
func picture(p *browser.Page, name string) {
	if os.Getenv("ROLLCALL_SCREENSHOTS") != "" {
		p.Screenshot(name)
	}
}

// requireNoMotion: nothing moves, whether one minds that or not.
func requireNoMotion(t *testing.T, p *browser.Page) {
	t.Helper()
	for _, reduced := range []bool{false, true} {
		p.Change(browser.Options{ReducedMotion: reduced})
		var moving []string
		p.Eval(`[...document.querySelectorAll("*")].filter(e => {
			const s = getComputedStyle(e);
			return s.transitionDuration !== "0s" || s.animationName !== "none" || s.scrollBehavior !== "auto";
		}).map(e => e.outerHTML.slice(0, 80))`, &moving)
		if len(moving) > 0 {
			t.Errorf("with little motion %v, these move: %q", reduced, moving)
		}
	}
}

// requireForcedColours: where the system sets the colours, pictures are drawn in
// them, the focus is seen, and where one is stays marked without a colour.
func requireForcedColours(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	for _, dark := range []bool{false, true} {
		p.Change(browser.Options{Width: 640, ForcedColors: true, Dark: dark})
		var got struct {
			Others []string // paints of pictures that are not the system's
			Unseen []string // pictures of which nothing stands out
			Marked []string // links of the menu with a line below
			Links  int      // how many of the menu say that one is there
		}
		p.Eval(`(() => {
			const probe = document.createElement("p");
			document.body.append(probe);
			const system = {};
			for (const name of ["Canvas", "CanvasText"]) {
				probe.style.color = name;
				system[name] = getComputedStyle(probe).color;
			}
			probe.remove();
			const paints = s => [s.fill, s.stroke].filter(c => c !== "none");
			const drawings = [...document.querySelectorAll("svg")].filter(e => e.checkVisibility());
			const styles = drawings.map(e => [...e.children].map(c => getComputedStyle(c)));
			return {
				Others: styles.flat().flatMap(paints).filter(c => !Object.values(system).includes(c)),
				Unseen: drawings.filter((e, i) => !styles[i].flatMap(paints).includes(system.CanvasText)).map(e => e.outerHTML.slice(0, 60)),
				Marked: [...document.querySelectorAll(".menu a")].filter(e => getComputedStyle(e).borderBottomStyle !== "none").map(e => e.textContent),
				Links: document.querySelectorAll(".menu [aria-current]").length,
			};
		})()`, &got)
		if len(got.Others) > 0 || len(got.Unseen) > 0 || len(got.Marked) != got.Links {
			t.Errorf("forced colours, dark %v: %+v", dark, got)
		}
	}
	p.RequireKeyboard()
	picture(p, name+"-forced")
}

// requireHelp: help is at the same place of every page (WCAG 3.2.6), and a number
// can be pasted (3.3.8).
func requireHelp(t *testing.T, p *browser.Page, line string) {
	t.Helper()
	var got struct {
		Help    string
		Refused bool
	}
	p.Eval(`({
		Help: document.querySelector("body > footer:last-child > p:first-child").textContent,
		Refused: !(document.getElementById("number") || document.body).dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true})),
	})`, &got)
	if !strings.Contains(strings.ReplaceAll(got.Help, "\u00a0", " "), line) || got.Refused {
		t.Errorf("help or pasting: %+v", got)
	}
}

// paper is what requirePaper sees of a page.
type paper struct {
	Pressed  []string // what one would press or type into, and navigation
	Folded   []string // what stays folded away
	Coloured []string // what is neither black, white nor grey, or not dark enough to read
	Broken   []string // numbers that go over more than one line
	Lost     []string // links whose address on paper is not theirs
	Torn     []string // what must not be torn by the end of a sheet, and may be
	From     string   // the line that says where the page comes from
	Election bool
	Rows     int // of tables
}

var pages = regexp.MustCompile(`/Type /Page\b`)

// requirePaper: a page in print is black on white also at night, has nothing that
// one would press, shows all that is folded away on a screen, says where it is from,
// and does not tear what belongs together.
func requirePaper(t *testing.T, p *browser.Page, s sight, url string) {
	t.Helper()
	for _, o := range []browser.Options{{Width: 690, Print: true}, {Width: 720, Print: true, Dark: true}} {
		p.Change(o)
		p.RequireFit()
		var got paper
		p.Eval(`(() => {
			const shown = e => e.checkVisibility({visibilityProperty: true});
			const all = selector => [...document.querySelectorAll(selector)];
			const brief = list => list.map(e => e.outerHTML.slice(0, 80));
			const rgb = c => c.match(/[\d.]+/g).map(Number);
			const grey = c => { const [r, g, b, a = 1] = rgb(c); return a === 0 || r === g && g === b; };
			const text = e => [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
			const lines = e => { const r = document.createRange(); r.selectNodeContents(e); return new Set([...r.getClientRects()].map(b => b.top)).size; };
			const here = all(".paper")[0];
			return {
				Pressed: brief(all("button, input, label, nav, .skip, .fault").filter(shown)),
				Folded: brief(all("details > *").filter(e => !shown(e) && !e.matches(".prove"))),
				Coloured: brief(all("body, body *").filter(e => shown(e)).filter(e => {
					const s = getComputedStyle(e), picture = e.closest("svg");
					if (picture) return [s.fill, s.stroke].some(c => c !== "none" && !grey(c));
					return text(e) && rgb(s.color)[0] > 80 || !grey(s.color) || !grey(s.borderTopColor) ||
						rgb(s.backgroundColor)[0] < 255 && rgb(s.backgroundColor)[3] !== 0;
				})),
				Broken: brief(all(".digits").filter(e => shown(e) && lines(e) > 1)),
				Lost: brief(all("main a[data-at]").filter(e => {
					const to = new URL(e.href);
					to.searchParams.delete("lang");
					return to.href !== e.dataset.at || !getComputedStyle(e, "::after").content.includes(e.dataset.at);
				})),
				Torn: brief([...all("tr, .facts div, .card, pre, footer, .entries li").filter(e => getComputedStyle(e).breakInside !== "avoid"),
					...all("h1, h2, h3").filter(e => getComputedStyle(e).breakAfter !== "avoid"),
					...all("thead").filter(e => getComputedStyle(e).display !== "table-header-group")]),
				From: here && shown(here) ? here.textContent : "",
				Election: shown(all(".election")[0]),
				Rows: all("tbody tr").filter(shown).length,
			};
		})()`, &got)
		address := url + "/"
		if s.number == "" {
			address = url + s.path // an answer has no address of its own
		}
		if bad := slices.Concat(got.Pressed, got.Folded, got.Coloured, got.Broken, got.Lost, got.Torn); len(bad) > 0 {
			t.Errorf("paper, dark %v: %+v", o.Dark, got)
		}
		if !strings.Contains(got.From, address) || !strings.Contains(got.From, "UTC") || !got.Election {
			t.Errorf("paper says to be from %q of the election %v, want %q", got.From, got.Election, address)
		}
		// Both contests, all together and by area, but for the one area whose count is withheld.
		if s.name == "results" && got.Rows != 16 {
			t.Errorf("paper has %d rows", got.Rows)
		}
	}
	if !slices.Contains(oneSheet, s.name) && os.Getenv("ROLLCALL_SCREENSHOTS") == "" {
		return
	}
	for name, size := range map[string]browser.Paper{"a4": browser.A4, "letter": browser.Letter} {
		p.Change(browser.Options{Dark: name == "a4"})
		pdf := p.PrintPDF(fmt.Sprintf("%s-%s", s.name, name), size)
		if n := len(pages.FindAll(pdf, -1)); n == 0 || n > 1 && slices.Contains(oneSheet, s.name) {
			t.Errorf("%s has %d sheets of %s", s.name, n, name)
		}
	}
}

// oneSheet are sights that have room on one sheet.
var oneSheet = []string{"home", "cast", "counted", "tested", "undecided", "lapsed", "void", "missing", "near", "short", "how", "entry", "nowhere", "results-none", "board-empty"}

// TestPaperSaysWhereItIsFrom: with the stretch of the board, without the language,
// and never with a number that was looked up.
func TestPaperSaysWhereItIsFrom(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	fillBoard(t, f, 70)
	server, _ := newServer(t, f)
	for path, want := range map[string]string{
		"/?lang=en": "/", "/results": "/results", "/board?lang=en&from=32": "/board?from=32", "/board/3?lang=en": "/board/3",
		"/nowhere?x=%3Cb%3E": "/nowhere",
	} {
		res := get(t, server.URL+path, "Accept", "text/html")
		if shown := seen(res.body); !strings.Contains(shown, "This page is from "+server.URL+want+", as it was on") {
			t.Errorf("%s: paper is not from %s:\n%s", path, want, shown)
		}
	}
	for _, number := range []string{code(1), ballotNumber(1), code(9), "1234"} {
		res := lookUp(t, server.URL, number, "en")
		if shown := seen(res.body); !strings.Contains(shown, "This page is from "+server.URL+"/, as it was on") {
			t.Errorf("paper of an answer is not from the start page:\n%s", shown)
		}
	}
}

// TestNothingIsTypedTwice: a number that was wrong stays in the field, and a number
// that was found goes along to another language (WCAG 3.3.7).
func TestNothingIsTypedTwice(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	server, _ := newServer(t, f)
	wrong := lookUp(t, server.URL, "1234 5", "en").body
	if !regexp.MustCompile(`<input id="number"[^>]* value="1234 5">`).MatchString(wrong) {
		t.Errorf("a wrong number is gone:\n%s", wrong)
	}
	for _, typed := range []string{"1234 5", code(1)} {
		body := lookUp(t, server.URL, typed, "en").body
		if n := strings.Count(body, `<input type="hidden" name="number" value="`+typed+`">`); n != len(page.Languages)-1 {
			t.Errorf("%d of %d other languages get the number", n, len(page.Languages)-1)
		}
	}
}
