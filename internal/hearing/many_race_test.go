//go:build race

package hearing_test

// codes is lower where the race detector slows everything down.
const codes = 1
