package record_test

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
	"rollcall/tally/record"
)

// forged is one contest sealed by somebody who writes the prover anew: any
// numbers, any randomness, any statement.
type forged struct {
	contest uint64
	votes   []int64
	nonces  []*group.Scalar // drawn if nil
	claim   int             // the choice that the proof speaks of
	about   func(*sigma.Statement)
}

// seal encrypts and proves for voter v.
func (f forged) seal(b *board, v voter) entry.SealedContest {
	b.t.Helper()
	enc, err := elgamal.NewEncryptor(b.joint)
	if err != nil {
		b.t.Fatal(err)
	}
	nonces := f.nonces
	ciphertexts := make([]elgamal.Ciphertext, len(f.votes))
	for i, vote := range f.votes {
		if f.nonces == nil {
			nonces = append(nonces, group.RandomScalar())
		}
		ciphertexts[i] = enc.Encrypt(uint64(max(vote, 0)), nonces[i])
		for range max(-vote, 0) {
			ciphertexts[i].Beta = ciphertexts[i].Beta.Sub(b.joint)
		}
	}
	st := &sigma.Statement{ElectionHash: b.hash, Key: b.joint, Credential: line(v).BallotKey, Contest: f.contest, Unit: v.unit,
		Limit: int(b.m.Contests[f.contest].Limit), Ciphertexts: ciphertexts}
	if f.about != nil {
		f.about(st)
	}
	var proof []byte
	if st.Limit == 1 {
		proof, err = sigma.ProveUnitVector(enc, st, f.claim, nonces)
	} else {
		honest := make([]uint64, len(f.votes)) // the prover refuses others
		honest[f.claim] = 1
		proof, err = sigma.ProveRange(enc, st, honest, nonces)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return entry.SealedContest{Contest: f.contest, Ciphertexts: elgamal.Encode(ciphertexts), Proof: proof}
}

// ballot seals an honest southern ballot but for what change does to it, signed
// by v and the first booth.
func (b *board) ballot(v voter, change func(*entry.Ballot)) *entry.Entry {
	b.t.Helper()
	body := &entry.Ballot{}
	for _, c := range b.m.ContestsOf(v.unit) {
		votes := make([]int64, b.m.Contests[c].Ciphertexts())
		votes[1] = 1
		body.Contests = append(body.Contests, forged{contest: c, votes: votes, claim: 1}.seal(b, v))
	}
	if change != nil {
		change(body)
	}
	return b.sign(body, v.ballot, b.booths[0])
}

// TestForgedBallots offers ballots that nobody may seal. All are refused, each
// for its reason, and an honest one is taken afterwards.
func TestForgedBallots(t *testing.T) {
	b := openBoard(t)
	v := b.voters[2] // south: contests 0 and 1
	contest := func(i int, f forged) *entry.Entry {
		f.contest = uint64(i)
		return b.ballot(v, func(body *entry.Ballot) { body.Contests[i] = f.seal(b, v) })
	}
	for _, c := range []struct {
		name  string
		votes []int64
		claim int
	}{
		{"two votes", []int64{1, 1, 0, 0}, 0},
		{"no vote", []int64{0, 0, 0, 0}, 0},
		{"one voter's 100 votes", []int64{0, 100, 0, 0}, 1},
		{"negative vote", []int64{2, -1, 0, 0}, 0},
		{"vote for none and one", []int64{1, 0, 0, 1}, 0},
	} {
		b.refused(c.name, contest(0, forged{votes: c.votes, claim: c.claim}), record.ErrProof, "contest 0, ")
	}
	one := []int64{0, 1, 0, 0}
	for name, about := range map[string]func(*sigma.Statement){
		"proof for another election":   func(st *sigma.Statement) { st.ElectionHash[0] ^= 1 },
		"proof for another contest":    func(st *sigma.Statement) { st.Contest = 0 },
		"proof for another unit":       func(st *sigma.Statement) { st.Unit = north },
		"proof for another credential": func(st *sigma.Statement) { st.Credential = line(b.voters[3]).BallotKey },
	} {
		b.refused(name, contest(1, forged{votes: one, claim: 1, about: about}), record.ErrProof, "contest 1, ")
	}

	n := b.voters[0] // north has the contest of up to 2 of 3
	for name, votes := range map[string][]int64{"three of two": {1, 1, 1}, "twice for one": {0, 2, 0}, "negative in up to 2": {-1, 1, 1}} {
		e := b.ballot(n, func(body *entry.Ballot) { body.Contests[2] = forged{contest: 2, votes: votes, claim: 1}.seal(b, n) })
		b.refused(name, e, record.ErrProof, "contest 2, ")
	}
	b.take(b.ballot(v, nil))
	b.take(b.ballot(n, nil))
}

// TestMalformedBallots changes an honest ballot before it is signed.
func TestMalformedBallots(t *testing.T) {
	b := openBoard(t)
	v := b.voters[2]
	identity := fill(32)
	for _, c := range []struct {
		name   string
		change func(*entry.Ballot)
		reason error
		detail string
	}{
		{"contest left out", func(x *entry.Ballot) { x.Contests = x.Contests[:1] }, record.ErrContent, "1 contests, want 2"},
		{"contest twice", func(x *entry.Ballot) { x.Contests[1] = x.Contests[0] }, record.ErrContent, "contests[1]: contest 0, want 1"},
		{"contests swapped", func(x *entry.Ballot) { slices.Reverse(x.Contests) }, record.ErrContent, "contests[0]: contest 1, want 0"},
		{"contest of another unit", func(x *entry.Ballot) {
			x.Contests = append(x.Contests, forged{contest: 2, votes: []int64{0, 1, 0}, claim: 1}.seal(b, v))
		}, record.ErrContent, "3 contests, want 2"},
		{"unknown contest", func(x *entry.Ballot) { x.Contests[1].Contest = 1 << 40 }, record.ErrContent, "contests[1]: contest 1099511627776, want 1"},
		{"ciphertext left out", func(x *entry.Ballot) { x.Contests[0].Ciphertexts = x.Contests[0].Ciphertexts[64:] }, record.ErrContent, "contest 0: "},
		{"byte left out", func(x *entry.Ballot) { x.Contests[0].Ciphertexts = x.Contests[0].Ciphertexts[1:] }, record.ErrContent, "contest 0: "},
		{"no ciphertexts", func(x *entry.Ballot) { x.Contests[1].Ciphertexts = nil }, record.ErrContent, "contest 1: "},
		{"alpha the identity", func(x *entry.Ballot) { copy(x.Contests[0].Ciphertexts, identity) }, record.ErrContent, "contest 0: "},
		{"beta the identity", func(x *entry.Ballot) { copy(x.Contests[1].Ciphertexts[32:], identity) }, record.ErrContent, "contest 1: "},
		{"alpha not canonical", func(x *entry.Ballot) { copy(x.Contests[0].Ciphertexts, bytes.Repeat([]byte{0xff}, 32)) }, record.ErrContent, "contest 0: "},
		{"alpha twice in a contest", func(x *entry.Ballot) { copy(x.Contests[0].Ciphertexts[64:96], x.Contests[0].Ciphertexts) }, record.ErrDuplicate, "contest 0, option 1: alpha stands twice"},
		{"alpha of the contest before", func(x *entry.Ballot) { copy(x.Contests[1].Ciphertexts[:32], x.Contests[0].Ciphertexts) }, record.ErrDuplicate, "contest 1, option 0: alpha stands twice"},
		{"no proof", func(x *entry.Ballot) { x.Contests[0].Proof = nil }, record.ErrProof, "contest 0, "},
		{"proof cut short", func(x *entry.Ballot) { x.Contests[0].Proof = x.Contests[0].Proof[1:] }, record.ErrProof, "contest 0, "},
		{"proof too long", func(x *entry.Ballot) { x.Contests[0].Proof = append(x.Contests[0].Proof, 0) }, record.ErrProof, "contest 0, "},
		{"bit of a proof", func(x *entry.Ballot) { x.Contests[1].Proof[70] ^= 1 }, record.ErrProof, "contest 1, "},
		{"proofs swapped", func(x *entry.Ballot) {
			x.Contests[0].Proof, x.Contests[1].Proof = x.Contests[1].Proof, x.Contests[0].Proof
		}, record.ErrProof, "contest 0, "},
		{"options swapped", func(x *entry.Ballot) {
			c := x.Contests[0].Ciphertexts
			x.Contests[0].Ciphertexts = slices.Concat(c[64:128], c[:64], c[128:])
		}, record.ErrProof, "contest 0, "},
		{"vote moved on", func(x *entry.Ballot) { // beta of option 0 one vote up
			p, err := group.ParsePoint(x.Contests[0].Ciphertexts[32:64])
			if err != nil {
				t.Fatal(err)
			}
			copy(x.Contests[0].Ciphertexts[32:64], p.Add(b.joint).Bytes())
		}, record.ErrProof, "contest 0, "},
	} {
		b.refused(c.name, b.ballot(v, c.change), c.reason, c.detail)
	}
}

// TestBallotSigners offers an honest ballot under wrong signatures.
func TestBallotSigners(t *testing.T) {
	b := openBoard(t)
	v, w := b.voters[2], b.voters[3]
	body := b.ballot(v, nil).Body
	stranger := schnorr.GenerateKey()
	b.refused("not on the roll", b.sign(body, stranger, b.booths[0]), record.ErrSignature, "credential is not on the roll")
	b.refused("cast key as credential", b.sign(body, v.cast, b.booths[0]), record.ErrSignature, "credential is not on the roll")
	b.refused("no booth", b.sign(body, v.ballot, stranger), record.ErrSignature, "signer 1 is no booth")
	b.refused("voter as booth", b.sign(body, v.ballot, v.ballot), record.ErrSignature, "signer 1 is no booth")
	b.refused("copied by another voter", b.sign(body, w.ballot, b.booths[0]), record.ErrProof, "contest 0, ")

	other, err := entry.Sign(body, fill(64), v.ballot, b.booths[0])
	if err != nil {
		t.Fatal(err)
	}
	b.refused("from another election", other, record.ErrSignature, "signature 0")
	b.take(b.sign(body, v.ballot, b.booths[1]))
}

// TestElectionsApart posts a ballot of one election, signed anew by the same
// keys, in another with the same roll and joint key.
func TestElectionsApart(t *testing.T) {
	a, b := openBoard(t), newBoard(t)
	b.voters, b.joint = a.voters, a.joint
	b.open()
	b.tick(firstTick)
	body := a.ballot(a.voters[2], nil).Body
	b.refused("ballot of another election", b.sign(body, a.voters[2].ballot, b.booths[0]), record.ErrProof, "contest 0, ")
}

// TestCopiedCiphertexts takes ciphertexts of a ballot on the board into
// another: as they are, re-randomised, and by a booth that draws no fresh
// randomness.
func TestCopiedCiphertexts(t *testing.T) {
	b := openBoard(t)
	v, w := b.voters[2], b.voters[3]
	nonces := []*group.Scalar{group.RandomScalar(), group.RandomScalar(), group.RandomScalar(), group.RandomScalar()}
	f := forged{contest: 0, votes: []int64{0, 1, 0, 0}, claim: 1, nonces: nonces}
	first := b.ballot(v, func(x *entry.Ballot) { x.Contests[0] = f.seal(b, v) })
	at := b.take(first)
	b.tick(b.now + 1)

	b.refused("replayed", first, record.ErrDuplicate, "contest 0: an alpha stands in ballot 13")
	if at != 13 {
		t.Fatalf("the ballot is entry %d", at)
	}
	stolen := first.Body.(*entry.Ballot).Contests[0]
	b.refused("copied with its proof", b.ballot(w, func(x *entry.Ballot) { x.Contests[0] = stolen }), record.ErrProof, "contest 0, ")
	b.refused("re-randomised with its proof", b.ballot(w, func(x *entry.Ballot) {
		list, err := elgamal.ParseCiphertexts(stolen.Ciphertexts, 4)
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			r := group.RandomScalar()
			list[i] = elgamal.Ciphertext{Alpha: list[i].Alpha.Add(group.MulBase(r)), Beta: list[i].Beta.Add(b.joint.Mul(r))}
		}
		x.Contests[0] = entry.SealedContest{Ciphertexts: elgamal.Encode(list), Proof: stolen.Proof}
	}), record.ErrProof, "contest 0, ")
	// The booth knows the randomness: every proof holds, the alphas are old.
	b.refused("same randomness", b.ballot(w, func(x *entry.Ballot) { x.Contests[0] = f.seal(b, w) }), record.ErrDuplicate, "contest 0: an alpha stands in ballot 13")
	f.nonces = append([]*group.Scalar{group.RandomScalar(), group.RandomScalar(), group.RandomScalar()}, nonces[0])
	b.refused("one old alpha elsewhere", b.ballot(w, func(x *entry.Ballot) { x.Contests[0] = f.seal(b, w) }), record.ErrDuplicate, "contest 0: an alpha stands in ballot 13")
	b.take(b.ballot(w, nil))
}

// TestSealingTimes holds rules 1, 5 and 6 of SPEC.md, section 10.
func TestSealingTimes(t *testing.T) {
	b := newBoard(t)
	b.open()
	v, w := b.voters[2], b.voters[3]
	b.refused("before the first tick", b.ballot(v, nil), record.ErrClosed, "the last tick is in no window")
	b.tick(999)
	b.refused("a second before the window", b.ballot(v, nil), record.ErrClosed, "in no window")
	b.tick(1000)
	first := b.take(b.ballot(v, nil))
	b.refused("second before the code tick", b.ballot(v, nil), record.ErrDuplicate, "ballot 14 of the credential has no receipt code yet")
	b.take(b.ballot(w, nil)) // another voter need not wait
	b.tick(1001)
	second := b.take(b.ballot(v, nil))
	b.tick(1999)
	b.take(b.ballot(v, nil))
	b.tick(2000)
	b.refused("at the end of the window", b.ballot(v, nil), record.ErrClosed, "in no window")
	b.tick(2999)
	b.refused("between the windows", b.ballot(v, nil), record.ErrClosed, "in no window")
	b.tick(3000)
	b.take(b.ballot(v, nil))
	b.tick(3001)
	b.post(b.closeBody(b.s.Size()), b.authority)
	b.refused("after close", b.ballot(w, nil), record.ErrPhase, "the election is closing")

	if b.s.SealedSince(line(v).BallotKey, 0) != 4 || b.s.SealedSince(line(v).BallotKey, 1999) != 2 || b.s.SealedSince([32]byte{}, 0) != 0 {
		t.Error("the ballots of the hour are counted wrong")
	}
	ballots, known := b.s.FindBallotNumber(voterOf(t, b, v).BallotNumber)
	if !known || len(ballots) != 4 || ballots[0].Index != first || ballots[1].Index != second || ballots[0].SealedAfter != 1000 {
		t.Errorf("ballots of the number: %+v", ballots)
	}
	if _, known := b.s.FindBallotNumber("000000000000"); known {
		t.Error("a number that is not on the roll is known")
	}
}

func voterOf(t testing.TB, b *board, v voter) *record.Voter {
	t.Helper()
	voter, _, ok := b.s.VoterByKey(line(v).BallotKey)
	if !ok {
		t.Fatal("voter is not on the roll")
	}
	return voter
}
