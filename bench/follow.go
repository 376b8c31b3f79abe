package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Followers of the board's events are a process of their own. A server tells them of the board at most once a second.
const (
	// hubEvery is that second, with some room.
	hubEvery = 1050 * time.Millisecond
	// postEvery is how often a ballot is posted: it is told at once, its tick a
	// second later, and a second after that the next one is.
	postEvery = 2300 * time.Millisecond
	// settle is how long the last event may take.
	settle = 2 * time.Second
)

// followed is what followers found, in seconds.
type followed struct {
	Events int // that all of them had and whose publication was seen
	// Of the time from publication until the event is at a follower, there to be read:
	// of the half that have it first, of 99 in 100, and of the last.
	Median, P99, Last float64
	// SpreadP99 is the same as P99 from when the first follower has it, of every event.
	SpreadP99 float64
	Processor float64 // time of the followers for an event, all of them together
}

// event is one size of the board that followers were told.
type event struct {
	size      uint64
	published time.Time // when the checkpoint of it was there to read; zero if it was not seen
	arrived   []time.Time
}

// evaluate counts the events that all n followers had. An event counts from its
// publication if the hub had been silent before, so that it had not to wait for
// its turn.
func evaluate(events []event, n int) (followed, error) {
	var f followed
	var waits, spread []float64
	var silentSince time.Time
	for _, e := range events {
		if len(e.arrived) != n {
			return f, fmt.Errorf("%d of %d followers were told of %d entries", len(e.arrived), n, e.size)
		}
		slices.SortFunc(e.arrived, time.Time.Compare)
		first := e.arrived[0]
		for _, a := range e.arrived {
			spread = append(spread, a.Sub(first).Seconds())
		}
		if !e.published.IsZero() && e.published.Sub(silentSince) >= hubEvery {
			f.Events++
			for _, a := range e.arrived {
				waits = append(waits, a.Sub(e.published).Seconds())
			}
		}
		silentSince = first
	}
	if f.Events == 0 {
		return f, fmt.Errorf("of %d events none was told as soon as it was published", len(events))
	}
	slices.Sort(waits)
	slices.Sort(spread)
	f.Median, f.P99, f.Last = percentile(waits, 50), percentile(waits, 99), waits[len(waits)-1]
	f.SpreadP99 = percentile(spread, 99)
	return f, nil
}

// percentile returns the least of the sorted values that p in 100 of them do not
// exceed.
func percentile(sorted []float64, p float64) float64 {
	return sorted[max(0, int(math.Ceil(float64(len(sorted))*p/100))-1)]
}

// lines reads a stream of events as it comes in pieces, and keeps of it only what
// stands in a line with an id.
type lines struct{ part []byte }

// feed calls told with the size of the board of every event of b.
func (l *lines) feed(b []byte, told func(size uint64)) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.part = append(l.part, b...)
			return
		}
		line := b[:i]
		if len(l.part) > 0 {
			line = append(l.part, line...)
			l.part = nil
		}
		b = b[i+1:]
		id, ok := bytes.CutPrefix(line, []byte("id: "))
		if !ok {
			continue
		}
		digits, _, _ := bytes.Cut(id, []byte("."))
		if size, err := strconv.ParseUint(string(digits), 10, 64); err == nil {
			told(size)
		}
	}
}

// measureFollowing has n followers in a process of their own, and posts ballots.
func (s *served) measureFollowing(ctx context.Context, r *server, n, posts int) (samples, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, "follow", strings.TrimPrefix(r.url, "http://"), fmt.Sprint(n), s.public())
	var stderr bytes.Buffer
	c.Stderr = &stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	f, server, err := s.follow(ctx, r, in, out, posts)
	if err := errors.Join(err, in.Close(), c.Wait()); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return samples{keyFollowMedian: f.Median, keyFollowP99: f.P99, keyFollowLast: f.Last, keyFollowSpread: f.SpreadP99,
		keyFollowServer: server, keyFollowClient: f.Processor}, nil
}

// follow posts ballots once the followers are there, and returns what they found
// and the processor time of the server for an event.
func (s *served) follow(ctx context.Context, r *server, in io.Writer, out io.Reader, posts int) (f followed, server float64, err error) {
	answers := json.NewDecoder(out)
	var there int
	if err := answers.Decode(&there); err != nil {
		return f, 0, fmt.Errorf("followers: %w", err)
	}
	before, err := r.processorTime()
	if err != nil {
		return f, 0, err
	}
	for range posts {
		select {
		case <-ctx.Done():
			return f, 0, ctx.Err()
		case <-time.After(postEvery):
		}
		if err := s.post(ctx, r.url); err != nil {
			return f, 0, err
		}
	}
	time.Sleep(settle)
	after, err := r.processorTime()
	if err != nil {
		return f, 0, err
	}
	if _, err := in.Write([]byte("end\n")); err != nil {
		return f, 0, err
	}
	if err := answers.Decode(&f); err != nil {
		return f, 0, fmt.Errorf("followers: %w", err)
	}
	return f, (after - before).Seconds() / float64(2*posts), nil // each ballot has a tick
}
