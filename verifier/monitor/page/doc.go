// Package page serves what a monitor knows: a page for people, status.json for
// programs, and healthz for whoever watches the watcher.
//
// It reads what it was last shown and nothing else: no request reaches the
// monitor, the board or a file, so that no number of them holds up a
// verification. What it tells is public; it holds no secret.
package page
