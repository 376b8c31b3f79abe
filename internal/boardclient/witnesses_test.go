package boardclient

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWitnesses: a board says how its witnesses fare, and whatever else it says
// does not reach the terminal.
func TestWitnesses(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		fails  bool
		want   *Witnesses
	}{
		{"an outage", 200, `{"id":"X","witnessing":{"quorum":false,"since":"2026-11-03T12:00:00Z","states":[{"name":"a","state":"answers","since":"2026-11-03T12:00:00Z"},{"name":"b","state":"unknown"}]}}`,
			false, &Witnesses{States: []WitnessState{{Name: "a", State: "answers"}, {Name: "b", State: "unknown"}}}},
		{"commands for the terminal", 200, `{"witnessing":{"quorum":true,"states":[{"name":"a\u001b[2J","state":"\u009banswers"}]}}`,
			false, &Witnesses{Quorum: true, States: []WitnessState{{Name: "a [2J", State: " answers"}}}},
		{"no witnesses", 200, `{"id":"X"}`, false, nil},
		{"a copy of the files", 404, `not found`, true, nil},
		{"an error with an election", 500, `{"witnessing":{"quorum":true,"states":[]}}`, true, nil},
		{"no JSON", 200, `<html>`, true, nil},
		{"a quorum of words", 200, `{"witnessing":{"quorum":"yes"}}`, true, nil},
		{"without end", 200, `{"id":"` + strings.Repeat("x", maxElection) + `"}`, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || r.URL.Path != "/api/v1/election" {
					t.Errorf("request %s %s", r.Method, r.URL)
				}
				w.WriteHeader(test.status)
				w.Write([]byte(test.body))
			}))
			defer s.Close()
			c, err := New(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Witnesses(t.Context())
			if (err != nil) != test.fails || (got == nil) != (test.want == nil) {
				t.Fatalf("%+v, %v", got, err)
			}
			if got == nil {
				return
			}
			if got.Quorum != test.want.Quorum || len(got.States) != len(test.want.States) {
				t.Fatalf("%+v", got)
			}
			for i, w := range test.want.States {
				if got.States[i].Name != w.Name || got.States[i].State != w.State {
					t.Errorf("%+v, want %+v", got.States[i], w)
				}
			}
			if test.name == "an outage" && (got.Since == nil || got.Since.Hour() != 12 || got.States[0].Since == nil || got.States[1].Since != nil) {
				t.Errorf("times: %+v", got)
			}
		})
	}
	c, err := New("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if w, err := c.Witnesses(t.Context()); err == nil || w != nil {
		t.Errorf("of nobody: %+v", w)
	}
}
