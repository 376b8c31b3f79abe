//go:build !unix

package live

import "errors"

// writeOnce never writes here: followers are told by their own goroutines.
func writeOnce(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
