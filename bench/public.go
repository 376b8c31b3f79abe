package main

import (
	"context"
	"errors"
	"path/filepath"
)

// measurePublic returns the measurements of what the public asks of a board that
// is served, each with a server of its own.
func measurePublic(ctx context.Context, c config, scratch string, say func(string)) ([]measurement, error) {
	dir := filepath.Join(scratch, "public")
	s, err := serve(ctx, "..", dir, c.served, c.followed*c.rounds, say)
	if err != nil {
		return nil, err
	}
	with := func(name string, do func(context.Context, *server) (samples, error)) measurement {
		return measurement{name, func(ctx context.Context) (samples, error) {
			r, err := s.start(ctx)
			if err != nil {
				return nil, err
			}
			found, err := do(ctx, r)
			return found, errors.Join(err, r.stop())
		}}
	}
	var ms []measurement
	for _, a := range askings {
		ms = append(ms, with(a.name, func(ctx context.Context, r *server) (samples, error) {
			return a.run(ctx, r.url, dir, s.codes, c.asked)
		}))
	}
	return append(ms, with("followers", func(ctx context.Context, r *server) (samples, error) {
		return s.measureFollowing(ctx, r, c.followers, c.followed)
	})), nil
}

// publicRow is a row of the table of the public's side.
type publicRow struct {
	key, says string
	tell      func(float64) string
}

// publicRows are all of them.
var publicRows = []publicRow{
	{keyLookupRate, "look-ups", aSecond}, {keyLookupMedian, "p50", seconds}, {keyLookupP99, "p99", seconds},
	{keyPageRate, "pages", aSecond}, {keyPageMedian, "p50", seconds}, {keyPageP99, "p99", seconds},
	{keyAgainRate, "304", aSecond}, {keyAgainMedian, "p50", seconds}, {keyAgainP99, "p99", seconds},
	{keyFollowMedian, "follow p50", seconds}, {keyFollowP99, "follow p99", seconds}, {keyFollowLast, "last", seconds}, {keyFollowSpread, "spread p99", seconds},
	{keyFollowServer, "server", seconds}, {keyFollowClient, "client", seconds},
}

func aSecond(v float64) string { return thousands(int(v)) + " a second" }

func (r *results) public() string {
	t := table{{"", "here and now", "lowest to highest"}}
	for _, p := range publicRows {
		if s, ok := r.of(p.key); ok {
			t.row(p.says, p.tell(s.median), p.tell(s.low)+" to "+p.tell(s.high))
		}
	}
	if len(t) == 1 {
		return ""
	}
	return t.String()
}
