// Package page is what people see of an election: pages on which a voter looks up
// a receipt code, everybody reads the result and follows the board, and learns how
// it works and how to check it.
//
// Pages work without scripts, load nothing from elsewhere, set no cookie, and are
// the same words in every language of [Languages]. They say nothing that package
// public does not know: never what a cast ballot holds, no count before the result.
package page
