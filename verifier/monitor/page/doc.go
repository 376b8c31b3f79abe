// Package page serves what a monitor knows: a page for people, status.json for
// programs, and healthz for whoever watches the watcher.
//
// It reads what it was last shown and nothing else: no request reaches the
// monitor, the board or a file, or has a verification wait. An answer is made once
// a second for all who ask, and connections are bounded; what a flood takes of the
// processors is for whoever lets strangers ask. It holds no secret.
package page
