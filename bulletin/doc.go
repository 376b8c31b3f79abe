// Package bulletin is the board: an append-only log in a database
// (bulletin/store) that is published as C2SP tlog-tiles files (bulletin/tlog)
// under signed checkpoints (bulletin/checkpoint).
//
// The board knows nothing of votes. An entry is opaque bytes, who may append
// what is for the store.Admitter to say, and uniqueness is a store.Claim. It is
// trusted with nothing either: whoever reads its files recomputes everything.
//
// Commit, then sign, then publish: a checkpoint is made only of what the
// database has committed, its tiles are durable before it is, and an append is
// acknowledged after all three. A board that is killed at any moment continues,
// when opened again, from the database; what it signed before is a prefix.
package bulletin
