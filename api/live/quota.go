package live

import (
	"errors"
	"net/netip"
	"sync"
)

// Errors of Follow for who gets no place. ErrFull is 503 to a client, and
// ErrCrowded 429, both with a Retry-After.
var (
	ErrFull    = errors.New("too many follow already")
	ErrCrowded = errors.New("too many streams from this address")
)

// Default bounds of a hub. The second is for what may stand behind one address: an
// office that watches a count on every desk, or a carrier's NAT. Such a NAT gives
// each subscriber some hundred of the 65,536 ports of an address and so has some
// hundred subscribers on it, of whom few follow one election at a time. It is an
// 80th of all places: whoever wants to take them all needs 80 addresses, or 80
// networks of IPv6. The page works without a stream too.
const (
	defaultFollowers = 20_000
	defaultPerClient = 250
)

// A quota is the places of followers, of whom each client has a part at most.
type quota struct {
	most, each int

	mu    sync.Mutex
	taken int                  // under mu
	of    map[netip.Prefix]int // under mu: more than 0 of each client; so no more clients than places
}

// take takes a place for a client, or says why there is none.
func (q *quota) take(client netip.Prefix) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.of[client] >= q.each {
		return ErrCrowded
	}
	if q.taken >= q.most {
		return ErrFull
	}
	q.taken++
	q.of[client]++
	return nil
}

// give gives back what take took. Of a client without places nothing is kept.
func (q *quota) give(client netip.Prefix) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken--
	if q.of[client]--; q.of[client] == 0 {
		delete(q.of, client)
	}
}

func (q *quota) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken
}
