package count_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/threshold"
	"rollcall/internal/election"
	"rollcall/tally/count"
	"rollcall/tally/door"
	"rollcall/tally/manifest"
	"rollcall/tally/record"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run starts an election and opens it.
func run(t *testing.T, o election.Options) *election.Election {
	t.Helper()
	e, err := election.New(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	must(t, e.Ceremony(t.Context()))
	must(t, e.Open(t.Context()))
	return e
}

// voted returns a small election that has ended.
func voted(t *testing.T) *election.Election {
	t.Helper()
	e := run(t, election.Small(t.TempDir()))
	must(t, e.Run(t.Context(), election.RandomVotes(e.Manifest, e.Voters, rand.New(rand.NewPCG(8, 8)))))
	must(t, e.End(t.Context()))
	return e
}

// postShare posts a share of trustee i that change has had its hands on.
func postShare(t *testing.T, e *election.Election, i uint64, change func(points []*group.Point, end *entry.ShareEnd)) {
	t.Helper()
	ctx, state := t.Context(), e.Door.State()
	parts, _ := state.Totals()
	sums, _, err := count.Sums(e.Manifest, parts)
	must(t, err)
	at, _ := state.End()
	root, err := e.Board.Log().RootAt(ctx, at+1)
	must(t, err)
	share := e.Shares[i-1]
	points, proof, err := threshold.Prove(count.ShareStatement(e.Hash, share.Public, sums, at, root, i), share.Secret)
	must(t, err)
	body := &entry.ShareEnd{Trustee: i, End: at, Root: root[:], Proof: proof}
	change(points, body)
	for n, chunk := range count.ShareChunks(points) {
		x, err := entry.Sign(&entry.Share{Trustee: i, Chunk: uint64(n), Points: chunk}, e.Hash[:], e.Signing[i-1])
		must(t, err)
		_, err = e.Door.Post(ctx, x.Bytes())
		must(t, err)
		leaf := x.LeafHash()
		body.Chunks = append(body.Chunks, leaf[:]...)
	}
	x, err := entry.Sign(body, e.Hash[:], e.Signing[i-1])
	must(t, err)
	_, err = e.Door.Post(ctx, x.Bytes())
	must(t, err)
}

// TestBadShares posts shares that are wrong in each way. They are named, and
// the two good ones still give the result.
func TestBadShares(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(points []*group.Point, end *entry.ShareEnd)
	}{
		{"one point wrong", "", func(p []*group.Point, _ *entry.ShareEnd) { p[1] = p[1].Add(group.Base()) }},
		{"two points that even out", "", func(p []*group.Point, _ *entry.ShareEnd) { p[0], p[1] = p[0].Add(group.Base()), p[1].Sub(group.Base()) }},
		{"two points swapped", "", func(p []*group.Point, _ *entry.ShareEnd) { p[0], p[1] = p[1], p[0] }},
		{"proof changed", "", func(_ []*group.Point, end *entry.ShareEnd) { end.Proof[100] ^= 1 }},
		{"another root", "made for another tree", func(_ []*group.Point, end *entry.ShareEnd) { end.Root[0] ^= 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := voted(t)
			if _, err := e.Tally(t.Context()); !errors.Is(err, count.ErrShares) || !strings.Contains(err.Error(), "0 of 2 needed") {
				t.Errorf("without shares: %v", err)
			}
			postShare(t, e, 2, c.change)
			must(t, e.Decrypt(t.Context(), 3))
			counted, err := e.Tally(t.Context())
			if !errors.Is(err, count.ErrShares) || !strings.Contains(err.Error(), "1 of 2 needed") {
				t.Errorf("with a good and a bad share: %v", err)
			}
			if len(counted.Bad) != 1 || counted.Bad[0].Trustee != 2 || !strings.Contains(counted.Bad[0].Err.Error(), c.want) {
				t.Errorf("bad shares %v", counted.Bad)
			}
			must(t, e.Decrypt(t.Context(), 1))
			counted, err = e.Tally(t.Context())
			must(t, err)
			if !slices.Equal(counted.Trustees, []uint64{1, 3}) || len(counted.Bad) != 1 {
				t.Errorf("combined from %v, bad %v", counted.Trustees, counted.Bad)
			}
		})
	}
}

// TestAnyTrustees decrypts with every pair of trustees and with all: the result
// is the same.
func TestAnyTrustees(t *testing.T) {
	e := voted(t)
	for i := range uint64(3) {
		postShare(t, e, i+1, func([]*group.Point, *entry.ShareEnd) {})
	}
	state := e.Door.State()
	at, _ := state.End()
	root, err := e.Board.Log().RootAt(t.Context(), at+1)
	must(t, err)
	counted, err := count.Result(state, root)
	must(t, err)
	parts, _ := state.Totals()
	sums, _, err := count.Sums(e.Manifest, parts)
	must(t, err)
	shares := state.Shares()
	table, err := group.NewLogTable(state.JointKey())
	must(t, err)
	for _, pair := range [][]uint64{{1, 2}, {1, 3}, {2, 3}} {
		var flat []uint64
		for i := range sums {
			var column []*group.Point
			for _, k := range pair {
				points, err := threshold.ParseShares(shares[k].Points, len(sums))
				must(t, err)
				column = append(column, points[i])
			}
			m, err := threshold.Combine(sums[i].Beta, pair, column)
			must(t, err)
			votes, err := table.VarTimeLog(m, 100)
			must(t, err)
			flat = append(flat, votes)
		}
		var want []uint64
		for i := range counted.Parts {
			if len(parts[i].Sums) > 0 {
				for _, o := range counted.Parts[i].Options {
					want = append(want, o.Votes)
				}
			}
		}
		if !slices.Equal(flat, want) {
			t.Errorf("trustees %v: %v, want %v", pair, flat, want)
		}
	}
}

// TestNobodyVotes has nothing to decrypt: the result needs no trustee.
func TestNobodyVotes(t *testing.T) {
	e := run(t, election.Small(t.TempDir()))
	must(t, e.End(t.Context()))
	must(t, e.Decrypt(t.Context(), 1, 2)) // there is nothing to do
	counted, err := e.Tally(t.Context())
	must(t, err)
	if len(counted.Parts) != 5 || len(counted.Trustees) != 0 {
		t.Errorf("%d parts, trustees %v", len(counted.Parts), counted.Trustees)
	}
	for _, p := range counted.Parts {
		for _, o := range p.Options {
			if p.Ballots != 0 || o.Votes != 0 || p.Undervotes != 0 || len(p.Units) != 1 {
				t.Errorf("part %+v", p)
			}
		}
	}
}

// TestTotalsAgainstBallots adds up by hand what was cast in each part.
func TestTotalsAgainstBallots(t *testing.T) {
	e := voted(t)
	state := e.Door.State()
	parts, _ := state.Totals()
	for _, p := range parts {
		n := e.Manifest.Contests[p.Contest].Ciphertexts()
		sums, cast := make([]elgamal.Ciphertext, n), uint64(0)
		for i := range sums {
			sums[i] = elgamal.Zero()
		}
		for at := range state.Size() {
			b, ok := state.Ballot(at)
			if !ok || b.Decision != record.Cast || !slices.Contains(p.Units, b.Voter.Unit) {
				continue
			}
			at := slices.IndexFunc(b.Contests, func(c entry.SealedContest) bool { return c.Contest == p.Contest })
			list, err := elgamal.ParseCiphertexts(b.Contests[at].Ciphertexts, n)
			must(t, err)
			for i := range sums {
				sums[i] = sums[i].Add(list[i])
			}
			cast++
		}
		if p.Ballots != cast {
			t.Errorf("contest %d, units %v: %d ballots, want %d", p.Contest, p.Units, p.Ballots, cast)
		}
		if cast >= e.Manifest.Minimum && string(p.Sums) != string(elgamal.Encode(sums)) || cast < e.Manifest.Minimum && len(p.Sums) != 0 {
			t.Errorf("contest %d, units %v: other sums", p.Contest, p.Units)
		}
	}
}

// limited is a log on which only some appends work.
type limited struct {
	door.Log
	left int
}

var errBroken = errors.New("broken for a test")

func (l *limited) Append(ctx context.Context, raw []byte, claims ...store.Claim) (uint64, error) {
	if l.left--; l.left < 0 {
		return 0, errBroken
	}
	return l.Log.Append(ctx, raw, claims...)
}

func (l *limited) AppendFunc(ctx context.Context, fn func(uint64, tlog.Hash) ([]byte, []store.Claim, error)) (uint64, error) {
	if l.left--; l.left < 0 {
		return 0, errBroken
	}
	return l.Log.AppendFunc(ctx, fn)
}

// TestManyUnits has a thousand units, so that totals and result need several
// chunks, and breaks off and restarts after each of them.
func TestManyUnits(t *testing.T) {
	if testing.Short() {
		t.Skip("restarts a board after every chunk")
	}
	var b strings.Builder
	b.WriteString("title: Many\nlanguages: [en]\nphone: '1'\nhelp_line: '2'\nminimum: 2\ndecision_seconds: 5\ntrustees_needed: 1\n" +
		"windows: [{from: 2026-01-01T08:00:00Z, to: 2026-01-01T20:00:00Z}]\nunits:\n  - {id: all, name: All}\n")
	for i := 1; i < 1000; i++ {
		fmt.Fprintf(&b, "  - {id: u%d, parent: all, name: U}\n", i)
	}
	b.WriteString("contests:\n")
	for _, id := range []string{"x", "y"} {
		fmt.Fprintf(&b, "  - {id: %s, title: T, vote_for: 1, options: [{id: a, name: A}, {id: b, name: B}]}\n", id)
	}
	f, err := manifest.Parse(strings.NewReader(b.String()))
	must(t, err)
	voters := make([]int, 1000)
	voters[3], voters[999] = 2, 1
	e := run(t, election.Options{Dir: t.TempDir(), File: f, Voters: voters, Trustees: 1})
	var votes []election.Vote
	for i := range e.Voters {
		votes = append(votes, election.Vote{Voter: i, Choices: [][]int{{0}, {}}})
	}
	must(t, e.Run(t.Context(), votes))
	x, err := entry.Sign(e.CloseBody(), e.Hash[:], e.Authority)
	must(t, err)
	_, err = e.Door.Post(t.Context(), x.Bytes())
	must(t, err)
	must(t, e.Door.Step(t.Context()))
	e.Advance(5e9)
	must(t, e.Door.Step(t.Context()))

	restarts := 0
	for done := false; !done; _, done = e.Door.State().Totals() {
		e.Door.Attach(&limited{Log: e.Board, left: 1})
		if err := e.Door.Step(t.Context()); err != nil && !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		must(t, e.Restart(t.Context()))
		restarts++
	}
	must(t, e.Decrypt(t.Context(), 1))
	for e.Door.State().Phase() != record.PhaseCounted {
		e.Door.Attach(&limited{Log: e.Board, left: 1})
		if _, err := e.Tally(t.Context()); err != nil && !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		must(t, e.Restart(t.Context()))
		restarts++
	}
	if restarts < 8 {
		t.Errorf("%d restarts: too few chunks to mean anything", restarts)
	}
	parts, _, _, _ := e.Door.State().Result()
	if len(parts) != 2*998 {
		t.Errorf("%d parts, want %d", len(parts), 2*998)
	}
	for _, p := range parts {
		if p.Ballots > 0 && fmt.Sprint(p.Units, p.Ballots, p.Options) != map[string]string{
			"x": "[u3 u999] 3 [{{} a 3} {{} b 0} {{} none 0}]", "y": "[u3 u999] 3 [{{} a 0} {{} b 0} {{} none 3}]"}[p.Contest] {
			t.Errorf("part %+v", p)
		}
	}
}
