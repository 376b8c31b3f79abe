//go:build race

package audit_test

// All is less and slower where the race detector slows everything down.
const (
	speed = 4
	oneIn = 3
	many  = 8
)
