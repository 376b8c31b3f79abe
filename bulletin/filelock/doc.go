// Package filelock lets one process at a time hold a file: a board its
// database, a trustee its key. The lock file stays; the system lets go of it
// when the process ends, however that happens.
package filelock

import "errors"

// ErrLocked says that somebody else holds the file.
var ErrLocked = errors.New("locked by another process")
