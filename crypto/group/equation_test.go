package group

import (
	"errors"
	"strings"
	"testing"
)

// trueEquations returns equations that hold with the joint key k, some sharing
// points: z*G + y*K = (z*G + y*K + s*P) - s*P.
func trueEquations(t testing.TB, k *Point, n int) []Equation {
	t.Helper()
	r := testRandom("equations")
	shared := MulBase(randomScalar(t, r))
	var equations []Equation
	for i := range n {
		z, y, s := randomScalar(t, r), randomScalar(t, r), randomScalar(t, r)
		sum := MulBase(z).Add(k.Mul(y)).Add(shared.Mul(s))
		e := Equation{Label: "equation " + string(rune('a'+i)), BaseCoeff: z, KeyCoeff: y, Terms: []Term{
			{Scalar: ScalarFromUint64(1), Point: sum},
			{Scalar: s.Neg(), Point: shared},
		}}
		equations = append(equations, e)
	}
	return equations
}

func TestEquationsHold(t *testing.T) {
	k := MulBase(ScalarFromUint64(99))
	for _, n := range []int{0, 1, 2, 20} {
		equations := trueEquations(t, k, n)
		if err := VarTimeCheckAll(equations, k); err != nil {
			t.Errorf("%d equations, one by one: %v", n, err)
		}
		if err := VarTimeCheckTogether(equations, k); err != nil {
			t.Errorf("%d equations, together: %v", n, err)
		}
	}
}

func TestFalseEquationIsNamed(t *testing.T) {
	k := MulBase(ScalarFromUint64(99))
	one := ScalarFromUint64(1)
	for name, corrupt := range map[string]func(e *Equation){
		"coefficient of G":         func(e *Equation) { e.BaseCoeff = e.BaseCoeff.Add(one) },
		"coefficient of K":         func(e *Equation) { e.KeyCoeff = e.KeyCoeff.Add(one) },
		"no coefficient of G":      func(e *Equation) { e.BaseCoeff = nil },
		"no coefficient of K":      func(e *Equation) { e.KeyCoeff = nil },
		"scalar of a term":         func(e *Equation) { e.Terms[1].Scalar = e.Terms[1].Scalar.Neg() },
		"point of a term":          func(e *Equation) { e.Terms[0].Point = e.Terms[0].Point.Add(Base()) },
		"term left out":            func(e *Equation) { e.Terms = e.Terms[:1] },
		"term twice":               func(e *Equation) { e.Terms = append(e.Terms, e.Terms[0]) },
		"coefficients exchanged":   func(e *Equation) { e.BaseCoeff, e.KeyCoeff = e.KeyCoeff, e.BaseCoeff },
		"another term's point":     func(e *Equation) { e.Terms[0].Point = e.Terms[1].Point },
		"true only for another K":  func(e *Equation) { e.BaseCoeff = e.BaseCoeff.Sub(e.KeyCoeff) },
		"coefficient of G doubled": func(e *Equation) { e.BaseCoeff = e.BaseCoeff.Add(e.BaseCoeff) },
	} {
		t.Run(name, func(t *testing.T) {
			equations := trueEquations(t, k, 3)
			corrupt(&equations[1])
			for how, err := range map[string]error{
				"one by one": VarTimeCheckAll(equations, k),
				"together":   VarTimeCheckTogether(equations, k),
			} {
				var named *EquationError
				if !errors.Is(err, ErrEquation) || !errors.As(err, &named) || named.Label != "equation b" {
					t.Errorf("%s: error is %v", how, err)
				}
			}
		})
	}
}

// TestFalseEquationsThatCancel adds to one equation what it takes from
// another: their plain sum holds, so fixed weights would be fooled.
func TestFalseEquationsThatCancel(t *testing.T) {
	k := MulBase(ScalarFromUint64(99))
	d := ScalarFromUint64(5)
	equations := trueEquations(t, k, 3)
	equations[0].BaseCoeff = equations[0].BaseCoeff.Add(d)
	equations[2].BaseCoeff = equations[2].BaseCoeff.Sub(d)
	for range 20 {
		err := VarTimeCheckTogether(equations, k)
		if !errors.Is(err, ErrEquation) || !strings.HasPrefix(err.Error(), "equation a ") {
			t.Fatalf("error is %v", err)
		}
	}
}

// TestEqualPointsAtTwoPlaces has the same element under two pointers and one
// pointer in two terms: merging must count both.
func TestEqualPointsAtTwoPlaces(t *testing.T) {
	p := MulBase(ScalarFromUint64(3))
	q := MulBase(ScalarFromUint64(3))
	one := ScalarFromUint64(1)
	good := []Equation{{Label: "x", BaseCoeff: ScalarFromUint64(9), Terms: []Term{{one, p}, {one, q}, {one, p}}}}
	if err := VarTimeCheckTogether(good, nil); err != nil {
		t.Error(err)
	}
	good[0].Terms = good[0].Terms[:2]
	if err := VarTimeCheckTogether(good, nil); !errors.Is(err, ErrEquation) {
		t.Errorf("error is %v", err)
	}
}

func TestMissingKey(t *testing.T) {
	equations := trueEquations(t, Base(), 2)
	for how, err := range map[string]error{
		"one by one": VarTimeCheckAll(equations, nil),
		"together":   VarTimeCheckTogether(equations, nil),
	} {
		if err == nil || errors.Is(err, ErrEquation) || !strings.Contains(err.Error(), "equation a") {
			t.Errorf("%s: error is %v", how, err)
		}
	}
}

func TestWrongKey(t *testing.T) {
	k := MulBase(ScalarFromUint64(99))
	equations := trueEquations(t, k, 2)
	if err := VarTimeCheckTogether(equations, k.Add(Base())); !errors.Is(err, ErrEquation) {
		t.Errorf("error is %v", err)
	}
}
