//go:build !race

package hearing_test

// codes is how many are spoken over each damaged line, digits how many of a
// language are held against the others.
const codes, digits = 10, 10
