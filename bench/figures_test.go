package main

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{9, 1, 2}, spread{2, 1, 9}},
		{[]float64{9, 1, 2, 4}, spread{3, 1, 9}},
	} {
		got, ok := spreadOf(test.values)
		if !ok || got != test.want {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
	}
	if _, ok := spreadOf(nil); ok {
		t.Error("nothing has a spread")
	}
}

// A ratio is taken within a round: if a slow round makes both slower, it stays.
func TestRatioIsOfOneRound(t *testing.T) {
	f := figures{"a": {10, 100, 20}, "b": {1, 10, 2}, "short": {1, 1}}
	got, ok := f.ratio("a", "b")
	if !ok || got != (spread{10, 10, 10}) {
		t.Errorf("ratio %v", got)
	}
	if got, _ := f.ratio("b", "a"); got.median != 0.1 {
		t.Errorf("the other way round: %v", got)
	}
	for _, key := range []string{"short", "missing"} {
		if _, ok := f.ratio("a", key); ok {
			t.Errorf("a ratio to %s", key)
		}
	}
	if _, ok := f.ratio("missing", "missing"); ok {
		t.Error("a ratio of nothing")
	}
}

func TestMeasureInterleaves(t *testing.T) {
	var order string
	one := func(name string) measurement {
		return measurement{name, func(context.Context) (samples, error) {
			order += name
			return samples{name: float64(len(order))}, nil
		}}
	}
	f, err := measure(t.Context(), 3, []measurement{one("a"), one("b")}, func(string) {})
	if err != nil || order != "ababab" {
		t.Fatalf("order %q, error %v", order, err)
	}
	if len(f["a"]) != 3 || f["b"][2] != 6 {
		t.Errorf("figures %v", f)
	}
}

// A cost that comes out as nothing, or less, is noise and no figure.
func TestMeasureRefuses(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name   string
		sample float64
		err    error
		want   string
	}{
		{"an error", 1, broken, "thing: broken"},
		{"nothing", 0, nil, "too little was measured"},
		{"less than nothing", -1, nil, "too little was measured"},
		{"no number", math.NaN(), nil, "too little was measured"},
	} {
		m := measurement{"thing", func(context.Context) (samples, error) { return samples{"k": test.sample}, test.err }}
		if _, err := measure(t.Context(), 1, []measurement{m}, func(string) {}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", test.name, err)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{seconds(3.21e-8), "32.1 ns"},
		{seconds(0.000247), "247 µs"},
		{seconds(0.0384), "38.4 ms"},
		{seconds(1), "1.00 s"},
		{seconds(119), "119 s"},
		{seconds(600), "10.0 min"},
		{seconds(36000), "10.0 h"},
		{seconds(864000), "10.0 days"},
		{size(999), "999 bytes"},
		{size(1.5e6), "1.50 MB"},
		{size(788e9), "788 GB"},
		{size(2e12), "2.00 TB"},
		{digits(0.0123), "0.0123"},
		{digits(123456), "123456"},
		{digits(0), "0"},
		{thousands(0), "0"},
		{thousands(999), "999"},
		{thousands(1000), "1,000"},
		{thousands(-123456), "-123,456"},
		{thousands(150000000), "150,000,000"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}
