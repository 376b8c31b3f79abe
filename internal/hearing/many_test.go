//go:build !race

package hearing_test

// codes is how many are spoken over each damaged line.
const codes = 10
