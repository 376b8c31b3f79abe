// Package checkpoint holds what is Ed25519 on the board, because C2SP fixes it:
// signed checkpoints, the log's key, witnesses' cosignatures and the policy
// file that names both.
//
//   - A checkpoint (c2sp.org/tlog-checkpoint) is origin, size and root of the
//     log in a signed note (c2sp.org/signed-note). This log writes no extension
//     lines, and Open refuses them.
//   - A cosignature (c2sp.org/tlog-cosignature, "cosignature/v1") is a witness's
//     statement that it saw that tree at a time. Ticks carry them inside the
//     log, checkpoints as further signature lines.
//   - A policy (c2sp.org/tlog-policy) names one log and one k-of-w group of
//     witnesses, w = 0 being written "quorum none".
//
// Nothing here knows entries, storage or the clock: times are handed in.
package checkpoint
