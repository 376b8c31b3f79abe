package sigma

import (
	"testing"

	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

// The targets for ten options and "none" on one core: seal and prove in 0.6 ms,
// verify a ballot in 2.5 ms.
const benchOptions = 11

func BenchmarkSealAndProve(b *testing.B) {
	enc := newKey(b)
	for b.Loop() {
		sealOne(b, enc, benchOptions, 3)
	}
}

func BenchmarkSealAndProveRange(b *testing.B) {
	enc := newKey(b)
	votes := UnitVector(benchOptions, 3)
	for b.Loop() {
		sealRange(b, enc, votes, 2)
	}
}

// BenchmarkVerifyBallot decodes and verifies all a ballot holds: ciphertexts,
// proof and the signatures of credential and booth.
func BenchmarkVerifyBallot(b *testing.B) {
	s := sealOne(b, newKey(b), benchOptions, 3)
	ciphertexts := elgamal.Encode(s.st.Ciphertexts)
	message := make([]byte, 2600)
	var keys, signatures [2][]byte
	for i := range keys {
		k := schnorr.GenerateKey()
		keys[i], signatures[i] = k.Public().Bytes(), k.Sign(message)
	}
	for b.Loop() {
		st := *s.st
		var err error
		if st.Ciphertexts, err = elgamal.ParseCiphertexts(ciphertexts, benchOptions); err != nil {
			b.Fatal(err)
		}
		equations, err := UnitVectorEquations(nil, &st, s.proof)
		if err != nil {
			b.Fatal(err)
		}
		for i := range keys {
			key, err := schnorr.ParsePublicKey(keys[i])
			if err != nil {
				b.Fatal(err)
			}
			signature, err := schnorr.ParseSignature(signatures[i])
			if err != nil {
				b.Fatal(err)
			}
			equations = append(equations, signature.Equation(key, message))
		}
		if err := group.VarTimeCheckTogether(equations, st.Key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyOneByOne is what naming the equation that fails costs.
func BenchmarkVerifyOneByOne(b *testing.B) {
	s := sealOne(b, newKey(b), benchOptions, 3)
	for b.Loop() {
		equations, err := UnitVectorEquations(nil, s.st, s.proof)
		if err != nil {
			b.Fatal(err)
		}
		if err := group.VarTimeCheckAll(equations, s.st.Key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRange(b *testing.B) {
	s := sealRange(b, newKey(b), UnitVector(benchOptions, 3), 2)
	for b.Loop() {
		if err := VerifyRange(s.st, s.proof); err != nil {
			b.Fatal(err)
		}
	}
}
