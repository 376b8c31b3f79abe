//go:build !race

package verifier

// circlEach is of how many cases that are alike circl is asked about one: about
// each, where the race detector does not take the time.
const circlEach = 1
