package main

import (
	"crypto/rand"
	"fmt"

	circl "github.com/cloudflare/circl/group"

	"rollcall/internal/election"
)

// measureSealing returns the measurement of what a ballot costs to make in an
// open election: encryption, proof and both signatures.
func measureSealing(e *election.Election) measurement {
	v := e.Voters[0]
	return repeat(keySeal, "Rollcall, sealing", 1, func() {
		if _, _, err := e.Booth.Make(v.Ballot, v.Unit, [][]int{{3}}); err != nil {
			panic("bench: sealing: " + err.Error()) // the choice is a constant
		}
	})
}

// productsABallot is how many products a ballot of this form takes by G and as
// many by K: one for each ciphertext and one for each branch of its proof.
const productsABallot = 2 * ciphertextCount

// measureCirclSealing measures only the group operations of a ballot with
// circl's arithmetic: the products, two more for the signatures, and the
// encoding of what they give. There is no table for K in circl.
func measureCirclSealing() measurement {
	g := circl.Ristretto255
	key := g.NewElement().MulGen(g.RandomScalar(rand.Reader))
	s, p := g.RandomScalar(rand.Reader), g.NewElement()
	encode := func() {
		if _, err := p.MarshalBinaryCompress(); err != nil {
			panic(fmt.Sprintf("bench: circl can not encode: %v", err)) // every point has an encoding
		}
	}
	return repeat(keyCirclSeal, "circl, the products of a ballot", 1, func() {
		for range productsABallot + 2 {
			p.MulGen(s)
			encode()
		}
		for range productsABallot {
			p.Mul(key, s)
			encode()
		}
	})
}
