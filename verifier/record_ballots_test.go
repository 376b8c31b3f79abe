package verifier

import (
	"fmt"
	"slices"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/sigma"
)

// tick posts a tick over everything so far.
func (r *record) tick() {
	r.ticks++
	r.now++
	r.post(fmt.Sprintf("tick %d", r.ticks), r.makeTick(r.size(), 0, 2), r.board)
}

// makeClose makes a close for the next place.
func (r *record) makeClose() *entry.Close {
	root := r.tree.Root()
	return &entry.Close{Index: r.size(), Root: root[:]}
}

// makeTick makes a tick over the first size entries, cosigned by witnesses.
func (r *record) makeTick(size uint64, witnesses ...uint64) *entry.Tick {
	root, err := r.tree.RootAt(size)
	r.must(err)
	t := &entry.Tick{Time: r.now, Size: size, Root: root[:], Random: r.random()}
	r.cosign(t, witnesses...)
	return t
}

func (r *record) cosign(t *entry.Tick, witnesses ...uint64) {
	t.Cosignatures = nil
	for _, w := range witnesses {
		sig, err := checkpoint.SignCosignature(r.witnesses[w], r.log.Origin(), t.Size, [32]byte(t.Root), t.Time)
		r.must(err)
		t.Cosignatures = append(t.Cosignatures, entry.Cosignature{Witness: w, Time: t.Time, Value: sig})
	}
}

// makeBallot seals a ballot of a voter with the contests of the voter's unit:
// the first or second option in a vote for one, two options in the other.
func (r *record) makeBallot(voter string) *testBallot {
	v := r.voters[voter]
	b := &testBallot{voter: v, body: &entry.Ballot{}}
	for c := range r.manifest.Contests {
		contest := &r.manifest.Contests[c]
		if !slices.Contains(contest.Units, v.unit) {
			continue
		}
		choices := []uint64{uint64(len(b.votes)) + uint64(voter[1]-'0')%2}
		if contest.Limit > 1 {
			choices = []uint64{0, 2}
		}
		b.seal(r, uint64(c), choices)
	}
	return b
}

// seal adds a contest to the ballot.
func (b *testBallot) seal(r *record, c uint64, choices []uint64) {
	contest := &r.manifest.Contests[c]
	n := contest.Ciphertexts()
	votes := make([]uint64, n)
	for _, k := range choices {
		votes[k] = 1
	}
	s := r.sealOnce(b.voter, c, choices, func() testContest {
		nonces, cs := make([]*group.Scalar, n), make([]elgamal.Ciphertext, n)
		for k := range cs {
			nonces[k] = group.RandomScalar()
			cs[k] = r.enc.Encrypt(votes[k], nonces[k])
		}
		st := &sigma.Statement{ElectionHash: r.hash, Key: r.enc.Key(), Credential: [32]byte(b.voter.ballot.Public().Bytes()),
			Contest: c, Unit: b.voter.unit, Limit: int(contest.Limit), Ciphertexts: cs}
		var proof []byte
		var err error
		if contest.Limit == 1 {
			proof, err = sigma.ProveUnitVector(r.enc, st, int(choices[0]), nonces)
		} else {
			proof, err = sigma.ProveRange(r.enc, st, votes, nonces)
		}
		r.must(err)
		return testContest{entry.SealedContest{Ciphertexts: elgamal.Encode(cs), Proof: proof}, nonces}
	})
	b.body.Contests = append(b.body.Contests, s.contest)
	b.votes, b.nonces, b.choices = append(b.votes, votes), append(b.nonces, s.nonces), append(b.choices, choices)
}

func (r *record) ballot(step, voter string) *testBallot {
	b := r.makeBallot(voter)
	r.ballots[step] = b
	r.post(step, b.body, b.voter.ballot, r.booth)
	r.placed(b)
	return b
}

// placed notes where a ballot stands: it is the last entry.
func (r *record) placed(b *testBallot) {
	b.index, b.leaf = r.size()-1, [32]byte(r.lastLeaf())
}

func (r *record) cast(step, ballot string) {
	b := r.ballots[ballot]
	size := r.size()
	r.post(step, &entry.Cast{Ballot: b.index, Leaf: b.leaf[:]}, b.voter.cast, r.booth)
	if r.size() > size {
		r.casts = append(r.casts, b)
	}
}

func (r *record) test(step, ballot string) {
	b := r.ballots[ballot]
	r.post(step, b.opening(), b.voter.ballot, r.booth)
}

// opening returns the right opening of a ballot.
func (b *testBallot) opening() *entry.Test {
	t := &entry.Test{Ballot: b.index, Leaf: b.leaf[:]}
	for i, c := range b.body.Contests {
		o := entry.Opening{Contest: c.Contest, Selected: b.choices[i]}
		for _, n := range b.nonces[i] {
			o.Nonces = append(o.Nonces, n.Bytes()...)
		}
		t.Openings = append(t.Openings, o)
	}
	return t
}

// minusOne stands for -1 in votes.
const minusOne = ^uint64(0)

// votes replaces the ciphertexts of contest i of a ballot by encryptions of
// other numbers, and keeps the proof.
func votes(r *record, b *testBallot, i int, vote func(k int) uint64) {
	c := &b.body.Contests[i]
	cs := make([]elgamal.Ciphertext, len(b.nonces[i]))
	for k := range cs {
		if v := vote(k); v != minusOne {
			cs[k] = r.enc.Encrypt(v, b.nonces[i][k])
			continue
		}
		// alpha = r*G, beta = (r-1)*K.
		less := b.nonces[i][k].Sub(group.ScalarFromUint64(1))
		cs[k] = elgamal.Ciphertext{Alpha: group.MulBase(b.nonces[i][k]), Beta: r.enc.Key().Mul(less)}
	}
	c.Ciphertexts = elgamal.Encode(cs)
}
