package main

import "fmt"

// timePlot draws how long a verification takes by the number of ballots: what
// was measured with dots, and dashed what that leads to for a nation.
func (r *results) timePlot() *chart {
	c := &chart{
		title:  "Time to verify an election on one core",
		xLabel: "ballots cast, ten options",
		yLabel: "time",
		xTicks: []tick{{10, "10"}, {100, "100"}, {1e3, "1,000"}, {1e4, "10,000"}, {1e5, "100,000"}, {1e6, "1 million"}, {1e7, "10 million"}, {1e8, ""}, {1e9, "1 billion"}},
		yTicks: []tick{{0.01, "10 ms"}, {0.1, "100 ms"}, {1, "1 s"}, {10, "10 s"}, {60, "1 min"}, {600, "10 min"}, {3600, "1 h"}, {86400, "1 day"},
			{30 * 86400, "1 month"}, {365 * 86400, "1 year"}, {10 * 365 * 86400, "10 years"}},
		marks: []tick{{stateBallots, "a state, 4 million"}, {nationBallots, "a nation, 150 million"}},
	}
	told := ""
	add := func(name string, colour int, sizes []int, key, each string) {
		l := line{name: "", colour: colour}
		for _, n := range sizes {
			if s, ok := r.of(sizeKey(key, n)); ok {
				l.points = append(l.points, point{float64(n), s.median})
			}
		}
		cost, ok := r.of(each)
		if !ok || len(l.points) == 0 {
			return
		}
		last := l.points[len(l.points)-1]
		end := point{nationBallots, last.y + cost.median*(nationBallots-last.x)}
		c.lines = append(c.lines, l, line{name: name, colour: colour, guess: true, points: []point{last, end}})
		told += fmt.Sprintf(" %s: %s ballots measured at %s, a nation would take %s.", name, thousands(int(last.x)), seconds(last.y), seconds(end.y))
	}
	add("Rollcall", 0, r.config.sizes, keyGrowthTime, keyVerify)
	add("Belenios 2.0", 1, []int{r.config.beleniosFew, r.config.beleniosMany}, keyBelenios, keyBelenios)
	c.description = "Lines over two logarithmic axes. Dots were measured, dashes are carried on from them." + told
	return c
}

// memoryPlot draws how much memory a verification takes, and its bound.
func (r *results) memoryPlot() *chart {
	c := &chart{
		title:  "Memory to verify an election",
		xLabel: "ballots cast, ten options",
		yLabel: "peak memory",
		xTicks: []tick{{100, "100"}, {1e3, "1,000"}, {1e4, "10,000"}, {1e5, "100,000"}, {1e6, "1 million"}},
		yTicks: []tick{{1e7, "10 MB"}, {1e8, "100 MB"}, {1e9, "1 GB"}, {1e10, "10 GB"}},
	}
	measured, bound := line{name: "Rollcall", colour: 0}, line{name: "bound", colour: 4, guess: true}
	told := ""
	for _, n := range r.config.sizes {
		if s, ok := r.of(sizeKey(keyGrowthMemory, n)); ok {
			measured.points = append(measured.points, point{float64(n), s.median})
			bound.points = append(bound.points, point{float64(n), memoryBound(n)})
			told += fmt.Sprintf(" %s ballots: %s.", thousands(n), size(s.median))
		}
	}
	c.lines = []line{measured, bound}
	c.description = "Lines over two logarithmic axes; the dashed one is the bound of 100 MB and 150 bytes a ballot." + told
	return c
}
