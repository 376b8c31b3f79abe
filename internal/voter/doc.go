// Package voter is a voter with a letter and a telephone, for the demo and for
// tests: it calls, understands what it hears message by message, and keys what
// it was told to key for the names it wants.
//
// It learns nothing of an election but from the letter and from the sound of
// the call. Package internal/caller hears and presses for it.
package voter
