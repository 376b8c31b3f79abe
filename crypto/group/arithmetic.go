package group

import (
	"fmt"
	"sync/atomic"

	"filippo.io/edwards25519"
	circl "github.com/cloudflare/circl/group"
)

// Arithmetic says whose code computes in the group.
type Arithmetic uint8

// The arithmetics. They share no code below this package.
const (
	// Edwards is filippo.io/edwards25519, with circl's field for decoding, tables and
	// batches. It is what a process begins with.
	Edwards Arithmetic = iota
	// Circl is the ristretto255 of github.com/cloudflare/circl/group, for points and
	// for scalars. It has no batches, hints or tables, and takes some ten times as
	// long.
	Circl
	// Both computes everything twice and compares. Whatever they give differently is
	// told by Disagreement.
	Both
)

var (
	arithmetic   = Edwards
	disagreement atomic.Pointer[string]
)

// Use chooses the arithmetic of the whole process. It must be called before
// anything else of this package: what was computed by one is of no use to another.
func Use(a Arithmetic) {
	if a > Both {
		panic(fmt.Sprintf("group: there is no arithmetic %d", a))
	}
	arithmetic = a
}

// Disagreement returns an error that names the first operation of which the two
// arithmetics of Both gave different results, and nil if there is none. After
// one, nothing that was computed is to be believed.
func Disagreement() error {
	if what := disagreement.Load(); what != nil {
		return fmt.Errorf("the two arithmetics disagree on %s: one of them, or this machine, is at fault, and neither is to be believed", *what)
	}
	return nil
}

// disagree keeps the first disagreement. It names no value, which may be secret.
func disagree(what string) { disagreement.CompareAndSwap(nil, &what) }

// second reports whether an arithmetic beside Edwards computes.
func second() bool { return arithmetic != Edwards }

// onlyEdwards panics where another arithmetic than Edwards was chosen: it is for
// verification, which needs no tables.
func onlyEdwards(what string) {
	if second() {
		panic("group: " + what + " are of the arithmetic Edwards alone")
	}
}

// either returns the result of an operation, by its name, in the arithmetic of the
// process. A point of another arithmetic than Edwards always has its encoding, and
// of Circl nothing else.
func either(what string, edwards func() *edwards25519.Point, second func() circl.Element) *Point {
	if arithmetic == Edwards {
		return &Point{p: edwards()}
	}
	enc := circlEncode(second())
	p := &Point{enc: &enc}
	if arithmetic == Both {
		p.p = edwards()
		if encode(p.p) != enc {
			disagree(what)
		}
	}
	return p
}

// eitherScalar is either for numbers, which circl's are put into the container of
// edwards for.
func eitherScalar(what string, edwards func(*edwards25519.Scalar), second func(circl.Scalar)) *Scalar {
	s := new(Scalar)
	if arithmetic == Edwards {
		edwards(&s.s)
		return s
	}
	n := circl.Ristretto255.NewScalar()
	second(n)
	if _, err := s.s.SetCanonicalBytes(circlBytes(n)); err != nil {
		disagree(what) // it is not below the order
	}
	if arithmetic == Both {
		var own edwards25519.Scalar
		if edwards(&own); own.Equal(&s.s) != 1 {
			disagree(what)
		}
	}
	return s
}

// eitherVerdict is either for what is true or false. What they disagree on is false.
func eitherVerdict(what string, edwards, second func() bool) bool {
	if arithmetic == Edwards {
		return edwards()
	}
	verdict := second()
	if arithmetic == Both && edwards() != verdict {
		disagree(what)
		return false
	}
	return verdict
}
