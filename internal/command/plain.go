package command

import (
	"bytes"
	"io"

	"rollcall/verifier"
)

// plain passes text on with everything escaped that a terminal might obey, but
// for line breaks. Names in a manifest and answers of a board are written by
// those whom a trustee does not trust; they are in results and errors alike.
type plain struct{ w io.Writer }

// Write implements io.Writer. Each call writes whole characters.
func (p plain) Write(b []byte) (int, error) {
	var out bytes.Buffer
	for i, line := range bytes.Split(b, []byte("\n")) {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(verifier.Printable(string(line)))
	}
	if _, err := p.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}
