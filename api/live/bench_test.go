package live

import (
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkPublish is the time from Publish until the last of N followers has
// read the event, over TCP, with all clients in the same process: they take
// more than half of it. It says also what Publish itself takes, and the memory
// of one follower at both ends together.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before := memory()
			h := NewHub(HubConfig{Every: time.Nanosecond, PerClient: n})
			server := start(b, h, handler(h))
			client := &http.Client{Transport: &http.Transport{}}
			var told sync.WaitGroup
			for range n {
				s, _ := open(b, client, server.URL, "")
				go func() {
					for {
						if _, err := s.next(); err != nil {
							return
						}
						told.Done()
					}
				}()
			}
			waitFollowers(b, h, n)
			size := uint64(1)
			told.Add(2 * n)
			h.Publish(State{Size: size, Phase: "open"})
			told.Wait()
			each := float64(memory()-before) / float64(n)
			var publish time.Duration
			for b.Loop() {
				size++
				told.Add(n)
				start := time.Now()
				h.Publish(State{Size: size, Phase: "open"})
				publish += time.Since(start)
				told.Wait()
			}
			b.ReportMetric(each, "B/follower")
			b.ReportMetric(float64(publish.Nanoseconds())/float64(b.N), "ns/publish")
		})
	}
}

func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
