package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/internal/command"
	"rollcall/internal/service"
	"rollcall/internal/text"
	"rollcall/internal/voter"
	"rollcall/verifier"
)

// get returns what the board answers.
func (e *election) get(t *testing.T, path string) string {
	t.Helper()
	url := path
	if !strings.HasPrefix(path, "http") {
		url = e.service.URL() + path
	}
	resp, err := http.Get(url)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(b)
}

// witnessing is what the API says of the witnesses.
type witnessing struct {
	Quorum bool
	Since  *time.Time
	States []struct {
		Name, State string
		Since       *time.Time
	}
}

func (e *election) witnessing(t *testing.T) witnessing {
	t.Helper()
	var answer struct{ Witnessing *witnessing }
	must(t, json.Unmarshal([]byte(e.get(t, "/api/v1/election")), &answer))
	if answer.Witnessing == nil {
		t.Fatal("the API says nothing of witnesses")
	}
	return *answer.Witnessing
}

// receipts is what the API says of a letter's ballots.
func (e *election) receipts(t *testing.T, l voter.Letter) []receipt {
	t.Helper()
	var answer struct{ Matches []receipt }
	must(t, json.Unmarshal([]byte(e.get(t, "/api/v1/receipts/"+l.BallotNumber)), &answer))
	return answer.Matches
}

type receipt struct {
	State, Code      string
	Counted, Casting bool
	Decided          *time.Time
}

// until returns when cond holds.
func until(t *testing.T, ctx context.Context, what string, cond func() bool) {
	t.Helper()
	for !cond() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: never", what)
		case <-time.After(100 * time.Millisecond): // the API lets an address look up 20 a second
		}
	}
}

// status is what rollcall status says, in words and as JSON.
func (e *election) status(t *testing.T) (words, asJSON string) {
	t.Helper()
	run := func(more ...string) string {
		var out, errs bytes.Buffer
		args := append([]string{"status", "--dir", string(e.dir), "--board", e.service.URL()}, more...)
		if code := command.Main(args, strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("rollcall status: %d, %s", code, errs.String())
		}
		return out.String()
	}
	return run(), run("--json")
}

// metrics returns the values of the board's metrics whose names begin with a word.
func (e *election) metrics(t *testing.T, prefix string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for line := range strings.Lines(e.get(t, e.service.MetricsURL())) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, prefix) {
			values[name] = value
		}
	}
	return values
}

// published returns how many entries of a kind are in the board's public files.
func (e *election) published(t *testing.T, kind entry.Kind) (n int) {
	t.Helper()
	r, err := tlog.OpenDir(e.dir.Public())
	must(t, err)
	signed, err := r.Checkpoint(t.Context())
	must(t, err)
	c, err := checkpoint.Peek(signed)
	must(t, err)
	must(t, tlog.Entries(t.Context(), r, 0, c.Size, func(_ uint64, raw []byte) error {
		e, err := entry.Decode(raw)
		if err == nil && e.Kind() == kind {
			n++
		}
		return err
	}))
	return n
}

// verifies has the record judged as far as it has come: nothing of it may be wrong
// or void.
func (e *election) verifies(t *testing.T, cast uint64) {
	t.Helper()
	policy, id, err := service.ReadPolicy(e.dir)
	must(t, err)
	r, err := tlog.OpenDir(e.dir.Public())
	must(t, err)
	report, err := verifier.Verify(t.Context(), r, verifier.Options{ElectionID: id, Policy: policy})
	must(t, err)
	if report.Failed() || len(report.Void) > 0 {
		t.Errorf("the record is wrong: %+v, void %+v", report.Checks, report.Void)
	}
	must(t, report.RequirePassed("V01", "V05", "V11"))
	if report.Ballots.Cast != cast {
		t.Errorf("the verifier finds %d ballots cast, want %d", report.Ballots.Cast, cast)
	}
}

// sealsAtLast calls until a ballot is sealed: a slow machine may need longer than
// the patience of a test.
func (e *election) sealsAtLast(t *testing.T, ctx context.Context, l voter.Letter) (*voter.Call, string) {
	t.Helper()
	for {
		c := e.dial(t, ctx)
		chosen(t, ctx, c, l)
		must(t, c.Press(ctx, "1"))
		h, err := c.WaitFor(ctx, text.CodeIs)
		if err == nil {
			_, err = c.WaitFor(ctx, text.Decide)
			must(t, err)
			return c, h.Digits
		}
		if c.Last() != text.NotSealed {
			t.Fatal(err)
		}
		c.Hangup()
	}
}

// TestQuorumBackInTime: the witnesses go before a ballot is sealed and come back
// while the caller waits. That is told everywhere, and the caller gets the code.
func TestQuorumBackInTime(t *testing.T) {
	t.Parallel()
	w := newGates(t, 2)
	e := open(t, options{witnesses: w})
	e.serve(t, fast, func(c *service.Config) { c.Patience, c.Metrics = limit, "127.0.0.1:0" })
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	until(t, ctx, "the witnesses sign", func() bool { return e.witnessing(t).Quorum })
	if strings.Contains(e.get(t, "/"), "too few witnesses") {
		t.Error("an outage is told of that there is not")
	}
	c, l := e.dial(t, ctx), e.letters[0]
	chosen(t, ctx, c, l)
	w[0].does.Store(hangsUp)
	must(t, c.Press(ctx, "1"))
	until(t, ctx, "the API tells of the outage", func() bool { return !e.witnessing(t).Quorum })
	got := e.witnessing(t)
	if got.Since == nil || len(got.States) != 2 || got.States[0].Name != w[0].name || got.States[0].State != "silent" || got.States[0].Since == nil || got.States[1].State != "answers" {
		t.Errorf("the API says %+v", got)
	}
	for _, path := range []string{"/?lang=en", "/board?lang=en"} {
		if page := e.get(t, path); !strings.Contains(page, "too few witnesses have signed") || !strings.Contains(page, w[0].name+": does not answer") || !strings.Contains(page, w[1].name+": answers") {
			t.Errorf("%s does not tell of the outage: %s", path, page)
		}
	}
	words, asJSON := e.status(t)
	if !strings.Contains(words, "TOO FEW WITNESSES SIGN") || !strings.Contains(words, w[0].name+": does not answer, since") || !strings.Contains(asJSON, `"quorum":false`) && !strings.Contains(asJSON, `"quorum": false`) {
		t.Errorf("rollcall status says %s %s", words, asJSON)
	}
	m := e.metrics(t, "rollcall_witness_")
	if m["rollcall_witness_quorum"] != "0" || m[fmt.Sprintf("rollcall_witness_state{state=%q,witness=%q}", "silent", w[0].name)] != "1" || m["rollcall_witness_quorum_missed_total"] == "0" {
		t.Errorf("metrics: %v", m)
	}
	// Another sort of outage, in the middle of this one.
	w[0].does.Store(refuses)
	until(t, ctx, "the API says that it refuses", func() bool { return e.witnessing(t).States[0].State == "refuses" })
	if said := c.Said(); slices.Contains(said, text.Sealed) || slices.Contains(said, text.CodeIs) {
		t.Errorf("without a quorum, the caller was told %v", said)
	}
	if list := e.receipts(t, l); len(list) > 0 && list[0].Code != "" {
		t.Error("without a quorum, the code can be looked up")
	}
	w[0].does.Store(passes)
	h, err := c.WaitFor(ctx, text.CodeIs)
	must(t, err)
	if list := e.ballots(t, l); len(list) != 1 || list[0].Code != h.Digits {
		t.Errorf("%d ballots, want one with the code that was heard", len(list))
	}
	if now := e.witnessing(t); !now.Quorum || now.States[0].State != "answers" {
		t.Errorf("the code is out, and the API says %+v", now)
	}
	if strings.Contains(e.get(t, "/?lang=en"), "too few witnesses") {
		t.Error("the page does not know that the outage is over")
	}
	if words, _ := e.status(t); strings.Contains(words, "TOO FEW") {
		t.Error("rollcall status does not know that the outage is over")
	}
	m = e.metrics(t, "rollcall_witness_")
	if m["rollcall_witness_quorum"] != "1" || m["rollcall_witness_quorum_seconds_count"] == "0" {
		t.Errorf("metrics: %v", m)
	}
	_, err = c.WaitFor(ctx, text.Decide)
	must(t, err)
	must(t, c.Cast(ctx, l.CastCode))
	e.castBallot(t, l)
	e.verifies(t, 1)
}

// TestQuorumAway: the witnesses stay away for as long as a caller waits. Nobody is
// told more than is signed, and nothing is lost or done twice.
func TestQuorumAway(t *testing.T) {
	t.Parallel()
	w := newGates(t, 2)
	e := open(t, options{witnesses: w})
	e.serve(t, fast, func(c *service.Config) { c.Patience = 3 * time.Second })
	ctx, stop := context.WithTimeout(t.Context(), 2*limit)
	defer stop()
	all := func(does int32) {
		for _, g := range w {
			g.does.Store(does)
		}
	}

	// Before sealing: a call that can not be sealed says so, and so does the next.
	l := e.letters[0]
	first := e.dial(t, ctx)
	chosen(t, ctx, first, l)
	all(hangsUp)
	must(t, first.Press(ctx, "1"+l.CastCode+"#"))
	refused(t, ctx, first, text.NotSealed)
	second := e.dial(t, ctx) // whose own ballot stands in its way
	chosen(t, ctx, second, l)
	must(t, second.Press(ctx, "1"))
	refused(t, ctx, second, text.NotSealed)
	e.nobodyCast(t)
	if n := e.published(t, entry.KindBallot); n != 0 {
		t.Errorf("%d ballots are published that no witness has seen", n)
	}
	all(passes)
	c, code := e.sealsAtLast(t, ctx, l)

	// Between sealing and casting: the cast is kept, and nobody can confirm it.
	all(keepsWaiting)
	must(t, c.Press(ctx, l.CastCode+"#"))
	refused(t, ctx, c, text.CastUnknown)
	if slices.Contains(c.Said(), text.Cast) {
		t.Error("a cast was confirmed that no witness has signed")
	}
	if n := e.published(t, entry.KindCast); n != 0 {
		t.Errorf("%d casts are published that no witness has signed", n)
	}
	lookedUp := func() receipt {
		t.Helper()
		for _, r := range e.receipts(t, l) {
			if r.Code == code {
				return r
			}
		}
		t.Fatal("the ballot can not be looked up")
		return receipt{}
	}
	if r := lookedUp(); r.State != "undecided" || r.Counted || !r.Casting || r.Decided != nil {
		t.Errorf("looked up during the outage: %+v", r)
	}
	if said := e.get(t, "/api/v1/turnout"); !strings.Contains(said, `"cast":0`) || strings.Contains(said, `"cast":1`) {
		t.Errorf("the turnout counts a cast that no witness has signed: %s", said)
	}
	again := e.dial(t, ctx)
	must(t, again.Identify(ctx, l))
	refused(t, ctx, again, text.CastUnknown)
	all(passes)
	until(t, ctx, "the cast is published", func() bool { r := lookedUp(); return r.State == "cast" && r.Counted && !r.Casting && r.Decided != nil })
	again = e.dial(t, ctx)
	must(t, again.Identify(ctx, l))
	refused(t, ctx, again, text.AlreadyCast)
	if got := e.decrypt(t, e.castBallot(t, l)); !equalVotes(got, someVotes) {
		t.Errorf("the ballot cast holds %v, want %v", got, someVotes)
	}

	// The same with a test: it is kept, and the voter votes on.
	l = e.letters[1]
	c, code = e.sealsAtLast(t, ctx, l)
	all(hangsUp)
	must(t, c.Press(ctx, "2#"))
	refused(t, ctx, c, text.TestUnknown)
	if r := lookedUp(); r.State != "undecided" || r.Counted || r.Casting {
		t.Errorf("a test looked up during the outage: %+v", r)
	}
	all(passes)
	until(t, ctx, "the test is published", func() bool { return lookedUp().State == "tested" })
	if n := e.published(t, entry.KindCast); n != 1 {
		t.Errorf("%d casts are published, want 1", n)
	}
	if calls := e.service.Calls(); calls["unknown"] != 3 || calls["cast"] != 0 || calls["fault"] != 0 {
		t.Errorf("calls ended as %v", calls)
	}
	e.verifies(t, 1)
}
