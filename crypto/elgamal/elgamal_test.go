package elgamal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

func newEncryptor(t testing.TB) (*Encryptor, *group.Scalar) {
	t.Helper()
	x := group.RandomScalar()
	enc, err := NewEncryptor(group.MulBase(x))
	if err != nil {
		t.Fatal(err)
	}
	return enc, x
}

// decrypt returns m*K.
func decrypt(c Ciphertext, x *group.Scalar) *group.Point { return c.Beta.Sub(c.Alpha.Mul(x)) }

func TestEncryptAndDecrypt(t *testing.T) {
	enc, x := newEncryptor(t)
	for _, m := range []uint64{0, 1, 2, 1000, 1 << 40, 1<<64 - 1} {
		r := group.RandomScalar()
		c := enc.Encrypt(m, r)
		want := enc.Key().Mul(group.ScalarFromUint64(m))
		if !decrypt(c, x).Equal(want) {
			t.Errorf("%d decrypts to something else", m)
		}
		// The definition, by other ways of multiplying.
		if !c.Alpha.Equal(group.Base().Mul(r)) || !c.Beta.Equal(enc.Key().Mul(r).Add(want)) {
			t.Errorf("encryption of %d is not (r*G, (r+m)*K)", m)
		}
		if c.Equal(enc.Encrypt(m, group.RandomScalar())) {
			t.Errorf("two encryptions of %d are equal", m)
		}
	}
}

// TestEncryptAll sees that each number is encrypted with the randomness at its
// place, and that nothing of the callers' is touched.
func TestEncryptAll(t *testing.T) {
	enc, _ := newEncryptor(t)
	ms := []uint64{0, 1, 0, 1 << 40, 1}
	var rs []*group.Scalar
	for range ms {
		rs = append(rs, group.RandomScalar())
	}
	rs[2] = new(group.Scalar) // the identity twice, amid others
	cs := enc.EncryptAll(ms, rs)
	if len(cs) != len(ms) {
		t.Fatalf("%d ciphertexts of %d numbers", len(cs), len(ms))
	}
	for i, c := range cs {
		one := Ciphertext{Alpha: group.MulBase(rs[i]), Beta: enc.Key().Mul(group.ScalarFromUint64(ms[i]).Add(rs[i]))}
		if !bytes.Equal(c.Bytes(), one.Bytes()) || !c.Equal(enc.Encrypt(ms[i], rs[i])) {
			t.Errorf("ciphertext %d is another one", i)
		}
	}
	if len(enc.EncryptAll(nil, nil)) != 0 {
		t.Error("no numbers have ciphertexts")
	}
	defer func() {
		if recover() == nil {
			t.Error("more numbers than randomness were taken")
		}
	}()
	enc.EncryptAll(ms, rs[1:])
}

func TestSums(t *testing.T) {
	enc, x := newEncryptor(t)
	var cs []Ciphertext
	total := uint64(0)
	for m := range uint64(20) {
		if got := decrypt(Sum(cs), x); !got.Equal(enc.Key().Mul(group.ScalarFromUint64(total))) {
			t.Fatalf("sum of %d ciphertexts is wrong", len(cs))
		}
		cs, total = append(cs, enc.Encrypt(m, group.RandomScalar())), total+m
	}
	if !Sum(nil).Equal(Zero()) || !Zero().Equal(enc.Encrypt(0, new(group.Scalar))) {
		t.Error("the sum of none is not zero")
	}
	if !cs[3].Add(Zero()).Equal(cs[3]) || !cs[3].Add(cs[4]).Equal(cs[4].Add(cs[3])) {
		t.Error("addition is not that of a group")
	}
	shuffled := slices.Clone(cs)
	slices.Reverse(shuffled)
	if !Sum(cs).Equal(Sum(shuffled)) {
		t.Error("a sum depends on the order")
	}
}

func TestEqualComparesBothParts(t *testing.T) {
	enc, _ := newEncryptor(t)
	c, d := enc.Encrypt(1, group.RandomScalar()), enc.Encrypt(1, group.RandomScalar())
	for name, other := range map[string]Ciphertext{
		"another":       d,
		"another beta":  {c.Alpha, d.Beta},
		"another alpha": {d.Alpha, c.Beta},
		"exchanged":     {c.Beta, c.Alpha},
	} {
		if c.Equal(other) {
			t.Errorf("%s is equal", name)
		}
	}
}

func TestVerifyOpening(t *testing.T) {
	enc, _ := newEncryptor(t)
	other, _ := newEncryptor(t)
	r := group.RandomScalar()
	c := enc.Encrypt(1, r)
	one := group.ScalarFromUint64(1)
	for _, tc := range []struct {
		name string
		enc  *Encryptor
		c    Ciphertext
		m    uint64
		r    *group.Scalar
		want error
	}{
		{"as encrypted", enc, c, 1, r, nil},
		{"another number", enc, c, 0, r, ErrOpening},
		{"other randomness", enc, c, 1, r.Add(one), ErrOpening},
		{"a vote moved into the randomness", enc, c, 0, r.Add(one), ErrOpening},
		{"another key", other, c, 1, r, ErrOpening},
		{"alpha altered", enc, Ciphertext{c.Alpha.Add(group.Base()), c.Beta}, 1, r, ErrOpening},
		{"beta altered", enc, Ciphertext{c.Alpha, c.Beta.Add(group.Base())}, 1, r, ErrOpening},
	} {
		if err := tc.enc.VerifyOpening(tc.c, tc.m, tc.r); !errors.Is(err, tc.want) {
			t.Errorf("%s: error is %v", tc.name, err)
		}
	}
}

func TestKeysRefused(t *testing.T) {
	for name, key := range map[string]*group.Point{"nil": nil, "identity": group.Identity()} {
		if _, err := NewEncryptor(key); !errors.Is(err, group.ErrIdentity) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	enc, _ := newEncryptor(t)
	var cs []Ciphertext
	for range 3 {
		cs = append(cs, enc.Encrypt(1, group.RandomScalar()))
	}
	good := Encode(cs)
	if !bytes.Equal(good, slices.Concat(cs[0].Bytes(), cs[1].Bytes(), cs[2].Bytes())) || len(good) != 3*CiphertextSize {
		t.Fatal("the encoding is not that of the ciphertexts in order")
	}
	parsers := map[string]func([]byte, int) ([]Ciphertext, error){"ParseCiphertexts": ParseCiphertexts, "ParseSums": ParseSums}
	for name, parse := range parsers {
		got, err := parse(good, 3)
		if err != nil || !bytes.Equal(Encode(got), good) || !slices.EqualFunc(got, cs, Ciphertext.Equal) {
			t.Errorf("%s does not return what was encoded: %v", name, err)
		}
		if got, err := parse(nil, 0); err != nil || len(got) != 0 {
			t.Errorf("%s of none: %v", name, err)
		}
		for _, tc := range []struct {
			name string
			b    []byte
			n    int
		}{
			{"one byte less", good[:len(good)-1], 3},
			{"one byte more", append(bytes.Clone(good), 0), 3},
			{"one less", good[:2*CiphertextSize], 3},
			{"one more", append(bytes.Clone(good), good[:CiphertextSize]...), 3},
			{"half a ciphertext", good[:CiphertextSize/2], 1},
			{"none of three", nil, 3},
			{"three of none", good, 0},
			{"negative", nil, -1},
			{"a number that wraps", nil, 1 << 58},
		} {
			if _, err := parse(tc.b, tc.n); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d bytes", len(tc.b))) {
				t.Errorf("%s, %s: error is %v", name, tc.name, err)
			}
		}
		for i := range 2 * len(cs) {
			part := []string{"alpha", "beta"}[i%2]
			bad := bytes.Clone(good)
			bad[32*i] |= 1 // negative
			bad[32*i+31] |= 0x80
			_, err := parse(bad, 3)
			if want := fmt.Sprintf("ciphertext %d: %s: ", i/2, part); !errors.Is(err, group.ErrPoint) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s, bad %s: error is %v", name, part, err)
			}
		}
	}
}

func TestIdentityOnlyInSums(t *testing.T) {
	enc, _ := newEncryptor(t)
	good := Encode([]Ciphertext{enc.Encrypt(0, group.RandomScalar()), enc.Encrypt(1, group.RandomScalar())})
	for i, part := range []string{"ciphertext 0: alpha", "ciphertext 0: beta", "ciphertext 1: alpha", "ciphertext 1: beta"} {
		b := bytes.Clone(good)
		clear(b[32*i : 32*i+32])
		if _, err := ParseCiphertexts(b, 2); !errors.Is(err, group.ErrIdentity) || !strings.HasPrefix(err.Error(), part) {
			t.Errorf("%s: error is %v", part, err)
		}
		if got, err := ParseSums(b, 2); err != nil || !bytes.Equal(Encode(got), b) {
			t.Errorf("%s in a sum: %v", part, err)
		}
	}
	if got, err := ParseSums(Zero().Bytes(), 1); err != nil || !got[0].Equal(Zero()) {
		t.Errorf("the sum of none: %v", err)
	}
}

func FuzzParseCiphertexts(f *testing.F) {
	enc, err := NewEncryptor(group.MulBase(group.ScalarFromUint64(5)))
	if err != nil {
		f.Fatal(err)
	}
	good := Encode([]Ciphertext{enc.Encrypt(0, group.ScalarFromUint64(7)), enc.Encrypt(1, group.ScalarFromUint64(8))})
	f.Add(good, 2)
	f.Add(good[:100], 1)
	f.Add(make([]byte, 64), 1)
	f.Add([]byte{}, -1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		sums, sumsErr := ParseSums(b, n)
		if sumsErr == nil && (len(sums) != n || !bytes.Equal(Encode(sums), b)) {
			t.Fatalf("sums encode again as %x", Encode(sums))
		}
		cs, err := ParseCiphertexts(b, n)
		if err != nil {
			return
		}
		if sumsErr != nil || !bytes.Equal(Encode(cs), b) {
			t.Fatalf("ciphertexts encode again as %x; as sums: %v", Encode(cs), sumsErr)
		}
		for i, c := range cs {
			if c.Alpha.IsIdentity() || c.Beta.IsIdentity() {
				t.Fatalf("ciphertext %d holds the identity", i)
			}
		}
	})
}

func BenchmarkEncrypt(b *testing.B) {
	enc, _ := newEncryptor(b)
	r := group.RandomScalar()
	for b.Loop() {
		enc.Encrypt(1, r)
	}
}
