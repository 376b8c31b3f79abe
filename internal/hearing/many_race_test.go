//go:build race

package hearing_test

// Both are lower where the race detector slows everything down.
const codes, digits = 1, 2
