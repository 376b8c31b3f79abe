package page

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"rollcall/verifier"
	"rollcall/verifier/monitor"
)

const electionID = "0123456789ABCDEFGHJKMNPQRS*"

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *clock) set(after time.Duration) { c.at.Store(noon.Add(after).Unix()) }

func newPage(t *testing.T) (*Page, *clock, *httptest.Server) {
	t.Helper()
	c := &clock{}
	c.set(0)
	p := New(Config{Election: electionID, Now: c.now, Late: 3 * time.Minute})
	s := httptest.NewServer(p.Handler())
	t.Cleanup(s.Close)
	return p, c, s
}

// judged is a status of a board of 1234 entries that is in order so far.
func judged(s verifier.Status) *monitor.Status {
	head := monitor.Head{Size: 1234, Root: strings.Repeat("ab", 32), Seen: noon}
	j := &monitor.Judged{Head: head, At: noon, Status: s, New: 1000, Took: 500 * time.Millisecond, Running: s != verifier.Pass, LastTick: noon.Add(-10 * time.Second),
		Ballots: verifier.Ballots{Cast: 321, Tested: 12, Undecided: 4}, Undecided: &monitor.Share{Undecided: 3, Expired: 300, Percent: 1}}
	for i := range 20 {
		c := monitor.Check{Check: verifier.Check{ID: fmt.Sprintf("V%02d", i+1), Status: verifier.Pass}, Title: "what the record says of itself"}
		if s != verifier.Pass && i == 15 {
			c.Status, c.Note = verifier.Skipped, "there is no result yet"
		}
		if s == verifier.Fail && i == 4 {
			c.Status, c.Error = verifier.Fail, "the root is not that of the entries"
		}
		j.Checks = append(j.Checks, c)
	}
	return &monitor.Status{Looked: noon, Largest: &head, Judged: j,
		Boards: []monitor.BoardStatus{{Name: "https://board.example/", Read: noon, Shows: &head, Largest: &head}}}
}

// alarmed adds an alarm that stands and two that do not, whose texts are a
// hostile board's.
func alarmed(s *monitor.Status) *monitor.Status {
	hostile := "</li></ul><script>alert(1)</script>\x1b[2J\u202e" + strings.Repeat("x", 300)
	e := monitor.Event{Time: noon.Add(-time.Minute), Level: monitor.Alarm, Kind: "fork", Board: `https://b.example/"><img src=x>`, Text: hostile, Alarm: 3, Evidence: "/home/me/evidence-01.txt"}
	s.Standing, s.Alarms = []monitor.Event{e}, 3
	s.Past = []monitor.Past{
		{Event: monitor.Event{Time: noon.Add(-time.Hour), Kind: "void", Board: "https://board.example/", Text: "1 new void entries", Alarm: 1}},
		{Event: monitor.Event{Time: noon.Add(-time.Hour), Kind: "tick", Board: "https://board.example/", Text: "no tick for 2m1s", Alarm: 2}, Ended: noon.Add(-30 * time.Minute)},
	}
	s.Boards = append(s.Boards, monitor.BoardStatus{Name: "https://mirror.example/", Lost: noon}, monitor.BoardStatus{Name: "https://other.example/", Read: noon})
	return s
}

func get(t *testing.T, s *httptest.Server, path string) (int, string, http.Header) {
	t.Helper()
	r, err := s.Client().Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b), r.Header
}

// TestStates holds what the page says first, and whether it is well, in each
// state: nothing that was not verified is called so, and what is old says so.
func TestStates(t *testing.T) {
	lost := judged(verifier.Pass)
	lost.Boards[0] = monitor.BoardStatus{Name: "https://board.example/", Read: noon, Largest: lost.Largest, Lost: noon}
	ahead := judged(verifier.Pass)
	ahead.Largest = &monitor.Head{Size: 1300, Root: "cd", Seen: noon}
	unjudged := judged(verifier.Pass)
	unjudged.Judged = nil
	for name, c := range map[string]struct {
		status  *monitor.Status
		after   time.Duration
		healthy bool
		says    []string
		not     []string
	}{
		"nothing yet":    {nil, 0, false, []string{"Nothing is known yet", "not finished its first look", "Nothing has been verified by this run"}, []string{"Verified:", "No alarm"}},
		"not judged yet": {unjudged, 0, true, []string{"No alarm stands", "Nothing has been verified", "1,234 entries that a signed checkpoint names are not judged"}, []string{"Verified:", "passed"}},
		"goes on":        {judged(verifier.Skipped), 0, true, []string{"No alarm stands", "Incomplete: nothing is wrong with what is there, and the election goes on", "1,234", strings.Repeat("ab", 32), "1,000 entries in 500ms: 2,000 a second", "321 cast", "1 %: 3 of 300 ballots", "not yet (there is no result yet)", "3 Nov 2026, 11:59:50 UTC; more are due"}, []string{"Verified:", "not judged"}},
		"verified":       {judged(verifier.Pass), 0, true, []string{"No alarm stands", "Verified: every check passed"}, []string{"not yet", "Not verified", "FAILED"}},
		"failed":         {judged(verifier.Fail), 0, true, []string{"Not verified: something", "FAILED: the root is not that"}, []string{"Verified:"}},
		"just in time":   {judged(verifier.Pass), 3 * time.Minute, true, []string{"No alarm stands"}, []string{"is old"}},
		"too late":       {judged(verifier.Pass), 3*time.Minute + time.Second, false, []string{"This monitor has not looked for too long", "what stands below is old"}, []string{"No alarm"}},
		"alarm":          {alarmed(judged(verifier.Pass)), 0, false, []string{"1 alarm stands", "evidence-01.txt", "happened, at", "no tick for 2m1s", "can not be read since", "nothing that is in order"}, []string{"No alarm", "/home/me", "<script", "<img", "\x1b", "\u202e"}},
		"alarm, late":    {alarmed(judged(verifier.Pass)), time.Hour, false, []string{"1 alarm stands, and this monitor has not looked for too long"}, nil},
		"lost":           {lost, 0, true, []string{"Verified: every check passed", "can not be read since"}, nil},
		"ahead":          {ahead, 0, true, []string{"Entries judged</dt><dd>1,234", "66 entries that a signed checkpoint names are not judged"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, clock, s := newPage(t)
			if c.status != nil {
				p.Show(c.status)
			}
			clock.set(c.after)
			code, body, _ := get(t, s, "/")
			for _, want := range c.says {
				if !strings.Contains(body, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			for _, not := range c.not {
				if strings.Contains(body, not) {
					t.Errorf("it says %q", not)
				}
			}
			if code != 200 || t.Failed() {
				t.Errorf("status %d: %s", code, body)
			}
			wantCode := map[bool]int{true: 200, false: 503}[c.healthy]
			if code, body, _ := get(t, s, "/healthz"); code != wantCode {
				t.Errorf("healthz: %d %s", code, body)
			}
			var j struct {
				Election string
				Time     time.Time
				Healthy  bool
				InTime   bool `json:"in_time"`
				Judged   *struct {
					Size   uint64
					Status verifier.Status
					Checks []struct{ ID, Title string }
				}
				Speed float64 `json:"entries_per_second"`
			}
			_, body, h := get(t, s, "/status.json")
			if err := json.Unmarshal([]byte(body), &j); err != nil || j.Healthy != c.healthy || j.Election != electionID || !j.Time.Equal(noon.Add(c.after)) || h.Get("Content-Type") != "application/json" {
				t.Errorf("status.json: %v %s", err, body)
			}
			if strings.Contains(body, "/home/me") {
				t.Errorf("status.json says where a file lies: %s", body)
			}
			if c.status == nil || c.status.Judged == nil {
				if j.Judged != nil {
					t.Errorf("status.json has a judgement: %s", body)
				}
			} else if j.Judged.Size != 1234 || j.Judged.Status != c.status.Judged.Status || len(j.Judged.Checks) != 20 || j.Judged.Checks[0].Title == "" || j.Speed != 2000 {
				t.Errorf("status.json: %s", body)
			}
		})
	}
}

// TestNews holds that a page is made once a second at most, however many ask,
// and anew when there is something new.
func TestNews(t *testing.T) {
	p, clock, s := newPage(t)
	p.Show(judged(verifier.Skipped))
	_, first, _ := get(t, s, "/")
	p.Progress(5, 4321)
	if _, again, _ := get(t, s, "/"); again != first {
		t.Error("made twice in a second")
	}
	clock.set(time.Second)
	if _, body, _ := get(t, s, "/"); !strings.Contains(body, "Entries are being judged now: 5 of 4,321") || !strings.Contains(body, "12:00:01 UTC") {
		t.Errorf("no progress: %s", body)
	}
	if _, body, _ := get(t, s, "/status.json"); !strings.Contains(body, `"verifying":{"done":5,"total":4321}`) {
		t.Errorf("no progress: %s", body)
	}
	p.Show(judged(verifier.Pass))
	if _, body, _ := get(t, s, "/"); !strings.Contains(body, "Verified: every check") || strings.Contains(body, "being judged") {
		t.Errorf("old news: %s", body)
	}
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			for range 20 {
				p.Progress(1, 2)
				p.Show(judged(verifier.Pass))
				if r, err := s.Client().Get(s.URL); err != nil || r.Body.Close() != nil || r.StatusCode != 200 {
					t.Errorf("%v", err)
				}
			}
		})
	}
	asking.Wait()
}

// TestRequests holds what is answered to what, and the headers of all.
func TestRequests(t *testing.T) {
	p, _, s := newPage(t)
	p.Show(judged(verifier.Pass))
	for _, c := range []struct {
		method, path string
		code         int
	}{
		{"GET", "/", 200}, {"HEAD", "/", 200}, {"GET", "/status.json", 200}, {"HEAD", "/status.json", 200}, {"GET", "/healthz", 200}, {"HEAD", "/healthz", 200},
		{"GET", "/nowhere", 404}, {"GET", "/status.json/", 404}, {"GET", "/?x=<script>", 200},
		{"POST", "/", 405}, {"PUT", "/status.json", 405}, {"DELETE", "/healthz", 405}, {"OPTIONS", "/", 405}, {"TRACE", "/", 405}, {"POST", "/nowhere", 405},
	} {
		req, err := http.NewRequest(c.method, s.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		h := r.Header
		if err != nil || r.StatusCode != c.code || (c.method == "HEAD") != (len(b) == 0) || strings.Contains(string(b), "<script") {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.StatusCode, b)
		}
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: headers %v", c.method, c.path, h)
		}
		if c.code == 405 && h.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: allows %q", c.method, c.path, h.Get("Allow"))
		}
	}
}

// TestServer holds the bounds of the server itself: of headers, of connections,
// and that it ends.
func TestServer(t *testing.T) {
	p, _, _ := newPage(t)
	p.Show(judged(verifier.Pass))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ask := func(c net.Conn, header string) string {
		fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n%s\r\n", header)
		b := make([]byte, 12)
		if _, err := io.ReadFull(c, b); err != nil {
			return err.Error()
		}
		return string(b)
	}
	c := dial()
	if got := ask(c, "X: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n"); got != "HTTP/1.1 431" {
		t.Errorf("headers without end: %q", got)
	}
	c.Close()
	// As many as there may be hold their connections; one more has to wait.
	var holding []net.Conn
	for range maxConns {
		c := dial()
		if got := ask(c, ""); got != "HTTP/1.1 200" {
			t.Fatalf("connection %d: %q", len(holding), got)
		}
		holding = append(holding, c)
	}
	answered := make(chan string, 1)
	waits := dial()
	defer waits.Close()
	go func() { answered <- ask(waits, "") }()
	select {
	case got := <-answered:
		t.Errorf("one more: %q", got)
	case <-time.After(50 * time.Millisecond): // an answer would be a fault however late
	}
	for _, c := range holding {
		c.Close()
	}
	if got := <-answered; got != "HTTP/1.1 200" {
		t.Errorf("once there is room: %q", got)
	}
	for name, pair := range map[string][2]time.Duration{"header": {p.server.ReadHeaderTimeout, headerTimeout}, "read": {p.server.ReadTimeout, readTimeout}, "write": {p.server.WriteTimeout, writeTimeout}, "idle": {p.server.IdleTimeout, idleTimeout}} {
		if pair[0] != pair[1] || pair[0] <= 0 || pair[0] > 30*time.Second {
			t.Errorf("%s: no timeout", name)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestNumbers holds how numbers and times are written.
func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", 1<<64 - 1: "18,446,744,073,709,551,615"} {
		if got := number(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
	for d, want := range map[time.Duration]string{12345 * time.Nanosecond: "10µs", 123456 * time.Microsecond: "120ms", 61500 * time.Millisecond: "1m2s"} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// FuzzTexts holds that no text of a board becomes a part of the page: whatever it
// is, the page has the same elements and attributes.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"", "plain", "</p><script>", `"><img src=x onerror=y>`, "\x00\x1b[2J", "{{.}}", "&lt;", "</style>", "\xff\u202e", "javascript:alert(1)"} {
		f.Add(seed)
	}
	marks := strings.NewReplacer("&lt;", "", "&gt;", "", "&#34;", "", "&#39;", "", "&amp;", "")
	shape := func(t *testing.T, text string) (marked string, all string) {
		s := alarmed(judged(verifier.Fail))
		s.Standing[0].Text, s.Standing[0].Board, s.Standing[0].Evidence = text, text, text
		s.Past[0].Text, s.Boards[1].Name, s.Judged.Checks[4].Error, s.Judged.Checks[15].Note = text, text, "e"+text, "n"+text
		p := New(Config{Election: electionID, Now: func() time.Time { return noon }, Late: time.Minute})
		p.Show(s)
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		all = w.Body.String()
		for _, r := range marks.Replace(all) {
			if strings.ContainsRune("<>\"'", r) {
				marked += string(r)
			}
		}
		return marked, all
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, _ := shape(t, "e")
		got, all := shape(t, text+"e")
		if got != want || strings.ContainsAny(all, "\x00\x1b\u202e") || !utf8.ValidString(all) {
			t.Errorf("text %q changes the page", text)
		}
	})
}
