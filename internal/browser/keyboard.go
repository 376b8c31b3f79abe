package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	// mostStops bounds a walk with the Tab key.
	mostStops = 1000

	// innerStops is how often the Tab key may stay within one element: the
	// fields of a date and the buttons of a player are within one.
	innerStops = 12
)

// keys are those that Press knows by name.
var keys = map[string]string{
	"Tab": kb.Tab, "Enter": kb.Enter, "Space": " ", "Escape": kb.Escape,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End,
}

// Press presses keys, one after the other, wherever the focus is: "Tab",
// "Enter", "Space", "Escape", "ArrowUp" and the like, "Home", "End", and any of
// them after "Shift+".
func (p *Page) Press(names ...string) {
	p.t.Helper()
	for _, name := range names {
		plain, shifted := strings.CutPrefix(name, "Shift+")
		key, ok := keys[plain]
		if !ok {
			p.t.Fatalf("browser: no key %q", name)
		}
		var held []chromedp.KeyOption
		if shifted {
			held = append(held, chromedp.KeyModifiers(chromedp.ModifierShift))
		}
		run(p, "pressing "+name, chromedp.KeyEvent(key, held...))
	}
}

// Stop is an element that the Tab key stops at.
type Stop struct {
	Element string // its tag, id and classes
	ID      string
	Role    string // as assistive technology gets it
	Name    string // as assistive technology gets it: its accessible name

	// Visible is whether one sees that the focus is there: an outline is drawn
	// around the element or its label, in a colour that stands out, in the window,
	// and something does not cover all of it (WCAG 2.2, 2.4.7, 2.4.11, 1.4.11). Only
	// outlines count, since they alone remain where people set their own colours.
	Visible bool
}

func (s Stop) String() string { return fmt.Sprintf("%s (%s %q)", s.Element, s.Role, s.Name) }

// TabStops is a walk through a page with the Tab key.
type TabStops struct {
	Stops  []Stop   // in order, each once
	Trap   string   // the element that the key does not get away from, "" if there is none
	Missed []string // elements that take input and that the key does not stop at
}

//go:embed js/stop.js
var stopScript string

// TabStops walks through the page with the Tab key, from its beginning until
// the focus leaves it or begins anew. It does not look into shadow trees or
// frames.
func (p *Page) TabStops() TabStops {
	p.t.Helper()
	p.look(stopScript+"; tabs.rewind()", nil)
	var walk TabStops
	last, stayed := -1, 0
	for range mostStops {
		p.Press("Tab")
		var at struct {
			Index int // among the elements so far, -1 outside of the page
			Stop
		}
		p.look("tabs.stop()", &at)
		switch {
		case at.Index < 0 || at.Index == 0 && last > 0:
			p.look("tabs.missed()", &walk.Missed)
			return walk
		case at.Index == last && stayed < innerStops:
			stayed++
		case at.Index < len(walk.Stops):
			walk.Trap = walk.Stops[at.Index].String()
			p.look("tabs.missed()", &walk.Missed)
			return walk
		default:
			at.Role, at.Name = p.accessible()
			walk.Stops = append(walk.Stops, at.Stop)
			last, stayed = at.Index, 0
		}
	}
	p.t.Fatalf("browser: more than %d stops of the Tab key", mostStops)
	return walk
}

// accessible returns role and name of the element that has the focus.
func (p *Page) accessible() (role, name string) {
	p.t.Helper()
	element := run(p, "looking for the focus", evaluate("tabs.focus()", false))
	relatives := false
	tree := run(p, "reading the accessible name", func(ctx context.Context, s *chromedp.Target) (accessibility.GetPartialAXTreeResult, error) {
		return cdp.Call(ctx, s, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: element.ObjectID, FetchRelatives: &relatives})
	})
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal(v.Value, &s) // names and roles are strings
		}
		return s
	}
	if len(tree.Nodes) == 0 {
		return "", ""
	}
	return text(tree.Nodes[0].Role), text(tree.Nodes[0].Name)
}

// Faults returns what is wrong with it, in sentences.
func (w TabStops) Faults() []string {
	var faults []string
	if w.Trap != "" {
		faults = append(faults, fmt.Sprintf("the Tab key does not get away from %s", w.Trap))
	}
	for _, e := range w.Missed {
		faults = append(faults, fmt.Sprintf("the Tab key does not stop at %s", e))
	}
	for _, s := range w.Stops {
		if !s.Visible {
			faults = append(faults, fmt.Sprintf("the focus is not seen at %v", s))
		}
		if s.Name == "" {
			faults = append(faults, fmt.Sprintf("a stop of the Tab key has no name: %v", s))
		}
	}
	return faults
}

// RequireKeyboard fails the test for each fault that TabStops finds.
func (p *Page) RequireKeyboard() {
	p.t.Helper()
	for _, f := range p.TabStops().Faults() {
		p.t.Errorf("browser: keyboard: %s", f)
	}
}
