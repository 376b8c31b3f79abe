package buildinfo

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"
)

// hashSelf returns the SHA-256 of the file that runs, in hexadecimal. On Linux
// the kernel hands out that very file, also when another was put in its place
// since; elsewhere it is the file of the same name, which may be another by now.
func hashSelf() (string, error) {
	name := "/proc/self/exe"
	if runtime.GOOS != "linux" {
		var err error
		if name, err = os.Executable(); err != nil {
			return "", err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
