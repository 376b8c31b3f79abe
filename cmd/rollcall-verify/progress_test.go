package main

import (
	"bytes"
	"regexp"
	"testing"
	"time"
)

// TestProgress holds that the bar tells rate and time left, and counts only
// what is judged now.
func TestProgress(t *testing.T) {
	var terminal bytes.Buffer
	p := &progress{to: &terminal}
	p.update(1000, 5000)
	time.Sleep(time.Millisecond) // there is no rate without time
	p.update(2000, 5000)
	want := regexp.MustCompile(`judging entries +25% .*\(1000/4000, \d+ entries/s\) \[\d+\w+:\d+\w+\]`)
	if !want.Match(terminal.Bytes()) {
		t.Errorf("the bar is %q, want %s", &terminal, want)
	}
	p.update(5000, 5000)
	p.finish()
}

// TestNoProgress holds that nothing is drawn where nothing is to be judged, or
// where there is no terminal.
func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	p := &progress{to: &out}
	p.update(7, 7)
	p.finish()
	q := newProgress(&out)
	q.update(0, 7)
	q.update(7, 7)
	q.finish()
	if out.Len() > 0 {
		t.Errorf("%q was drawn", &out)
	}
}
