// Package tlog is the tree and the public files of the board: RFC 6962 hashing
// and proofs (through transparency-dev/merkle), the C2SP tlog-tiles layout, its
// durable export as files, readers of such files in a directory or behind a
// URL, and receipts (c2sp.org/tlog-proof@v1).
//
// It knows entries as opaque bytes, 1 to 65,535 each, never what they mean, and
// touches no database. A Reader verifies nothing by itself: whoever reads a
// board recomputes the root with a RangeBuilder, compares it with the
// checkpoint's, and lets a TileChecker compare every published file.
package tlog
