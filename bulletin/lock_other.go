//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package bulletin

// lock does nothing where the system has no flock. The database still refuses
// to let two processes write one index.
func lock(string) (unlock func() error, err error) {
	return func() error { return nil }, nil
}
