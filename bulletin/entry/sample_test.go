package entry

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"testing"

	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// testKey returns a fixed key: its secret is the SHA-512 of a name, reduced.
func testKey(name string) *schnorr.SecretKey {
	wide := sha512.Sum512([]byte("rollcall test key " + name))
	k, err := schnorr.NewSecretKey(group.ScalarFromWide(&wide))
	if err != nil {
		panic(err)
	}
	return k
}

// testEd25519 returns a fixed Ed25519 public key.
func testEd25519(name string) []byte {
	wide := sha512.Sum512([]byte("rollcall test key " + name))
	return ed25519.NewKeyFromSeed(wide[:ed25519.SeedSize]).Public().(ed25519.PublicKey)
}

func public(name string) []byte { return testKey(name).Public().Bytes() }

// fill returns n bytes that count up from first.
func fill(first byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = first + byte(i)
	}
	return b
}

// sampleManifest keeps every rule of Check: two languages, a tree of units, one
// contest of each sort.
func sampleManifest() *Manifest {
	text := func(en, es string) Text { return Text{"en": en, "es": es} }
	return &Manifest{
		Version: 1, Title: text("Sample election", "Elección de muestra"), Languages: []string{"en", "es"}, Rehearsal: true,
		Contests: []Contest{
			{ID: "mayor", Title: text("Mayor", "Alcaldía"), Limit: 1, Units: []uint64{2, 3},
				Options: []Option{{"ada", text("Ada", "Ada")}, {"ben", text("Ben", "Ben")}}},
			{ID: "board", Title: text("Board", "Junta"), Limit: 2, Units: []uint64{3},
				Options: []Option{{"dan", text("Dan", "Dan")}, {"eve", text("Eve", "Eve")}, {"fay", text("Fay", "Fay")}}},
		},
		Units: []Unit{
			{"county", text("County", "Condado"), 0}, {"city", text("City", "Ciudad"), 0},
			{"north", text("North", "Norte"), 1}, {"south", text("South", "Sur"), 1},
		},
		Minimum: 5, Windows: []Window{{1000, 2000}, {2000, 3000}}, DecisionSeconds: 600, CeremonySeconds: 3600,
		HelpLine: "+1 555 0199", Phone: "+1 555 0100",
		Log:       Log{Origin: "rollcall/sample", Key: testEd25519("log")},
		Authority: public("authority"), Registrar: public("registrar"), Board: public("board"),
		Booths: [][]byte{public("booth")}, OPRFKeys: [][]byte{public("oprf")},
		Trustees: []Trustee{
			{"Trustee one", public("trustee 1"), public("ceremony 1")}, {"Trustee two", public("trustee 2"), public("ceremony 2")},
		},
		Threshold: 2,
		Witnesses: []Witness{{"witness.example/1", testEd25519("witness 1")}, {"witness.example/2", testEd25519("witness 2")}},
		Quorum:    1,
		Software:  []Software{{"rollcall", fill(31, 32)}, {"rollcall-verify", fill(32, 32)}},
	}
}

// sampleBodies returns a body of every kind, in the order of the kinds.
func sampleBodies() []Body {
	return []Body{
		sampleManifest(),
		&Ceremony{Attempt: 1, Time: 900},
		&Commitment{Attempt: 1, Trustee: 1, Hash: fill(1, 64)},
		&Round1{Attempt: 1, Trustee: 1, Message: fill(2, 300)},
		&Complaint{Attempt: 1, Trustee: 1, Against: 2, Evidence: fill(3, 224)},
		&Confirm{Attempt: 1, Trustee: 1, Signature: fill(4, 64)},
		&Roll{Chunk: 0, Voters: AppendVoter(nil, Voter{[32]byte(public("ballot")), [32]byte(public("cast")), 2})},
		&RollEnd{Chunks: fill(5, 32), Counts: []uint64{0, 0, 1, 0}},
		sampleAudit(),
		&Open{JointKey: public("joint"), Attempt: 1, Voters: []uint64{0, 0, 1, 0}, Size: 7, Root: fill(6, 32)},
		&Tick{Time: 1001, Size: 9, Root: fill(7, 32), Random: fill(8, 32),
			Cosignatures: []Cosignature{{Witness: 1, Time: 1002, Value: fill(9, 64)}}},
		&Ballot{Contests: []SealedContest{{Contest: 0, Ciphertexts: fill(10, 192), Proof: fill(11, 384)}}},
		&Cast{Ballot: 10, Leaf: fill(12, 32)},
		&Test{Ballot: 10, Leaf: fill(12, 32), Openings: []Opening{{Contest: 0, Selected: []uint64{1}, Nonces: fill(13, 96)}}},
		&Close{Index: 13, Root: fill(3, 32)},
		&End{Close: 13},
		&Totals{Chunk: 0, Parts: []Part{{Contest: 0, Units: []uint64{2, 3}, Ballots: 5, Sums: fill(14, 192)}, {Contest: 1, Units: []uint64{3}}}},
		&TotalsEnd{End: 15, Chunks: fill(15, 32)},
		&Share{Trustee: 1, Chunk: 0, Points: fill(16, 96)},
		&ShareEnd{Trustee: 1, End: 15, Root: fill(17, 32), Chunks: fill(18, 32), Proof: fill(19, 128)},
		&Result{Chunk: 0, Parts: []ResultPart{{Contest: "mayor", Units: []string{"north", "south"}, Ballots: 5,
			Options: []OptionCount{{Option: "ada", Votes: 3}, {Option: "ben", Votes: 300}, {Option: NoneID, Votes: 1}}, Undervotes: 1}}},
		&ResultEnd{End: 15, Trustees: []uint64{1, 2}, Chunks: fill(20, 32)},
		sampleAuditList(),
	}
}

// sampleAuditList has three credentials, in order.
func sampleAuditList() *AuditList {
	return &AuditList{Salt: fill(21, 32), Keys: bytes.Join([][]byte{fill(22, 32), fill(23, 32), fill(24, 32)}, nil)}
}

// sampleAudit commits to sampleAuditList.
func sampleAudit() *Audit {
	list := sampleAuditList()
	keys, err := list.Credentials()
	if err != nil {
		panic(err)
	}
	commitment := AuditCommitment([HashSize]byte(sampleHash()), list.Salt, keys)
	return &Audit{Counts: []uint64{0, 0, 1, 2}, Commitment: commitment[:]}
}

// sampleHash is the election hash of the sample entries but the manifest.
func sampleHash() []byte {
	h := sha512.Sum512([]byte("rollcall sample election"))
	return h[:]
}

// signers returns as many fixed keys as the kind needs.
func signers(k Kind) []*schnorr.SecretKey {
	_, n := newBody(k)
	return []*schnorr.SecretKey{testKey("signer 0"), testKey("signer 1")}[:n]
}

// mustSign signs a sample body as its kind needs.
func mustSign(t testing.TB, body Body) *Entry {
	t.Helper()
	hash := sampleHash()
	if body.Kind() == KindManifest {
		hash = nil
	}
	e, err := Sign(body, hash, signers(body.Kind())...)
	if err != nil {
		t.Fatalf("signing %s: %v", body.Kind(), err)
	}
	return e
}

// TestSampleBodies holds that the samples, on which the other tests rest, have
// every kind once.
func TestSampleBodies(t *testing.T) {
	seen := map[Kind]bool{}
	for _, b := range sampleBodies() {
		if seen[b.Kind()] {
			t.Errorf("%s: twice", b.Kind())
		}
		seen[b.Kind()] = true
		fresh, n := newBody(b.Kind())
		if fresh == nil || n < 1 || n > 2 || fresh.Kind() != b.Kind() {
			t.Errorf("%s: newBody gives %T with %d signers", b.Kind(), fresh, n)
		}
	}
	if len(seen) != 23 {
		t.Errorf("%d kinds, SPEC.md has 23", len(seen))
	}
}

// TestRoundTrip encodes and decodes a body of every kind.
func TestRoundTrip(t *testing.T) {
	for _, b := range sampleBodies() {
		e := mustSign(t, b)
		again, err := Decode(e.Bytes())
		if err != nil {
			t.Errorf("%s: %v", b.Kind(), err)
			continue
		}
		if again.Kind() != b.Kind() || !bytes.Equal(again.Bytes(), e.Bytes()) || again.LeafHash() != e.LeafHash() {
			t.Errorf("%s: another entry after decoding", b.Kind())
		}
		body, err := marshal(string(b.Kind()), again.Body)
		if err != nil || sha256.Sum256(body) != e.bodyHash {
			t.Errorf("%s: another body after decoding: %v", b.Kind(), err)
		}
	}
}
