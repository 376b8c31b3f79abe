package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
)

// chart is a plot of lines over two logarithmic axes, written as SVG. It has a
// background of its own, so that it reads the same on light and dark pages.
type chart struct {
	title, description string // both are read out by screen readers
	xLabel, yLabel     string
	xTicks, yTicks     []tick
	lines              []line
	marks              []tick // upright lines with a name, such as a size to think of
}

// tick is a place on an axis.
type tick struct {
	at    float64
	label string
}

// line is one line of a chart.
type line struct {
	name   string
	points []point
	// guess draws it dashed and without dots: it was not measured.
	guess bool
	// colour is a position in colours.
	colour int
}

type point struct{ x, y float64 }

// colours can be told apart by those who do not see all colours (Okabe and
// Ito), and stand out on white.
var colours = []string{"#0072b2", "#d55e00", "#007a5a", "#8a4a7f", "#444444"}

// Sizes in pixels.
const (
	chartWidth, chartHeight = 800, 480
	plotLeft, plotRight     = 88, 680
	plotTop, plotBottom     = 56, 410
)

// svg draws the chart. It refuses what has no logarithm and what lies outside
// its axes.
func (c *chart) svg() ([]byte, error) {
	x, err := axis("x", c.xTicks, plotLeft, plotRight)
	if err != nil {
		return nil, err
	}
	y, err := axis("y", c.yTicks, plotBottom, plotTop)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	w(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title description" font-family="sans-serif" font-size="13" fill="#222">`, chartWidth, chartHeight)
	w(`<title id="title">%s</title>`, escape(c.title))
	w(`<desc id="description">%s</desc>`, escape(c.description))
	w(`<rect width="%d" height="%d" fill="#fff"/>`, chartWidth, chartHeight)
	w(`<text x="%d" y="30" font-size="16" font-weight="bold">%s</text>`, plotLeft, escape(c.title))
	for _, t := range c.xTicks {
		w(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/>`, x(t.at), plotTop, x(t.at), plotBottom)
		w(`<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x(t.at), plotBottom+20, escape(t.label))
	}
	for _, t := range c.yTicks {
		w(`<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/>`, plotLeft, y(t.at), plotRight, y(t.at))
		w(`<text x="%d" y="%.1f" text-anchor="end">%s</text>`, plotLeft-8, y(t.at)+4, escape(t.label))
	}
	w(`<text x="%d" y="%d" text-anchor="middle">%s</text>`, (plotLeft+plotRight)/2, plotBottom+50, escape(c.xLabel))
	w(`<text transform="translate(20 %d) rotate(-90)" text-anchor="middle">%s</text>`, (plotTop+plotBottom)/2, escape(c.yLabel))
	for _, m := range c.marks {
		if !inside(m.at, c.xTicks) {
			return nil, fmt.Errorf("mark %q lies outside the plot", m.label)
		}
		w(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#666" stroke-dasharray="2 3"/>`, x(m.at), plotTop, x(m.at), plotBottom)
		w(`<text transform="translate(%.1f %d) rotate(-90)" text-anchor="start" fill="#555">%s</text>`, x(m.at)-5, plotBottom-6, escape(m.label))
	}
	labels := map[int]bool{}
	for _, l := range c.lines {
		if len(l.points) == 0 || l.colour < 0 || l.colour >= len(colours) {
			return nil, fmt.Errorf("line %q has no points or no colour", l.name)
		}
		path := ""
		for i, p := range l.points {
			if !inside(p.x, c.xTicks) || !inside(p.y, c.yTicks) {
				return nil, fmt.Errorf("line %q: point %v, %v lies outside the plot", l.name, p.x, p.y)
			}
			path += fmt.Sprintf("%c%.1f %.1f", "ML"[min(i, 1)], x(p.x), y(p.y))
			if !l.guess {
				w(`<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`, x(p.x), y(p.y), colours[l.colour])
			}
		}
		dash := ""
		if l.guess {
			dash = ` stroke-dasharray="6 5"`
		}
		w(`<path d="%s" fill="none" stroke="%s" stroke-width="2"%s/>`, path, colours[l.colour], dash)
		if l.name == "" {
			continue
		}
		last := l.points[len(l.points)-1]
		at := int(y(last.y)) + 4
		for labels[at/16] { // two names do not stand on each other
			at += 16
		}
		labels[at/16] = true
		w(`<text x="%.1f" y="%d" fill="%s" font-weight="bold">%s</text>`, x(last.x)+9, at, colours[l.colour], escape(l.name))
	}
	w(`</svg>`)
	return b.Bytes(), nil
}

// axis returns the place of a value between the first and the last tick.
func axis(name string, ticks []tick, from, to float64) (func(float64) float64, error) {
	if len(ticks) < 2 {
		return nil, fmt.Errorf("%s axis has %d ticks, want 2", name, len(ticks))
	}
	for i, t := range ticks {
		if t.at <= 0 || math.IsInf(t.at, 0) || math.IsNaN(t.at) || i > 0 && t.at <= ticks[i-1].at {
			return nil, fmt.Errorf("%s axis: tick %v is not above the one before", name, t.at)
		}
	}
	low, high := math.Log(ticks[0].at), math.Log(ticks[len(ticks)-1].at)
	return func(v float64) float64 { return from + (to-from)*(math.Log(v)-low)/(high-low) }, nil
}

func inside(v float64, ticks []tick) bool { return v >= ticks[0].at && v <= ticks[len(ticks)-1].at }

func escape(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic("bench: writing to memory failed: " + err.Error())
	}
	return b.String()
}
