package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// magic is the first line.
const magic = "rollcall evidence, version 1\n"

// maxPath is the most hashes that a consistency proof can have.
const maxPath = 128

// MaxSize is the most bytes a file of evidence may have.
const MaxSize = 2*checkpoint.MaxSize + 16<<10

// ErrFormat is wrapped by every error of Parse: the bytes are no evidence.
var ErrFormat = errors.New("not a file of evidence")

// Link ties the smaller checkpoint's size to the larger checkpoint.
type Link struct {
	// Prefix is the root that the first entries of the larger tree have, as many
	// as the smaller one has.
	Prefix tlog.Hash
	// Path is the RFC 6962 consistency proof of that, at most 128 hashes.
	Path []tlog.Hash
}

// Evidence is two signed checkpoints of one log.
type Evidence struct {
	// Small and Large are signed notes. Small has fewer entries or, with as
	// many, the smaller root.
	Small, Large []byte
	// Link is nil with as many entries, and where nobody could make it.
	Link *Link
}

// New orders two signed checkpoints. The signatures are for Prove to check.
func New(a, b []byte, link *Link) (*Evidence, error) {
	e := &Evidence{a, b, link}
	x, y, err := e.heads()
	if err != nil {
		return nil, err
	}
	if after(x, y) {
		e.Small, e.Large = b, a
	}
	return e, e.check()
}

// after reports whether x must stand after y.
func after(x, y checkpoint.Checkpoint) bool {
	return x.Size > y.Size || x.Size == y.Size && bytes.Compare(x.Root[:], y.Root[:]) > 0
}

// heads reads both texts without checking signatures.
func (e *Evidence) heads() (small, large checkpoint.Checkpoint, err error) {
	if small, err = readText(e.Small); err != nil {
		return small, large, err
	}
	large, err = readText(e.Large)
	return small, large, err
}

// readText reads the text of a note. A note that is longer than any, or cut, is
// none.
func readText(signed []byte) (checkpoint.Checkpoint, error) {
	_, sigs, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok || len(signed) > checkpoint.MaxSize || !bytes.HasSuffix(sigs, []byte("\n")) {
		return checkpoint.Checkpoint{}, errors.New("a checkpoint without signatures, or cut")
	}
	return checkpoint.Peek(signed)
}

// check holds what the form asks for and signatures do not say.
func (e *Evidence) check() error {
	small, large, err := e.heads()
	switch {
	case err != nil:
		return err
	case small.Origin != large.Origin:
		return errors.New("the checkpoints are of two logs")
	case small.Size == large.Size && small.Root == large.Root:
		return errors.New("both checkpoints say the same")
	case after(small, large):
		return errors.New("the checkpoints are not in order")
	case e.Link != nil && small.Size == large.Size:
		return errors.New("a proof between checkpoints of one size")
	case e.Link != nil && len(e.Link.Path) > maxPath:
		return fmt.Errorf("a proof of more than %d hashes", maxPath)
	}
	return nil
}

// Marshal writes the file.
func (e *Evidence) Marshal() []byte {
	var b bytes.Buffer
	b.WriteString(magic)
	for _, note := range [][]byte{e.Small, e.Large} {
		fmt.Fprintf(&b, "checkpoint %d\n%s", len(note), note)
	}
	if l := e.Link; l != nil {
		fmt.Fprintf(&b, "prefix %s %d\n", base64.StdEncoding.EncodeToString(l.Prefix[:]), len(l.Path))
		for _, h := range l.Path {
			fmt.Fprintf(&b, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
		}
	}
	return b.Bytes()
}

// Parse reads what Marshal wrote, and nothing else. It checks no signature.
func Parse(file []byte) (*Evidence, error) {
	e, err := parse(file)
	if err == nil {
		err = e.check()
	}
	if err == nil && !bytes.Equal(e.Marshal(), file) {
		err = errors.New("not in its only form")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return e, nil
}

func parse(file []byte) (*Evidence, error) {
	if len(file) > MaxSize {
		return nil, fmt.Errorf("more than %d bytes", MaxSize)
	}
	rest, ok := bytes.CutPrefix(file, []byte(magic))
	if !ok {
		return nil, fmt.Errorf("the first line is not %q", strings.TrimSpace(magic))
	}
	e := &Evidence{}
	for _, note := range []*[]byte{&e.Small, &e.Large} {
		var line string
		line, rest = cutLine(rest)
		n, err := number(line, "checkpoint ", checkpoint.MaxSize)
		if err != nil {
			return nil, err
		}
		if n > len(rest) {
			return nil, errors.New("a checkpoint is cut")
		}
		*note, rest = bytes.Clone(rest[:n]), rest[n:]
	}
	if len(rest) == 0 {
		return e, nil
	}
	line, rest := cutLine(rest)
	head, count, _ := strings.Cut(strings.TrimPrefix(line, "prefix "), " ")
	n, err := number(count, "", maxPath)
	if err != nil {
		return nil, err
	}
	e.Link = &Link{}
	if e.Link.Prefix, err = tlog.ParseHash(head); err != nil {
		return nil, err
	}
	for range n {
		line, rest = cutLine(rest)
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		e.Link.Path = append(e.Link.Path, h)
	}
	if len(rest) > 0 {
		return nil, errors.New("something stands after its end")
	}
	return e, nil
}

func cutLine(b []byte) (line string, rest []byte) {
	before, rest, _ := bytes.Cut(b, []byte("\n"))
	return string(before), rest
}

// number reads a line that is a word and a number of at most limit.
func number(line, word string, limit int) (int, error) {
	digits, ok := strings.CutPrefix(line, word)
	n, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil || n > uint64(limit) {
		return 0, fmt.Errorf("want a line %q and a number of at most %d", strings.TrimSpace(word), limit)
	}
	return int(n), nil
}
