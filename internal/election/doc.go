// Package election runs a whole election in one process without telephones:
// for tests, for rehearsals and for `rollcall simulate`. It uses the real
// board on a real database, the real booth and the real ceremony; only its
// clock is its own, so that nobody has to wait for the decision time.
//
// In it one process holds every key, which a real election never does.
package election
