package e2e

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/collector"
	"rollcall/internal/demo/names"
	"rollcall/internal/service"
	"rollcall/internal/text"
	"rollcall/internal/voter"
)

// visitor is somebody who looks a ballot up over a web server in front, and sends
// what a browser never should.
const (
	visitorIP    = "203.0.113.77"
	visitorAgent = "Mozilla/5.0 (a-voter-s-browser)"
	visitorTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	visitorPath  = "/my-secret-place"
)

// visit asks for a path, or posts a form, as the visitor.
func (e *election) visit(t *testing.T, path string, form url.Values) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.service.URL()+path, nil)
	if form != nil {
		req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, e.service.URL()+path, strings.NewReader(form.Encode()))
	}
	must(t, err)
	for name, value := range map[string]string{
		"User-Agent": visitorAgent, "X-Forwarded-For": visitorIP, "Content-Type": "application/x-www-form-urlencoded",
		"traceparent": "00-" + visitorTrace + "-00f067aa0ba902b7-01", "baggage": "who=" + visitorIP,
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
}

// allowedAttributes are all that a span may tell.
var allowedAttributes = []string{"http.request.method", "http.route", "http.response.status_code", "rollcall.outcome"}

// ownSteps are the spans below which is what the board did for them.
var ownSteps = []string{"call.seal", "call.cast", "call.test", "board.tick"}

// TestTracesTellNothingOfAVoter: of two real calls, which test a ballot, key a
// wrong cast code and cast, and of a visitor who looks them up, a real collector
// is told the steps and how long they took. Nothing in all the bytes that it gets
// is of the voter, the visitor or the ballot, and no trace holds two steps.
func TestTracesTellNothingOfAVoter(t *testing.T) {
	t.Parallel()
	c := collector.Start(t)
	e := open(t, options{})
	var secrets []string
	// The last of all: when the service has stopped, and told what was queued.
	t.Cleanup(func() { checkTraces(t, c, secrets) })
	e.serve(t, fast, func(cfg *service.Config) {
		cfg.Traces, cfg.Proxies = c.URL, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	ctx := t.Context()
	first, l := e.dial(t, ctx), e.letters[0]
	tested := seal(t, ctx, first, l, blank)
	must(t, first.Test(ctx))
	first.Hangup()

	second := e.dial(t, ctx)
	code := seal(t, ctx, second, l, someChoices)
	must(t, second.Press(ctx, wrongCode(l)+"#"))
	_, err := second.WaitFor(ctx, text.WrongCastCode)
	must(t, err)
	must(t, second.Cast(ctx, l.CastCode))
	b := e.castBallot(t, l)

	e.visit(t, "/api/v1/receipts/"+code+"?who="+visitorIP, nil)
	e.visit(t, "/api/v1/receipts/"+l.BallotNumber, nil)
	e.visit(t, "/check", url.Values{"number": {tested}})
	e.visit(t, fmt.Sprintf("/board/%d", b.Index), nil)
	e.visit(t, fmt.Sprintf("/api/v1/entries/%d", b.Index), nil)
	e.visit(t, visitorPath+"/"+code, nil)

	ids, err := hex.DecodeString(visitorTrace)
	must(t, err)
	secrets = []string{code, tested, l.BallotNumber, l.Number, l.PIN, l.CastCode, wrongCode(l), "127.0.0.1", visitorIP, visitorAgent, visitorPath,
		visitorTrace, string(ids), string(b.Voter.BallotKey.Bytes()), hex.EncodeToString(b.Voter.BallotKey.Bytes()), string(b.Leaf[:]), string(e.dir)}
	for _, contest := range names.Contests {
		for _, option := range contest.Options {
			secrets = append(secrets, option["en"])
		}
	}
}

// TestCollectorIsDown: with a collector that takes requests and never answers, a
// call goes as ever, and so does the end.
func TestCollectorIsDown(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(let) })
	e := open(t, options{})
	t.Cleanup(func() { // once the service has stopped
		if !strings.Contains(e.log.String(), "not all traces reached the collector") {
			t.Error("nobody is told of traces that were dropped")
		}
	})
	e.serve(t, fast, func(cfg *service.Config) { cfg.Traces = hangs.URL })
	e.voteAndCast(t, t.Context(), e.letters[0])
	e.visit(t, "/", nil)
}

// wrongCode is a well-formed cast code that is not the letter's.
func wrongCode(l voter.Letter) string {
	if l.CastCode[0] == '1' {
		return "2" + l.CastCode[1:]
	}
	return "1" + l.CastCode[1:]
}

// checkTraces holds what a collector was told against what it may be.
func checkTraces(t *testing.T, c *collector.Collector, secrets []string) {
	t.Helper()
	if len(secrets) == 0 {
		t.Fatal("the test did not come to its end")
	}
	told := c.Bytes()
	for i, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), spaced(s)} {
			if bytes.Contains(told, []byte(form)) {
				t.Errorf("the collector was told %q, secret %d", form, i)
			}
		}
	}
	count := map[string]int{}
	steps := map[string][]string{} // of each trace
	byID := map[string]collector.Span{}
	for _, s := range c.Spans() {
		byID[s.ID] = s
		count[s.Name]++
		if s.Parent == "" {
			steps[s.Trace] = append(steps[s.Trace], s.Name)
		}
		for key, value := range s.Attributes {
			if !slices.Contains(allowedAttributes, key) {
				t.Errorf("%s tells %s=%s", s.Name, key, value)
			}
		}
		if s.Events+s.Links+s.ScopeAttributes != 0 || s.Message != "" || s.State != "" || s.ParentIsElsewhere || s.Name == "unnamed" {
			t.Errorf("told: %+v", s)
		}
		for key := range s.Resource {
			if !strings.HasPrefix(key, "service.") && !strings.HasPrefix(key, "telemetry.sdk.") {
				t.Errorf("of the process: %s", key)
			}
		}
	}
	for _, roots := range steps {
		if len(roots) != 1 {
			t.Errorf("one trace joins %q", roots)
		}
	}
	for _, s := range c.Spans() {
		if strings.HasPrefix(s.Name, "board.") && s.Name != "board.tick" && (s.Parent == "" || byID[s.Parent].Trace != s.Trace) {
			t.Errorf("%s stands alone", s.Name)
		}
	}
	for name, want := range map[string]int{
		"call.seal": 2, "call.test": 1, "call.cast": 2, "board.code": 2, "board.covered": 2, "board.post": 4, "board.append": 4, "registrar.evaluate": 1,
		"GET /api/v1/receipts/:number": 2, "POST /check": 1, "GET /board/:index": 1, "GET /api/v1/entries/:index": 1, "GET none": 1,
	} {
		if count[name] != want {
			t.Errorf("%d spans %q, want %d", count[name], name, want)
		}
	}
	refused := slices.IndexFunc(c.Named("call.cast"), func(s collector.Span) bool { return s.Attributes["rollcall.outcome"] == "refused" })
	if refused < 0 {
		t.Error("a wrong cast code is told as something else")
	}
	var total time.Duration
	for _, s := range c.Spans() {
		if slices.Contains(ownSteps, s.Name) && s.Parent == "" {
			total += time.Duration(s.End - s.Start)
		}
	}
	if count["board.tick"] == 0 || total == 0 || count["board.commit"] != count["board.append"]+count["board.tick"] {
		t.Errorf("%v in all, of %v", total, count)
	}
	for name, n := range count {
		t.Logf("%4d %s", n, name)
	}
}

// spaced is a number as it is printed for people.
func spaced(s string) string {
	var groups []string
	for g := range slices.Chunk([]byte(s), 4) {
		groups = append(groups, string(g))
	}
	return strings.Join(groups, " ")
}
