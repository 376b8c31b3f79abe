package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rollcall/api/public"
)

// awayAt is three witnesses of whom too few have signed since some time.
func awayAt(t time.Time) *public.Witnesses {
	return &public.Witnesses{Out: true, Since: t, Members: []public.Witness{
		{Name: "herald.example/<w>", State: public.WitnessAnswers, Since: t.Add(-time.Hour)},
		{Name: "silent.example/w", State: public.WitnessSilent, Since: t},
		{Name: "other.example/w", State: public.WitnessRefuses, Since: t.Add(time.Second)},
		{Name: "older.example/w", State: public.WitnessContradicts, Since: t},
		{Name: "new.example/w", State: public.WitnessUnknown},
	}}
}

// TestOutageOnPages: an outage is told, in every language and with what each witness
// does, on the pages that people look at; and only while there is one.
func TestOutageOnPages(t *testing.T) {
	want := map[string][]string{
		"en": {"Since November 3, 2026, 12:00:00 UTC, too few witnesses have signed this board. Until enough of them do, calls give no receipt codes. What was cast stays.",
			"herald.example/<w>: answers, since November 3, 2026, 11:00:00 UTC", "silent.example/w: does not answer, since November 3, 2026, 12:00:00 UTC",
			"other.example/w: refuses to sign, since November 3, 2026, 12:00:01 UTC", "new.example/w: was not asked yet",
			"older.example/w: has signed something else than what this board shows now, and refuses since November 3, 2026, 12:00:00 UTC. The board may have been put back from an old copy."},
		"es":  {"muy pocos testigos han firmado este tablero", "silent.example/w: no responde, desde el 3 de noviembre de 2026, 12:00:00 UTC", "other.example/w: se niega a firmar", "de una copia antigua"},
		"fil": {"kulang ang mga saksing pumirma sa talaang ito", "silent.example/w: hindi sumasagot, simula", "other.example/w: tumatangging pumirma", "mula sa lumang kopya"},
	}
	f := newFake()
	fillBoard(t, f, 3)
	server, _ := newServer(t, f)
	for _, w := range []*public.Witnesses{nil, {Since: noon, Members: awayAt(noon).Members}, awayAt(noon)} {
		f.status.Witnesses = w
		for _, path := range []string{"/?lang=", "/board?lang="} {
			for lang, texts := range want {
				res := get(t, server.URL+path+lang)
				checkPage(t, res)
				page := seen(res.body)
				for _, text := range texts {
					if out := w != nil && w.Out; strings.Contains(page, text) != out {
						t.Errorf("%s%s with %+v: %q is there: %v\n%s", path, lang, w, text, !out, page)
					}
				}
			}
		}
	}
}

// TestOutageInAPI: programs are told of the witnesses one by one, and of a board that
// has none nothing.
func TestOutageInAPI(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	ask := func() (etag string, v struct{ Witnessing *json.RawMessage }) {
		res := get(t, server.URL+"/api/v1/election")
		if err := json.Unmarshal([]byte(res.body), &v); err != nil {
			t.Fatal(err)
		}
		return res.Header.Get("ETag"), v
	}
	before, v := ask()
	if v.Witnessing != nil {
		t.Errorf("of a board without witnesses: %s", *v.Witnessing)
	}
	f.status.Witnesses = awayAt(noon)
	during, v := ask()
	const want = `{"quorum":false,"since":"2026-11-03T12:00:00Z","states":[` +
		`{"name":"herald.example/\u003cw\u003e","since":"2026-11-03T11:00:00Z","state":"answers"},{"name":"silent.example/w","since":"2026-11-03T12:00:00Z","state":"silent"},` +
		`{"name":"other.example/w","since":"2026-11-03T12:00:01Z","state":"refuses"},{"name":"older.example/w","since":"2026-11-03T12:00:00Z","state":"contradicts"},{"name":"new.example/w","state":"unknown"}]}`
	if v.Witnessing == nil || string(*v.Witnessing) != want {
		t.Errorf("the API says %s, want %s", *v.Witnessing, want)
	}
	f.status.Witnesses.Out = false
	after, v := ask()
	if v.Witnessing == nil || !strings.HasPrefix(string(*v.Witnessing), `{"quorum":true,`) || before == during || during == after {
		t.Errorf("afterwards: %s; tags %s, %s, %s", *v.Witnessing, before, during, after)
	}
}

// TestCastingInAPI: a cast that is kept and not published is no decision yet.
func TestCastingInAPI(t *testing.T) {
	f := newFake()
	b := sealedAt(1, public.StateUndecided)
	b.Casting = true
	f.ballots = []public.Ballot{b, sealedAt(2, public.StateUndecided)}
	server, _ := newServer(t, f)
	for n, want := range map[int]bool{1: true, 2: false} {
		body := get(t, server.URL+"/api/v1/receipts/"+code(n)).body
		if !strings.Contains(body, `"counted":false`) || !strings.Contains(body, `"state":"undecided"`) || strings.Contains(body, `"casting":true`) != want || strings.Contains(body, "proof") {
			t.Errorf("ballot %d: %s", n, body)
		}
	}
}
