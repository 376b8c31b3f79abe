package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// measurePublic returns the measurements of what the public asks of a board that
// is served, each with a server of its own that has just started.
func measurePublic(ctx context.Context, c config, root, scratch string, say func(string)) ([]measurement, error) {
	dir := filepath.Join(scratch, "public")
	s, err := serve(ctx, root, dir, c.served, c.followed*c.rounds, say)
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
	return append(ms,
		with("followers", func(ctx context.Context, r *server) (samples, error) {
			return s.measureFollowing(ctx, r, c.followers, c.followed)
		}),
		with("a receipt page in a browser", func(ctx context.Context, r *server) (samples, error) {
			return measureBrowser(ctx, root, r.url, s.codes[0], c.looks)
		})), nil
}

// measureBrowser has Chromium open the page of a receipt code some times, each in
// a window without a cache: the benchmark is where the pages' own tests are.
func measureBrowser(ctx context.Context, root, url, code string, looks int) (samples, error) {
	const name, pkg = "BenchmarkReceiptPage", "rollcall/api"
	out, _, err := run(ctx, root, []string{"ROLLCALL_BOARD=" + url, "ROLLCALL_CODE=" + code}, nil,
		"go", "test", "-run", "^$", "-bench", "^"+name+"$", "-benchtime", fmt.Sprint(looks, "x"), pkg)
	if err != nil {
		return nil, err
	}
	parsed, err := parseBenchmarks(out)
	if err != nil {
		return nil, err
	}
	s := samples{}
	for _, f := range []struct {
		key, unit string
		each      float64
	}{{keyBytes, "bytes", 1}, {keyPainted, "painted-ms", 1e3}, {keyUsable, "usable-ms", 1e3}} {
		v, ok := parsed[name][f.unit]
		if !ok {
			return nil, fmt.Errorf("%s of %s reports no %s: is chromium there?", name, pkg, f.unit)
		}
		s[f.key] = v / f.each
	}
	return s, nil
}

// publicRow is a row of the table of the public's side.
type publicRow struct {
	key, says string
	tell      func(float64) string
}

// publicRows are the rows of the table.
func publicRows(c config) []publicRow {
	return []publicRow{
		{keyLookupRate, "look-ups of receipt codes, `/api/v1/receipts/CODE`", aSecond},
		{keyLookupMedian, "of these, half are answered within", seconds},
		{keyLookupP99, "and 99 in 100 within", seconds},
		{keyPageRate, "pages of a receipt code, `/check`", aSecond},
		{keyPageMedian, "of these, half are answered within", seconds},
		{keyPageP99, "and 99 in 100 within", seconds},
		{keyAgainRate, "`/api/v1/election` asked for again with its ETag, answered by 304", aSecond},
		{keyAgainMedian, "of these, half are answered within", seconds},
		{keyAgainP99, "and 99 in 100 within", seconds},
		{keyFollowMedian, thousands(c.followers) + " followers: from publication until half of them have an event", seconds},
		{keyFollowP99, "until 99 in 100 have it, of all events", seconds},
		{keyFollowLast, "until the last has it, of the slowest event", seconds},
		{keyFollowSpread, "from the first who has an event until 99 in 100 have it", seconds},
		{keyFollowServer, "processor time of the server for an event", seconds},
		{keyFollowClient, "that of the followers, most of it once all have the event", seconds},
		{keyBytes, "form and answer in Chromium with style, icon and scripts, transferred", size},
		{keyPainted, "on a slow telephone, the answer shows something after", seconds},
		{keyUsable, "and can be used, its scripts loaded, after", seconds},
	}
}

func aSecond(v float64) string { return thousands(int(v)) + " a second" }

func (r *results) public() string {
	t := table{{"", "here and now", "lowest to highest"}}
	for _, p := range publicRows(r.config) {
		if s, ok := r.of(p.key); ok {
			t.row(p.says, p.tell(s.median), p.tell(s.low)+" to "+p.tell(s.high))
		}
	}
	if len(t) == 1 {
		return ""
	}
	return t.String()
}

// bound is a figure that the project has set itself.
type bound struct {
	key, says string
	least     float64 // it is to be so much at least, or else
	most      float64 // so much at most
	tell      func(float64) string
}

// publicBounds are those of the public's side, with the clients on the same cores.
func publicBounds(c config) []bound {
	return []bound{
		{key: keyLookupRate, says: "look-ups of receipt codes", least: 10_000, tell: aSecond},
		{key: keyLookupP99, says: "99 in 100 of these are answered within", most: 0.05, tell: seconds},
		{key: keyFollowP99, says: "99 in 100 of " + thousands(c.followers) + " followers have an event within", most: 0.05, tell: seconds},
		{key: keyBytes, says: "transferred for the page of a receipt code, with its scripts", most: 60_000, tell: size},
		{key: keyUsable, says: "it can be used, 1.6 Mbit/s and a processor slowed 4 times, after", most: 1, tell: seconds},
	}
}

// met reports whether a figure is what it is to be.
func (b *bound) met(v float64) bool {
	if b.least > 0 {
		return v >= b.least
	}
	return v <= b.most
}

// within writes a table of what bounds there are, and whether they are kept.
func (r *results) within(title string, list []bound) string {
	t := table{{title, "target", "measured (lowest to highest)", ""}}
	for _, b := range list {
		s, ok := r.of(b.key)
		if !ok {
			continue
		}
		target := "at most " + b.tell(b.most)
		if b.least > 0 {
			target = "at least " + b.tell(b.least)
		}
		verdict := "not met"
		if b.met(s.median) {
			verdict = "met"
		}
		t.row(b.says, target, fmt.Sprintf("%s (%s to %s)", b.tell(s.median), b.tell(s.low), b.tell(s.high)), verdict)
	}
	if len(t) == 1 {
		return ""
	}
	return t.String()
}
