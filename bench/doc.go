// Command bench measures Rollcall against its peers in one run and writes the
// tables and plots of docs/PERFORMANCE.md. Start it with bench/run.
//
// Everything is measured in rounds: in each round everything once, one after
// the other, so that whatever else the machine does falls on all alike. A ratio
// is taken within a round; what is told is the median of the rounds, with the
// lowest and the highest. Costs on one core are processor time, so that a
// program which waits for its turn is not blamed; what is told of two cores is
// time on the clock, the shortest of three in each round for one core and for
// two.
//
// It is a module of its own, so that no peer is ever a dependency of Rollcall.
// Here is no measuring of what a peer is not asked to do in the table, and no
// test of correctness but one: peers that compute the same must find the same.
package main
