package script_test

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"testing"
)

func readVectors[T any](t *testing.T, path string) T {
	t.Helper()
	b, err := os.ReadFile("../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// flipped changes one bit of the byte of a hexadecimal text.
func flipped(t *testing.T, text string, at int) string {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	return hex.EncodeToString(b)
}

// plusOrder adds the order of the group to the scalar at a place: another
// encoding of the same number.
func plusOrder(b []byte, at int) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	scalar := b[at : at+32]
	slices.Reverse(scalar)
	new(big.Int).Add(new(big.Int).SetBytes(scalar), order).FillBytes(scalar)
	slices.Reverse(scalar)
	return b
}

// laxer is a text of bytes with one scalar in its other encoding.
func laxer(t *testing.T, text string, at int) string {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(plusOrder(b, at))
}

// TestEntryVectors holds sections 3 to 5 of the specification against its test
// vectors.
func TestEntryVectors(t *testing.T) {
	v := readVectors[struct {
		Hash    string `json:"election_hash"`
		ID      string `json:"election_id"`
		Entries []struct {
			Kind       string
			Entry      string
			LeafHash   string `json:"leaf_hash"`
			Signatures []struct{ Signer, Message, Value string }
		}
	}](t, "bulletin/entry/testdata/vectors.json")
	if id := value[string](t, "electionId", v.Hash); id != v.ID {
		t.Errorf("election id %s, want %s", id, v.ID)
	}
	read := 0
	for i, e := range v.Entries {
		decoded := value[struct {
			Kind string
			Read bool
		}](t, "decodeEntry", e.Entry)
		if decoded.Kind != e.Kind {
			t.Errorf("entry %d: kind %s, want %s", i, decoded.Kind, e.Kind)
		}
		if decoded.Read {
			read++
		}
		if leaf := value[string](t, "leafHash", e.Entry); leaf != e.LeafHash {
			t.Errorf("%s: leaf hash %s, want %s", e.Kind, leaf, e.LeafHash)
		}
		for j, s := range e.Signatures {
			hash := v.Hash
			if e.Kind == "manifest" {
				hash = ""
			}
			if m := value[string](t, "signedMessage", e.Entry, hash, j); m != s.Message {
				t.Errorf("%s: signature %d covers %s, want %s", e.Kind, j, m, s.Message)
			}
			if a := call(t, "verifySignature", s.Signer, s.Message, s.Value); !a.ok() {
				t.Errorf("%s: signature %d: %s", e.Kind, j, a.Error)
			}
			if call(t, "verifySignature", s.Signer, flipped(t, s.Message, 9), s.Value).ok() {
				t.Errorf("%s: signature %d holds for another message", e.Kind, j)
			}
			if call(t, "verifySignature", s.Signer, s.Message, laxer(t, s.Value, 32)).ok() {
				t.Errorf("%s: signature %d holds with z plus the order", e.Kind, j)
			}
		}
	}
	if read != 7 {
		t.Errorf("the bodies of %d kinds were read, want 7", read)
	}
}

// TestSignaturesAreStrict refuses encodings that another one stands for.
func TestSignaturesAreStrict(t *testing.T) {
	zero, high := hex.EncodeToString(make([]byte, 32)), "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" // the order
	one := "0100000000000000000000000000000000000000000000000000000000000000"
	base := "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
	for name, args := range map[string][2]string{
		"key is the identity":  {zero, base + one},
		"R is the identity":    {base, zero + zero},
		"R is no point":        {base, one + one},
		"z is the order":       {base, base + high},
		"nothing that matches": {base, base + one},
	} {
		if call(t, "verifySignature", args[0], "", args[1]).ok() {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestElectionIDs reads ids as people type them.
func TestElectionIDs(t *testing.T) {
	const id = "JC9N017VFH89N8D2X0ZSHE483D9"
	for _, typed := range []string{id, "jc9n0-17vfh 89n8d2x0zshe483d9", "JC9NOI7VFH89N8D2X0ZSHE483D9", "JC9NoL7VFH89N8D2X0ZSHE483D9"} {
		if got := value[string](t, "readElectionId", typed); got != id {
			t.Errorf("%q is read as %s", typed, got)
		}
	}
	for _, typed := range []string{"", id[:26], id + "0", "JC9N017VFH89N8D2X0ZSHE483D 9 9"} {
		if call(t, "readElectionId", typed).ok() {
			t.Errorf("%q was read", typed)
		}
	}
}

// TestProofVectors holds section 10 against its test vectors, each with every
// part of the statement and of the proof changed.
func TestProofVectors(t *testing.T) {
	for _, v := range readVectors[[]map[string]any](t, "crypto/sigma/testdata/vectors.json") {
		proof := v["proof"].(string)
		if v["limit"] == 1.0 && v["tag"] == "rollcall/v1/proof/range" {
			continue // no contest has one: with limit 1 it is a vote for one
		}
		if a := call(t, "verifyProof", v, proof); !a.ok() {
			t.Errorf("%s: %s", v["name"], a.Error)
		}
		for _, part := range []string{"election_hash", "joint_key", "credential", "ciphertexts"} {
			kept := v[part]
			v[part] = flipped(t, kept.(string), 0)
			if call(t, "verifyProof", v, proof).ok() {
				t.Errorf("%s: accepted with another %s", v["name"], part)
			}
			v[part] = kept
		}
		for _, part := range []string{"contest", "unit", "limit"} {
			kept := v[part]
			v[part] = kept.(float64) + 1
			if call(t, "verifyProof", v, proof).ok() {
				t.Errorf("%s: accepted with another %s", v["name"], part)
			}
			v[part] = kept
		}
		for at := 0; at < len(proof)/2; at += 32 {
			if call(t, "verifyProof", v, flipped(t, proof, at)).ok() {
				t.Errorf("%s: accepted with part %d of the proof changed", v["name"], at/32)
			}
			if at%128 >= 64 && call(t, "verifyProof", v, laxer(t, proof, at)).ok() {
				t.Errorf("%s: accepted with the order added to part %d of the proof", v["name"], at/32)
			}
		}
	}
}

// TestCodeVectors holds section 8 against its test vectors.
func TestCodeVectors(t *testing.T) {
	for _, v := range readVectors[[]map[string]any](t, "tally/code/testdata/vectors.json") {
		if got := value[string](t, "receiptCode", v["election_hash"], v["leaf_hash"], v); got != v["code"] {
			t.Errorf("%s: code %s, want %s", v["name"], got, v["code"])
		}
	}
}

// TestVerdict holds that the whole is no better than its worst step.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		steps []any
		want  string
	}{
		{[]any{}, "unknown"}, {[]any{true}, "ok"}, {[]any{true, true}, "ok"}, {[]any{true, nil}, "unknown"},
		{[]any{nil, false, true}, "bad"}, {[]any{false}, "bad"}, {[]any{nil}, "unknown"},
	} {
		if got := value[string](t, "verdict", c.steps...); got != c.want {
			t.Errorf("%v: %s, want %s", c.steps, got, c.want)
		}
	}
}
