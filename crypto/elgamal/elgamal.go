// Package elgamal encrypts small numbers to the election's joint key, so that
// ciphertexts can be added without being opened.
//
// The form is ElectionGuard 2.1's: for a number m and randomness r,
//
//	alpha = r*G    beta = (r+m)*K
//
// with G the base point and K the joint key. Every exponentiation is then one
// of a fixed base, and beta - x*alpha = m*K for the secret key x of K.
//
// Here live ciphertexts, their sums, and their strict encoding. That a
// ciphertext holds 0 or 1 is proved in crypto/sigma, decryption is in
// crypto/threshold, and which ciphertexts are summed is decided in tally.
// SPEC.md, section 10.
package elgamal

import (
	"errors"
	"fmt"

	"rollcall/crypto/group"
)

// ErrOpening says that a ciphertext is not the encryption that was claimed.
var ErrOpening = errors.New("opening does not reproduce the ciphertext")

// Ciphertext is an encryption of a number: Alpha = r*G, Beta = (r+m)*K. It is
// immutable.
type Ciphertext struct {
	Alpha, Beta *group.Point
}

// Encryptor encrypts to one joint key through a table of its multiples, in
// constant time. It is immutable and safe for concurrent use.
type Encryptor struct {
	table *group.Table
}

// NewEncryptor prepares encryption to key, which must not be the identity: to
// that key beta would be the identity whatever the number. Keep the Encryptor:
// its table is the work of a ballot's worth of encryptions.
func NewEncryptor(key *group.Point) (*Encryptor, error) {
	if key == nil || key.IsIdentity() {
		return nil, fmt.Errorf("joint key: %w", group.ErrIdentity)
	}
	return &Encryptor{table: group.NewTable(key)}, nil
}

// Key returns the joint key K, with its encoding computed.
func (e *Encryptor) Key() *group.Point { return e.table.Point() }

// Table returns the table of K, for the commitments of proofs.
func (e *Encryptor) Table() *group.Table { return e.table }

// Encrypt returns the encryption of m under randomness r, in constant time.
// r must come from group.RandomScalar and be used for nothing else but the
// proofs and the opening of this ciphertext.
func (e *Encryptor) Encrypt(m uint64, r *group.Scalar) Ciphertext {
	return e.EncryptAll([]uint64{m}, []*group.Scalar{r})[0]
}

// EncryptAll is Encrypt for each of ms, with the randomness at its place in rs;
// together they are cheaper. It panics if the lengths differ.
func (e *Encryptor) EncryptAll(ms []uint64, rs []*group.Scalar) []Ciphertext {
	if len(ms) != len(rs) {
		panic("elgamal: EncryptAll needs as much randomness as numbers")
	}
	products := make([]group.Product, 0, 2*len(ms))
	for i, r := range rs {
		products = append(products,
			group.Product{Table: group.BaseTable(), Scalar: r},
			group.Product{Table: e.table, Scalar: group.ScalarFromUint64(ms[i]).Add(r)})
	}
	points := group.MulEach(products)
	cs := make([]Ciphertext, len(ms))
	for i := range cs {
		cs[i] = Ciphertext{Alpha: points[2*i], Beta: points[2*i+1]}
		products[2*i+1].Scalar.Wipe()
	}
	return cs
}

// VerifyOpening checks that c is the encryption of m under r by making it
// anew. The error wraps ErrOpening.
func (e *Encryptor) VerifyOpening(c Ciphertext, m uint64, r *group.Scalar) error {
	if !e.Encrypt(m, r).Equal(c) {
		return ErrOpening
	}
	return nil
}

// Zero returns the encryption of zero under randomness zero, the neutral
// element of Add.
func Zero() Ciphertext {
	return Ciphertext{Alpha: group.Identity(), Beta: group.Identity()}
}

// Add returns an encryption of the sum of the numbers in c and d.
func (c Ciphertext) Add(d Ciphertext) Ciphertext {
	return Ciphertext{Alpha: c.Alpha.Add(d.Alpha), Beta: c.Beta.Add(d.Beta)}
}

// Sum returns an encryption of the sum of all numbers, and Zero for none.
func Sum(ciphertexts []Ciphertext) Ciphertext {
	s := Zero()
	for _, c := range ciphertexts {
		s = s.Add(c)
	}
	return s
}

// Equal reports whether c and d are the same pair of elements.
func (c Ciphertext) Equal(d Ciphertext) bool {
	return c.Alpha.Equal(d.Alpha) && c.Beta.Equal(d.Beta)
}
