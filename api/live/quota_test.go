package live

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
)

// clientOf is one of a few networks.
func clientOf(i int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("2001:db8:0:%x::/64", i)) }

func TestQuota(t *testing.T) {
	q := quota{most: 5, each: 2, of: map[netip.Prefix]int{}}
	for i, step := range []struct {
		give   bool
		client int
		want   error
	}{
		{client: 1}, {client: 1}, {client: 1, want: ErrCrowded}, {client: 2}, {client: 2}, {client: 3},
		{client: 4, want: ErrFull}, {client: 1, want: ErrCrowded}, {client: 3, want: ErrFull},
		{give: true, client: 1}, {client: 4}, {client: 1, want: ErrFull},
		{give: true, client: 4}, {client: 1}, {client: 1, want: ErrCrowded},
		{give: true, client: 1}, {give: true, client: 1}, {give: true, client: 2}, {client: 2}, {client: 2, want: ErrCrowded},
		{give: true, client: 2}, {give: true, client: 2}, {give: true, client: 3},
	} {
		if step.give {
			q.give(clientOf(step.client))
		} else if err := q.take(clientOf(step.client)); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
		sum := 0
		for client, n := range q.of {
			if sum += n; n < 1 || n > 2 {
				t.Errorf("step %d: %d of %v", i, n, client)
			}
		}
		if sum != q.count() {
			t.Errorf("step %d: %d places in all, %d of clients", i, q.count(), sum)
		}
	}
	if len(q.of) != 0 || q.count() != 0 {
		t.Errorf("in the end %v", q.of)
	}
}

// TestQuotaHoldsNobody: among many clients that come, are refused and go at the
// same time, none has more than its part, there are never more clients than places,
// and of who has left nothing is kept.
func TestQuotaHoldsNobody(t *testing.T) {
	q := quota{most: 20, each: 3, of: map[netip.Prefix]int{}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 2000 {
				client := clientOf(rand.IntN(1000))
				if rand.IntN(2) == 0 {
					client = clientOf(1) // a crowd
				}
				if q.take(client) != nil {
					continue
				}
				q.mu.Lock()
				if n := q.of[client]; n < 1 || n > q.each || len(q.of) > q.most || q.taken > q.most {
					t.Errorf("%d places of a client, %d in all, %d clients", n, q.taken, len(q.of))
				}
				q.mu.Unlock()
				q.give(client)
			}
		})
	}
	all.Wait()
	if len(q.of) != 0 || q.taken != 0 {
		t.Errorf("%d places are taken, %d clients kept", q.taken, len(q.of))
	}
}

// TestQuotaAfterAFault: a stream that ends by a panic, or by an error before
// anything is answered, gives its place back as well.
func TestQuotaAfterAFault(t *testing.T) {
	h := NewHub(HubConfig{PerClient: 1})
	h.Publish(State{Size: 1, Phase: "open"})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for range 2 {
		if err := h.Follow(httptest.NewRecorder(), r, clientOf(1)); err == nil || errors.Is(err, ErrCrowded) {
			t.Errorf("without deadlines: %v", err)
		}
	}
	for range 2 {
		func() {
			defer func() {
				if v := recover(); v != http.ErrAbortHandler {
					t.Errorf("recovered %v", v)
				}
			}()
			if err := h.Follow(faulty{}, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/", nil), clientOf(1)); err != nil {
				t.Error(err)
			}
		}()
	}
	if len(h.places.of) != 0 || h.Followers() != 0 {
		t.Errorf("%d follow, kept are %v", h.Followers(), h.places.of)
	}
}

// faulty panics as net/http lets handlers do.
type faulty struct{}

func (faulty) Header() http.Header       { panic(http.ErrAbortHandler) }
func (faulty) Write([]byte) (int, error) { panic(http.ErrAbortHandler) }
func (faulty) WriteHeader(int)           { panic(http.ErrAbortHandler) }
