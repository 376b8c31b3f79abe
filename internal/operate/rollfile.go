package operate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/internal/workspace"
)

// rollFile holds the signed entries of the roll, as an entry bundle: be16
// lengths before entries. It holds nothing that the board does not show, and is
// kept so that a post that was cut off can be taken up.
func rollFile(dir workspace.Dir) string { return filepath.Join(string(dir), "roll.entries") }

// writeRoll writes the roll's entries at once or not at all, after the letters.
func writeRoll(dir workspace.Dir, entries []*entry.Entry) error {
	var b []byte
	var err error
	for _, e := range entries {
		if b, err = tlog.AppendBundleEntry(b, e.Bytes()); err != nil {
			return err
		}
	}
	path := rollFile(dir)
	tmp := path + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(tmp, b); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	d, err := os.Open(string(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readRoll reads the roll's entries, nil if there are none yet. The last one is
// a roll-end, or an audit after one; what the others say is for the board to judge.
func readRoll(dir workspace.Dir) ([]*entry.Entry, error) {
	path := rollFile(dir)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var entries []*entry.Entry
	for len(b) > 0 {
		n := 0
		if len(b) >= 2 {
			n = int(binary.BigEndian.Uint16(b))
		}
		if n == 0 || len(b) < 2+n {
			return nil, fmt.Errorf("%s: cut short after %d entries", path, len(entries))
		}
		e, err := entry.Decode(b[2 : 2+n])
		if err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w", path, len(entries), err)
		}
		entries, b = append(entries, e), b[2+n:]
	}
	if end, _ := ends(entries); end == nil {
		return nil, fmt.Errorf("%s: does not end with a roll-end", path)
	}
	return entries, nil
}

// ends returns the roll-end that entries end with, nil if they do not, and the audit
// after it, nil without one.
func ends(entries []*entry.Entry) (end *entry.RollEnd, audit *entry.Audit) {
	n := len(entries)
	if n > 1 {
		audit, _ = entries[n-1].Body.(*entry.Audit)
	}
	if audit != nil {
		n--
	}
	if n > 0 {
		end, _ = entries[n-1].Body.(*entry.RollEnd)
	}
	return end, audit
}
