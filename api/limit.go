package api

import (
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// Rate is how many requests one address may make: PerSecond in the long run,
// Burst at once. The zero Rate is the default; a negative PerSecond lifts the
// limit. Behind a proxy all requests share its address: lift the limits here
// and set them there.
type Rate struct {
	PerSecond float64
	Burst     int
}

func (r Rate) withDefault(perSecond float64, burst int) Rate {
	if r == (Rate{}) {
		return Rate{perSecond, burst}
	}
	return r
}

// maxBuckets bounds a limiter's memory; who comes after so many addresses at
// once is let through, as there is no telling who is at fault.
const maxBuckets = 1 << 16

// A limiter is a token bucket for every address (IPv6: every /64). It keeps an
// address only until its bucket is full again.
type limiter struct {
	rate Rate
	now  func() time.Time

	mu      sync.Mutex
	buckets map[netip.Prefix]bucket // under mu
	swept   time.Time               // under mu
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter(rate Rate, now func() time.Time) *limiter {
	return &limiter{rate: rate, now: now, buckets: make(map[netip.Prefix]bucket), swept: now()}
}

// allow takes a token of remote (host:port, or an address alone), if it has one.
func (l *limiter) allow(remote string) bool {
	if l.rate.PerSecond < 0 {
		return true
	}
	key := prefix(remote)
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= maxBuckets {
			return true
		}
		b = bucket{float64(l.rate.Burst), now}
	}
	b = l.fill(b, now)
	if b.tokens < 1 {
		l.buckets[key] = b
		return false
	}
	b.tokens--
	l.buckets[key] = b
	return true
}

func (l *limiter) fill(b bucket, now time.Time) bucket {
	more := max(0, now.Sub(b.at).Seconds()) * l.rate.PerSecond
	return bucket{min(float64(l.rate.Burst), b.tokens+more), now}
}

// sweep forgets, once a minute, who has a full bucket. The caller holds mu.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for key, b := range l.buckets {
		if l.fill(b, now).tokens >= float64(l.rate.Burst) {
			delete(l.buckets, key)
		}
	}
}

// client returns the address that a request counts for: the peer's, or what a
// trusted proxy says was its own.
func (s *Server) client(c *gin.Context) string {
	if len(s.proxies) == 0 {
		return c.Request.RemoteAddr
	}
	return c.ClientIP()
}

// prefix returns who a request counts for; the zero prefix for an address that
// does not parse, such as that of a Unix socket.
func prefix(remote string) netip.Prefix {
	ap, err := netip.ParseAddrPort(remote)
	addr := ap.Addr()
	if err != nil {
		addr, err = netip.ParseAddr(remote)
	}
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
