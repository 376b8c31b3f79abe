package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
	"rollcall/verifier/evidence"
)

// cosign adds a witness's signature.
func cosign(t *testing.T, signed []byte, w *checkpoint.Verifier, key ed25519.PrivateKey, c checkpoint.Checkpoint) []byte {
	t.Helper()
	sig, err := checkpoint.SignCosignature(key, c.Origin, c.Size, c.Root, 1e9)
	if err != nil {
		t.Fatal(err)
	}
	out, err := checkpoint.AddCosignatures(signed, checkpoint.Cosignature{Witness: w, Time: 1e9, Sig: sig})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEvidence holds what the command says of files by the log, by somebody
// else, and by nobody.
func TestEvidence(t *testing.T) {
	log, err := checkpoint.GenerateSigner("log.example/board", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := checkpoint.GenerateSigner("log.example/board", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(s *checkpoint.Signer, size uint64, root byte) []byte {
		signed, err := s.Sign(size, tlog.Hash{root})
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	file := func(a, b []byte) string {
		e, err := evidence.New(a, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		return write(t, "evidence", string(e.Marshal()))
	}
	pub, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	witness, err := checkpoint.NewWitnessVerifier("witness.example", pub)
	if err != nil {
		t.Fatal(err)
	}
	p := checkpoint.Policy{Log: log.Verifier(), Witnesses: []checkpoint.Witness{{Name: "w1", Key: witness}}, Quorum: 1}
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	policy := write(t, "policy", string(text))
	a, b := sign(log, 7, 1), sign(log, 7, 2)
	fork := file(a, b)
	seen := file(cosign(t, a, witness, secret, checkpoint.Checkpoint{Origin: log.Origin(), Size: 7, Root: tlog.Hash{1}}),
		cosign(t, b, witness, secret, checkpoint.Checkpoint{Origin: log.Origin(), Size: 7, Root: tlog.Hash{2}}))
	key := []string{"--key", log.Verifier().String()}
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"fork, key", append(key, fork), exitVerified, "PROVEN: the log signed two histories"},
		{"fork, policy", []string{"--policy", policy, fork}, exitVerified, "of its first 7 entries"},
		{"a witness signed both", []string{"--policy", policy, seen}, exitVerified, "The witness w1 signed both, too."},
		{"by another key", append(key, file(a, sign(thief, 7, 2))), exitNotVerified, "NOT PROVEN"},
		{"against another key", []string{"--key", thief.Verifier().String(), fork}, exitNotVerified, "NOT PROVEN"},
		{"two sizes, no link", append(key, file(a, sign(log, 9, 2))), exitIncomplete, "not proven by this file alone"},
		{"no evidence", append(key, policy), exitNotVerified, "not a file of evidence"},
		{"no file", append(key, policy+"x"), exitUsage, "no such file"},
		{"no key", []string{fork}, exitUsage, "at least one of the flags"},
		{"both", append(key, "--policy", policy, fork), exitUsage, "none of the others can be"},
		{"a bad key", []string{"--key", "log", fork}, exitUsage, "--key"},
	} {
		code, stdout, stderr := call(t, append([]string{"evidence"}, c.args...)...)
		if code != c.code || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s%s", c.name, code, c.code, c.says, stdout, stderr)
		}
	}
	_, stdout, _ := call(t, "evidence", "--json", "--policy", policy, seen)
	var out evidenceJSON
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || !out.Proven || out.Sizes[1] != 7 || out.Roots[0] == out.Roots[1] || len(out.Witnesses) != 1 {
		t.Errorf("%v: %s", err, stdout)
	}
}
