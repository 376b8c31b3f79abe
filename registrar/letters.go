package registrar

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// letterColumns are the columns of the mail-merge file before the address
// columns of the roll.
var letterColumns = []string{
	"name", "unit", "language", "voter_number", "pin", "cast_code", "ballot_number", "election_id", "phone",
}

// LetterHead is what all letters print.
type LetterHead struct {
	ElectionID     string
	Phone          string   // number to call: digits, spaces and + ( ) - . /
	AddressColumns []string // as Roll.AddressColumns
}

// WriteLetters writes the mail-merge file to path: CSV, mode 0600, complete or
// not at all. A file that is there is never overwritten: its letters may be
// on their way already, and their PINs exist nowhere else. The error then wraps
// fs.ErrExist.
func WriteLetters(path string, head LetterHead, letters []Letter) error {
	err := writeFileOnce(path, func(w io.Writer) error { return encodeLetters(w, head, letters) })
	if err != nil {
		return fmt.Errorf("writing letters: %w", err)
	}
	return nil
}

// encodeLetters writes one line for each letter. Numbers are in groups with
// spaces, as they are best read aloud and keyed, which also keeps spreadsheets
// from taking 01234567 for a number and dropping its zero.
func encodeLetters(w io.Writer, head LetterHead, letters []Letter) error {
	if err := verifyPhone(head.Phone); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	columns := append(append([]string(nil), letterColumns...), head.AddressColumns...)
	for i := range columns {
		columns[i] = neutralise(columns[i])
	}
	if err := out.Write(columns); err != nil {
		return err
	}
	for i, l := range letters {
		if len(l.Person.Address) != len(head.AddressColumns) {
			return fmt.Errorf("letter %d has %d address cells, want %d", i, len(l.Person.Address), len(head.AddressColumns))
		}
		line := []string{
			neutralise(l.Person.Name), neutralise(l.Person.UnitName), neutralise(l.Person.Language),
			inGroups(l.VoterNumber, 3), inGroups(l.PIN, 4), inGroups(l.CastCode, 3), inGroups(l.BallotNumber, 4),
			head.ElectionID, head.Phone,
		}
		for _, cell := range l.Person.Address {
			line = append(line, neutralise(cell))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// neutralise keeps a cell that somebody else wrote from being a formula when
// the file is opened as a spreadsheet, which could send the PINs beside it
// away: the usual apostrophe before = + - @ and, for some programs, their
// full-width forms. Tabs and returns are not in a cell, the roll refuses them.
func neutralise(cell string) string {
	for _, start := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(cell, start) {
			return "'" + cell
		}
	}
	return cell
}

// verifyPhone lets the phone number be printed as it is, with a plus in front:
// of these characters no formula can be made that does more than arithmetic.
func verifyPhone(phone string) error {
	const legal = "0123456789 +()-./"
	if phone == "" {
		return errors.New("the phone number is empty")
	}
	if i := strings.IndexFunc(phone, func(r rune) bool { return !strings.ContainsRune(legal, r) }); i >= 0 {
		return fmt.Errorf("the phone number %q: byte %d is none of %q", phone, i+1, legal)
	}
	return nil
}

// inGroups puts a space after every n digits.
func inGroups(digits string, n int) string {
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && i%n == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// writeFileOnce writes a new file of mode 0600 durably: a temporary file
// beside it, fsync, a hard link, which unlike a rename fails where the name is
// taken, and fsync of the directory.
func writeFileOnce(path string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
