package hint

import (
	"bytes"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/group"
)

// units returns, for each name, 32 bytes of it, so that a list of points can be
// read as a list of names.
func units(names ...byte) []byte {
	var b []byte
	for _, n := range names {
		b = append(b, bytes.Repeat([]byte{n}, 32)...)
	}
	return b
}

// TestPoints holds the points of hand-made entries, and their order, against the
// table of SPEC.md, section 19. Signature i has signer 10i+1 and value 10i+2,
// 10i+3.
func TestPoints(t *testing.T) {
	signatures := []entry.Signature{{Signer: units(1), Value: units(2, 3)}, {Signer: units(11), Value: units(12, 13)}}
	ballot := func(contests ...[2][]byte) entry.Body {
		b := &entry.Ballot{}
		for _, c := range contests {
			b.Contests = append(b.Contests, entry.SealedContest{Ciphertexts: c[0], Proof: c[1]})
		}
		return b
	}
	voter := func(ballot, cast byte) []byte {
		return entry.AppendVoter(nil, entry.Voter{BallotKey: [32]byte(units(ballot)), CastKey: [32]byte(units(cast)), Unit: 999})
	}
	two := append(voter(40, 41), voter(42, 43)...)
	for _, tc := range []struct {
		name string
		body entry.Body
		want []byte
	}{
		{"roll of one", &entry.Roll{Voters: voter(40, 41)}, []byte{2, 40, 41}},
		{"roll of two", &entry.Roll{Voters: two}, []byte{2, 40, 41, 42, 43}},
		{"roll, cut by a byte", &entry.Roll{Voters: two[:len(two)-1]}, []byte{2, 40, 41}},
		{"roll, empty", &entry.Roll{}, []byte{2}},
		{"ballot", ballot([2][]byte{units(50, 51, 52, 53), units(60, 61, 62, 63, 64, 65, 66, 67)}), []byte{1, 2, 12, 50, 51, 52, 53, 60, 61, 64, 65}},
		{"ballot, two contests", ballot([2][]byte{units(50, 51), units(60, 61, 62, 63)}, [2][]byte{units(70, 71), units(80, 81, 82, 83)}),
			[]byte{1, 2, 12, 50, 51, 60, 61, 70, 71, 80, 81}},
		{"ballot, ciphertexts cut", ballot([2][]byte{units(50, 51, 52, 53)[:127], nil}), []byte{1, 2, 12, 50, 51}},
		{"ballot, half a ciphertext", ballot([2][]byte{units(50), nil}), []byte{1, 2, 12}},
		{"ballot, proof with half a branch", ballot([2][]byte{nil, units(60, 61, 62, 63, 64, 65)}), []byte{1, 2, 12, 60, 61, 64, 65}},
		{"ballot, proof with less", ballot([2][]byte{nil, units(60, 61, 62, 63, 64, 65)[:191]}), []byte{1, 2, 12, 60, 61}},
		{"ballot, proof of three parts", ballot([2][]byte{nil, units(60, 61, 62)}), []byte{1, 2, 12, 60, 61}},
		{"ballot, nothing in it", ballot([2][]byte{}), []byte{1, 2, 12}},
		{"cast", &entry.Cast{Leaf: units(90)}, []byte{1, 2, 12}},
		{"test", &entry.Test{Leaf: units(90), Openings: []entry.Opening{{Nonces: units(91, 92)}}}, []byte{1, 2, 12}},
		{"manifest", &entry.Manifest{Authority: units(90)}, nil},
		{"ceremony", &entry.Ceremony{}, nil},
		{"dkg-commitment", &entry.Commitment{Hash: units(90, 91)}, nil},
		{"dkg-message", &entry.Round1{Message: units(90, 91)}, nil},
		{"dkg-complaint", &entry.Complaint{Evidence: units(90, 91)}, nil},
		{"dkg-confirm", &entry.Confirm{Signature: units(90, 91)}, nil},
		{"roll-end", &entry.RollEnd{Chunks: units(90)}, nil},
		{"open", &entry.Open{JointKey: units(90)}, nil},
		{"tick", &entry.Tick{Root: units(90), Random: units(91)}, nil},
		{"close", &entry.Close{Root: units(90)}, nil},
		{"end", &entry.End{}, nil},
		{"totals", &entry.Totals{Parts: []entry.Part{{Sums: units(90, 91)}}}, nil},
		{"totals-end", &entry.TotalsEnd{Chunks: units(90)}, nil},
		{"share", &entry.Share{Points: units(90, 91)}, nil},
		{"share-end", &entry.ShareEnd{Chunks: units(90), Proof: units(91, 92, 93, 94)}, nil},
		{"result", &entry.Result{}, nil},
		{"result-end", &entry.ResultEnd{Chunks: units(90)}, nil},
	} {
		e := &entry.Entry{Body: tc.body, Signatures: signatures}
		var got []byte
		for p := range Points(e) {
			got = append(got, p...)
		}
		if !bytes.Equal(got, units(tc.want...)) || Count(e) != len(tc.want) {
			t.Errorf("%s: %d points of %x, want %v", tc.name, Count(e), got, tc.want)
		}
		for n := range tc.want { // whoever stops, is told no more
			left := n
			for range Points(e) {
				if left--; left < 0 {
					break
				}
			}
		}
	}
}

// checkDecoding decodes the points of every entry with what Split gave it, and
// compares with decoding without hints.
func checkDecoding(t *testing.T, name string, split [][]byte, entries []*entry.Entry) {
	t.Helper()
	for i, e := range entries {
		if e == nil {
			if split[i] != nil {
				t.Errorf("%s: entry %d, which does not decode, has hints", name, i)
			}
			continue
		}
		d := group.NewDecoder(split[i])
		for p := range Points(e) {
			want, wantErr := group.ParsePoint(p)
			got, err := d.Point(p)
			if (err == nil) != (wantErr == nil) || err == nil && !got.Equal(want) {
				t.Errorf("%s: entry %d, point %x: %v, without hints %v", name, i, p, err, wantErr)
			}
		}
	}
}

// TestSplit: only as many hints as the bundle has points are handed out, and
// whatever they are, they decode the same points.
func TestSplit(t *testing.T) {
	raw, entries := sampleEntries(t)
	right := Make(raw)
	if want := (5 + 19 + 3 + 3) * group.HintSize; len(right) != want {
		t.Fatalf("%d bytes of hints, want %d", len(right), want)
	}
	garbage := bytes.Repeat([]byte{0xa5, 3, 0x7f}, len(right))[:len(right)]
	swapped := append(bytes.Clone(right[len(right)/2:]), right[:len(right)/2]...)
	other := Make([][]byte{sign(t, &entry.Roll{Voters: points("else", 33)[:33*32/66*66]}).Bytes()})
	for _, tc := range []struct {
		name  string
		hints []byte
		given bool
	}{
		{"right", right, true},
		{"garbage of right length", garbage, true},
		{"zeros", make([]byte, len(right)), true},
		{"halves exchanged", swapped, true},
		{"none", nil, false},
		{"empty", []byte{}, false},
		{"one byte short", right[:len(right)-1], false},
		{"one byte long", append(bytes.Clone(right), 0), false},
		{"one hint short", right[:len(right)-group.HintSize], false},
		{"one hint long", append(bytes.Clone(right), right[:group.HintSize]...), false},
		{"the first hint cut off", right[group.HintSize:], false},
		{"twice", append(bytes.Clone(right), right...), false},
		{"of one entry only", right[:5*group.HintSize], false},
		{"of another bundle", other, false},
	} {
		split := Split(tc.hints, entries)
		if len(split) != len(entries) {
			t.Fatalf("%s: hints of %d entries, want %d", tc.name, len(split), len(entries))
		}
		if joined := bytes.Join(split, nil); tc.given && !bytes.Equal(joined, tc.hints) || !tc.given && len(joined) > 0 {
			t.Errorf("%s: %d of %d bytes handed out", tc.name, len(joined), len(tc.hints))
		}
		for i, e := range entries {
			if tc.given && e != nil && len(split[i]) != Count(e)*group.HintSize {
				t.Errorf("%s: entry %d has %d bytes for %d points", tc.name, i, len(split[i]), Count(e))
			}
		}
		checkDecoding(t, tc.name, split, entries)
	}
	if split := Split(nil, nil); len(split) != 0 {
		t.Errorf("an empty bundle has hints of %d entries", len(split))
	}
}

// FuzzSplit: no entry and no hints make it panic; what Make makes is handed out
// whole, and has no more bytes than the entries have, by which readers bound it.
func FuzzSplit(f *testing.F) {
	raw, _ := sampleEntries(f)
	for i := range raw {
		f.Add(raw[i], raw[(i+1)%len(raw)], Make(raw[:i]))
	}
	f.Fuzz(func(t *testing.T, a, b, hints []byte) {
		entries := make([]*entry.Entry, 2)
		for i, raw := range [][]byte{a, b} {
			if e, err := entry.Decode(raw); err == nil {
				entries[i] = e
			}
		}
		made := Make([][]byte{a, b})
		if len(made) > len(a)+len(b) {
			t.Fatalf("%d bytes of hints for %d of entries", len(made), len(a)+len(b))
		}
		if got := bytes.Join(Split(made, entries), nil); !bytes.Equal(got, made) {
			t.Fatalf("%d of %d bytes handed out", len(got), len(made))
		}
		if got := bytes.Join(Split(hints, entries), nil); len(got) != 0 && len(got) != len(made) {
			t.Fatalf("%d bytes handed out, want %d or none", len(got), len(made))
		}
		// What no encoder writes: lengths that are no multiples.
		odd := &entry.Entry{Body: &entry.Ballot{Contests: []entry.SealedContest{{Ciphertexts: a, Proof: b}, {Ciphertexts: hints}}},
			Signatures: []entry.Signature{{Signer: make([]byte, 32), Value: make([]byte, 64)}}}
		if want := 2 + 2*(len(a)/64) + 2*((len(b)+64)/128) + 2*(len(hints)/64); Count(odd) != want {
			t.Fatalf("%d points in a ballot of %d, %d and %d bytes, want %d", Count(odd), len(a), len(b), len(hints), want)
		}
	})
}
