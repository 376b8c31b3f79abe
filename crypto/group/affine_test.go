package group

import "testing"

// TestAddAll holds sums of addends against those of points.
func TestAddAll(t *testing.T) {
	r := testRandom("addends")
	points := randomPoints(t, r, 60)
	for _, start := range []*Point{Identity(), MulBase(randomScalar(t, r)), points[7]} {
		want := start
		var addends []*Affine
		for i := range points {
			if got := AddAll(start, addends); !got.Equal(want) {
				t.Fatalf("the sum of %d is another one", i)
			}
			a := points[i].Affine()
			if !a.Point().Equal(points[i]) {
				t.Fatalf("point %d is another one by its affine coordinates", i)
			}
			addends, want = append(addends, &a), want.Add(points[i])
		}
	}
}
