package entry

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/cryptotest"
)

var update = flag.Bool("update", false, "write testdata/vectors.json and the fuzzing seeds anew")

const vectorsFile = "testdata/vectors.json"

// vectors is the file: one entry of every kind. Byte strings are hexadecimal.
type vectors struct {
	// ElectionHash and ElectionID are of the manifest entry, which is first; the
	// others are signed for it.
	ElectionHash string `json:"election_hash"`
	ElectionID   string `json:"election_id"`
	// Audit opens a commitment as the entries audit and audit-list do.
	Audit   auditVector `json:"audit"`
	Entries []vector    `json:"entries"`
}

// auditVector is a commitment to audit credentials: of the keys of the entry
// audit-list under its salt, for ElectionHash.
type auditVector struct {
	Salt       string   `json:"salt"`
	Keys       []string `json:"keys"`
	Commitment string   `json:"commitment"`
}

type vector struct {
	Kind     string     `json:"kind"`
	Entry    string     `json:"entry"`
	Body     string     `json:"body"`
	LeafHash string     `json:"leaf_hash"`
	Signed   []signedBy `json:"signatures"`
}

type signedBy struct {
	SecretKey string `json:"secret_key"`
	Signer    string `json:"signer"`
	Message   string `json:"message"`
	Value     string `json:"value"`
}

// makeVectors signs the samples under fixed keys and, as testing/cryptotest
// makes randomness fixed too, always gives the same.
func makeVectors(t *testing.T) vectors {
	cryptotest.SetGlobalRandom(t, 1)
	var v vectors
	var hash []byte
	for _, b := range sampleBodies() {
		keys := signers(b.Kind())
		e, err := Sign(b, hash, keys...)
		if err != nil {
			t.Fatal(err)
		}
		body, err := marshal(string(b.Kind()), b)
		if err != nil {
			t.Fatal(err)
		}
		leaf := e.LeafHash()
		out := vector{Kind: string(b.Kind()), Entry: hex.EncodeToString(e.Bytes()), Body: hex.EncodeToString(body), LeafHash: hex.EncodeToString(leaf[:])}
		for i, s := range e.Signatures {
			out.Signed = append(out.Signed, signedBy{SecretKey: hex.EncodeToString(keys[i].Bytes()), Signer: hex.EncodeToString(s.Signer),
				Message: hex.EncodeToString(e.SignedMessage(i, hash)), Value: hex.EncodeToString(s.Value)})
		}
		v.Entries = append(v.Entries, out)
		if b.Kind() == KindManifest {
			h := e.Hash()
			hash = h[:]
			v.ElectionHash, v.ElectionID = hex.EncodeToString(hash), string(NewElectionID(h))
		}
		if l, ok := b.(*AuditList); ok {
			keys, err := l.Credentials()
			if err != nil {
				t.Fatal(err)
			}
			commitment := AuditCommitment([HashSize]byte(hash), l.Salt, keys)
			v.Audit = auditVector{Salt: hex.EncodeToString(l.Salt), Commitment: hex.EncodeToString(commitment[:])}
			for _, k := range keys {
				v.Audit.Keys = append(v.Audit.Keys, hex.EncodeToString(k[:]))
			}
		}
	}
	return v
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectorsUpdate writes the files under -update and otherwise holds that it
// would write what is there.
func TestVectorsUpdate(t *testing.T) {
	v := makeVectors(t)
	want, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorsFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		writeSeeds(t, v)
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what -update writes", vectorsFile)
	}
}

// TestVectors holds the package against the file, recomputing hashes and
// messages from SPEC.md, sections 3 and 5, with nothing of the package.
func TestVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Entries) != 23 || v.Entries[0].Kind != "manifest" {
		t.Fatalf("%d entries", len(v.Entries))
	}
	hash := sha512.Sum512(unhex(t, v.Entries[0].Entry))
	if hex.EncodeToString(hash[:]) != v.ElectionHash {
		t.Error("election hash is not SHA-512 of entry 0")
	}
	if id, err := ParseElectionID(v.ElectionID); err != nil || !id.Matches(hash) {
		t.Errorf("election id %q: %v", v.ElectionID, err)
	}
	fields := [][]byte{[]byte("rollcall/v1/audit"), hash[:], unhex(t, v.Audit.Salt), binary.BigEndian.AppendUint64(nil, 3)}
	for _, k := range v.Audit.Keys {
		fields = append(fields, unhex(t, k))
	}
	if c := sha512.Sum512(lengthPrefixed(fields...)); hex.EncodeToString(c[:]) != v.Audit.Commitment || len(v.Audit.Keys) != 3 {
		t.Error("commitment to audit credentials is not that of SPEC.md, section 9")
	}
	for i, want := range v.Entries {
		raw, body := unhex(t, want.Entry), unhex(t, want.Body)
		e, err := Decode(raw)
		if err != nil {
			t.Errorf("%s: %v", want.Kind, err)
			continue
		}
		leaf := sha256.Sum256(append([]byte{0}, raw...))
		if e.LeafHash() != leaf || hex.EncodeToString(leaf[:]) != want.LeafHash {
			t.Errorf("%s: another leaf hash", want.Kind)
		}
		if string(e.Kind()) != want.Kind || len(e.Signatures) != len(want.Signed) {
			t.Errorf("%s: decodes as %s with %d signatures", want.Kind, e.Kind(), len(e.Signatures))
			continue
		}
		electionHash := hash[:]
		if i == 0 {
			electionHash = nil
		}
		for k, s := range want.Signed {
			signer := unhex(t, s.Signer)
			bodyHash := sha256.Sum256(body)
			message := lengthPrefixed([]byte("rollcall/v1/"+want.Kind), electionHash, signer, bodyHash[:])
			if hex.EncodeToString(message) != s.Message || !bytes.Equal(e.SignedMessage(k, electionHash), message) {
				t.Errorf("%s, signature %d: another message", want.Kind, k)
			}
		}
		if err := verifySample(e, electionHash, e.Kind()); err != nil {
			t.Error(err)
		}
	}
}

// lengthPrefixed is lp of SPEC.md, section 1, of each field.
func lengthPrefixed(fields ...[]byte) []byte {
	var b []byte
	for _, f := range fields {
		b = binary.BigEndian.AppendUint64(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}

// writeSeeds writes a few vectors as seeds of FuzzDecode.
func writeSeeds(t *testing.T, v vectors) {
	dir := filepath.Join("testdata", "fuzz", "FuzzDecode")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Entries {
		switch Kind(e.Kind) {
		case KindManifest, KindTick, KindBallot, KindTest, KindResult, KindAudit, KindAuditList:
			if err := os.WriteFile(filepath.Join(dir, e.Kind), corpusFile(unhex(t, e.Entry)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
