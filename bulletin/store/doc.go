// Package store keeps the board's log in an SQL database: entries, tree hashes
// and claims, all of one append in one transaction.
//
// It knows no kinds of entry: an entry is 1 to 65,535 opaque bytes. Who may
// append what is judged by an Admitter that the caller hands in and that is run
// in the one writer, in index order.
//
// # Appending
//
// One goroutine writes. It gathers the appends that wait into one transaction
// (group commit), so a lone caller pays for one synchronous commit and many
// callers share one. Inside a group everything is provisional: the tree, the
// Admitter's state, and every answer, refusals too, since a refusal may rest on
// an entry that has not been committed yet. Answers are given after the commit.
// After any failure of the database, the tree and the Admitter's state are
// thrown away and read back from the database; whether the group is in it is
// then what the database says. A caller that was given an error can append the
// same bytes again: an entry that is already there is not appended twice.
//
// Entries that were committed lately, up to 32 MiB, are kept in memory for who
// reads them next, which is the exporter of the public files. After a failure
// they are forgotten as well.
//
// # Claims
//
// A Claim is a unique key that commits together with an entry. The database
// refuses a second entry under the same claim, so "one of these per X" holds
// however many callers race.
//
// # Database
//
// SQLite in WAL mode with synchronous=FULL: what was acknowledged survives a
// loss of power. Its write-ahead log is copied into the database beside the
// writer, not in commits, and stays at about 64 MiB. The statements keep to what PostgreSQL understands as well;
// only the schema and the connection are SQLite's.
package store
