package checkpoint

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

// MaxSize is the most bytes a signed checkpoint may have: room for a few
// hundred signature lines.
const MaxSize = 64 << 10

// maxOrigin is the most bytes an origin or a key name may have.
const maxOrigin = 255

// ErrInvalid is wrapped by every error that says a checkpoint, a cosignature
// or a policy is wrong, as against one that could not be read.
var ErrInvalid = errors.New("invalid")

// Checkpoint is a tree head: the claim that the log named Origin had, with its
// first Size entries, the RFC 6962 root Root.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   [32]byte
}

// Text returns the note text (c2sp.org/tlog-checkpoint): three lines, each
// ended by a newline, and no extension lines.
func (c Checkpoint) Text() []byte {
	return log.Checkpoint{Origin: c.Origin, Size: c.Size, Hash: c.Root[:]}.Marshal()
}

// ParseText parses a note text. Only what Text would have written is accepted.
func ParseText(text []byte) (Checkpoint, error) {
	var l log.Checkpoint
	rest, err := l.Unmarshal(text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: %w", ErrInvalid, err)
	}
	if len(rest) != 0 {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: extension lines, this log has none", ErrInvalid)
	}
	if len(l.Hash) != 32 {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: root of %d bytes, want 32", ErrInvalid, len(l.Hash))
	}
	c := Checkpoint{Origin: l.Origin, Size: l.Size, Root: [32]byte(l.Hash)}
	if string(c.Text()) != string(text) {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: text is not canonical", ErrInvalid)
	}
	return c, nil
}

// Peek returns what a signed checkpoint says, without looking at its signatures.
func Peek(signed []byte) (Checkpoint, error) {
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: no signatures", ErrInvalid)
	}
	return ParseText(append(bytes.Clone(text), '\n'))
}

// Parse returns what a signed checkpoint says if all of it is well formed, its
// signature lines too. It verifies none of them.
func Parse(signed []byte) (Checkpoint, error) {
	c, _, err := open(signed, nil)
	return c, err
}

// Open verifies a signed checkpoint under the log's key alone and returns its
// tree head. It must be signed by that key under exactly the name origin.
// Signature lines of other keys are ignored, as c2sp.org/signed-note demands;
// use Policy.Open where witnesses count.
func Open(signed []byte, origin string, key *Verifier) (Checkpoint, error) {
	c, _, err := open(signed, note.VerifierList(key))
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != origin || key.Name() != origin {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: origin %q under key %q, want %q", ErrInvalid, c.Origin, key.Name(), origin)
	}
	return c, nil
}

// open verifies a note under known keys and parses its text. A known key whose
// signature fails makes the whole note invalid, and so does that none has signed it,
// unless none is known.
func open(signed []byte, known note.Verifiers) (Checkpoint, []note.Signature, error) {
	if len(signed) > MaxSize {
		return Checkpoint{}, nil, fmt.Errorf("%w checkpoint: %d bytes, at most %d are read", ErrInvalid, len(signed), MaxSize)
	}
	n, err := note.Open(signed, known)
	var unverified *note.UnverifiedNoteError
	if known == nil && errors.As(err, &unverified) {
		n, err = unverified.Note, nil
	}
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("%w checkpoint: %w", ErrInvalid, err)
	}
	// Base64 as the note package reads it leaves spare bits in the last
	// character of a signature: two different files for one note. Only the
	// canonical one passes, so that a changed byte is never overlooked.
	if err := canonicalLines(signed, len(n.Text)); err != nil {
		return Checkpoint{}, nil, err
	}
	c, err := ParseText([]byte(n.Text))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	return c, n.Sigs, nil
}

// canonicalLines checks that every signature line after the note text of
// textLen bytes holds canonical base64.
func canonicalLines(signed []byte, textLen int) error {
	lines := strings.TrimSuffix(string(signed[textLen+1:]), "\n")
	for i, line := range strings.Split(lines, "\n") {
		sig := line[strings.LastIndexByte(line, ' ')+1:]
		if _, err := base64.StdEncoding.Strict().DecodeString(sig); err != nil {
			return fmt.Errorf("%w checkpoint: signature line %d is not canonical base64", ErrInvalid, i+1)
		}
	}
	return nil
}

// checkName says whether name can be an origin or a key name: what
// c2sp.org/signed-note asks for, and no '#', which some readers of policy files
// take for a comment in the middle of a line.
func checkName(name string) error {
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '+' || r == '#' }
	if name == "" || len(name) > maxOrigin || !utf8.ValidString(name) || strings.IndexFunc(name, bad) >= 0 {
		return fmt.Errorf("%w key name %q: want 1 to %d bytes of UTF-8 without spaces, '+' and '#'", ErrInvalid, name, maxOrigin)
	}
	return nil
}
