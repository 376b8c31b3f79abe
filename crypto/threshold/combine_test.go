package threshold

import (
	"errors"
	"slices"
	"testing"

	"rollcall/crypto/group"
)

func TestLagrangeAtZero(t *testing.T) {
	for k := 1; k <= 6; k++ {
		tr := newTrustees(k, 9)
		for _, indices := range [][]uint64{{1, 2, 3, 4, 5, 6}, {9, 7, 5, 3, 1, 2}, {4, 9, 6, 1, 8, 2}} {
			lambdas, err := LagrangeAtZero(indices[:k])
			if err != nil {
				t.Fatal(err)
			}
			sum := new(group.Scalar)
			for i, index := range indices[:k] {
				sum = sum.Add(lambdas[i].Mul(tr.secret[index-1]))
			}
			if !group.MulBase(sum).Equal(tr.key) {
				t.Errorf("%d of 9, trustees %v: not the joint key", k, indices[:k])
			}
		}
	}
	one, err := LagrangeAtZero([]uint64{7})
	if err != nil || !one[0].Equal(group.ScalarFromUint64(1)) {
		t.Errorf("one trustee alone has another coefficient than 1: %v", err)
	}
}

func TestLagrangeRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		indices []uint64
		text    string
	}{
		{"none", nil, "no trustees"},
		{"index 0", []uint64{1, 0}, "trustee index is 0"},
		{"twice", []uint64{2, 3, 2}, "trustee 2 is given twice"},
	} {
		_, err := LagrangeAtZero(tc.indices)
		wantError(t, err, nil, tc.text)
		_, err = Combine(group.Base(), tc.indices, make([]*group.Point, len(tc.indices)))
		wantError(t, err, nil, tc.text)
	}
	_, err := Combine(group.Base(), []uint64{1, 2}, []*group.Point{group.Base()})
	wantError(t, err, nil, "1 shares of 2 trustees")
}

// TestTooFewOrWrongShares: what is combined is then no small multiple of K.
func TestTooFewOrWrongShares(t *testing.T) {
	tr := newTrustees(3, 5)
	sum := tr.sums(t, 42)[0]
	share := func(i uint64) *group.Point { return sum.Alpha.Mul(tr.secret[i-1]) }
	table, err := group.NewLogTable(tr.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		indices []uint64
		shares  []*group.Point
		ok      bool
	}{
		{"three", []uint64{5, 1, 3}, []*group.Point{share(5), share(1), share(3)}, true},
		{"all", []uint64{1, 2, 3, 4, 5}, []*group.Point{share(1), share(2), share(3), share(4), share(5)}, true},
		{"two of three", []uint64{1, 3}, []*group.Point{share(1), share(3)}, false},
		{"one of three", []uint64{4}, []*group.Point{share(4)}, false},
		{"under another's index", []uint64{1, 2, 4}, []*group.Point{share(1), share(2), share(3)}, false},
		{"one altered", []uint64{1, 2, 3}, []*group.Point{share(1), share(2).Add(group.Base()), share(3)}, false},
	} {
		m, err := Combine(sum.Beta, tc.indices, tc.shares)
		if err != nil {
			t.Fatal(err)
		}
		got, err := table.VarTimeLog(m, 1_000_000)
		if tc.ok && (err != nil || got != 42) || !tc.ok && !errors.Is(err, group.ErrLog) {
			t.Errorf("%s: total is %d, %v", tc.name, got, err)
		}
	}
}

// TestShiftedByTheLastTrustee: who knows all other shares can choose the total
// unless its own must be proved. The proof is what stands in the way.
func TestShiftedByTheLastTrustee(t *testing.T) {
	h := newHonest(t)
	lambdas, err := LagrangeAtZero([]uint64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	stolen := h.tr.key.Mul(group.ScalarFromUint64(5).Mul(lambdas[1].Invert()))
	shares := slices.Clone(h.shares)
	shares[0] = shares[0].Add(stolen)
	m, err := Combine(h.sums[0].Beta, []uint64{1, 2}, []*group.Point{h.sums[0].Alpha.Mul(h.tr.secret[0]), shares[0]})
	if err != nil || !m.Equal(h.tr.key.Mul(group.ScalarFromUint64(5))) {
		t.Fatalf("the attack does not shift the total from 10 to 5: %v", err)
	}
	wantError(t, Verify(h.st, shares, forge(h.st, h.tr.secret[1], shares)), group.ErrEquation, "response to the shares")
}
