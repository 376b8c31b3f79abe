//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package filelock

// Lock does nothing where the system has no flock. A board's database still
// refuses to let two processes write one index; a trustee must not run two
// commands at once.
func Lock(string) (unlock func() error, err error) {
	return func() error { return nil }, nil
}
