package threshold

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// honest is one trustee's verified share of three sums.
type honest struct {
	tr     *trustees
	sums   []elgamal.Ciphertext
	st     *Statement
	shares []*group.Point
	proof  []byte
}

func newHonest(t testing.TB) *honest {
	t.Helper()
	h := &honest{tr: newTrustees(2, 3)}
	h.sums = h.tr.sums(t, 10, 20, 30)
	h.st = h.tr.statement(2, h.sums)
	var err error
	if h.shares, h.proof, err = Prove(h.st, h.tr.secret[1]); err != nil {
		t.Fatal(err)
	}
	if err := Verify(h.st, h.shares, h.proof); err != nil {
		t.Fatal(err)
	}
	return h
}

// wantError checks for an error that wraps want and holds text.
func wantError(t *testing.T, err, want error, text string) {
	t.Helper()
	if err == nil || (want != nil && !errors.Is(err, want)) || !strings.Contains(err.Error(), text) {
		t.Errorf("error is %v, want %v with %q", err, want, text)
	}
}

// TestReplays checks an honest proof against every other statement.
func TestReplays(t *testing.T) {
	h := newHonest(t)
	for _, tc := range []struct {
		name  string
		alter func(st *Statement)
	}{
		{"another election", func(st *Statement) { st.ElectionHash[0] ^= 1 }},
		{"another joint key", func(st *Statement) { st.Key = group.Base() }},
		{"another end", func(st *Statement) { st.End++ }},
		{"another root", func(st *Statement) { st.Root[31] ^= 1 }},
		{"another trustee index", func(st *Statement) { st.Trustee = 1 }},
		{"another verification share", func(st *Statement) { st.VerificationShare = h.tr.public[0] }},
		{"another trustee", func(st *Statement) { st.Trustee, st.VerificationShare = 1, h.tr.public[0] }},
		{"another sum", func(st *Statement) { st.Alphas[1] = st.Alphas[1].Add(group.Base()) }},
		{"sums exchanged", func(st *Statement) { st.Alphas[0], st.Alphas[1] = st.Alphas[1], st.Alphas[0] }},
		{"one sum twice", func(st *Statement) { st.Alphas[0] = st.Alphas[1] }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := *h.st
			st.Alphas = slices.Clone(h.st.Alphas)
			tc.alter(&st)
			wantError(t, Verify(&st, h.shares, h.proof), ErrChallenge, "")
		})
	}
}

// TestSharesAltered after the proof was made.
func TestSharesAltered(t *testing.T) {
	h := newHonest(t)
	for _, tc := range []struct {
		name  string
		alter func(d []*group.Point) []*group.Point
		want  error
		text  string
	}{
		{"one altered", func(d []*group.Point) []*group.Point { d[2] = d[2].Add(group.Base()); return d }, ErrChallenge, ""},
		{"two that cancel", func(d []*group.Point) []*group.Point {
			d[0], d[1] = d[0].Add(group.Base()), d[1].Sub(group.Base())
			return d
		}, ErrChallenge, ""},
		{"exchanged", func(d []*group.Point) []*group.Point { d[0], d[1] = d[1], d[0]; return d }, ErrChallenge, ""},
		{"negated", func(d []*group.Point) []*group.Point { d[0] = d[0].Neg(); return d }, ErrChallenge, ""},
		{"a vote taken off", func(d []*group.Point) []*group.Point { d[0] = d[0].Add(h.tr.key); return d }, ErrChallenge, ""},
		{"one the identity", func(d []*group.Point) []*group.Point { d[1] = group.Identity(); return d }, ErrChallenge, ""},
		{"one missing", func(d []*group.Point) []*group.Point { return d[:2] }, nil, "have 2 shares, want 3"},
		{"one more", func(d []*group.Point) []*group.Point { return append(d, d[0]) }, nil, "have 4 shares, want 3"},
		{"none", func(d []*group.Point) []*group.Point { return nil }, nil, "have 0 shares, want 3"},
		{"nil", func(d []*group.Point) []*group.Point { d[0] = nil; return d }, nil, "share 0 is missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantError(t, Verify(h.st, tc.alter(slices.Clone(h.shares)), h.proof), tc.want, tc.text)
		})
	}
}

// forge proves altered shares as well as a trustee can who knows x: with the
// honest response and the challenge of what is published.
func forge(st *Statement, x *group.Scalar, shares []*group.Point) []byte {
	digest := st.digest(shares)
	alpha := group.VarTimeMultiMul(weights(digest, len(shares)), st.Alphas)
	t := group.RandomScalar()
	a, b := group.MulBase(t), alpha.Mul(t)
	c := challenge(digest, a, b)
	return slices.Concat(a.Bytes(), b.Bytes(), c.Bytes(), t.Add(c.Mul(x)).Bytes())
}

// TestAlteredSharesThatCancel has the trustee itself alter two shares so that
// their weighted sum stays, for weights of one and for the weights that the
// honest shares have. Weights hashed from every share are neither.
func TestAlteredSharesThatCancel(t *testing.T) {
	h := newHonest(t)
	x, p := h.tr.secret[1], group.Base()
	if err := Verify(h.st, h.shares, forge(h.st, x, h.shares)); err != nil {
		t.Fatalf("honest shares do not verify with the forger's proof: %v", err)
	}

	fixed := slices.Clone(h.shares)
	fixed[0], fixed[1] = fixed[0].Add(p), fixed[1].Sub(p)
	wantError(t, Verify(h.st, fixed, forge(h.st, x, fixed)), group.ErrEquation, "response to the shares")

	w := weights(h.st.digest(h.shares), len(h.shares))
	foreseen := slices.Clone(h.shares)
	foreseen[0] = foreseen[0].Add(p)
	foreseen[1] = foreseen[1].Sub(p.Mul(w[0].Mul(w[1].Invert())))
	if !group.VarTimeMultiMul(w, foreseen).Equal(group.VarTimeMultiMul(w, h.shares)) {
		t.Fatal("the attack does not even fool the weights it was made for")
	}
	wantError(t, Verify(h.st, foreseen, forge(h.st, x, foreseen)), group.ErrEquation, "response to the shares")

	// Weights that leave out the last share would let it be solved for.
	last := slices.Clone(h.shares)
	last[2] = last[2].Add(p)
	if weights(h.st.digest(last), 3)[1].Equal(w[1]) {
		t.Error("weights do not depend on the last share")
	}
}

// TestAnotherSecret: shares made with a secret that is not that of Y_i.
func TestAnotherSecret(t *testing.T) {
	h := newHonest(t)
	wrong := h.tr.secret[0]
	_, _, err := Prove(h.st, wrong)
	wantError(t, err, nil, "secret share of trustee 2 is not that of its verification share")
	var shares []*group.Point
	for _, a := range h.st.Alphas {
		shares = append(shares, a.Mul(wrong))
	}
	wantError(t, Verify(h.st, shares, forge(h.st, wrong, shares)), group.ErrEquation, "response to the verification share")
	wantError(t, Verify(h.st, shares, forge(h.st, h.tr.secret[1], shares)), group.ErrEquation, "response to the shares")
}

// TestCommitmentsAfterTheChallenge solves both equations for the commitments.
func TestCommitmentsAfterTheChallenge(t *testing.T) {
	h := newHonest(t)
	shares := slices.Clone(h.shares)
	shares[0] = shares[0].Add(h.tr.key) // takes a vote off the total
	w := weights(h.st.digest(shares), 3)
	alpha, share := group.VarTimeMultiMul(w, h.st.Alphas), group.VarTimeMultiMul(w, shares)
	c, z := group.RandomScalar(), group.RandomScalar()
	a := group.MulBase(z).Sub(h.st.VerificationShare.Mul(c))
	b := alpha.Mul(z).Sub(share.Mul(c))
	proof := slices.Concat(a.Bytes(), b.Bytes(), c.Bytes(), z.Bytes())
	wantError(t, Verify(h.st, shares, proof), ErrChallenge, "")
}

func TestProofAltered(t *testing.T) {
	h := newHonest(t)
	identity := make([]byte, 32)
	order := group.ScalarFromUint64(1).Neg().Bytes() // l-1
	order[0]++
	other, err := group.ParsePoint(h.proof[:32])
	if err != nil {
		t.Fatal(err)
	}
	moved := other.Add(group.Base()).Bytes()
	for _, tc := range []struct {
		name  string
		alter func(b []byte) []byte
		want  error
		text  string
	}{
		{"a altered", func(b []byte) []byte { copy(b, moved); return b }, ErrChallenge, ""},
		{"b altered", func(b []byte) []byte { copy(b[32:], moved); return b }, ErrChallenge, ""},
		{"c altered", func(b []byte) []byte { b[64] ^= 1; return b }, ErrChallenge, ""},
		{"z altered", func(b []byte) []byte { b[96] ^= 1; return b }, group.ErrEquation, "response to the verification share"},
		{"a is the identity", func(b []byte) []byte { copy(b, identity); return b }, group.ErrIdentity, "commitment a"},
		{"b is the identity", func(b []byte) []byte { copy(b[32:], identity); return b }, ErrChallenge, ""},
		{"a is no point", func(b []byte) []byte { b[31] |= 0x80; return b }, group.ErrPoint, "commitment a"},
		{"b is no point", func(b []byte) []byte { b[63] |= 0x80; return b }, group.ErrPoint, "commitment b"},
		{"c is the order", func(b []byte) []byte { copy(b[64:], order); return b }, group.ErrScalar, "challenge"},
		{"z is the order", func(b []byte) []byte { copy(b[96:], order); return b }, group.ErrScalar, "response"},
		{"truncated", func(b []byte) []byte { return b[:127] }, nil, "127 bytes"},
		{"trailing byte", func(b []byte) []byte { return append(b, 0) }, nil, "129 bytes"},
		{"empty", func(b []byte) []byte { return nil }, nil, "0 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantError(t, Verify(h.st, h.shares, tc.alter(bytes.Clone(h.proof))), tc.want, tc.text)
		})
	}
}

func TestStatementsRefused(t *testing.T) {
	h := newHonest(t)
	for _, tc := range []struct {
		name  string
		alter func(st *Statement)
		want  error
		text  string
	}{
		{"empty batch", func(st *Statement) { st.Alphas = nil }, nil, "have 0 sums"},
		{"too large a batch", func(st *Statement) { st.Alphas = make([]*group.Point, MaxSums+1) }, nil, fmt.Sprintf("have %d sums", MaxSums+1)},
		{"trustee 0", func(st *Statement) { st.Trustee = 0 }, nil, "trustee index is 0"},
		{"no key", func(st *Statement) { st.Key = nil }, group.ErrIdentity, "joint key"},
		{"identity as key", func(st *Statement) { st.Key = group.Identity() }, group.ErrIdentity, "joint key"},
		{"no verification share", func(st *Statement) { st.VerificationShare = nil }, group.ErrIdentity, "verification share"},
		{"identity as verification share", func(st *Statement) { st.VerificationShare = group.Identity() }, group.ErrIdentity, "verification share"},
		{"nil as sum", func(st *Statement) { st.Alphas[2] = nil }, nil, "sum 2 has no alpha"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := *h.st
			st.Alphas = slices.Clone(h.st.Alphas)
			tc.alter(&st)
			wantError(t, Verify(&st, h.shares[:min(3, len(st.Alphas))], h.proof), tc.want, tc.text)
			_, _, err := Prove(&st, h.tr.secret[1])
			wantError(t, err, tc.want, tc.text)
		})
	}
}

func TestParseShares(t *testing.T) {
	h := newHonest(t)
	var good []byte
	for _, d := range h.shares {
		good = append(good, d.Bytes()...)
	}
	got, err := ParseShares(good, 3)
	if err != nil || Verify(h.st, got, h.proof) != nil {
		t.Fatalf("shares do not survive their encoding: %v", err)
	}
	negative := bytes.Clone(good)
	negative[64] |= 1
	for _, tc := range []struct {
		name string
		b    []byte
		n    int
		want error
		text string
	}{
		{"negative", negative, 3, group.ErrPoint, "share 2: "},
		{"truncated", good[:95], 3, nil, "95 bytes"},
		{"trailing byte", append(bytes.Clone(good), 0), 3, nil, "97 bytes"},
		{"one less", good[:64], 3, nil, "64 bytes"},
		{"negative number", nil, -1, nil, "0 bytes"},
		{"a number that wraps", nil, 1 << 59, nil, "0 bytes"},
	} {
		_, err := ParseShares(tc.b, tc.n)
		if err == nil || (tc.want != nil && !errors.Is(err, tc.want)) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: error is %v", tc.name, err)
		}
	}
}

// FuzzVerify changes proof and shares of one statement.
func FuzzVerify(f *testing.F) {
	st := &Statement{Key: group.MulBase(group.ScalarFromUint64(3)), Trustee: 1,
		VerificationShare: group.MulBase(group.ScalarFromUint64(5)),
		Alphas:            []*group.Point{group.MulBase(group.ScalarFromUint64(7)), group.MulBase(group.ScalarFromUint64(9))}}
	f.Add(make([]byte, ProofSize), make([]byte, 64))
	f.Add(bytes.Repeat(st.Key.Bytes(), 4), bytes.Repeat(st.Key.Bytes(), 2))
	f.Add(append(bytes.Repeat(st.Key.Bytes(), 2), make([]byte, 64)...), bytes.Repeat(st.Key.Bytes(), 2))
	f.Fuzz(func(t *testing.T, proof, b []byte) {
		shares, err := ParseShares(b, len(b)/group.PointSize)
		if err != nil {
			return
		}
		// No seed verifies, and no fuzzer finds a proof without the secret
		// that it was not shown.
		if err := Verify(st, shares, proof); err == nil {
			t.Fatalf("proof %x of shares %x was taken", proof, b)
		}
	})
}
