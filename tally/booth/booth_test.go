package booth

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
)

// fixture is a booth of an election whose secret key the test knows.
type fixture struct {
	*Booth
	x           *group.Scalar // of the joint key
	joint       *group.Point
	voter, cast *schnorr.SecretKey
}

// contest makes a contest of n options in unit 0.
func contest(id string, n int, limit uint64) entry.Contest {
	c := entry.Contest{ID: id, Limit: limit, Units: []uint64{0}}
	for i := range n {
		c.Options = append(c.Options, entry.Option{ID: fmt.Sprint(id, i)})
	}
	return c
}

func newFixture(t testing.TB, board Board, contests ...entry.Contest) *fixture {
	t.Helper()
	f := &fixture{x: group.RandomScalar(), voter: schnorr.GenerateKey(), cast: schnorr.GenerateKey()}
	f.joint = group.MulBase(f.x).Encoded()
	m := &entry.Manifest{Units: []entry.Unit{{ID: "all"}}, Contests: contests}
	var err error
	f.Booth, err = New(m, [64]byte{7}, f.joint, schnorr.GenerateKey(), board)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// decrypt returns what each ciphertext of a sealed contest holds, -1 for
// anything but 0 and 1: beta - x*alpha is m*K.
func (f *fixture) decrypt(t testing.TB, c *entry.SealedContest, n int) []int {
	t.Helper()
	list, err := elgamal.ParseCiphertexts(c.Ciphertexts, n)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int, n)
	for i, ct := range list {
		switch m := ct.Beta.Sub(ct.Alpha.Mul(f.x)); {
		case m.IsIdentity():
		case m.Equal(f.joint):
			out[i] = 1
		default:
			out[i] = -1
		}
	}
	return out
}

// TestEveryChoice seals every set of options that a voter may choose, in each
// order of choosing, decrypts it and holds proof and opening against it.
func TestEveryChoice(t *testing.T) {
	for _, c := range []entry.Contest{contest("one", 1, 1), contest("two", 2, 1), contest("five", 5, 1), contest("up", 4, 2), contest("all", 3, 3)} {
		f := newFixture(t, nil, c)
		n, options := c.Ciphertexts(), len(c.Options)
		for set := range 1 << options {
			var chosen []int
			want := make([]int, n)
			for i := options - 1; i >= 0; i-- { // descending: the order of keys is free
				if set>>i&1 == 1 {
					chosen, want[i] = append(chosen, i), 1
				}
			}
			if len(chosen) > int(c.Limit) {
				continue
			}
			if len(chosen) == 0 && c.Limit == 1 {
				want[n-1] = 1
			}
			e, s, err := f.Make(f.voter, 0, [][]int{chosen})
			if err != nil {
				t.Fatalf("%s, chosen %v: %v", c.ID, chosen, err)
			}
			sealed := &e.Body.(*entry.Ballot).Contests[0]
			if got := f.decrypt(t, sealed, n); !slices.Equal(got, want) {
				t.Errorf("%s, chosen %v: the ballot holds %v, want %v", c.ID, chosen, got, want)
			}
			f.checkProof(t, &c, sealed)
			f.checkOpening(t, sealed, &s.openings[0], want)
			if s.Leaf != e.LeafHash() {
				t.Error("another leaf hash")
			}
		}
	}
}

func (f *fixture) checkProof(t *testing.T, c *entry.Contest, sealed *entry.SealedContest) {
	t.Helper()
	list, err := elgamal.ParseCiphertexts(sealed.Ciphertexts, c.Ciphertexts())
	if err != nil {
		t.Fatal(err)
	}
	st := &sigma.Statement{ElectionHash: f.hash, Key: f.joint, Credential: [32]byte(f.voter.Public().Bytes()), Limit: int(c.Limit), Ciphertexts: list}
	verify := sigma.VerifyRange
	if c.Limit == 1 {
		verify = sigma.VerifyUnitVector
	}
	if err := verify(st, sealed.Proof); err != nil {
		t.Errorf("%s: %v", c.ID, err)
	}
}

func (f *fixture) checkOpening(t *testing.T, sealed *entry.SealedContest, o *entry.Opening, want []int) {
	t.Helper()
	var selected []uint64
	for i, v := range want {
		if v == 1 {
			selected = append(selected, uint64(i))
		}
	}
	if !slices.Equal(o.Selected, selected) || len(o.Nonces) != 32*len(want) {
		t.Fatalf("opening selects %v with %d bytes, want %v", o.Selected, len(o.Nonces), selected)
	}
	list, err := elgamal.ParseCiphertexts(sealed.Ciphertexts, len(want))
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		r, err := group.ParseScalar(o.Nonces[32*i : 32*i+32])
		if err != nil {
			t.Fatal(err)
		}
		if err := f.enc.VerifyOpening(list[i], uint64(want[i]), r); err != nil {
			t.Errorf("option %d: %v", i, err)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	f := newFixture(t, nil, contest("one", 3, 1), contest("up", 3, 2))
	for _, c := range []struct {
		name    string
		choices [][]int
		want    string
	}{
		{"contest left out", [][]int{{0}}, "choices for 1 contests, the unit has 2"},
		{"contest too many", [][]int{{0}, {0}, {0}}, "choices for 3 contests, the unit has 2"},
		{"two of one", [][]int{{0, 1}, {}}, "contest 0: 2 options chosen, at most 1 may be"},
		{"three of two", [][]int{{0}, {0, 1, 2}}, "contest 1: 3 options chosen, at most 2 may be"},
		{"option twice", [][]int{{0}, {1, 1}}, "contest 1: an option is chosen twice or does not exist"},
		{"none as an option", [][]int{{3}, {}}, "contest 0: an option is chosen twice or does not exist"},
		{"option after the last", [][]int{{0}, {3}}, "contest 1: an option is chosen twice or does not exist"},
		{"negative option", [][]int{{-1}, {}}, "contest 0: an option is chosen twice or does not exist"},
	} {
		e, s, err := f.Make(f.voter, 0, c.choices)
		if err == nil || err.Error() != c.want || e != nil || s != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, _, err := f.Make(f.voter, 1, nil); err == nil || !strings.HasPrefix(err.Error(), "ballot.contests: ") {
		t.Errorf("unit without contests: %v", err)
	}
}

// TestWipe holds that nothing is left of an opening.
func TestWipe(t *testing.T) {
	f := newFixture(t, nil, contest("one", 3, 1))
	_, s, err := f.Make(f.voter, 0, [][]int{{2}})
	if err != nil {
		t.Fatal(err)
	}
	nonces, selected := s.openings[0].Nonces, s.openings[0].Selected
	s.Wipe()
	if s.openings != nil || !slices.Equal(nonces, make([]byte, len(nonces))) || !slices.Equal(selected, []uint64{0}) {
		t.Error("something is left")
	}
	if _, err := f.MakeTest(s, f.voter); err == nil {
		t.Error("a wiped ballot can be tested")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(&entry.Manifest{}, [64]byte{}, group.Identity(), schnorr.GenerateKey(), nil); err == nil {
		t.Error("a booth with the identity as joint key")
	}
}

// maxTenOptions is how large a ballot of ten options and "none" may be.
const maxTenOptions = 2600

func TestBallotSize(t *testing.T) {
	f := newFixture(t, nil, contest("ten", 10, 1))
	e, _, err := f.Make(f.voter, 0, [][]int{{4}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(e.Bytes()); n > maxTenOptions {
		t.Errorf("a ballot of ten options and none has %d bytes, want at most %d", n, maxTenOptions)
	}
}

// BenchmarkSeal seals and proves a ballot of ten options and "none".
func BenchmarkSeal(b *testing.B) {
	f := newFixture(b, nil, contest("ten", 10, 1))
	for b.Loop() {
		if _, _, err := f.Make(f.voter, 0, [][]int{{4}}); err != nil {
			b.Fatal(err)
		}
	}
}
