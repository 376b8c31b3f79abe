//go:build race

package audit_test

// All is less and slower where the race detector slows everything down.
const (
	speed  = 4
	oneIn  = 2
	many   = 5
	short  = 4
	honest = 4
	broken = 4
	copied = 2
	atOnce = 2
)
