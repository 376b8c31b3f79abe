//go:build !race

package audit_test

// speed is how much faster than people talk the calls are; one ballot in oneIn is
// swapped by a booth that is to be found, with 95 % confidence, by many calls. Each audit makes atOnce of them at a time, at most.
const (
	speed  = 20
	oneIn  = 20
	many   = 59
	atOnce = 8
)
