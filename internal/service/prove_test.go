package service

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"rollcall/api"
	"rollcall/internal/browser"
	"rollcall/internal/election"
	"rollcall/internal/workspace"
	"rollcall/tally/record"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

// TestBallotIsCheckedInTheBrowser: on the page of a real election, a voter looks up
// a cast ballot and a test, presses both buttons, and every step that is shown is
// right; of a page that says something else, the step is wrong.
func TestBallotIsCheckedInTheBrowser(t *testing.T) {
	ctx := t.Context()
	e, _, err := election.Simulate(ctx, election.Small(t.TempDir()), rand.New(rand.NewPCG(9, 10)))
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	reports := &reports{dir: workspace.Dir(t.TempDir()), door: e.Door, board: e.Board}
	server, err := api.New(api.Config{
		Election: &told{e.Door, e.Board, reports, &ownCheck{}, nil}, Board: e.Public(), Lookups: api.Rate{PerSecond: 1e6, Burst: 1e6},
	})
	must(t, err)
	t.Cleanup(func() { must(t, server.Shutdown(ctx)) })
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)

	codes := map[record.Decision]string{}
	state := e.Door.State()
	for i := range state.Size() {
		if b, ok := state.Ballot(i); ok {
			codes[b.Decision] = b.Code
		}
	}
	p := browser.Start(t, browser.Options{Width: 360, Height: 640})
	look := func(code string) {
		p.Open(site.URL + "/?lang=en")
		p.Type("#number", code)
		p.Follow(func() { p.Press("Enter") })
		p.Click("details summary")
	}
	for decision, want := range map[record.Decision]int{record.Undecided: 10, record.Cast: 13, record.Tested: 14} {
		if codes[decision] == "" {
			t.Fatalf("the election has no ballot that is %v", decision)
		}
		look(codes[decision])
		press(t, p, "[data-run]", want)
		press(t, p, "[data-maths]", want)
		p.RequireAccessible()
		p.RequireReflow()
		p.RequireOneOrigin(site.URL)
	}

	look(codes[record.Cast])
	p.Eval(`document.querySelector("[data-check]").dataset.code = "`+codes[record.Tested]+`"`, nil)
	if steps := pressed(t, p, "[data-maths]"); steps["code"] != "bad" || steps["ballot-form"] != "ok" {
		t.Errorf("with the code of another ballot: %v", steps)
	}
	if got := p.Text("[role=status] [data-when=bad]"); got == "" {
		t.Error("the page does not say that something is wrong")
	}

	// The page says where on the roll the voter stands, and is not believed.
	look(codes[record.Cast])
	var named string
	p.Eval(`document.querySelector("[data-check]").dataset.roll`, &named)
	if want := fmt.Sprint(state.FindCode(codes[record.Cast])[0].Voter.RollAt); named != want || named == "0" {
		t.Errorf("the page names chunk %s of the roll, want %s", named, want)
	}
	p.Eval(`document.querySelector("[data-check]").dataset.roll = "`+named+`0"`, nil)
	if steps := pressed(t, p, "[data-maths]"); steps["roll"] != "bad" || steps["ballot-form"] != "ok" {
		t.Errorf("with another chunk of the roll: %v", steps)
	}
}

// press presses a button and holds that nothing is wrong, of at most so many steps;
// after the second button all of them are right.
func press(t *testing.T, p *browser.Page, button string, most int) {
	t.Helper()
	steps := pressed(t, p, button)
	for id, state := range steps {
		if state != "ok" {
			t.Errorf("after %s: step %s is %q", button, id, state)
		}
	}
	if button == "[data-maths]" && len(steps) != most {
		t.Errorf("after %s: %d steps, want %d: %v", button, len(steps), most, steps)
	}
}

// pressed presses a button, waits until the checks are done, and returns the state
// of every step that is shown.
func pressed(t *testing.T, p *browser.Page, button string) map[string]string {
	t.Helper()
	p.Click(button)
	var busy string
	for range 1200 {
		p.Eval(`document.querySelector("[data-steps]").getAttribute("aria-busy") ?? "none"`, &busy)
		if busy == "false" || busy == "none" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	steps := map[string]string{}
	p.Eval(`Object.fromEntries([...document.querySelectorAll("[data-steps] > li:not([hidden])")].map(li =>
		[li.dataset.step, [...li.querySelectorAll("[data-when]:not([hidden])")].map(s => s.dataset.when).join()]))`, &steps)
	return steps
}
