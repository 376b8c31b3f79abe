//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package trustee

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock takes the lock file at path, creating it. The system lets go of it when
// the process ends, however that happens; the file stays.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
	}
	return f.Close, nil
}
