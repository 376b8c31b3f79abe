package main

import (
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

func TestLibrariesAgree(t *testing.T) {
	in := randomInputs(60)
	all, err := libraries(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 {
		t.Errorf("%d libraries, want 4", len(all))
	}
	// One that computes something else is found out, in each operation.
	for _, break_ := range []func(*library){
		func(l *library) { l.decode = func(int) {} },
		func(l *library) { l.fixed = func() {} },
		func(l *library) { l.mul = func() {} },
		func(l *library) { l.table = func() {} },
		func(l *library) { l.double = func() {} },
		func(l *library) { f := l.sum; l.sum = func(n int) { f(n - 1) } },
	} {
		other := slices.Clone(all)
		break_(&other[3])
		if err := agree(other, in); err == nil || !strings.Contains(err.Error(), "do not agree") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestLibrariesRefuseBadInputs(t *testing.T) {
	for name, spoil := range map[string]func(*inputs){
		"a point that is none":         func(in *inputs) { in.points[0] = slices.Repeat([]byte{0xff}, group.PointSize) },
		"a scalar that is not reduced": func(in *inputs) { in.scalars[0] = slices.Repeat([]byte{0xff}, group.ScalarSize) },
	} {
		in := randomInputs(2)
		spoil(&in)
		if _, err := libraries(in); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
