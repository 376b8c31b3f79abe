package script_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// FuzzDecodeEntry holds that the script takes exactly the entries that the Go
// decoder takes, and throws nothing but Wrong on others. Of kinds whose bodies
// it does not read it may take more.
func FuzzDecodeEntry(f *testing.F) {
	b, err := os.ReadFile("../../bulletin/entry/testdata/vectors.json")
	if err != nil {
		f.Fatal(err)
	}
	var vectors struct{ Entries []struct{ Entry string } }
	if err := json.Unmarshal(b, &vectors); err != nil {
		f.Fatal(err)
	}
	for _, v := range vectors.Entries {
		raw, err := hex.DecodeString(v.Entry)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		// Every head near the beginning, in a few other forms.
		for at := 0; at < min(len(raw), 90); at++ {
			for _, to := range []byte{raw[at] ^ 1, raw[at] + 1, raw[at] | 0x1f, raw[at] ^ 0x20, 0xf6} {
				changed := append([]byte{}, raw...)
				changed[at] = to
				f.Add(changed)
			}
		}
		f.Add(raw[:len(raw)-1])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := entry.Decode(raw)
		a := call(t, "decodeEntry", hex.EncodeToString(raw))
		if a.Unknown {
			t.Errorf("%x: %s", raw, a.Error)
		}
		if err == nil && !a.ok() {
			t.Errorf("refuses an entry of kind %s: %s: %x", e.Kind(), a.Error, raw)
		}
		var read struct{ Read bool }
		if a.ok() {
			if err := json.Unmarshal(a.Value, &read); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil && read.Read {
			t.Errorf("takes what Go refuses with %v: %x", err, raw)
		}
	})
}

// FuzzLogProof holds that the script takes exactly the proofs that the Go code
// takes, under the same key.
func FuzzLogProof(f *testing.F) {
	// The same key in every process that fuzzes.
	log, err := checkpoint.GenerateSigner("board.example/1", bytes.NewReader(make([]byte, 32)))
	if err != nil {
		f.Fatal(err)
	}
	b := &board{keys: keys{log: log}}
	for i := range 14 {
		b.entries = append(b.entries, []byte{byte(i)})
	}
	verifier := log.Verifier()
	leaf := entry.LeafHash(b.entries[atCast])
	text := string(b.proof(atCast))
	f.Add(text)
	for at := range len(text) {
		f.Add(text[:at] + string(text[at]^1) + text[at+1:])
		f.Add(text[:at] + text[at+1:])
		f.Add(text[:at] + text[at:at+1] + text[at:])
	}
	f.Add(text + "— board.example/1 AAAAAAA=\n")
	f.Add(text + "— someone AAAAAAA=\n")
	f.Add(text + "more\n")
	f.Add(text + text)
	f.Fuzz(func(t *testing.T, text string) {
		err := verifyInGo([]byte(text), leaf, verifier)
		a := call(t, "verifyLogProof", hex.EncodeToString([]byte(text)), hex.EncodeToString(leaf[:]),
			log.Origin(), hex.EncodeToString(verifier.PublicKey()))
		if a.Unknown || a.ok() != (err == nil) {
			t.Errorf("%q: the script says %q, Go says %v", text, a.Error, err)
		}
	})
}

func verifyInGo(text []byte, leaf [32]byte, key *checkpoint.Verifier) error {
	r, err := tlog.ParseReceipt(text)
	if err != nil {
		return err
	}
	c, err := checkpoint.Open(r.Checkpoint, key.Name(), key)
	if err != nil {
		return err
	}
	return tlog.VerifyInclusion(leaf, r.Index, c.Size, r.Path, c.Root)
}
