//go:build race

package verifier

// circlEach is of how many cases that are alike circl is asked about one: it takes as
// long for each as all others together, and .ci/run has not that much time for all.
const circlEach = 5
