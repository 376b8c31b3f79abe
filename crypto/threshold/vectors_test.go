package threshold

import (
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vector is a decryption of sums by some of its trustees. All strings are
// hexadecimal.
type vector struct {
	ElectionHash string        `json:"election_hash"`
	JointKey     string        `json:"joint_key"`
	End          uint64        `json:"end"`
	Root         string        `json:"root"`
	Sums         string        `json:"sums"` // alpha || beta of each
	Totals       []uint64      `json:"totals"`
	Shares       []vectorShare `json:"shares"` // as many as are needed
}

type vectorShare struct {
	Trustee           uint64 `json:"trustee"`
	Secret            string `json:"secret"`
	VerificationShare string `json:"verification_share"`
	Shares            string `json:"shares"`
	Statement         string `json:"statement_digest"`
	Proof             string `json:"proof"`
	Lambda            string `json:"lambda"`
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func element(t testing.TB, s string) *group.Point {
	t.Helper()
	p, err := group.ParseElement(unhex(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func scalar(t testing.TB, b []byte) *group.Scalar {
	t.Helper()
	s, err := group.ParseScalar(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
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

func specChallenge(fields ...[]byte) *group.Scalar {
	return group.ScalarFromWide((*[64]byte)(specHash(fields...)))
}

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// TestVectors verifies and combines the vector twice: with this package, and
// step by step as SPEC.md, section 14, reads.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	sums, err := elgamal.ParseCiphertexts(unhex(t, v.Sums), len(v.Totals))
	if err != nil {
		t.Fatal(err)
	}
	key := element(t, v.JointKey)
	indices, shares := []uint64{}, make([][]*group.Point, len(sums)) // by sum
	plain := make([]*group.Point, len(sums))
	for i := range plain {
		plain[i] = sums[i].Beta
	}
	for _, s := range v.Shares {
		st := &Statement{
			ElectionHash: [64]byte(unhex(t, v.ElectionHash)), Key: key, End: v.End, Root: [32]byte(unhex(t, v.Root)),
			Trustee: s.Trustee, VerificationShare: element(t, s.VerificationShare),
		}
		for _, c := range sums {
			st.Alphas = append(st.Alphas, c.Alpha)
		}
		d, err := ParseShares(unhex(t, s.Shares), len(sums))
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(st, d, unhex(t, s.Proof)); err != nil {
			t.Errorf("trustee %d: %v", s.Trustee, err)
		}
		specVerify(t, v, s, sums, d)
		indices = append(indices, s.Trustee)
		for i := range d {
			shares[i] = append(shares[i], d[i])
			plain[i] = plain[i].Sub(d[i].Mul(scalar(t, unhex(t, s.Lambda))))
		}
	}
	for i, total := range v.Totals {
		want := key.Mul(group.ScalarFromUint64(total))
		if m, err := Combine(sums[i].Beta, indices, shares[i]); err != nil || !m.Equal(want) || !plain[i].Equal(want) {
			t.Errorf("sum %d is not %d: %v", i, total, err)
		}
	}
}

func specVerify(t *testing.T, v vector, s vectorShare, sums []elgamal.Ciphertext, shares []*group.Point) {
	t.Helper()
	const tag = "rollcall/v1/proof/share"
	var pairs []byte
	for i := range sums {
		pairs = slices.Concat(pairs, sums[i].Alpha.Bytes(), shares[i].Bytes())
	}
	d := specHash([]byte(tag), unhex(t, v.ElectionHash), unhex(t, v.JointKey), be64(v.End), unhex(t, v.Root),
		be64(s.Trustee), unhex(t, s.VerificationShare), be64(uint64(len(sums))), pairs)
	if hex.EncodeToString(d) != s.Statement {
		t.Errorf("trustee %d: statement digest is %x", s.Trustee, d)
	}
	alpha, share := group.Identity(), group.Identity()
	w, power := specChallenge([]byte(tag+"/weight"), d), group.ScalarFromUint64(1)
	for i := range sums {
		alpha, share = alpha.Add(sums[i].Alpha.Mul(power)), share.Add(shares[i].Mul(power))
		power = power.Mul(w)
	}
	proof := unhex(t, s.Proof)
	a, b := element(t, s.Proof[:64]), element(t, s.Proof[64:128])
	c, z := scalar(t, proof[64:96]), scalar(t, proof[96:])
	if !c.Equal(specChallenge([]byte(tag+"/challenge"), d, proof[:32], proof[32:64])) {
		t.Errorf("trustee %d: challenge does not match", s.Trustee)
	}
	y := element(t, s.VerificationShare)
	if !group.MulBase(z).Equal(a.Add(y.Mul(c))) || !alpha.Mul(z).Equal(b.Add(share.Mul(c))) {
		t.Errorf("trustee %d: an equation does not hold", s.Trustee)
	}
	if !group.MulBase(scalar(t, unhex(t, s.Secret))).Equal(y) {
		t.Errorf("trustee %d: verification share is not x*G", s.Trustee)
	}
}

// writeVectors makes a 2-of-3 decryption by trustees 3 and 1, of a key hashed
// from a name, with fresh nonces.
func writeVectors(t *testing.T) {
	t.Helper()
	secret := func(name string) *group.Scalar {
		return specChallenge([]byte("rollcall test vector"), []byte(name))
	}
	a0, a1 := secret("coefficient 0"), secret("coefficient 1")
	enc, err := elgamal.NewEncryptor(group.MulBase(a0))
	if err != nil {
		t.Fatal(err)
	}
	v := vector{
		ElectionHash: hex.EncodeToString(specHash([]byte("election"))), JointKey: hex.EncodeToString(enc.Key().Bytes()),
		End: 70_000, Root: hex.EncodeToString(specHash([]byte("root"))[:32]), Totals: []uint64{0, 1, 123_456_789},
	}
	var sums []elgamal.Ciphertext
	for i, m := range v.Totals {
		sums = append(sums, enc.Encrypt(m, secret("randomness "+string(rune('0'+i)))))
	}
	v.Sums = hex.EncodeToString(elgamal.Encode(sums))
	indices := []uint64{3, 1}
	lambdas, err := LagrangeAtZero(indices)
	if err != nil {
		t.Fatal(err)
	}
	for i, index := range indices {
		x := a0.Add(a1.Mul(group.ScalarFromUint64(index)))
		st := &Statement{
			ElectionHash: [64]byte(unhex(t, v.ElectionHash)), Key: enc.Key(), End: v.End, Root: [32]byte(unhex(t, v.Root)),
			Trustee: index, VerificationShare: group.MulBase(x),
		}
		for _, c := range sums {
			st.Alphas = append(st.Alphas, c.Alpha)
		}
		d, proof, err := Prove(st, x)
		if err != nil {
			t.Fatal(err)
		}
		var shares []byte
		for _, p := range d {
			shares = append(shares, p.Bytes()...)
		}
		v.Shares = append(v.Shares, vectorShare{
			Trustee: index, Secret: hex.EncodeToString(x.Bytes()),
			VerificationShare: hex.EncodeToString(st.VerificationShare.Bytes()), Shares: hex.EncodeToString(shares),
			Statement: hex.EncodeToString(st.digest(d)), Proof: hex.EncodeToString(proof),
			Lambda: hex.EncodeToString(lambdas[i].Bytes()),
		})
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
