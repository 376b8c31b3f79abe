package verifier

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"golang.org/x/crypto/scrypt"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
)

// TestTamperedTicks inserts bad ticks before tick 2, which stays valid and
// gives everybody the codes it would have given.
func TestTamperedTicks(t *testing.T) {
	insert := func(change func(r *record, tick *entry.Tick)) tamper {
		return at("tick 2", func(r *record, _ entry.Body) {
			tick := r.makeTick(r.size(), 0, 1)
			change(r, tick)
			r.insert(tick, r.board)
		})
	}
	mustVoid(t, []corruption{{
		name: "without quorum", check: "V07", reason: "1 cosignatures, the quorum is 2",
		tamper: insert(func(r *record, tick *entry.Tick) { r.cosign(tick, 1) }),
	}, {
		name: "one witness twice", check: "V07", reason: "witnesses are not strictly ascending",
		tamper: insert(func(r *record, tick *entry.Tick) { r.cosign(tick, 1, 1) }),
	}, {
		name: "witnesses descending", check: "V07", reason: "witnesses are not strictly ascending",
		tamper: insert(func(r *record, tick *entry.Tick) { r.cosign(tick, 1, 0) }),
	}, {
		name: "extra signature that is wrong", check: "V07", reason: "cosignature 2",
		tamper: insert(func(r *record, tick *entry.Tick) {
			r.cosign(tick, 0, 1, 2)
			tick.Cosignatures[2].Value[3] ^= 1
		}),
	}, {
		name: "witness who does not exist", check: "V07", reason: "witness 3 is not one of the 3",
		tamper: insert(func(_ *record, tick *entry.Tick) { tick.Cosignatures[1].Witness = 3 }),
	}, {
		name: "signature that is not canonical", check: "V07", reason: "S is not below the group order",
		tamper: insert(func(_ *record, tick *entry.Tick) { addOrder(tick.Cosignatures[0].Value[32:]) }),
	}, {
		name: "cosignature of another tree", check: "V07", reason: "cosignature 0",
		tamper: insert(func(r *record, tick *entry.Tick) {
			tick.Cosignatures[0] = r.makeTick(r.size()-1, 0).Cosignatures[0]
		}),
	}, {
		name: "backdated against its witnesses", check: "V07", reason: "6 seconds from the tick's time",
		tamper: insert(func(_ *record, tick *entry.Tick) { tick.Time -= 6 }),
	}, {
		name: "backdated with its witnesses", check: "V07", reason: "is before the last tick's",
		tamper: insert(func(r *record, tick *entry.Tick) {
			tick.Time = testWindow
			r.cosign(tick, 0, 1)
		}),
	}, {
		name: "another root", check: "V07", reason: "root is not that of the first",
		tamper: insert(func(r *record, tick *entry.Tick) {
			tick.Root[0] ^= 1
			r.cosign(tick, 0, 1)
		}),
	}, {
		name: "size of the future", check: "V07", reason: "size",
		tamper: insert(func(r *record, tick *entry.Tick) {
			tick.Size++
			r.cosign(tick, 0, 1)
		}),
	}, {
		name: "nothing new", check: "V07", reason: "is not between",
		tamper: at("tick 2", func(r *record, _ entry.Body) { r.insert(r.makeTick(5, 0, 1), r.board) }),
	}, {
		name: "doubled", check: "V07", reason: "is not between",
		tamper: at("cast n0", func(r *record, _ entry.Body) { r.append(r.raws[r.size()-1]) }),
	}, {
		name: "by the authority", check: "V07", reason: "signed by another key",
		tamper: at("tick 2", func(r *record, _ entry.Body) { r.insert(r.makeTick(r.size(), 0, 1), r.authority) }),
	}, {
		name: "end before the close has a tick", check: "V07", reason: "close has no code tick yet",
		tamper: at("tick 5", func(r *record, _ entry.Body) { r.insert(&entry.End{Close: r.close}, r.board) }),
	}, {
		name: "early end", check: "V07", reason: "comes 0 seconds after close, voters have 600 to decide",
		tamper: at("tick 6", func(r *record, _ entry.Body) { r.insert(&entry.End{Close: r.close}, r.board) }),
	}, {
		name: "end of another close", check: "V07", reason: "names a close at index 7",
		tamper: at("end", func(r *record, _ entry.Body) { r.insert(&entry.End{Close: 7}, r.board) }),
	}, {
		name: "end by the authority", check: "V07", reason: "signed by another key",
		tamper: at("end", func(r *record, _ entry.Body) { r.insert(&entry.End{Close: r.close}, r.authority) }),
	}})
}

// addOrder adds the group order to a little-endian number: the other encoding
// of the same S, which lax verifiers take.
func addOrder(s []byte) {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	n := slices.Clone(s)
	slices.Reverse(n)
	sum := new(big.Int).Add(new(big.Int).SetBytes(n), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	copy(s, sum)
}

// TestReceiptCodes recomputes codes from the text of SPEC.md, section 8, and
// holds that ticks that are void, before or after the code tick, change none. Others
// are asked of the record without a code.
func TestReceiptCodes(t *testing.T) {
	var code *entry.Tick
	r := build(t, tamper{stop: "cast n1", before: func(r *record, step string, body entry.Body) bool {
		switch step {
		case "tick 2":
			bad := r.makeTick(r.size(), 0, 1, 2)
			bad.Cosignatures[2].Value[3] ^= 1
			r.insert(bad, r.board)
			code = body.(*entry.Tick) // made before the bad one, which it does not cover
		case "cast n0":
			doubled := *code
			doubled.Random = make([]byte, 32)
			r.insert(&doubled, r.board)
		}
		return true
	}})
	if report := r.verify(); report.Failed() || len(report.Void) != 2 {
		dump(t, report)
		t.Error("want two void ticks")
	}
	o := r.options()
	for voter, b := range r.ballots {
		want := formatCode(specCode(r, code, b.leaf))
		q, err := ParseQuery(want)
		if err != nil {
			t.Fatal(err)
		}
		o.Query = q
		report, err := Verify(t.Context(), r.publish(), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Receipts) != 1 || report.Receipts[0].Index != b.index || report.Receipts[0].Code != want {
			t.Errorf("%s: receipts %+v, want code %s of entry %d", voter, report.Receipts, want, b.index)
		}
		if len(report.Void) != 2 {
			t.Errorf("%s: void %+v, want the two ticks", voter, report.Void)
		}
	}
}

// specCode is section 8 of SPEC.md, byte by byte.
func specCode(r *record, tick *entry.Tick, leaf [32]byte) uint64 {
	lp := func(b []byte) []byte { return append(binary.BigEndian.AppendUint64(nil, uint64(len(b))), b...) }
	be64 := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	fields := [][]byte{[]byte("rollcall/v1/code/tick"), r.hash[:], be64(tick.Size), tick.Root, tick.Random, be64(uint64(len(tick.Cosignatures)))}
	for _, c := range tick.Cosignatures {
		fields = append(fields, be64(c.Witness), be64(c.Time), c.Value)
	}
	hash := func(fields ...[]byte) []byte {
		h := sha512.New()
		for _, f := range fields {
			h.Write(lp(f))
		}
		return h.Sum(nil)
	}
	s, err := scrypt.Key(hash(fields...), []byte("rollcall/v1/code/stretch"), 1024, 8, 1, 64)
	r.must(err)
	d := new(big.Int).SetBytes(hash([]byte("rollcall/v1/code"), r.hash[:], leaf[:], s))
	return d.Mod(d, big.NewInt(100_000_000_000_000)).Uint64()
}

// TestOneCodeTwice makes every receipt code the same: the second ballot of the
// voter who tested turns void at its code tick. That is so in this process only, so
// neither circl nor the verifier in another language can be asked.
func TestOneCodeTwice(t *testing.T) {
	modulus := codeModulus
	codeModulus = big.NewInt(1)
	defer func() { codeModulus = modulus }()
	left := without("cast n4")
	// Three casts in north are not more than in south: isle joins north.
	left.partition = []entry.Part{{Contest: 0, Units: []uint64{1, 3}}, {Contest: 0, Units: []uint64{2}}, {Contest: 0, Units: []uint64{4}},
		{Contest: 1, Units: []uint64{1}}, {Contest: 1, Units: []uint64{2}}, {Contest: 2, Units: []uint64{3}}}
	r := build(t, left)
	report := r.verify()
	if !report.Verified() {
		dump(t, report)
		t.Fatal("not verified")
	}
	b := r.ballots["ballot n4 again"]
	want := Void{Index: b.index, Kind: "ballot", Check: "V11", Reason: report.Void[0].Reason}
	if len(report.Void) != 1 || report.Void[0] != want {
		t.Fatalf("void %+v, want %+v", report.Void, want)
	}
	if report.Ballots.Void != 1 || report.Ballots.Undecided != 1 {
		t.Errorf("ballots %+v", report.Ballots)
	}
	// A cast of it is void too, and its alphas are free again.
	r = build(t, tamper{before: func(r *record, step string, _ entry.Body) bool {
		if step != "cast n4" {
			return true
		}
		b := r.ballots["ballot n4 again"]
		r.insert(&entry.Cast{Ballot: b.index, Leaf: b.leaf[:]}, b.voter.cast, r.booth)
		r.insert(b.body, r.voters["n4"].ballot, r.booth2)
		return false
	}})
	report = r.verify()
	if len(report.Void) != 3 || report.Void[1].Check != "V12" || report.Void[2].Check != "V11" {
		t.Errorf("void %+v, want V11, V12, V11", report.Void)
	}
}

// TestTamperedDecisions inserts bad ballots and decisions; the honest ones
// still count.
func TestTamperedDecisions(t *testing.T) {
	insert := func(step, ballot string, body func(r *record, b *testBallot) entry.Body, keys func(r *record, b *testBallot) []*schnorr.SecretKey) tamper {
		return at(step, func(r *record, _ entry.Body) {
			b := r.ballots[ballot]
			r.insert(body(r, b), keys(r, b)...)
		})
	}
	cast := func(_ *record, b *testBallot) entry.Body { return &entry.Cast{Ballot: b.index, Leaf: b.leaf[:]} }
	test := func(_ *record, b *testBallot) entry.Body { return b.opening() }
	castKey := func(r *record, b *testBallot) []*schnorr.SecretKey {
		return []*schnorr.SecretKey{b.voter.cast, r.booth}
	}
	ballotKey := func(r *record, b *testBallot) []*schnorr.SecretKey {
		return []*schnorr.SecretKey{b.voter.ballot, r.booth}
	}
	opened := func(change func(t *entry.Test)) func(*record, *testBallot) entry.Body {
		return func(_ *record, b *testBallot) entry.Body {
			t := b.opening()
			change(t)
			return t
		}
	}
	second := func(step string) tamper {
		return at(step, func(r *record, _ entry.Body) {
			b := r.makeBallot("n3")
			r.insert(b.body, b.voter.ballot, r.booth)
		})
	}
	mustVoid(t, []corruption{{
		name: "two ballots made for one code", check: "V12", reason: "had no receipt code yet", tamper: second("ballot n4"),
	}, {
		name: "sealed before any tick", check: "V12", reason: "there is no valid tick before it", tamper: second("tick 1"),
	}, {
		name: "sealed outside the windows", check: "V12", reason: "sealed outside all calling windows",
		tamper: tamper{
			manifest: func(m *entry.Manifest) { m.Windows[0].To = testWindow + 124 },
			before: func(r *record, step string, _ entry.Body) bool {
				if step == "close" {
					r.insert(r.makeTick(r.size(), 0, 1), r.board)
					b := r.makeBallot("n3")
					r.insert(b.body, b.voter.ballot, r.booth)
				}
				if step == "cast n4" {
					r.now += 2
				}
				return true
			},
			raw: func(r *record, step string, raw []byte) []byte {
				if step == "close" {
					e := r.sign(r.makeClose(), r.authority)
					return e.Bytes()
				}
				return raw
			},
		},
	}, {
		name: "cast without the cast code", check: "V12", reason: "signature 0: is not by the cast key",
		tamper: insert("cast n0", "ballot n0", cast, ballotKey),
	}, {
		name: "cast by another voter", check: "V12", reason: "signature 0: is not by the cast key",
		tamper: insert("cast n0", "ballot n0", cast, func(r *record, _ *testBallot) []*schnorr.SecretKey {
			return []*schnorr.SecretKey{r.voters["n3"].cast, r.booth}
		}),
	}, {
		name: "cast through another booth", check: "V12", reason: "signature 1: is not by the booth of ballot",
		tamper: insert("cast n0", "ballot n0", cast, func(r *record, b *testBallot) []*schnorr.SecretKey {
			return []*schnorr.SecretKey{b.voter.cast, r.booth2}
		}),
	}, {
		name: "cast signed for another election", check: "V12", reason: "signature does not verify",
		tamper: at("cast n0", func(r *record, body entry.Body) {
			e, err := entry.Sign(body, make([]byte, 64), r.voters["n0"].cast, r.booth)
			r.must(err)
			r.append(e.Bytes())
		}),
	}, {
		name: "cast before the receipt code", check: "V12", reason: "has no receipt code yet",
		tamper: insert("tick 2", "ballot n0", cast, castKey),
	}, {
		name: "cast twice", check: "V12", reason: "was decided before",
		tamper: insert("cast n1", "ballot n0", cast, castKey),
	}, {
		name: "a test turned into a cast", check: "V12", reason: "was decided before",
		tamper: insert("ballot n4 again", "ballot n4", cast, castKey),
	}, {
		name: "cast with another leaf hash", check: "V12", reason: "has another leaf hash",
		tamper: insert("cast n0", "ballot n0", func(r *record, b *testBallot) entry.Body {
			return &entry.Cast{Ballot: b.index, Leaf: make([]byte, 32)}
		}, castKey),
	}, {
		name: "cast of something else", check: "V12", reason: "entry 3 is no valid ballot",
		tamper: insert("cast n0", "ballot n0", func(r *record, b *testBallot) entry.Body {
			return &entry.Cast{Ballot: 3, Leaf: b.leaf[:]}
		}, castKey),
	}, {
		name: "cast after the time to decide", check: "V12", reason: "could be decided for 600 seconds",
		tamper: insert("end", "ballot n3", cast, castKey),
	}, {
		name: "test by the cast key", check: "V12", reason: "signature 0: is not by the ballot key",
		tamper: insert("cast n0", "ballot n0", test, castKey),
	}, {
		name: "other randomness", check: "V13", reason: "contest 1, option 0: opening of ",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[1].Nonces[0] ^= 1 }), ballotKey),
	}, {
		name: "another choice", check: "V13", reason: "contest 0, option 0: opening of ",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[0].Selected = []uint64{2} }), ballotKey),
	}, {
		name: "two choices", check: "V13", reason: "contest 0, opening: selects 2, the limit is 1",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[0].Selected = []uint64{0, 1} }), ballotKey),
	}, {
		name: "no choice in a vote for one", check: "V13", reason: "contest 0, opening: selects 0",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[0].Selected = nil }), ballotKey),
	}, {
		name: "choices not ascending", check: "V13", reason: "contest 1, opening: selected options",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[1].Selected = []uint64{2, 0} }), ballotKey),
	}, {
		name: "choice that does not exist", check: "V13", reason: "contest 1, opening: selected options",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[1].Selected = []uint64{3} }), ballotKey),
	}, {
		name: "contest left out", check: "V13", reason: "opens 1 contests, the ballot has 2",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings = t.Openings[:1] }), ballotKey),
	}, {
		name: "contest twice", check: "V13", reason: "contest 1, opening: is of contest 0",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[1] = t.Openings[0] }), ballotKey),
	}, {
		name: "randomness that is not canonical", check: "V13", reason: "contest 0, option 0: randomness: not a canonical scalar",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { addOrder(t.Openings[0].Nonces[:32]) }), ballotKey),
	}, {
		name: "too little randomness", check: "V13", reason: "contest 0, opening: 96 bytes of randomness, want 128",
		tamper: insert("cast n0", "ballot n0", opened(func(t *entry.Test) { t.Openings[0].Nonces = t.Openings[0].Nonces[:96] }), ballotKey),
	}})
}

// TestSecondCast holds that a voter who votes again after casting changes
// nothing: the ballot is valid and its cast is void.
func TestSecondCast(t *testing.T) {
	r := build(t, tamper{before: func(r *record, step string, body entry.Body) bool {
		switch step {
		case "ballot n4 again":
			r.ballot("ballot n0 again", "n0")
		case "cast n4":
			b := r.ballots["ballot n0 again"]
			r.insert(&entry.Cast{Ballot: b.index, Leaf: b.leaf[:]}, b.voter.cast, r.booth)
		}
		return true
	}})
	report := r.verify()
	want := fmt.Sprintf("the voter of ballot %d has cast another", r.ballots["ballot n0 again"].index)
	if !report.Verified() || len(report.Void) != 1 || report.Void[0].Check != "V12" || report.Void[0].Reason != want {
		dump(t, report)
		t.Fatal("want one void cast")
	}
	if want := (Ballots{Cast: 8, Tested: 1, Undecided: 2}); report.Ballots != want {
		t.Errorf("ballots %+v, want %+v", report.Ballots, want)
	}
}
