package sigma_test

import (
	"fmt"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/sigma"
)

// A booth seals a vote for the second of three options; anyone checks it.
func Example() {
	secret := group.RandomScalar() // of no single trustee, in an election
	enc, err := elgamal.NewEncryptor(group.MulBase(secret))
	if err != nil {
		fmt.Println(err)
		return
	}
	st := &sigma.Statement{Key: enc.Key(), Contest: 0, Unit: 3, Limit: 1}
	var randomness []*group.Scalar
	for _, vote := range sigma.UnitVector(3, 1) {
		r := group.RandomScalar()
		randomness = append(randomness, r)
		st.Ciphertexts = append(st.Ciphertexts, enc.Encrypt(vote, r))
	}
	proof, err := sigma.ProveUnitVector(enc, st, 1, randomness)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("as sealed:", sigma.VerifyUnitVector(st, proof))

	st.Unit = 4
	fmt.Println("in another unit:", sigma.VerifyUnitVector(st, proof))
	// Output:
	// as sealed: <nil>
	// in another unit: challenges do not add up to that of the statement
}
