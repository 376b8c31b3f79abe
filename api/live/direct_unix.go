//go:build unix

package live

import "syscall"

// writeOnce writes to a connection what it has room for now. An error is that of
// a connection that has none, too.
func writeOnce(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }
