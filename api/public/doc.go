// Package public is what the public can be told of an election: the [Election]
// that a server is given, the states of ballots, how a number that somebody typed
// is read and looked up, and how a result is tabulated.
//
// It knows neither HTTP nor words: package api speaks JSON, and package page the
// languages of people. It decides nothing about an election either.
package public
