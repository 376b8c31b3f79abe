// Package e2e has no code but its tests: whole elections whose every part is
// the real one, called by telephones that were written elsewhere, and by ones
// that misbehave.
//
// The tests hold all keys of their elections, so they may do what nobody else
// ever can: decrypt one ballot, to see that it holds what was keyed.
package e2e
