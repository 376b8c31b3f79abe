package main

import (
	"bytes"
	"fmt"

	circl "github.com/cloudflare/circl/group"
	"github.com/gtank/ristretto255"
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"

	"rollcall/crypto/group"
)

// library is one implementation of ristretto255. Its functions compute on the
// inputs it was made with and keep what they found; nil is what it can not do.
type library struct {
	key, name string
	modules   []string // its import path, and what it stands on

	decode  func(i int)   // point i
	fixed   func()        // scalars[0]*G, in constant time
	table   func()        // scalars[1]*points[0] from a table made before, in constant time
	mul     func()        // scalars[0]*points[0], in constant time
	double  func()        // scalars[0]*points[0] + scalars[1]*G, of public values
	sum     func(n int)   // the sum of scalars[i]*points[i] for i < n, of public values
	encoded func() []byte // the point found last
}

// inputs are encodings of points, and scalars below the order of the group.
type inputs struct{ points, scalars [][]byte }

// randomInputs returns n points and scalars.
func randomInputs(n int) inputs {
	var in inputs
	for range n {
		in.points = append(in.points, group.MulBase(group.RandomScalar()).Bytes())
		in.scalars = append(in.scalars, group.RandomScalar().Bytes())
	}
	return in
}

// libraries returns all of them, made for the same inputs.
func libraries(in inputs) ([]library, error) {
	var all []library
	for _, make := range []func(inputs) (library, error){ours, gtank, cloudflare, voi} {
		l, err := make(in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		all = append(all, l)
	}
	return all, agree(all, in)
}

// agree holds that all libraries compute the same.
func agree(all []library, in inputs) error {
	want := &all[0]
	for i := range all {
		l := &all[i]
		for _, op := range operations(len(in.points)) {
			mine, theirs := op.of(want), op.of(l)
			if theirs == nil {
				continue
			}
			mine()
			theirs()
			if !bytes.Equal(want.encoded(), l.encoded()) {
				return fmt.Errorf("%s and %s do not agree on %s", want.name, l.name, op.name)
			}
		}
	}
	return nil
}

// operation is one that libraries are compared by.
type operation struct {
	key, name string
	units     int
	of        func(*library) func()
}

// operations are the ones that libraries are compared by. Sums are of few and
// of many points; many is at most the number of inputs.
func operations(many int) []operation {
	const few = 50
	sum := func(n int) func(*library) func() {
		return func(l *library) func() {
			if l.sum == nil {
				return nil
			}
			return func() { l.sum(n) }
		}
	}
	return []operation{
		{"decode", "decoding a point", 1, func(l *library) func() { return func() { l.decode(0) } }},
		{"fixed", "secret scalar times G", 1, func(l *library) func() { return l.fixed }},
		{"table", "secret scalar times K, by a table", 1, func(l *library) func() { return l.table }},
		{"mul", "secret scalar times a point", 1, func(l *library) func() { return l.mul }},
		{"double", "a times a point plus b times G", 1, func(l *library) func() { return l.double }},
		{"sum-few", fmt.Sprintf("sum of %d products, a point", few), few, sum(min(few, many))},
		{"sum-many", fmt.Sprintf("sum of %s products, a point", thousands(many)), many, sum(many)},
	}
}

// measureLibraries compares libraries operation by operation.
func measureLibraries(all []library, many int) []measurement {
	var ms []measurement
	for _, op := range operations(many) {
		for i := range all {
			if fn := op.of(&all[i]); fn != nil {
				ms = append(ms, repeat(libraryKey(all[i].key, op.key), all[i].name+", "+op.name, op.units, fn))
			}
		}
	}
	return ms
}

func libraryKey(library, operation string) string { return "library/" + library + "/" + operation }

// ours is Rollcall's own package. It has sums of products twice: that of
// edwards25519 for few points, and that of batches, which says only whether a sum
// is right.
func ours(in inputs) (library, error) {
	l := library{key: "rollcall", name: "Rollcall", modules: []string{"filippo.io/edwards25519", "github.com/cloudflare/circl"}}
	var points []*group.Point
	var scalars []*group.Scalar
	for i := range in.points {
		p, err := group.ParseElement(in.points[i])
		if err != nil {
			return l, err
		}
		s, err := group.ParseScalar(in.scalars[i])
		if err != nil {
			return l, err
		}
		points, scalars = append(points, p), append(scalars, s)
	}
	table := group.NewTable(points[0])
	result := points[0]
	l.decode = func(i int) { result, _ = group.ParseElement(in.points[i]) } // decoded without error above
	l.fixed = func() { result = group.MulBase(scalars[0]) }
	l.table = func() { result = table.Mul(scalars[1]) }
	l.mul = func() { result = points[0].Mul(scalars[0]) }
	l.double = func() {
		result = group.VarTimeMultiMul(scalars[:2], []*group.Point{points[0], group.Base()})
	}
	sums := map[int]*group.Point{}
	l.sum = func(n int) {
		if n < smallestBatch {
			result = group.VarTimeMultiMul(scalars[:n], points[:n])
			return
		}
		if sums[n] == nil {
			sums[n] = group.VarTimeMultiMul(scalars[:n], points[:n])
		}
		claim := group.Equation{Terms: []group.Term{
			{Scalar: group.ScalarFromUint64(1).Neg(), Point: sums[n]},
			{Point: group.VarTimeCombination(scalars[:n], points[:n])},
		}}
		result = group.Identity()
		if group.VarTimeCheckTogether([]group.Equation{claim}, nil) == nil {
			result = sums[n]
		}
	}
	l.encoded = func() []byte { return result.Bytes() }
	return l, nil
}

// smallestBatch is how many points Rollcall adds as a batch.
const smallestBatch = 190

func gtank(in inputs) (library, error) {
	l := library{key: "gtank", name: "gtank/ristretto255", modules: []string{"github.com/gtank/ristretto255", "filippo.io/edwards25519"}}
	var points []*ristretto255.Element
	var scalars []*ristretto255.Scalar
	for i := range in.points {
		p, err := ristretto255.NewIdentityElement().SetCanonicalBytes(in.points[i])
		if err != nil {
			return l, err
		}
		s, err := ristretto255.NewScalar().SetCanonicalBytes(in.scalars[i])
		if err != nil {
			return l, err
		}
		points, scalars = append(points, p), append(scalars, s)
	}
	result := ristretto255.NewIdentityElement()
	l.decode = func(i int) { _, _ = result.SetCanonicalBytes(in.points[i]) }
	l.fixed = func() { result.ScalarBaseMult(scalars[0]) }
	l.mul = func() { result.ScalarMult(scalars[0], points[0]) }
	l.double = func() { result.VarTimeDoubleScalarBaseMult(scalars[0], points[0], scalars[1]) }
	l.sum = func(n int) { result.VarTimeMultiScalarMult(scalars[:n], points[:n]) }
	l.encoded = func() []byte { return result.Bytes() }
	return l, nil
}

// cloudflare is circl, which has no sum of products and no double product: the
// latter is two products here, in constant time as all of circl's are.
func cloudflare(in inputs) (library, error) {
	l := library{key: "circl", name: "cloudflare/circl", modules: []string{"github.com/cloudflare/circl"}}
	g := circl.Ristretto255
	points, scalars := make([]circl.Element, 1), make([]circl.Scalar, 2)
	points[0] = g.NewElement()
	if err := points[0].UnmarshalBinary(in.points[0]); err != nil {
		return l, err
	}
	for i := range scalars {
		scalars[i] = g.NewScalar()
		if err := scalars[i].UnmarshalBinary(in.scalars[i]); err != nil {
			return l, err
		}
	}
	result, second := g.NewElement(), g.NewElement()
	l.decode = func(i int) { _ = result.UnmarshalBinary(in.points[i]) }
	l.fixed = func() { result.MulGen(scalars[0]) }
	l.mul = func() { result.Mul(points[0], scalars[0]) }
	l.double = func() {
		second.MulGen(scalars[1])
		result.Add(result.Mul(points[0], scalars[0]), second)
	}
	l.encoded = func() []byte {
		b, err := result.MarshalBinaryCompress()
		if err != nil {
			return nil // equals no encoding
		}
		return b
	}
	return l, nil
}

func voi(in inputs) (library, error) {
	l := library{key: "voi", name: "oasisprotocol/curve25519-voi", modules: []string{"github.com/oasisprotocol/curve25519-voi"}}
	var points []*curve.RistrettoPoint
	var scalars []*scalar.Scalar
	var compressed curve.CompressedRistretto
	for i := range in.points {
		if _, err := compressed.SetBytes(in.points[i]); err != nil {
			return l, err
		}
		p, err := curve.NewRistrettoPoint().SetCompressed(&compressed)
		if err != nil {
			return l, err
		}
		s, err := scalar.NewFromCanonicalBytes(in.scalars[i])
		if err != nil {
			return l, err
		}
		points, scalars = append(points, p), append(scalars, s)
	}
	table := curve.NewRistrettoBasepointTable(points[0])
	result := curve.NewRistrettoPoint()
	l.decode = func(i int) {
		_, _ = compressed.SetBytes(in.points[i])
		_, _ = result.SetCompressed(&compressed)
	}
	l.fixed = func() { result.MulBasepoint(curve.RISTRETTO_BASEPOINT_TABLE, scalars[0]) }
	l.table = func() { result.MulBasepoint(table, scalars[1]) }
	l.mul = func() { result.Mul(points[0], scalars[0]) }
	l.double = func() { result.DoubleScalarMulBasepointVartime(scalars[0], points[0], scalars[1]) }
	l.sum = func(n int) { result.MultiscalarMulVartime(scalars[:n], points[:n]) }
	l.encoded = func() []byte {
		b := curve.NewCompressedRistretto().SetRistrettoPoint(result)
		return b[:]
	}
	return l, nil
}
