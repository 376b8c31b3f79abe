package dkg

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"rollcall/crypto/group"
)

// The vectors of C2SP CCTV, cocktail-dkg. Every field is compared. Unknown
// fields fail the test, so that none is skipped unseen.

type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	var err error
	*h, err = hex.DecodeString(s)
	return err
}

type vectorFile struct {
	Ciphersuite string   `json:"ciphersuite"`
	Seed        hexBytes `json:"seed"`
	Derivation  struct {
		Method string            `json:"method"`
		Labels map[string]string `json:"labels"`
	} `json:"derivation"`
	Vectors []vector `json:"vectors"`
}

type vector struct {
	N          int      `json:"n"`
	T          int      `json:"t"`
	SessionTag hexBytes `json:"session_tag"`
	Context    hexBytes `json:"context"`
	Extension  hexBytes `json:"extension"`
	Config     struct {
		SecretKeys []hexBytes `json:"static_secret_keys"`
		PublicKeys []hexBytes `json:"static_public_keys"`
	} `json:"config"`
	Payloads []hexBytes `json:"payloads"`
	Round1   []struct {
		ID           int        `json:"participant_id"`
		Ephemeral    hexBytes   `json:"ephemeral_public_key"`
		Commitment   []hexBytes `json:"vss_commitment"`
		Proof        hexBytes   `json:"pop"`
		Intermediate struct {
			Message         hexBytes `json:"message"`
			NonceInput      hexBytes `json:"nonce_input"`
			Nonce           hexBytes `json:"nonce"`
			NonceCommitment hexBytes `json:"nonce_commitment"`
			ChallengeInput  hexBytes `json:"challenge_input"`
			Challenge       hexBytes `json:"challenge"`
		} `json:"pop_intermediate"`
		Shares []hexBytes `json:"encrypted_shares"`
	} `json:"round1"`
	Round2 []struct {
		ID                int      `json:"participant_id"`
		SecretShare       hexBytes `json:"secret_share"`
		VerificationShare hexBytes `json:"verification_share"`
	} `json:"round2"`
	Round3 struct {
		TranscriptHash hexBytes `json:"transcript_hash"`
		Signatures     []struct {
			ID        int      `json:"signer_id"`
			Signature hexBytes `json:"signature"`
		} `json:"signatures"`
	} `json:"round3"`
	GroupPublicKey hexBytes `json:"group_public_key"`
	Recovery       *struct {
		ID                int        `json:"participant_id"`
		Ciphertexts       []hexBytes `json:"ciphertexts"`
		SecretShare       hexBytes   `json:"recovered_secret_share"`
		VerificationShare hexBytes   `json:"recovered_verification_share"`
	} `json:"recovery"`
}

func readVectors(t *testing.T) *vectorFile {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "vectors", "cocktail-dkg-ristretto255-sha512.json")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("needs ../shared/vectors/cocktail-dkg-ristretto255-sha512.json beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// derive is H(seed || suite || le32(t) || le32(n) || label) of "Transparent
// Derivation Scheme", with more behind it for the random stream.
func (f *vectorFile) derive(v *vector, label string, more ...byte) [64]byte {
	b := append([]byte(nil), f.Seed...)
	b = append(b, f.Ciphersuite...)
	b = binary.LittleEndian.AppendUint32(b, uint32(v.T))
	b = binary.LittleEndian.AppendUint32(b, uint32(v.N))
	b = append(b, label...)
	return sha512.Sum512(append(b, more...))
}

// stream is the vectors' random stream: block j is derive of the label and
// le64(j).
type stream struct {
	file   *vectorFile
	vector *vector
	label  string
	block  uint64
	rest   []byte
}

func (s *stream) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		sum := s.file.derive(s.vector, s.label, binary.LittleEndian.AppendUint64(nil, s.block)...)
		s.block++
		s.rest = sum[:]
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func same(t *testing.T, name string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%x, want\n%x", name, got, want)
	}
}

func raw(list []hexBytes) [][]byte {
	out := make([][]byte, len(list))
	for i, b := range list {
		out[i] = b
	}
	return out
}

func TestVectors(t *testing.T) {
	f := readVectors(t)
	if f.Ciphersuite != SuiteID {
		t.Fatalf("suite is %q, want %q", f.Ciphersuite, SuiteID)
	}
	seed := sha256Of("Daniel Bourdrez,Soatok Dreamseeker,Tjaden Hess")
	same(t, "seed", f.Seed, seed)
	const method = "H(seed || ciphersuite_id || uint32_le(t) || uint32_le(n) || label) where H is the ciphersuite hash (" + SuiteID + ")"
	if f.Derivation.Method != method {
		t.Errorf("derivation is %q, want %q", f.Derivation.Method, method)
	}
	for name, want := range map[string]string{
		"static_secret_key":      "static_secret_key_{{i}}",
		"ephemeral_secret_key":   "round1_participant_{{i}} (RNG stream)",
		"polynomial_coefficient": "round1_participant_{{i}} (RNG stream)",
	} {
		if got := f.Derivation.Labels[name]; got != want {
			t.Errorf("label of %s is %q, want %q", name, got, want)
		}
	}
	if len(f.Vectors) != 4 || f.Vectors[0].Recovery == nil || f.Vectors[3].Recovery == nil || f.Vectors[3].Payloads == nil {
		t.Fatal("want four vectors, the first and last with recovery, the last with payloads")
	}
	for i := range f.Vectors {
		v := &f.Vectors[i]
		t.Run(fmt.Sprintf("%d-of-%d/%d", v.T, v.N, i), func(t *testing.T) { runVector(t, f, v) })
	}
}

func runVector(t *testing.T, f *vectorFile, v *vector) {
	if want := fmt.Sprintf("COCKTAIL-DKG-TEST-VECTOR-%d-OF-%d", v.T, v.N); string(v.SessionTag) != want {
		t.Errorf("session tag is %q, want %q", v.SessionTag, want)
	}
	p, err := NewParams(v.SessionTag, v.T, raw(v.Config.PublicKeys))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "context", p.Context(), v.Context)
	if len(v.Config.SecretKeys) != v.N || len(v.Round1) != v.N || len(v.Round2) != v.N || len(v.Round3.Signatures) != v.N {
		t.Fatal("vector does not hold every trustee")
	}
	payloads := v.checkPayloads(t, f)

	trustees, messages := make([]*Trustee, v.N), make([][]byte, v.N)
	for i := range trustees {
		wide := f.derive(v, fmt.Sprintf("static_secret_key_%d", i+1))
		d := group.ScalarFromWide(&wide)
		same(t, "static secret key", d.Bytes(), v.Config.SecretKeys[i])
		if trustees[i], err = NewTrustee(p, i+1, d); err != nil {
			t.Fatal(err)
		}
		var own [][]byte
		if payloads != nil {
			own = make([][]byte, v.N)
			for j := range own {
				own[j] = payloads[i]
			}
		}
		random := &stream{file: f, vector: v, label: fmt.Sprintf("round1_participant_%d", i+1)}
		if messages[i], err = trustees[i].Round1(random, own); err != nil {
			t.Fatal(err)
		}
		v.checkRound1(t, f, i, p, messages[i])
	}

	c, err := VerifyMessages(p, messages)
	if err != nil {
		t.Fatal(err)
	}
	c.extension = v.Extension
	transcriptHash := sha512.Sum512(c.Transcript())
	same(t, "transcript hash", transcriptHash[:], v.Round3.TranscriptHash)

	signatures, states := make([][]byte, v.N), make([]*Round2, v.N)
	for i, trustee := range trustees {
		if states[i], err = trustee.Round2(c, messages[i]); err != nil {
			t.Fatal(err)
		}
		signatures[i] = states[i].Signature()
		if v.Round3.Signatures[i].ID != i+1 {
			t.Errorf("signer is %d, want %d", v.Round3.Signatures[i].ID, i+1)
		}
		same(t, "signature", signatures[i], v.Round3.Signatures[i].Signature)
	}
	for i := range trustees {
		share, err := states[i].Finish(signatures)
		if err != nil {
			t.Fatal(err)
		}
		v.checkShare(t, i, share, payloads)
		if share.Public.TranscriptHash != transcriptHash {
			t.Error("result has another transcript hash")
		}
	}
	v.checkRecovery(t, p, c, trustees, signatures)
}

func (v *vector) checkPayloads(t *testing.T, f *vectorFile) [][]byte {
	if v.Payloads == nil {
		same(t, "extension", v.Extension, nil)
		return nil
	}
	if len(v.Payloads) != v.N {
		t.Fatalf("%d payloads, want %d", len(v.Payloads), v.N)
	}
	ext := binary.LittleEndian.AppendUint64(nil, uint64(v.N))
	for i, payload := range v.Payloads {
		derived := f.derive(v, fmt.Sprintf("payload_%d", i+1))
		same(t, "payload", payload, derived[:])
		ext = binary.LittleEndian.AppendUint64(ext, uint64(len(payload)))
		ext = append(ext, payload...)
	}
	sum := sha512.Sum512(ext)
	same(t, "extension", v.Extension, sum[:])
	return raw(v.Payloads)
}

func (v *vector) checkRound1(t *testing.T, f *vectorFile, i int, p *Params, message []byte) {
	want := &v.Round1[i]
	if want.ID != i+1 {
		t.Fatalf("participant is %d, want %d", want.ID, i+1)
	}
	m, err := ParseMessage(p, message)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Commitment) != v.T || len(want.Shares) != v.N {
		t.Fatal("vector has a commitment or shares of another size")
	}
	for k, point := range m.Commitment {
		same(t, "commitment", point.Bytes(), want.Commitment[k])
	}
	same(t, "ephemeral key", m.Ephemeral.Bytes(), want.Ephemeral)
	same(t, "proof of possession", m.Proof, want.Proof)
	for j, ciphertext := range m.Ciphertexts {
		same(t, "encrypted share", ciphertext, want.Shares[j])
	}

	// The steps of the proof, with a_0 drawn from the stream once more.
	a0, err := randomNonZero(&stream{file: f, vector: v, label: fmt.Sprintf("round1_participant_%d", i+1)})
	if err != nil {
		t.Fatal(err)
	}
	in := &want.Intermediate
	signed := signedByProof(p.context, m.Commitment, m.Ephemeral)
	same(t, "signed message", signed, in.Message)
	nonceInput := bytes.Join([][]byte{[]byte(prefixNonce), a0.Bytes(), signed}, nil)
	same(t, "nonce input", nonceInput, in.NonceInput)
	nonce := hashToScalar(nonceInput)
	same(t, "nonce", nonce.Bytes(), in.Nonce)
	r := group.MulBase(nonce)
	same(t, "nonce commitment", r.Bytes(), in.NonceCommitment)
	challengeInput := bytes.Join([][]byte{[]byte(prefixH7), r.Bytes(), m.Commitment[0].Bytes(), signed}, nil)
	same(t, "challenge input", challengeInput, in.ChallengeInput)
	same(t, "challenge", challenge(r, m.Commitment[0], signed).Bytes(), in.Challenge)
}

func (v *vector) checkShare(t *testing.T, i int, share *KeyShare, payloads [][]byte) {
	want := &v.Round2[i]
	if want.ID != i+1 || share.Index != i+1 {
		t.Errorf("share %d has index %d in the vector and %d here", i+1, want.ID, share.Index)
	}
	same(t, "secret share", share.Secret.Bytes(), want.SecretShare)
	same(t, "group public key", share.Public.JointKey.Bytes(), v.GroupPublicKey)
	for j, y := range share.Public.VerificationShares {
		same(t, "verification share", y.Bytes(), v.Round2[j].VerificationShare)
	}
	for j := range share.Payloads {
		if payloads == nil {
			same(t, "payload", share.Payloads[j], nil)
		} else {
			same(t, "payload", share.Payloads[j], payloads[j])
		}
	}
}

func (v *vector) checkRecovery(t *testing.T, p *Params, c *Ceremony, trustees []*Trustee, signatures [][]byte) {
	if v.Recovery == nil {
		return // TestVectors holds which vectors have one
	}
	i := v.Recovery.ID
	var bundle []byte
	for _, ciphertext := range v.Recovery.Ciphertexts {
		bundle = appendFrame(bundle, ciphertext)
	}
	same(t, "bundle", c.Bundle(i), bundle)
	share, err := Recover(p, trustees[i-1].secret, c.Transcript(), bytes.Join(signatures, nil), bundle)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "recovered share", share.Secret.Bytes(), v.Recovery.SecretShare)
	same(t, "recovered verification share", share.Public.VerificationShares[i-1].Bytes(), v.Recovery.VerificationShare)
	same(t, "recovered joint key", share.Public.JointKey.Bytes(), v.GroupPublicKey)
}

func sha256Of(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}
