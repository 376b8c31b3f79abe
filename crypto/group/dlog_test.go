package group

import (
	"errors"
	"testing"

	"filippo.io/edwards25519"
)

func logTable(t testing.TB, base *Point) *LogTable {
	t.Helper()
	table, err := NewLogTable(base)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDiscreteLog(t *testing.T) {
	k := MulBase(RandomScalar())
	table := logTable(t, k)
	const most = 300_000_000
	numbers := []uint64{0, 1, 2, 3, 1000, most - 1, most}
	for _, near := range []uint64{babySteps, giantStep, giantStep + babySteps, 7 * giantStep,
		giantBatch * giantStep, giantBatch*giantStep + babySteps} {
		for d := range uint64(5) {
			numbers = append(numbers, near+d-2)
		}
	}
	r := testRandom("logs")
	for range 20 {
		numbers = append(numbers, r.Uint64()%most)
	}
	for _, m := range numbers {
		p := k.Mul(ScalarFromUint64(m))
		if got, err := table.VarTimeLog(p, most); err != nil || got != m {
			t.Errorf("log of %d*K is %d, %v", m, got, err)
		}
		if got, err := table.VarTimeLog(p, m); err != nil || got != m {
			t.Errorf("log of %d*K up to %d is %d, %v", m, m, got, err)
		}
		if m > 0 {
			if got, err := table.VarTimeLog(p, m-1); !errors.Is(err, ErrLog) {
				t.Errorf("log of %d*K up to %d is %d, %v", m, m-1, got, err)
			}
			if got, err := table.VarTimeLog(p.Neg(), most); !errors.Is(err, ErrLog) {
				t.Errorf("log of -%d*K is %d, %v", m, got, err)
			}
		}
	}
}

// TestDiscreteLogOfRepresentatives takes points and bases that differ by
// torsion, as sums of decoded points do.
func TestDiscreteLogOfRepresentatives(t *testing.T) {
	k := MulBase(RandomScalar())
	for i, torsion := range fourTorsion(t) {
		table := logTable(t, &Point{p: new(edwards25519.Point).Add(k.edwards(), torsion)})
		for _, m := range []uint64{0, 1, 5, 70_000, 1_000_003} {
			for j, other := range fourTorsion(t) {
				p := k.Mul(ScalarFromUint64(m))
				p = &Point{p: new(edwards25519.Point).Add(p.edwards(), other)}
				if got, err := table.VarTimeLog(p, 2_000_000); err != nil || got != m {
					t.Errorf("base %d, point %d: log of %d*K is %d, %v", i, j, m, got, err)
				}
			}
		}
	}
}

func TestDiscreteLogRefuses(t *testing.T) {
	for name, base := range map[string]*Point{"nil": nil, "identity": Identity()} {
		if _, err := NewLogTable(base); !errors.Is(err, ErrIdentity) {
			t.Errorf("base %s: error is %v", name, err)
		}
	}
	table := logTable(t, Base())
	if _, err := table.VarTimeLog(Base(), maxLog+1); err == nil || errors.Is(err, ErrLog) {
		t.Errorf("too large a maximum: error is %v", err)
	}
	if _, err := table.VarTimeLog(MulBase(RandomScalar()), 1_000_000); !errors.Is(err, ErrLog) {
		t.Errorf("random point: error is %v", err)
	}
}

func BenchmarkNewLogTable(b *testing.B) {
	for b.Loop() {
		logTable(b, Base())
	}
}

func BenchmarkDiscreteLog(b *testing.B) {
	table := logTable(b, Base())
	p := MulBase(ScalarFromUint64(300_000_000))
	for b.Loop() {
		if _, err := table.VarTimeLog(p, 300_000_000); err != nil {
			b.Fatal(err)
		}
	}
}
