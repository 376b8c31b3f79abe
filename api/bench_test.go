package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"rollcall/api/public"
)

// BenchmarkReceipt is one look-up through the whole handler, without a network.
func BenchmarkReceipt(b *testing.B) {
	f := newFake()
	f.ballots = []public.Ballot{castAt(1)}
	h := newHandler(b, f)
	r := httptest.NewRequest(http.MethodGet, "/api/v1/receipts/"+code(1), nil)
	for b.Loop() {
		if w := serve(b, h, r); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
