package browser

import (
	"strings"
	"testing"
)

func TestComplaints(t *testing.T) {
	for _, tt := range []struct{ name, main, script, policy, source, text string }{
		{"a style in the page", `<p style="color: red">Red</p>`, "", "", "security", "Content Security Policy"},
		{"a script in the page", `<script>1</script>`, "", "", "security", "Content Security Policy"},
		{"a script by address", `<script src="/a.js"></script>`, "1", "", "security", "Content Security Policy"},
		{"a picture of another origin", `<img alt="" src="http://127.0.0.2:9/a.png">`, "", "", "security", "Content Security Policy"},
		{"a picture that is missing", `<img alt="" src="/missing.png">`, "", "img-src 'self'", "network", "404"},
		{"an exception", `<script src="/a.js"></script>`, "throw new Error('oh')", "script-src 'self'", "exception", "Error: oh"},
		{"an error on the console", `<script src="/a.js"></script>`, "console.error('bad', 1, [2])", "script-src 'self'", "console", "bad 1 Array(1)"},
		{"a warning on the console", `<script src="/a.js"></script>`, "console.warn('careful')", "script-src 'self'", "console", "careful"},
	} {
		p := Start(t, Options{})
		s := serve(t, document(tt.main))
		s.policy += "; " + tt.policy
		s.pages["/a.js"] = tt.script
		p.Open(s.URL + "/")
		requireFails(t, p, (*Page).requireNoComplaints, tt.text)
		got := p.Complaints()
		if len(got) != 1 || got[0].Source != tt.source || !strings.Contains(got[0].Text, tt.text) {
			t.Errorf("%s: %v, want one of %s with %q", tt.name, got, tt.source, tt.text)
		}
		if again := p.Complaints(); len(again) > 0 {
			t.Errorf("%s: taken, and there again: %v", tt.name, again)
		}
	}
}

func TestNoComplaints(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(form+`<script src="/a.js"></script>`))
	s.policy += "; script-src 'self'"
	s.pages["/a.js"] = "console.log('hello'); console.info('hello')"
	p.Open(s.URL + "/")
	if c := p.Complaints(); len(c) > 0 {
		t.Errorf("complaints of nothing: %v", c)
	}
}

// A form may not be sent where the policy does not let it.
func TestFormPolicy(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(`<form method="post" action="/answer"><button id="go">Go</button></form>`))
	s.policy = strings.Replace(policy, "form-action 'self'", "form-action 'none'", 1)
	p.Open(s.URL + "/")
	p.Click("#go")
	// The browser refuses to leave the page some time after the click.
	var all []Complaint
	for len(all) == 0 {
		all = p.Complaints()
	}
	if len(all) != 1 || !strings.Contains(all[0].Text, "form-action") {
		t.Errorf("a form that may not be sent: %v", all)
	}
}

// lent is a test that a window is lent to.
type lent struct {
	failing
	end []func()
}

func (l *lent) Cleanup(f func()) { l.end = append(l.end, f) }

// A complaint fails the test that has the window, and no other.
func TestComplaintsWhileLent(t *testing.T) {
	p := Start(t, Options{})
	s := serve(t, document(`<p style="color: red">Red</p>`))
	s.pages["/plain"] = document("<p>Plain</p>")
	for path, want := range map[string]int{"/": 1, "/plain": 0} {
		l := &lent{failing: failing{TB: t}}
		q := p.For(l)
		q.Open(s.URL + path)
		q.look("0", nil) // what was said before the answer to this has come
		for _, f := range l.end {
			f()
		}
		if len(l.errors) != want {
			t.Errorf("%s: %q", path, l.errors)
		}
	}
	p.Open(s.URL + "/plain")
	if c := p.Complaints(); len(c) > 0 {
		t.Errorf("a complaint of what was lent: %v", c)
	}
}
