package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

func sampleChart() *chart {
	return &chart{
		title: "Time & <ballots>", description: "A line.", xLabel: "ballots", yLabel: "time",
		xTicks: []tick{{1, "1"}, {10, "10"}, {100, "100"}}, yTicks: []tick{{1, "1 s"}, {100, "100 s"}},
		lines: []line{
			{name: "measured", points: []point{{1, 1}, {10, 10}, {100, 100}}},
			{name: "guessed", guess: true, colour: 1, points: []point{{10, 10}, {100, 99}}},
		},
		marks: []tick{{10, "ten"}},
	}
}

// element is what the test reads of an SVG element.
type element struct {
	name, text string
	attr       map[string]string
}

func parse(t *testing.T, svg []byte) (all []element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		switch v := token.(type) {
		case xml.StartElement:
			e := element{name: v.Name.Local, attr: map[string]string{}}
			for _, a := range v.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			all = append(all, e)
		case xml.CharData:
			if len(all) > 0 {
				all[len(all)-1].text += strings.TrimSpace(string(v))
			}
		}
	}
}

func TestChart(t *testing.T) {
	svg, err := sampleChart().svg()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	var dots, paths []element
	all := parse(t, svg)
	for _, e := range all {
		texts[e.name+" "+e.text] = true
		switch e.name {
		case "circle":
			dots = append(dots, e)
		case "path":
			paths = append(paths, e)
		}
	}
	for _, want := range []string{"title Time & <ballots>", "desc A line.", "text ballots", "text time", "text 10", "text 100 s", "text measured", "text guessed", "text ten"} {
		if !texts[want] {
			t.Errorf("no %q in %s", want, svg)
		}
	}
	if all[0].attr["role"] != "img" || all[0].attr["aria-labelledby"] != "title description" {
		t.Errorf("screen readers are not told: %v", all[0].attr)
	}
	if all[3].name != "rect" || all[3].attr["fill"] != "#fff" {
		t.Errorf("no background first: %v", all[3])
	}
	// Decades are as far from each other as equal steps of a logarithm are.
	if len(dots) != 3 || len(paths) != 2 {
		t.Fatalf("%d dots and %d lines, want 3 and 2", len(dots), len(paths))
	}
	for i, e := range dots {
		wantX := plotLeft + float64(i)*(plotRight-plotLeft)/2
		wantY := plotBottom - float64(i)*(plotBottom-plotTop)/2
		if e.attr["cx"] != fmt.Sprintf("%.1f", wantX) || e.attr["cy"] != fmt.Sprintf("%.1f", wantY) {
			t.Errorf("dot %d at %s, %s, want %.1f, %.1f", i, e.attr["cx"], e.attr["cy"], wantX, wantY)
		}
	}
	if paths[0].attr["stroke-dasharray"] != "" || paths[1].attr["stroke-dasharray"] == "" {
		t.Error("what was measured and what was not look alike")
	}
	if want := fmt.Sprintf("M%.1f %.1fL", float64(plotLeft), float64(plotBottom)); !strings.HasPrefix(paths[0].attr["d"], want) {
		t.Errorf("line %q does not begin with %q", paths[0].attr["d"], want)
	}
}

func TestNamesDoNotOverlap(t *testing.T) {
	svg, err := sampleChart().svg()
	if err != nil {
		t.Fatal(err)
	}
	var at []float64
	for _, e := range parse(t, svg) {
		if e.text == "measured" || e.text == "guessed" {
			var y float64
			if _, err := fmt.Sscan(e.attr["y"], &y); err != nil {
				t.Fatal(err)
			}
			at = append(at, y)
		}
	}
	if len(at) != 2 || math.Abs(at[0]-at[1]) < 12 {
		t.Errorf("names at %v", at)
	}
}

func TestChartRefuses(t *testing.T) {
	for name, break_ := range map[string]func(*chart){
		"a point below the axis":  func(c *chart) { c.lines[0].points[0].y = 0.5 },
		"a point right of it":     func(c *chart) { c.lines[0].points[2].x = 101 },
		"zero":                    func(c *chart) { c.lines[0].points[0].x = 0 },
		"no number":               func(c *chart) { c.lines[0].points[0].y = math.NaN() },
		"a line without points":   func(c *chart) { c.lines[1].points = nil },
		"no such colour":          func(c *chart) { c.lines[1].colour = len(colours) },
		"one tick":                func(c *chart) { c.xTicks = c.xTicks[:1] },
		"ticks that go down":      func(c *chart) { c.yTicks[1].at = 0.5 },
		"a tick at zero":          func(c *chart) { c.yTicks[0].at = 0 },
		"a mark outside the plot": func(c *chart) { c.marks[0].at = 1000 },
	} {
		c := sampleChart()
		break_(c)
		if _, err := c.svg(); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

// The plots of a run can be drawn, whatever it found.
func TestPlots(t *testing.T) {
	r := &results{config: full, figures: figures{keyVerify: {2e-4}, keyBelenios: {0.05}}}
	for _, n := range full.sizes {
		r.figures[sizeKey(keyGrowthTime, n)] = []float64{2e-4 * float64(n)}
		r.figures[sizeKey(keyGrowthMemory, n)] = []float64{5e7 + 100*float64(n)}
	}
	for _, n := range []int{full.beleniosFew, full.beleniosMany} {
		r.figures[sizeKey(keyBelenios, n)] = []float64{0.05 * float64(n)}
	}
	for name, c := range map[string]*chart{"time": r.timePlot(), "memory": r.memoryPlot()} {
		svg, err := c.svg()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(string(svg), "Rollcall") || !strings.Contains(c.description, "100,000 ballots") {
			t.Errorf("%s: description %q", name, c.description)
		}
		parse(t, svg)
	}
	if got := r.timePlot().description; !strings.Contains(got, "Belenios 2.0: 200 ballots measured at 10.0 s, a nation would take") {
		t.Errorf("description %q", got)
	}
}
