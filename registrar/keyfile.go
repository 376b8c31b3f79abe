package registrar

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"rollcall/crypto/credential"
	"rollcall/crypto/schnorr"
)

// The registrar's key file: three lines of ASCII, each ended by a line feed.
const (
	keyFileHead  = "rollcall registrar key v1"
	keyFileOPRF  = "oprf "
	keyFileSign  = "sign "
	keyFileBytes = len(keyFileHead) + 1 + len(keyFileOPRF) + 64 + 1 + len(keyFileSign) + 64 + 1

	oprfHexOffset = len(keyFileHead) + 1 + len(keyFileOPRF)
	signHexOffset = oprfHexOffset + 64 + 1 + len(keyFileSign)
)

// ErrDestroyed says that the key file's OPRF key has been destroyed: no
// credential of the election can be derived any more.
var ErrDestroyed = errors.New("OPRF key was destroyed")

// Keys are the registrar's secrets.
type Keys struct {
	OPRF *credential.OPRFKey
	Sign *schnorr.SecretKey // signs the board's roll
}

// GenerateKeys returns fresh keys.
func GenerateKeys() (*Keys, error) {
	key, err := credential.GenerateOPRFKey()
	if err != nil {
		return nil, err
	}
	return &Keys{OPRF: key, Sign: schnorr.GenerateKey()}, nil
}

// WriteKeys writes a new key file, mode 0600, durably. It never overwrites;
// the error then wraps fs.ErrExist.
func WriteKeys(path string, keys *Keys) error {
	err := writeFileOnce(path, func(w io.Writer) error {
		oprf, sign := keys.OPRF.Bytes(), keys.Sign.Bytes()
		b := fmt.Appendf(nil, "%s\n%s%x\n%s%x\n", keyFileHead, keyFileOPRF, oprf, keyFileSign, sign)
		_, err := w.Write(b)
		clear(oprf)
		clear(sign)
		clear(b)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the registrar's keys: %w", err)
	}
	return nil
}

// ReadKeys reads a key file, refusing one that others than its owner can read.
// The error wraps ErrDestroyed after DestroyOPRFKey.
func ReadKeys(path string) (*Keys, error) {
	keys, err := readKeys(path)
	if err != nil {
		return nil, err
	}
	return keys, nil
}

// readKeys is ReadKeys, but returns the signing key beside ErrDestroyed.
func readKeys(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the registrar's keys: %w", err)
	}
	defer f.Close()
	b, err := readKeyFile(f)
	if err != nil {
		return nil, fmt.Errorf("reading the registrar's keys %s: %w", path, err)
	}
	defer clear(b)
	keys, err := parseKeys(b)
	if err != nil {
		return keys, fmt.Errorf("reading the registrar's keys %s: %w", path, err)
	}
	return keys, nil
}

// ReadSigningKey reads the signing key alone, which is there after DestroyOPRFKey
// too.
func ReadSigningKey(path string) (*schnorr.SecretKey, error) {
	keys, err := readKeys(path)
	if err != nil && !errors.Is(err, ErrDestroyed) {
		return nil, err
	}
	return keys.Sign, nil
}

// DestroyOPRFKey overwrites the OPRF key in the key file, in place and
// durably, as is due at the election's end; the signing key stays. Copies that
// a file system, a disk or a backup keeps are out of its reach. Repeating it
// does no harm.
func DestroyOPRFKey(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("destroying the OPRF key: %w", err)
	}
	b, err := readKeyFile(f)
	if err == nil {
		clear(b)
		_, err = f.WriteAt([]byte(strings.Repeat("0", 64)), int64(oprfHexOffset))
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("destroying the OPRF key %s: %w", path, err)
	}
	return nil
}

// readKeyFile reads the whole file and checks its mode and its shape.
func readKeyFile(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("mode is %04o: others can read it, want 0600", mode)
	}
	if info.Size() != int64(keyFileBytes) {
		return nil, fmt.Errorf("file has %d bytes, want %d", info.Size(), keyFileBytes)
	}
	b := make([]byte, keyFileBytes)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, err
	}
	shape := fmt.Sprintf("%s\n%s%064d\n%s%064d\n", keyFileHead, keyFileOPRF, 0, keyFileSign, 0)
	for i := range b {
		isHex := i >= oprfHexOffset && i < oprfHexOffset+64 || i >= signHexOffset && i < signHexOffset+64
		if !isHex && b[i] != shape[i] {
			return nil, errors.New("not a registrar's key file")
		}
	}
	return b, nil
}

func parseKeys(b []byte) (*Keys, error) {
	oprf, sign := make([]byte, credential.OPRFKeySize), make([]byte, schnorr.SecretKeySize)
	defer clear(oprf)
	defer clear(sign)
	// An error of package hex would repeat a byte of the key.
	if _, err := hex.Decode(oprf, b[oprfHexOffset:oprfHexOffset+64]); err != nil {
		return nil, errors.New("OPRF key is not hexadecimal")
	}
	if _, err := hex.Decode(sign, b[signHexOffset:signHexOffset+64]); err != nil {
		return nil, errors.New("signing key is not hexadecimal")
	}
	signKey, err := schnorr.ParseSecretKey(sign)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if [credential.OPRFKeySize]byte(oprf) == [credential.OPRFKeySize]byte{} {
		return &Keys{Sign: signKey}, ErrDestroyed
	}
	oprfKey, err := credential.ParseOPRFKey(oprf)
	if err != nil {
		return nil, err
	}
	return &Keys{OPRF: oprfKey, Sign: signKey}, nil
}
