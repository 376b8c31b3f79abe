package group

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	circl "github.com/cloudflare/circl/group"
)

// under runs fn in another arithmetic. Tests that use it run alone.
func under(a Arithmetic, fn func()) {
	Use(a)
	defer Use(Edwards)
	fn()
}

// everything computes every operation that verification needs from the same bytes,
// and returns all results as bytes.
func everything(t testing.TB, seed string) (out []string) {
	t.Helper()
	r := testRandom(seed)
	add := func(what string, v any) { out = append(out, fmt.Sprintf("%s: %x", what, v)) }
	for range 40 {
		a, b := randomScalar(t, r), randomScalar(t, r)
		var wide [64]byte
		if _, err := r.Read(wide[:]); err != nil {
			t.Fatal(err)
		}
		add("wide", ScalarFromWide(&wide).Bytes())
		for what, s := range map[string]*Scalar{"add": a.Add(b), "sub": a.Sub(b), "mul": a.Mul(b), "neg": a.Neg(),
			"invert": a.Invert(), "power": a.Powers(4)[3], "select": SelectScalar(a, b, 1)} {
			add(what, s.Bytes())
		}
		p, q := MulBase(a), Base().Mul(b)
		parsed, err := ParsePoint(p.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]*Point{"base": p, "product": q, "sum": parsed.Add(q), "difference": p.Sub(q), "negative": p.Neg(),
			"multi": VarTimeMultiMul([]*Scalar{a, b, a}, []*Point{q, parsed, Identity()}), "nothing": VarTimeMultiMul(nil, nil),
			"combination": VarTimeCombination([]*Scalar{b, a}, []*Point{p, q}), "plain": VarTimeCombination(nil, []*Point{p, q, q}),
			"affine": q.Affine().Point(), "all": AddAll(p, []*Affine{ptr(q.Affine()), ptr(q.Affine())})} {
			add(what, c.Encoded().AppendTo(nil))
			add(what+" is identity", c.IsIdentity())
			add(what+" is p", c.Equal(p))
		}
		add("equal numbers", a.Equal(b))
		add("zero", a.IsZero())
		var some [PointSize]byte
		copy(some[:], wide[:])
		some[31] &= 0x7f
		some[0] &^= 1
		_, err = ParsePoint(some[:])
		add("decodes", fmt.Sprint(err))
	}
	slices.Sort(out) // maps have no order
	return out
}

func ptr[T any](v T) *T { return &v }

// TestArithmeticsAgree computes everything three times.
func TestArithmeticsAgree(t *testing.T) {
	want := everything(t, "agree")
	if n := len(slices.Compact(slices.Clone(want))); n < 500 {
		t.Fatalf("only %d results are no repetition", n)
	}
	for _, a := range []Arithmetic{Circl, Both} {
		under(a, func() {
			if got := everything(t, "agree"); !slices.Equal(got, want) {
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("arithmetic %d gives %q, and edwards25519 %q", a, got[i], want[i])
					}
				}
			}
		})
	}
	if err := Disagreement(); err != nil {
		t.Error(err)
	}
}

// TestCirclAlone: with Circl chosen, no point has anything that the first
// arithmetic has computed.
func TestCirclAlone(t *testing.T) {
	under(Circl, func() {
		p := MulBase(ScalarFromUint64(7))
		decoded, err := ParsePoint(p.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for i, q := range []*Point{p, decoded, Base(), Identity(), p.Add(decoded), p.Neg(), VarTimeCombination(nil, []*Point{p, p}), p.Affine().Point()} {
			if q.p != nil || q.a != nil || q.sum != nil || q.enc == nil {
				t.Errorf("point %d has more than its encoding", i)
			}
		}
	})
}

// TestVectorsInBothArithmetics runs the tests against the RFC's vectors, and those
// of equations, in the other arithmetics.
func TestVectorsInBothArithmetics(t *testing.T) {
	for _, a := range []Arithmetic{Circl, Both} {
		for name, test := range map[string]func(*testing.T){
			"bad encodings": TestBadEncodings, "lengths": TestHighBitAndLengths, "identity": TestIdentityOnlyWhereLegal,
			"scalars": TestParseScalar, "arithmetic": TestArithmetic, "wide": TestScalarFromWide, "powers": TestPowers,
			"true": TestEquationsHold, "false": TestFalseEquationIsNamed, "cancel": TestFalseEquationsThatCancel,
			"two places": TestEqualPointsAtTwoPlaces, "no key": TestMissingKey, "wrong key": TestWrongKey,
			"batch": TestBatchHolds, "cancel in a batch": TestBatchFaultsThatCancel, "batch without key": TestBatchWithoutKey,
		} {
			t.Run(fmt.Sprintf("%d/%s", a, name), func(t *testing.T) { under(a, func() { test(t) }) })
		}
	}
	if err := Disagreement(); err != nil {
		t.Error(err)
	}
}

// TestDisagreement has a point of which the two arithmetics know different things,
// as after a fault, and wants each operation on it named.
func TestDisagreement(t *testing.T) {
	for what, op := range map[string]func(bad, good *Point){
		"a sum":                           func(bad, good *Point) { good.Add(bad) },
		"a difference":                    func(bad, good *Point) { good.Sub(bad) },
		"a negative":                      func(bad, good *Point) { bad.Neg() },
		"a product":                       func(bad, good *Point) { bad.Mul(ScalarFromUint64(3)) },
		"a sum of products":               func(bad, good *Point) { VarTimeMultiMul([]*Scalar{ScalarFromUint64(3)}, []*Point{bad}) },
		"whether two points are equal":    func(bad, good *Point) { bad.Equal(good) },
		"whether a point is the identity": func(bad, good *Point) { (&Point{p: good.p, enc: Identity().enc}).IsIdentity() },
	} {
		t.Run(what, func(t *testing.T) {
			defer disagreement.Store(nil)
			under(Both, func() {
				good := MulBase(ScalarFromUint64(5))
				op(&Point{p: good.p, enc: MulBase(ScalarFromUint64(6)).enc}, good)
			})
			if err := Disagreement(); err == nil || !strings.Contains(err.Error(), "disagree on "+what+":") {
				t.Errorf("disagreement is %v", err)
			}
		})
	}
}

// TestDisagreementOfVerdicts: what is true by one and false by the other is false,
// and numbers that differ are told as well.
func TestDisagreementOfVerdicts(t *testing.T) {
	for _, first := range []bool{false, true} {
		under(Both, func() {
			if eitherVerdict("a verdict", func() bool { return first }, func() bool { return !first }) {
				t.Error("is true by one only, and taken for true")
			}
		})
		if err := Disagreement(); err == nil || !strings.Contains(err.Error(), "disagree on a verdict:") {
			t.Errorf("disagreement is %v", err)
		}
		disagreement.Store(nil)
	}
	under(Both, func() {
		eitherScalar("a number", func(s *edwards25519.Scalar) { s.Set(&ScalarFromUint64(5).s) }, func(n circl.Scalar) { n.SetUint64(6) })
	})
	if err := Disagreement(); err == nil || !strings.Contains(err.Error(), "disagree on a number:") {
		t.Errorf("disagreement is %v", err)
	}
	disagreement.Store(nil)
}

// TestOnlyEdwards: what is no part of verification says so in another arithmetic.
func TestOnlyEdwards(t *testing.T) {
	p := MulBase(ScalarFromUint64(5))
	under(Circl, func() {
		for what, op := range map[string]func(){
			"tables of multiples":  func() { NewTable(p) },
			"tables of logarithms": func() { _, _ = NewLogTable(p) },
			"accumulators":         func() { _ = new(Accumulator).Add(nil, nil) },
		} {
			func() {
				defer func() {
					if s, _ := recover().(string); !strings.Contains(s, what) {
						t.Errorf("%s: %q", what, s)
					}
				}()
				op()
			}()
		}
	})
}
