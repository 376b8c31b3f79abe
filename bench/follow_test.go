package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for _, test := range []struct {
		values []float64
		p      float64
		want   float64
	}{
		{[]float64{7}, 50, 7}, {[]float64{7}, 99, 7}, {[]float64{1, 2}, 50, 1}, {[]float64{1, 2}, 51, 2},
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 0, 1}, {hundred[:99], 99, 99},
	} {
		if got := percentile(test.values, test.p); got != test.want {
			t.Errorf("%v in 100 of %d: %v, want %v", test.p, len(test.values), got, test.want)
		}
	}
}

// TestLines: events are found wherever a stream is cut, and nothing else is.
func TestLines(t *testing.T) {
	const stream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nretry: 3000\n\n\r\n50\r\n" +
		"event: board\nid: 17.0.0\ndata: {\"size\":17}\n\nevent: phase\nid: 17.2.0\ndata: {}\n\n\r\n3\r\n:\n\n\r\n" +
		"30\r\nevent: board\nid: 18446744073709551615.2.0\ndata: id: 5.2.0\n\n\r\nid: x.1.0\nid: \nid: -1\nid: 99999999999999999999.2.0\n"
	want := []uint64{17, 17, 18446744073709551615}
	for size := 1; size <= len(stream); size++ {
		var l lines
		var got []uint64
		for piece := range slices.Chunk([]byte(stream), size) {
			l.feed(piece, func(n uint64) { got = append(got, n) })
		}
		if !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d: %v, want %v", size, got, want)
		}
	}
}

// FuzzLines: a stream says the same in one piece and in two.
func FuzzLines(f *testing.F) {
	f.Add([]byte("id: 17.2.0\n\nid: 18\n"), 5)
	f.Add([]byte("\n\nid: \n"), 0)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		read := func(pieces ...[]byte) (got []uint64) {
			var l lines
			for _, p := range pieces {
				l.feed(slices.Clone(p), func(n uint64) { got = append(got, n) })
			}
			return got
		}
		cut = min(max(cut, 0), len(b))
		if one, two := read(b), read(b[:cut], b[cut:]); !slices.Equal(one, two) {
			t.Errorf("%q in one piece: %v, cut at %d: %v", b, one, cut, two)
		}
	})
}

// arrivals are times after zero, in milliseconds.
func arrivals(ms ...int) []time.Time {
	list := make([]time.Time, len(ms))
	for i := range ms {
		list[i] = time.UnixMilli(int64(ms[i]))
	}
	return list
}

func TestEvaluate(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	events := []event{
		{size: 1, published: at(1000), arrived: arrivals(1030, 1010, 1020, 1040)},
		{size: 2, published: at(1012), arrived: arrivals(2010, 2012, 2014, 2016)}, // had to wait for its turn
		{size: 3, arrived: arrivals(4001, 4002, 4003, 4104)},                      // its publication was not seen
		{size: 4, published: at(6000), arrived: arrivals(6005, 6006, 6007, 6008)},
	}
	f, err := evaluate(events, 4)
	if err != nil || f.Events != 2 {
		t.Fatalf("%+v, %v", f, err)
	}
	// 5 6 7 8 10 20 30 40 after publication; 0 to 103 after the first.
	for name, v := range map[string][2]float64{"median": {f.Median, 0.008}, "p99": {f.P99, 0.040}, "last": {f.Last, 0.040}, "spread": {f.SpreadP99, 0.103}} {
		if d := v[0] - v[1]; d < -1e-9 || d > 1e-9 {
			t.Errorf("%s is %v, want %v", name, v[0], v[1])
		}
	}
	for name, test := range map[string]struct {
		events []event
		n      int
		want   string
	}{
		"one is not told":   {events, 5, "4 of 5 followers were told of 1 entries"},
		"none at once":      {events[2:3], 4, "none was told as soon as"},
		"nothing happened":  {nil, 4, "of 0 events none"},
		"told of too often": {events, 3, "4 of 3 followers"},
	} {
		if _, err := evaluate(test.events, test.n); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
