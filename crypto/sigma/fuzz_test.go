package sigma

import (
	"bytes"
	"testing"

	"rollcall/crypto/elgamal"
)

// fuzzProof feeds a verifier changed proofs and ciphertexts of a vector:
// nothing panics, and nothing but the vector verifies.
func fuzzProof(f *testing.F, index int, verify func(*Statement, []byte) error) {
	vectors, statements := readVectors(f)
	good, st := unhex(f, vectors[index].Proof), statements[index]
	ciphertexts := elgamal.Encode(st.Ciphertexts)
	f.Add(good, ciphertexts)
	f.Add(good[:len(good)-1], ciphertexts)
	f.Add(append(bytes.Clone(good[branchSize:]), good[:branchSize]...), ciphertexts)
	f.Add(make([]byte, len(good)), ciphertexts)
	f.Add(good, append(bytes.Clone(ciphertexts[64:]), ciphertexts[:64]...))
	f.Fuzz(func(t *testing.T, proof, cts []byte) {
		decoded, err := elgamal.ParseCiphertexts(cts, len(cts)/elgamal.CiphertextSize)
		if err != nil {
			return
		}
		changed := *st
		changed.Ciphertexts = decoded
		isGood := bytes.Equal(proof, good) && bytes.Equal(cts, ciphertexts)
		if err := verify(&changed, proof); (err == nil) != isGood {
			t.Fatalf("error is %v", err)
		}
	})
}

func FuzzVerifyUnitVector(f *testing.F) { fuzzProof(f, 0, VerifyUnitVector) }

func FuzzVerifyRange(f *testing.F) { fuzzProof(f, 3, VerifyRange) }
