//go:build !race

package audit_test

// speed is how much faster than people talk the calls are. One ballot in oneIn is
// swapped by a booth that is to be found, with 95 % confidence, by many calls; the
// others are how many calls are made of a booth that swaps in short calls, of an
// honest one, by an audit that breaks off, and of a booth that speaks one code to
// all. Each audit makes atOnce of them at a time, at most.
const (
	speed  = 20
	oneIn  = 20
	many   = 59
	short  = 9
	honest = 8
	broken = 6
	copied = 4
	atOnce = 8
)
