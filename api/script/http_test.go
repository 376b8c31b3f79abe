package script_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
)

// TestTroubledServer holds that what does not come is not taken for wrong, and
// what comes without end is not read to it.
func TestTroubledServer(t *testing.T) {
	b := newBoard(t, nil)
	noProof := outcomes{"ballot-record": unknown}
	limited := 0
	for _, c := range []struct {
		name  string
		trick http.HandlerFunc // in place of the ballot's proof
		want  outcomes
	}{
		{"no proof yet", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, noProof},
		{"an internal error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, noProof},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, proofPath(atTested), http.StatusFound)
		}, noProof},
		{"a broken line", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Write(make([]byte, 10))
			panic(http.ErrAbortHandler)
		}, noProof},
		{"an answer without end", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, outcomes{"ballot-record": bad}},
		{"too many requests, then the proof", func(w http.ResponseWriter, r *http.Request) {
			if limited++; limited == 1 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			w.Write(b.proof(atCast))
		}, outcomes{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc(proofPath(atCast), c.trick)
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				body, status := b.answers(r.URL.Path)
				w.WriteHeader(status)
				w.Write(body)
			})
			s := httptest.NewServer(mux)
			defer s.Close()
			check(t, s.URL, b.claim(t, atCast), "", c.want)
		})
	}
}

// TestServerIsGone holds that without any server nothing is right or wrong.
func TestServerIsGone(t *testing.T) {
	b := newBoard(t, nil)
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	check(t, s.URL, b.claim(t, atCast), "", allBut("", unknown))
}

// TestFewRequests holds that a check stays far below the hundred requests at
// once that a server of ours takes from one address.
func TestFewRequests(t *testing.T) {
	b := newBoard(t, nil)
	var requests atomic.Int32
	base := serve(t, func(path string) ([]byte, int) {
		requests.Add(1)
		return b.answers(path)
	})
	check(t, base, b.claim(t, atCast), "", outcomes{})
	if n := requests.Load(); n > 30 {
		t.Errorf("%d requests", n)
	}
}

// TestLongRoll holds that the page's word on where the voter stands spares all of
// a search, and that without it a roll too long to be searched leaves the voter
// undetermined.
func TestLongRoll(t *testing.T) {
	const chunks = 64
	b := newLongBoard(t, nil, chunks)
	var requests atomic.Int32
	base := serve(t, func(path string) ([]byte, int) {
		requests.Add(1)
		return b.answers(path)
	})
	claim := b.claim(t, atCast+chunks)
	check(t, base, claim, "", outcomes{})
	if n := requests.Load(); n > 40 {
		t.Errorf("%d requests", n)
	}
	delete(claim, "roll")
	check(t, base, claim, "", outcomes{"roll": unknown, "decision-signed": unknown})
	if n := requests.Load(); n < chunks {
		t.Errorf("%d requests: nothing was searched", n)
	}
	claim["roll"] = strconv.Itoa(atRoll + 1) // a stranger's: an answer, though a search would give none
	check(t, base, claim, "", outcomes{"roll": bad, "decision-signed": unknown})
}
