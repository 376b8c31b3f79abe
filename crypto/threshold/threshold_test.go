package threshold

import (
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
)

// trustees is a key shared among n of whom k are needed.
type trustees struct {
	key    *group.Point
	secret []*group.Scalar // x_i of trustee i+1
	public []*group.Point  // Y_i
}

// newTrustees shares a random key with a polynomial of degree k-1.
func newTrustees(k, n int) *trustees {
	coeffs := make([]*group.Scalar, k)
	for i := range coeffs {
		coeffs[i] = group.RandomScalar()
	}
	tr := &trustees{key: group.MulBase(coeffs[0]).Encoded()}
	for i := 1; i <= n; i++ {
		x := new(group.Scalar)
		for j := k - 1; j >= 0; j-- {
			x = x.Mul(group.ScalarFromUint64(uint64(i))).Add(coeffs[j])
		}
		tr.secret = append(tr.secret, x)
		tr.public = append(tr.public, group.MulBase(x).Encoded())
	}
	return tr
}

// sums encrypts one sum for each of totals.
func (tr *trustees) sums(t testing.TB, totals ...uint64) []elgamal.Ciphertext {
	t.Helper()
	enc, err := elgamal.NewEncryptor(tr.key)
	if err != nil {
		t.Fatal(err)
	}
	var cs []elgamal.Ciphertext
	for _, m := range totals {
		cs = append(cs, enc.Encrypt(m, group.RandomScalar()))
	}
	return cs
}

// statement is what trustee index, from 1, proves of the sums.
func (tr *trustees) statement(index int, sums []elgamal.Ciphertext) *Statement {
	st := &Statement{
		ElectionHash:      [64]byte{1},
		Key:               tr.key,
		End:               1000,
		Root:              [32]byte{2},
		Trustee:           uint64(index),
		VerificationShare: tr.public[index-1],
	}
	for _, c := range sums {
		st.Alphas = append(st.Alphas, c.Alpha)
	}
	return st
}

func TestDecryptByAnyQuorum(t *testing.T) {
	tr := newTrustees(2, 3)
	totals := []uint64{0, 1, 200, 123456}
	sums := tr.sums(t, totals...)
	shares := make([][]*group.Point, 3)
	for i := range shares {
		st := tr.statement(i+1, sums)
		d, proof, err := Prove(st, tr.secret[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(st, d, proof); err != nil {
			t.Fatalf("trustee %d: %v", i+1, err)
		}
		shares[i] = d
	}
	table, err := group.NewLogTable(tr.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, quorum := range [][]uint64{{1, 2}, {2, 1}, {1, 3}, {3, 2}, {1, 2, 3}} {
		for s, want := range totals {
			var of []*group.Point
			for _, i := range quorum {
				of = append(of, shares[i-1][s])
			}
			m, err := Combine(sums[s].Beta, quorum, of)
			if err != nil {
				t.Fatal(err)
			}
			got, err := table.VarTimeLog(m, 1_000_000)
			if err != nil || got != want {
				t.Errorf("trustees %v: total %d, %v, want %d", quorum, got, err, want)
			}
		}
	}
}

func BenchmarkProve(b *testing.B) {
	tr := newTrustees(2, 3)
	st := tr.statement(1, tr.sums(b, make([]uint64, 100)...))
	for b.Loop() {
		if _, _, err := Prove(st, tr.secret[0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	tr := newTrustees(2, 3)
	st := tr.statement(1, tr.sums(b, make([]uint64, 100)...))
	shares, proof, err := Prove(st, tr.secret[0])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Verify(st, shares, proof); err != nil {
			b.Fatal(err)
		}
	}
}
