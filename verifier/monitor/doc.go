// Package monitor watches a board while it grows: it verifies what is new,
// compares the checkpoints of the board and its mirrors, remembers the largest,
// and raises an alarm when something is wrong or does not come.
//
// It makes one round when it is told to, by the clock that it is given, and
// hands out events, and what it knows. Waiting and files are its caller's; package
// alert posts the events to webhooks, and package page shows what is known.
package monitor
