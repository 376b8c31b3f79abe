package browser

import (
	"fmt"
	"slices"
)

// Complaint is an error or a warning that the browser has for the maker of the
// page.
type Complaint struct {
	Source string // "console" and "exception" of scripts; "security" of a broken policy; "network"; and others of Chromium's log
	Text   string
	URL    string // where, if the browser says it
}

func (c Complaint) String() string {
	if c.URL == "" {
		return fmt.Sprintf("%s: %s", c.Source, c.Text)
	}
	return fmt.Sprintf("%s: %s (%s)", c.Source, c.Text, c.URL)
}

// Complaints returns what the browser has complained of since the last call,
// on all pages that the window has shown. Who takes complaints answers for them:
// only those that nobody took fail the test when it ends.
//
// That a document came with the status of an error is no complaint: see Open.
func (p *Page) Complaints() []Complaint {
	p.t.Helper()
	p.look("0", nil) // what was said before the answer to this has come
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	taken := slices.Clone(p.seen.complaints)
	p.seen.complaints = nil
	return taken
}

// requireNoComplaints fails the test for each complaint that it did not take.
// It does not talk to the browser, which may be why the test failed.
func (p *Page) requireNoComplaints() {
	p.t.Helper()
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	for _, c := range p.seen.complaints {
		p.t.Errorf("browser: %v", c)
	}
}

// forget drops the complaints so far.
func (r *record) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complaints = nil
}
