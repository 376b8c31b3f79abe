package sigma

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vector is one proof with everything another verifier can compare on the way.
// All strings but name and tag are hexadecimal.
type vector struct {
	Name         string   `json:"name"`
	Tag          string   `json:"tag"`
	ElectionHash string   `json:"election_hash"`
	SecretKey    string   `json:"secret_key"` // of the joint key
	JointKey     string   `json:"joint_key"`
	Credential   string   `json:"credential"`
	Contest      uint64   `json:"contest"`
	Unit         uint64   `json:"unit"`
	Limit        int      `json:"limit"`
	Votes        []uint64 `json:"votes"`
	Randomness   []string `json:"randomness"`
	Ciphertexts  string   `json:"ciphertexts"`
	Statement    string   `json:"statement_digest"`
	Weights      []string `json:"weights,omitempty"`
	Challenge    string   `json:"challenge"`
	Proof        string   `json:"proof"`
}

// readVectors returns the vectors and the statement of each.
func readVectors(t testing.TB) ([]vector, []*Statement) {
	t.Helper()
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	var statements []*Statement
	for _, v := range vectors {
		key, err := group.ParseElement(unhex(t, v.JointKey))
		if err != nil {
			t.Fatal(err)
		}
		st := &Statement{
			ElectionHash: [64]byte(unhex(t, v.ElectionHash)), Key: key, Credential: [32]byte(unhex(t, v.Credential)),
			Contest: v.Contest, Unit: v.Unit, Limit: v.Limit,
		}
		if st.Ciphertexts, err = elgamal.ParseCiphertexts(unhex(t, v.Ciphertexts), len(v.Votes)); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, st)
	}
	return vectors, statements
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// specHash is H of SPEC.md, section 3, written again from its text.
func specHash(fields ...[]byte) []byte {
	h := sha512.New()
	for _, f := range fields {
		h.Write(be64(uint64(len(f))))
		h.Write(f)
	}
	return h.Sum(nil)
}

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// specChallenge is C of SPEC.md, section 3, with math/big.
func specChallenge(t testing.TB, fields ...[]byte) *group.Scalar {
	t.Helper()
	b := specHash(fields...)
	slices.Reverse(b)
	order := new(big.Int).Lsh(big.NewInt(1), 252)
	rest, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	order.Add(order, rest)
	n := new(big.Int).SetBytes(b)
	enc := n.Mod(n, order).FillBytes(make([]byte, 32))
	slices.Reverse(enc)
	s, err := group.ParseScalar(enc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestVectors verifies the vectors twice: with this package, and step by step
// as SPEC.md, section 10, reads.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	vectors, statements := readVectors(t)
	for i, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			st, proof := statements[i], unhex(t, v.Proof)
			verify := VerifyUnitVector
			if v.Tag == rangeTag {
				verify = VerifyRange
			}
			if err := verify(st, proof); err != nil {
				t.Error(err)
			}
			specVerify(t, v, st, proof)
		})
	}
	if len(vectors) != 4 {
		t.Errorf("have %d vectors", len(vectors))
	}
}

func specVerify(t *testing.T, v vector, st *Statement, proof []byte) {
	t.Helper()
	k, err := elgamal.NewEncryptor(st.Key)
	if err != nil {
		t.Fatal(err)
	}
	for i, ct := range st.Ciphertexts {
		r, err := group.ParseScalar(unhex(t, v.Randomness[i]))
		if err != nil {
			t.Fatal(err)
		}
		if err := k.VerifyOpening(ct, v.Votes[i], r); err != nil {
			t.Errorf("ciphertext %d: %v", i, err)
		}
	}
	tag := []byte(v.Tag)
	n := len(v.Votes)
	d := specHash(tag, unhex(t, v.ElectionHash), unhex(t, v.JointKey), unhex(t, v.Credential),
		be64(v.Contest), be64(v.Unit), be64(uint64(n)), be64(uint64(v.Limit)), unhex(t, v.Ciphertexts))
	if hex.EncodeToString(d) != v.Statement {
		t.Errorf("statement digest is %x", d)
	}

	// Disjunctions (A, B), values.
	type disjunction struct {
		a, b   *group.Point
		values []*group.Scalar
	}
	var ds []disjunction
	sumA, sumB := group.Identity(), group.Identity()
	weight := group.ScalarFromUint64(1)
	w := specChallenge(t, []byte(v.Tag+"/weight"), d)
	var weights []*group.Scalar
	for i, ct := range st.Ciphertexts {
		if v.Tag == unitVectorTag {
			if i > 0 {
				weight = weight.Mul(w)
			}
			weights = append(weights, weight)
			if hex.EncodeToString(weight.Bytes()) != v.Weights[i] {
				t.Errorf("weight %d is %x", i, weight.Bytes())
			}
		} else {
			ds = append(ds, disjunction{ct.Alpha, ct.Beta, []*group.Scalar{number(0), number(1)}})
		}
		sumA, sumB = sumA.Add(ct.Alpha.Mul(weight)), sumB.Add(ct.Beta.Mul(weight))
	}
	if v.Tag == rangeTag {
		for j := range v.Limit + 1 {
			weights = append(weights, number(int64(j)))
		}
	}
	ds = append(ds, disjunction{sumA, sumB, weights})

	var commitments []byte
	for w := range slices.Chunk(proof, 128) {
		commitments = append(commitments, w[:64]...)
	}
	c := specChallenge(t, []byte(v.Tag+"/challenge"), d, commitments)
	if hex.EncodeToString(c.Bytes()) != v.Challenge {
		t.Errorf("challenge is %x", c.Bytes())
	}
	for i, dj := range ds {
		sum := new(group.Scalar)
		for j, value := range dj.values {
			w := proof[:128]
			proof = proof[128:]
			cj, err := group.ParseScalar(w[64:96])
			if err != nil {
				t.Fatal(err)
			}
			z, err := group.ParseScalar(w[96:])
			if err != nil {
				t.Fatal(err)
			}
			sum = sum.Add(cj)
			a := group.MulBase(z).Sub(dj.a.Mul(cj))
			b := st.Key.Mul(z).Sub(dj.b.Sub(st.Key.Mul(value)).Mul(cj))
			if !bytes.Equal(a.Bytes(), w[:32]) || !bytes.Equal(b.Bytes(), w[32:64]) {
				t.Errorf("disjunction %d, branch %d does not match", i, j)
			}
		}
		if !sum.Equal(c) {
			t.Errorf("challenges of disjunction %d do not add up", i)
		}
	}
	if len(proof) != 0 {
		t.Errorf("%d bytes left", len(proof))
	}
}

// writeVectors makes vectors of secrets hashed from their names, with fresh
// nonces.
func writeVectors(t *testing.T) {
	t.Helper()
	secret := func(name string, i int) *group.Scalar {
		return specChallenge(t, []byte("rollcall test vector"), []byte(name), be64(uint64(i)))
	}
	var vectors []vector
	for i, v := range []vector{
		{Name: "one of two, the first", Tag: unitVectorTag, Limit: 1, Votes: []uint64{1, 0}},
		{Name: "one of four, the last", Tag: unitVectorTag, Limit: 1, Votes: []uint64{0, 0, 0, 1}},
		{Name: "up to two of three, two", Tag: rangeTag, Limit: 2, Votes: []uint64{1, 0, 1}},
		{Name: "up to one of two, none", Tag: rangeTag, Limit: 1, Votes: []uint64{0, 0}},
	} {
		x := secret("joint key", i)
		enc, err := elgamal.NewEncryptor(group.MulBase(x))
		if err != nil {
			t.Fatal(err)
		}
		st := &Statement{
			ElectionHash: [64]byte(specHash([]byte("election"), be64(uint64(i)))), Key: enc.Key(),
			Credential: [32]byte(group.MulBase(secret("credential", i)).Bytes()),
			Contest:    uint64(i), Unit: 1 << (8 * i), Limit: v.Limit,
		}
		var randomness []*group.Scalar
		for j, m := range v.Votes {
			r := secret(fmt.Sprintf("randomness of %s", v.Name), j)
			randomness = append(randomness, r)
			v.Randomness = append(v.Randomness, hex.EncodeToString(r.Bytes()))
			st.Ciphertexts = append(st.Ciphertexts, enc.Encrypt(m, r))
		}
		v.ElectionHash, v.Credential = hex.EncodeToString(st.ElectionHash[:]), hex.EncodeToString(st.Credential[:])
		v.SecretKey, v.JointKey = hex.EncodeToString(x.Bytes()), hex.EncodeToString(enc.Key().Bytes())
		v.Contest, v.Unit = st.Contest, st.Unit
		v.Ciphertexts = hex.EncodeToString(elgamal.Encode(st.Ciphertexts))
		digest := st.digest(v.Tag)
		v.Statement = hex.EncodeToString(digest)
		var proof []byte
		if v.Tag == unitVectorTag {
			for _, w := range unitVectorWeights(digest, len(v.Votes)) {
				v.Weights = append(v.Weights, hex.EncodeToString(w.Bytes()))
			}
			proof, err = ProveUnitVector(enc, st, slices.Index(v.Votes, 1), randomness)
		} else {
			proof, err = ProveRange(enc, st, v.Votes, randomness)
		}
		if err != nil {
			t.Fatal(err)
		}
		branches, err := parseBranches(nil, proof, len(proof)/branchSize, optionLabel)
		if err != nil {
			t.Fatal(err)
		}
		v.Challenge = hex.EncodeToString(challenge(v.Tag, digest, branches).Bytes())
		v.Proof = hex.EncodeToString(proof)
		vectors = append(vectors, v)
	}
	b, err := json.MarshalIndent(vectors, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
