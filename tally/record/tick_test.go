package record_test

import (
	"crypto/ed25519"
	"math"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/crypto/checkdigit"
	"rollcall/tally/code"
	"rollcall/tally/record"
)

// TestTickRules holds rules (a) and (d) of SPEC.md, section 8, without
// witnesses.
func TestTickRules(t *testing.T) {
	b := newBoard(t)
	b.refused("in setup", b.sign(b.tickBody(1000), b.own), record.ErrPhase, "the election is setup")
	b.open()
	opened := b.s.Size() - 1
	tick := func(change func(*entry.Tick)) *entry.Entry {
		body := b.tickBody(1000)
		change(body)
		return b.sign(body, b.own)
	}
	at := func(size uint64) func(*entry.Tick) {
		return func(x *entry.Tick) {
			root, err := b.tree.RootAt(size)
			if err != nil {
				t.Fatal(err)
			}
			x.Size, x.Root = size, root[:]
		}
	}
	b.refused("by the authority", b.sign(b.tickBody(1000), b.authority), record.ErrSignature, "signature 0")
	b.refused("without open", tick(at(opened)), record.ErrContent, "size: 11 is not between 12 and 12")
	b.refused("ahead of the log", tick(func(x *entry.Tick) { x.Size++ }), record.ErrContent, "size: 13 is not between 12 and 12")
	b.refused("forged root", tick(func(x *entry.Tick) { x.Root[5] ^= 1 }), record.ErrContent, "root: not that of the first 12 entries")
	b.refused("uninvited cosignature", tick(func(x *entry.Tick) {
		x.Cosignatures = []entry.Cosignature{{Time: 1000, Value: fill(64)}}
	}), record.ErrSignature, "cosignatures[0]: witness 0 does not exist")
	b.tick(1000)
	b.refused("tree of the last tick", tick(at(opened+1)), record.ErrContent, "size: 12 is not between 13 and 13")
	b.refused("clock set back", tick(func(x *entry.Tick) { x.Time = 999 }), record.ErrContent, "time: 999 is before the previous tick's 1000")
	b.tick(1000) // the same second is fine

	// A tick may be of an earlier tree, and then gives no code to what comes
	// after that.
	early := b.take(b.ballot(b.voters[2], nil))
	late := b.take(b.ballot(b.voters[3], nil))
	b.take(tick(at(early + 1)))
	if x, _ := b.s.Ballot(early); x.Code == "" || x.CodeTick != late+1 || x.CodeTickTime != 1000 {
		t.Errorf("covered ballot: %+v", x)
	}
	if x, _ := b.s.Ballot(late); x.Code != "" || x.CodeTick != 0 {
		t.Errorf("ballot behind the tick: %+v", x)
	}
	if sum := b.s.Summary(); sum.WithoutCode != 1 || sum.Undecided != 2 || sum.LastTick != 1000 {
		t.Errorf("summary %+v", sum)
	}
	b.tick(1001)
	x, _ := b.s.Ballot(late)
	if err := checkdigit.Verify97(x.Code, code.Digits); err != nil {
		t.Errorf("code %q: %v", x.Code, err)
	}
	if found := b.s.FindCode(x.Code); len(found) != 1 || found[0].Index != late {
		t.Errorf("code finds %+v", found)
	}
	if found := b.s.FindCode("0000000000000000"); len(found) != 0 {
		t.Errorf("no code finds %+v", found)
	}
}

// TestCosignedTicks holds rules (b) to (d) with three witnesses, two of which
// are needed.
func TestCosignedTicks(t *testing.T) {
	var keys []ed25519.PrivateKey
	b := newBoardOf(t, func(b *board) {
		for range 3 {
			public, secret, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, secret)
			b.m.Witnesses = append(b.m.Witnesses, entry.Witness{Name: "witness", Key: public})
		}
		b.m.Quorum = 2
	})
	b.open()
	cosign := func(x *entry.Tick, witness int, time uint64) entry.Cosignature {
		sig, err := checkpoint.SignCosignature(keys[witness], b.m.Log.Origin, x.Size, [32]byte(x.Root), time)
		if err != nil {
			t.Fatal(err)
		}
		return entry.Cosignature{Witness: uint64(witness), Time: time, Value: sig}
	}
	signed := func(change func(x *entry.Tick)) *entry.Entry {
		x := b.tickBody(1000)
		x.Cosignatures = []entry.Cosignature{cosign(x, 0, 1005), cosign(x, 2, 995)}
		change(x)
		return b.sign(x, b.own)
	}
	for _, c := range []struct {
		name, detail string
		change       func(x *entry.Tick)
	}{
		{"none", "cosignatures: 0, the quorum is 2", func(x *entry.Tick) { x.Cosignatures = nil }},
		{"one of two", "cosignatures: 1, the quorum is 2", func(x *entry.Tick) { x.Cosignatures = x.Cosignatures[:1] }},
		{"one witness twice", "cosignatures[1]: witness 0 does not exist or is not above", func(x *entry.Tick) { x.Cosignatures[1] = x.Cosignatures[0] }},
		{"descending", "cosignatures[1]: witness 0", func(x *entry.Tick) { x.Cosignatures[0], x.Cosignatures[1] = x.Cosignatures[1], x.Cosignatures[0] }},
		{"unknown witness", "cosignatures[1]: witness 3 does not exist", func(x *entry.Tick) { x.Cosignatures[1].Witness = 3 }},
		{"under another witness", "cosignatures[1]: ", func(x *entry.Tick) { x.Cosignatures[1].Witness = 1 }},
		{"six seconds late", "cosignatures[0]: time 1006 is over 5 seconds", func(x *entry.Tick) { x.Cosignatures[0] = cosign(x, 0, 1006) }},
		{"six seconds early", "cosignatures[1]: time 994 is over 5 seconds", func(x *entry.Tick) { x.Cosignatures[1] = cosign(x, 2, 994) }},
		{"at the end of time", "cosignatures[1]: time 18446744073709551615 is over 5 seconds", func(x *entry.Tick) { x.Cosignatures[1].Time = math.MaxUint64 }},
		{"another time than signed", "cosignatures[0]: ", func(x *entry.Tick) { x.Cosignatures[0].Time = 1004 }},
		{"of another tree", "cosignatures[0]: ", func(x *entry.Tick) {
			other := *x
			other.Size--
			x.Cosignatures[0] = cosign(&other, 0, 1005)
		}},
		{"one forged beside enough", "cosignatures[1]: ", func(x *entry.Tick) {
			x.Cosignatures = []entry.Cosignature{cosign(x, 0, 1000), cosign(x, 1, 1000), cosign(x, 2, 1000)}
			x.Cosignatures[1].Value[3] ^= 1
		}},
	} {
		b.refused(c.name, signed(c.change), record.ErrSignature, c.detail)
	}
	b.take(signed(func(*entry.Tick) {}))
}

// TestEqualCodes is rule 7 of SPEC.md, section 10: a ballot whose code equals
// that of an earlier one of its credential turns void at its code tick, and its
// alphas are free again.
func TestEqualCodes(t *testing.T) {
	b := openBoard(t)
	v := b.voters[2]
	first := b.seal(v)
	e := b.ballot(v, nil)
	second := b.take(e)
	tick := b.sign(b.tickBody(b.now+1), b.own)
	stretched, err := code.NewTick(b.hash, tick.Body.(*entry.Tick))
	if err != nil {
		t.Fatal(err)
	}
	b.s.SetCode(first.Index, stretched.Code(e.LeafHash()))
	claims, err := b.s.Judge(tick)
	if err != nil || len(claims) != 1 {
		t.Fatalf("claims %q, %v: want one, which a database would refuse", claims, err)
	}
	b.take(tick)
	if _, ok := b.s.Ballot(second); ok {
		t.Error("the second ballot is still there")
	}
	if b.s.Sealed(line(v).BallotKey, e.LeafHash()) || b.s.Summary().Undecided != 1 || b.s.Summary().WithoutCode != 0 {
		t.Errorf("summary %+v", b.s.Summary())
	}
	b.take(e) // the same alphas once more: the log takes care of equal bytes
}

// TestTimeDoesNotWrap has the board claim the end of time. Deadlines must not
// overflow and let in what is late, or end the election early.
func TestTimeDoesNotWrap(t *testing.T) {
	b := openBoard(t)
	v, w := b.voters[2], b.voters[3]
	early := b.seal(v)
	e, late := b.make(w)
	late.Index = b.take(e)
	b.tick(math.MaxUint64 - 1)
	b.refused("late decision", b.castOf(early, v), record.ErrLate, "could be decided for 60 seconds")
	b.take(b.castOf(late, w)) // its code tick was a moment ago

	b = openBoard(t)
	b.tick(1500)
	closed := b.post(b.closeBody(b.s.Size()), b.authority)
	b.tick(math.MaxUint64 - 10)
	b.tick(math.MaxUint64)
	b.refused("end", b.sign(&entry.End{Close: closed}, b.own), record.ErrPhase, "the last tick is 10 seconds after the close, 60 are needed")
}
