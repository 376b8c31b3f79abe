package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/crypto/group"
)

// Offsets of the parts of a branch on the wire.
const (
	offA, offB, offC, offZ = 0, 32, 64, 96
)

// kind is one of the two proofs, with what its labels say.
type kind struct {
	name   string
	seal   func(t testing.TB) *sealed
	verify func(*Statement, []byte) error
	labels []string // of every branch, in order
}

var kinds = []kind{{
	name:   "unit vector",
	seal:   func(t testing.TB) *sealed { return sealOne(t, newKey(t), 4, 2) },
	verify: VerifyUnitVector,
	labels: []string{"option 0", "option 1", "option 2", "option 3"},
}, {
	name:   "range",
	seal:   func(t testing.TB) *sealed { return sealRange(t, newKey(t), []uint64{0, 1, 1, 0}, 2) },
	verify: VerifyRange,
	labels: []string{
		"option 0, value 0", "option 0, value 1", "option 1, value 0", "option 1, value 1",
		"option 2, value 0", "option 2, value 1", "option 3, value 0", "option 3, value 1",
		"sum, value 0", "sum, value 1", "sum, value 2",
	},
}}

// disjunctionOf returns the first and the number of branches of the
// disjunction that branch j is of.
func (k *kind) disjunctionOf(j int) (first, size int) {
	switch {
	case k.name == "unit vector":
		return 0, 4
	case j < 8:
		return j &^ 1, 2
	default:
		return 8, 3
	}
}

// wantError checks for an error that wraps want and holds text.
func wantError(t *testing.T, err, want error, text string) {
	t.Helper()
	if err == nil || (want != nil && !errors.Is(err, want)) || !strings.Contains(err.Error(), text) {
		t.Errorf("error is %v, want %v with %q", err, want, text)
	}
}

// addOrder adds l to an encoded scalar: the same number, not canonical.
func addOrder(b []byte) []byte {
	l := group.ScalarFromUint64(1).Neg().Bytes() // l-1
	l[0]++                                       // its lowest byte is 0xec
	out, carry := bytes.Clone(b), 0
	for i := range out {
		carry += int(out[i]) + int(l[i])
		out[i] = byte(carry)
		carry >>= 8
	}
	return out
}

// addScalar adds d to the scalar at an offset.
func addScalar(t testing.TB, proof []byte, offset int, d *group.Scalar) {
	t.Helper()
	s, err := group.ParseScalar(proof[offset : offset+32])
	if err != nil {
		t.Fatal(err)
	}
	copy(proof[offset:], s.Add(d).Bytes())
}

// addPoint adds the base point to the point at an offset.
func addPoint(t testing.TB, proof []byte, offset int) {
	t.Helper()
	p, err := group.ParsePoint(proof[offset : offset+32])
	if err != nil {
		t.Fatal(err)
	}
	copy(proof[offset:], p.Add(group.Base()).Bytes())
}

// TestEveryFieldOfEveryBranch alters one field of one branch at a time.
func TestEveryFieldOfEveryBranch(t *testing.T) {
	one := group.ScalarFromUint64(1)
	identity := make([]byte, 32)
	minusOne := append([]byte{0xec}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...) // y would be zero
	fields := []struct {
		name  string
		alter func(t testing.TB, branch []byte)
		want  error
		text  string // follows the branch's label; "" where the error names no branch
	}{
		{"a altered", func(t testing.TB, b []byte) { addPoint(t, b, offA) }, ErrChallenge, ""},
		{"b altered", func(t testing.TB, b []byte) { addPoint(t, b, offB) }, ErrChallenge, ""},
		{"a and b exchanged", func(t testing.TB, b []byte) {
			copy(b, slices.Concat(b[offB:offC], b[:offB]))
		}, ErrChallenge, ""},
		{"c altered", func(t testing.TB, b []byte) { addScalar(t, b, offC, one) }, ErrChallenge, ""},
		{"z altered", func(t testing.TB, b []byte) { addScalar(t, b, offZ, one) }, group.ErrEquation, ": response to alpha"},
		{"z is zero", func(t testing.TB, b []byte) { copy(b[offZ:], identity) }, group.ErrEquation, ": response to alpha"},
		{"a is the identity", func(t testing.TB, b []byte) { copy(b[offA:], identity) }, group.ErrIdentity, ": commitment a"},
		{"b is the identity", func(t testing.TB, b []byte) { copy(b[offB:], identity) }, group.ErrIdentity, ": commitment b"},
		{"a is no point", func(t testing.TB, b []byte) { copy(b[offA:], minusOne) }, group.ErrPoint, ": commitment a"},
		{"b is no point", func(t testing.TB, b []byte) { copy(b[offB:], minusOne) }, group.ErrPoint, ": commitment b"},
		{"a has the high bit", func(t testing.TB, b []byte) { b[offA+31] |= 0x80 }, group.ErrPoint, ": commitment a"},
		{"c plus the order", func(t testing.TB, b []byte) {
			copy(b[offC:], addOrder(b[offC:offZ]))
		}, group.ErrScalar, ": challenge"},
		{"z plus the order", func(t testing.TB, b []byte) {
			copy(b[offZ:], addOrder(b[offZ:]))
		}, group.ErrScalar, ": response"},
	}
	for _, k := range kinds {
		s := k.seal(t)
		for j, label := range k.labels {
			for _, f := range fields {
				t.Run(fmt.Sprintf("%s/%s/%s", k.name, label, f.name), func(t *testing.T) {
					proof := bytes.Clone(s.proof)
					f.alter(t, proof[j*branchSize:(j+1)*branchSize])
					text := ""
					if f.text != "" {
						text = label + f.text
					}
					wantError(t, k.verify(s.st, proof), f.want, text)
				})
			}
		}
		if err := k.verify(s.st, s.proof); err != nil {
			t.Errorf("%s: the proof all these are made of: %v", k.name, err)
		}
	}
}

// TestChallengesMoved shifts part of a challenge to the next branch: the sum
// still matches, so only the equations can tell.
func TestChallengesMoved(t *testing.T) {
	d := group.ScalarFromUint64(3)
	for _, k := range kinds {
		s := k.seal(t)
		for j := range k.labels {
			first, size := k.disjunctionOf(j)
			next := first + (j-first+1)%size
			proof := bytes.Clone(s.proof)
			addScalar(t, proof, j*branchSize+offC, d)
			addScalar(t, proof, next*branchSize+offC, d.Neg())
			wantError(t, k.verify(s.st, proof), group.ErrEquation, "response to alpha")
		}
	}
}

// TestBranchesExchanged swaps whole branches, or only their answers.
func TestBranchesExchanged(t *testing.T) {
	for _, k := range kinds {
		s := k.seal(t)
		for j := range k.labels {
			first, size := k.disjunctionOf(j)
			next := first + (j-first+1)%size
			for _, tc := range []struct {
				what string
				from int
				want error
			}{{"branches", 0, ErrChallenge}, {"challenges and responses", offC, group.ErrEquation}} {
				proof := bytes.Clone(s.proof)
				copy(proof[j*branchSize+tc.from:(j+1)*branchSize], s.proof[next*branchSize+tc.from:(next+1)*branchSize])
				copy(proof[next*branchSize+tc.from:(next+1)*branchSize], s.proof[j*branchSize+tc.from:(j+1)*branchSize])
				if err := k.verify(s.st, proof); !errors.Is(err, tc.want) {
					t.Errorf("%s: %s of %s and %s: error is %v", k.name, tc.what, k.labels[j], k.labels[next], err)
				}
			}
		}
	}
	// Whole disjunctions of a range proof, both of an option with a 1.
	s := sealRange(t, newKey(t), []uint64{0, 1, 1, 0}, 2)
	proof := slices.Concat(s.proof[:2*branchSize], s.proof[4*branchSize:6*branchSize],
		s.proof[2*branchSize:4*branchSize], s.proof[6*branchSize:])
	wantError(t, VerifyRange(s.st, proof), ErrChallenge, "option 0")
}

func TestLengths(t *testing.T) {
	for _, k := range kinds {
		s := k.seal(t)
		for name, proof := range map[string][]byte{
			"nil":             nil,
			"one byte less":   s.proof[:len(s.proof)-1],
			"one byte more":   append(bytes.Clone(s.proof), 0),
			"one branch less": s.proof[:len(s.proof)-branchSize],
			"one branch more": append(bytes.Clone(s.proof), s.proof[:branchSize]...),
			"twice":           slices.Concat(s.proof, s.proof),
		} {
			t.Run(k.name+"/"+name, func(t *testing.T) {
				wantError(t, k.verify(s.st, proof), nil, fmt.Sprintf("proof has %d bytes, want %d", len(proof), len(s.proof)))
			})
		}
	}
}

// TestProofOfTheOtherKind gives each verifier the other's proof of the same
// ciphertexts, cut or filled up to the right length: the tags keep them apart.
func TestProofOfTheOtherKind(t *testing.T) {
	s := sealOne(t, newKey(t), 4, 1)
	r, err := ProveRange(s.enc, s.st, s.votes, s.randomness)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyRange(s.st, r); err != nil {
		t.Fatalf("one vote is a range of at most one as well: %v", err)
	}
	wantError(t, VerifyUnitVector(s.st, r), nil, "proof has")
	wantError(t, VerifyUnitVector(s.st, r[:len(s.proof)]), ErrChallenge, "")
	padded := slices.Concat(s.proof, r[len(s.proof):])
	wantError(t, VerifyRange(s.st, padded), ErrChallenge, "option 0")
}
