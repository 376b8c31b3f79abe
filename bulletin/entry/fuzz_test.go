package entry

import (
	"bytes"
	"fmt"
	"testing"
)

// corpusFile is a seed in the format of Go's fuzzing.
func corpusFile(b []byte) []byte { return fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", b) }

// FuzzDecode decodes anything. What decodes must encode to the same bytes, and
// no manifest may make Check panic.
func FuzzDecode(f *testing.F) {
	for _, b := range sampleBodies() {
		f.Add(mustSign(f, b).Bytes())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := Decode(raw)
		if err != nil {
			if e != nil {
				t.Fatal("an entry with an error")
			}
			return
		}
		body, err := marshal(string(e.Kind()), e.Body)
		if err != nil {
			t.Fatalf("encoding the body again: %v", err)
		}
		again, err := marshal("entry", &envelope{Kind: string(e.Kind()), Body: body, Signatures: e.Signatures})
		if err != nil {
			t.Fatalf("encoding again: %v", err)
		}
		if !bytes.Equal(again, raw) {
			t.Fatalf("%s: decoded from %x, encodes to %x", e.Kind(), raw, again)
		}
		switch b := e.Body.(type) {
		case *Manifest:
			// The error is of no interest here, only that there is no panic.
			_ = b.Check()
			b.ContestsOf(0)
		case *Audit:
			_ = b.Check([]uint64{5, 3000, 1 << 63})
		case *AuditList:
			list, err := b.Credentials()
			if err == nil && len(list)*AuditKeySize != len(b.Keys) {
				t.Fatalf("%d credentials in %d bytes", len(list), len(b.Keys))
			}
			if err == nil && b.Opens(make([]byte, HashSize), [HashSize]byte{}, list) == nil {
				t.Fatal("a list opens zeros")
			}
		case *Roll:
			if list, err := b.List(); err == nil && len(list)*VoterSize != len(b.Voters) {
				t.Fatalf("%d voters in %d bytes", len(list), len(b.Voters))
			}
		}
	})
}

// FuzzParseElectionID holds that what is read is the canonical form of itself.
func FuzzParseElectionID(f *testing.F) {
	f.Add(string(NewElectionID(testHash(0))))
	f.Add("0000 00000000 o00000-lI00L00")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseElectionID(s)
		if err != nil {
			return
		}
		if again, err := ParseElectionID(string(id)); err != nil || again != id {
			t.Fatalf("%q: read as %q, which reads as %q, %v", s, id, again, err)
		}
	})
}
