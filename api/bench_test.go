package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"rollcall/api/public"
	"rollcall/internal/browser"
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

// BenchmarkReceiptPage is what a voter with a slow telephone waits for: the form
// and the answer, with its scripts, in Chromium as internal/browser slows it down.
// bench/ has it ask a real server, $ROLLCALL_BOARD, for $ROLLCALL_CODE; without
// them it asks one of a made-up ballot.
func BenchmarkReceiptPage(b *testing.B) {
	url, number := os.Getenv("ROLLCALL_BOARD"), os.Getenv("ROLLCALL_CODE")
	if url == "" {
		f := newFake()
		f.ballots = []public.Ballot{castAt(1)}
		server, _ := newServer(b, f)
		url, number = server.URL, code(1)
	}
	var bytes, painted, usable float64
	for range b.N {
		p := browser.Start(b, browser.Options{Width: 360, Height: 640, Slow: true})
		p.Open(url + "/?lang=en")
		p.Type("#number", number)
		if status := p.Follow(func() { p.Press("Enter") }); status != http.StatusOK {
			b.Fatal("status", status)
		}
		transfer, times := p.Transfer(), p.Usable()
		if transfer.ByType["Script"] == 0 {
			b.Fatal("the page has come without its scripts")
		}
		bytes += float64(transfer.Bytes)
		painted += times.FirstPaint.Seconds()
		usable += times.Loaded.Seconds() // after its scripts
	}
	n := float64(b.N)
	b.ReportMetric(bytes/n, "bytes")
	b.ReportMetric(painted/n*1e3, "painted-ms")
	b.ReportMetric(usable/n*1e3, "usable-ms")
}
