package sigma

import (
	"fmt"
	"strconv"

	"rollcall/crypto/group"
)

// A disjunction says that (A, B) encrypts one of the values v_0..v_m: there is
// an R with A = R*G, and B - v_j*K = R*K for some j. Branch j is a
// Chaum-Pedersen proof of the latter; all but the real one are simulated.

// branchSize is the size of a branch on the wire in bytes: the commitments a
// and b, the challenge c and the response z, 32 each.
const branchSize = 4 * 32

// branch is one branch of a disjunction, decoded.
type branch struct {
	a, b *group.Point
	c, z *group.Scalar
}

// disjunctionProver holds the secrets between commitment and response. All its
// work is the same whichever branch is real.
type disjunctionProver struct {
	randomness *group.Scalar   // R
	actual     []int           // 1 for the real branch, else 0
	t, e       []*group.Scalar // nonces: exponents of the commitments a and b
	branches   []branch
}

// newProver draws the nonces of a disjunction over values, of which value is
// the one at the 1 in actual. It takes over randomness and actual, and wipes
// them after the answer. The commitments of a branch are
//
//	a = t*G    b = e*K    e = t - c*(value - v_j)
//
// with t and c random, which is t*K on the real branch whatever c.
func newProver(randomness, value *group.Scalar, values []*group.Scalar, actual []int) *disjunctionProver {
	p := &disjunctionProver{
		randomness: randomness,
		actual:     actual,
		t:          make([]*group.Scalar, len(values)),
		e:          make([]*group.Scalar, len(values)),
		branches:   make([]branch, len(values)),
	}
	for j, v := range values {
		t, c := group.RandomScalar(), group.RandomScalar()
		p.t[j], p.e[j], p.branches[j].c = t, t.Sub(c.Mul(value.Sub(v))), c
	}
	return p
}

// commit makes the commitments of provers, all together since that is cheaper.
func commit(table *group.Table, provers ...*disjunctionProver) {
	n := 0
	for _, p := range provers {
		n += len(p.branches)
	}
	products := make([]group.Product, 0, 2*n)
	for _, p := range provers {
		for j := range p.branches {
			products = append(products, group.Product{Table: group.BaseTable(), Scalar: p.t[j]},
				group.Product{Table: table, Scalar: p.e[j]})
		}
	}
	points := group.MulEach(products)
	for _, p := range provers {
		for j := range p.branches {
			p.branches[j].a, p.branches[j].b = points[0], points[1]
			points = points[2:]
			p.e[j].Wipe()
		}
	}
}

// appendProof answers the challenge: the real branch takes what the others
// leave of it. It appends a || b || c || z of every branch and wipes the
// secrets.
func (p *disjunctionProver) appendProof(to []byte, challenge *group.Scalar) []byte {
	rest := challenge
	for j := range p.branches {
		// The random challenge of the real branch is not subtracted.
		rest = rest.Sub(group.SelectScalar(new(group.Scalar), p.branches[j].c, p.actual[j]))
	}
	for j, br := range p.branches {
		c := group.SelectScalar(rest, br.c, p.actual[j])
		z := p.t[j].Add(c.Mul(p.randomness))
		to = append(to, br.a.Bytes()...)
		to = append(to, br.b.Bytes()...)
		to = append(to, c.Bytes()...)
		to = append(to, z.Bytes()...)
		p.t[j].Wipe()
		p.branches[j].c.Wipe()
		p.actual[j] = 0
	}
	p.randomness.Wipe()
	return to
}

// parseBranches decodes n branches of 128 bytes each, named by label in
// errors, with a decoder's hints of a and b. The caller has checked the length of
// b.
func parseBranches(d *group.Decoder, b []byte, n int, label func(int) string) ([]branch, error) {
	branches := make([]branch, n)
	for j := range branches {
		var err error
		br, w := &branches[j], b[j*branchSize:(j+1)*branchSize]
		if br.a, err = d.Element(w[:32]); err != nil {
			return nil, fmt.Errorf("%s: commitment a: %w", label(j), err)
		}
		if br.b, err = d.Element(w[32:64]); err != nil {
			return nil, fmt.Errorf("%s: commitment b: %w", label(j), err)
		}
		if br.c, err = d.Scalar(w[64:96]); err != nil {
			return nil, fmt.Errorf("%s: challenge: %w", label(j), err)
		}
		if br.z, err = d.Scalar(w[96:]); err != nil {
			return nil, fmt.Errorf("%s: response: %w", label(j), err)
		}
	}
	return branches, nil
}

// sumOfChallenges checks that the branches' challenges add up to challenge.
func sumOfChallenges(branches []branch, challenge *group.Scalar) error {
	var sum group.Scalar
	for _, br := range branches {
		sum = *sum.Add(br.c)
	}
	if !sum.Equal(challenge) {
		return ErrChallenge
	}
	return nil
}

// appendEquations appends the two equations of every branch:
//
//	z*G = a + c*A
//	(z + c*v)*K = b + c*B
func appendEquations(to []group.Equation, a, b *group.Point, values []*group.Scalar, branches []branch, label func(int) string) []group.Equation {
	terms := make([]group.Term, 0, 4*len(branches))
	for j, br := range branches {
		at := len(terms)
		terms = append(terms, group.Term{Point: br.a}, group.Term{Scalar: br.c, Point: a},
			group.Term{Point: br.b}, group.Term{Scalar: br.c, Point: b})
		to = append(to,
			group.Equation{
				Label: "response to alpha", Of: label, At: j,
				BaseCoeff: br.z,
				Terms:     terms[at : at+2 : at+2],
			},
			group.Equation{
				Label: "response to beta", Of: label, At: j,
				KeyCoeff: br.z.Add(br.c.Mul(values[j])),
				Terms:    terms[at+2 : at+4 : at+4],
			})
	}
	return to
}

// optionLabel names an option, from 0.
func optionLabel(j int) string { return "option " + strconv.Itoa(j) }

// valueLabel names the branches of a disjunction over small numbers.
func valueLabel(of string) func(int) string {
	return func(v int) string { return of + ", value " + strconv.Itoa(v) }
}

// equalInt returns 1 if a and b are equal and else 0, without branching on them.
func equalInt(a, b int) int {
	x := uint64(a ^ b)
	return int(1 ^ ((x | -x) >> 63))
}
