// Package checkpoint holds what is signed on the board as C2SP fixes it, by
// Ed25519 and ML-DSA-44: signed checkpoints, the log's key, witnesses'
// cosignatures and the policy file that names both.
//
//   - A checkpoint (c2sp.org/tlog-checkpoint) is origin, size and root of the
//     log in a signed note (c2sp.org/signed-note). This log writes no extension
//     lines, and Open refuses them.
//   - A cosignature (c2sp.org/tlog-cosignature, "cosignature/v1") is a witness's
//     statement that it saw that tree at a time. Ticks carry them inside the
//     log, checkpoints as further signature lines. With ML-DSA-44, which is made
//     to stand against quantum computers, it is a statement of its own form
//     ("subtree/v1"), and stands on checkpoints only.
//   - A policy (c2sp.org/tlog-policy) names one log and one k-of-w group of
//     witnesses, w = 0 being written "quorum none".
//
// Nothing here knows entries, storage or the clock: times are handed in.
package checkpoint
