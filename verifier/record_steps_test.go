package verifier

import (
	"fmt"
	"slices"
	"strings"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/threshold"
)

func (r *record) runCeremony(attempt uint64) {
	r.post("ceremony", &entry.Ceremony{Attempt: attempt, Time: r.now}, r.authority)
	honest := r.honestCeremony(attempt)
	r.messages, r.shares, r.enc = honest.messages, honest.shares, honest.enc
	for i, m := range r.messages {
		h := dkg.CommitmentHash(dkg.SessionID(r.hash, attempt), i+1, m)
		r.post(fmt.Sprintf("commitment %d", i+1), &entry.Commitment{Attempt: attempt, Trustee: uint64(i) + 1, Hash: h[:]}, r.signing[i])
	}
	for i, m := range r.messages {
		r.post(fmt.Sprintf("message %d", i+1), &entry.Round1{Attempt: attempt, Trustee: uint64(i) + 1, Message: slices.Clone(m)}, r.signing[i])
	}
	for i, c := range honest.confirmations {
		r.post(fmt.Sprintf("confirm %d", i+1), &entry.Confirm{Attempt: attempt, Trustee: uint64(i) + 1, Signature: slices.Clone(c)}, r.signing[i])
	}
}

func (r *record) makeRoll() {
	for _, v := range strings.Fields("n0 s0 n1 i0 n2 s1 e0 n3 s2 n4") {
		unit := uint64(strings.IndexByte("_nsie", v[0]))
		r.voters[v] = &testVoter{r.key(v + " ballot"), r.key(v + " cast"), unit}
		r.order = append(r.order, v)
	}
	var chunks []byte
	for c, names := range [][]string{r.order[:6], r.order[6:]} {
		var b []byte
		for _, v := range names {
			b = entry.AppendVoter(b, r.line(v))
		}
		if e := r.post(fmt.Sprintf("roll %d", c), &entry.Roll{Chunk: uint64(c), Voters: b}, r.registrar); e != nil {
			leaf := e.LeafHash()
			chunks = append(chunks, leaf[:]...)
		}
	}
	r.post("roll-end", &entry.RollEnd{Chunks: chunks, Counts: []uint64{0, 5, 3, 1, 1}}, r.registrar)
	r.commitAudit()
}

func (r *record) line(name string) entry.Voter {
	v := r.voters[name]
	return entry.Voter{BallotKey: [32]byte(v.ballot.Public().Bytes()), CastKey: [32]byte(v.cast.Public().Bytes()), Unit: v.unit}
}

// vote is the open election, and its end.
func (r *record) vote() {
	r.tick()
	for _, round := range [][]string{{"n0", "n1", "s0", "i0"}, {"n2", "n3", "n4", "s1", "s2"}} {
		for _, v := range round {
			r.ballot("ballot "+v, v)
		}
		r.tick()
		for _, v := range round {
			switch v {
			case "n3": // hangs up
			case "n4":
				r.test("test n4", "ballot n4")
			default:
				r.cast("cast "+v, "ballot "+v)
			}
		}
		r.now += 60
	}
	r.ballot("ballot n4 again", "n4")
	r.tick()
	r.cast("cast n4", "ballot n4 again")
	r.close = r.size()
	r.post("close", r.makeClose(), r.authority)
	r.close = r.size() - 1
	r.tick()
	r.now += r.manifest.DecisionSeconds
	r.tick()
	r.post("end", &entry.End{Close: r.close}, r.board)
	r.end, r.root = r.size()-1, r.tree.Root()
}

// finish posts totals, shares and result.
func (r *record) finish() {
	parts := []entry.Part{
		{Contest: 0, Units: []uint64{1}}, {Contest: 0, Units: []uint64{2, 3}}, {Contest: 0, Units: []uint64{4}},
		{Contest: 1, Units: []uint64{1}}, {Contest: 1, Units: []uint64{2}},
		{Contest: 2, Units: []uint64{3}},
	}
	if r.tamper.partition != nil {
		parts = r.tamper.partition
	}
	for _, p := range parts {
		r.totals = append(r.totals, r.part(p.Contest, p.Units))
	}
	for c, parts := range [][]entry.Part{r.totals[:3], r.totals[3:]} {
		r.post(fmt.Sprintf("totals %d", c), &entry.Totals{Chunk: uint64(c), Parts: slices.Clone(parts)}, r.board)
		r.chunks = append(r.chunks, r.lastLeaf()...)
	}
	r.post("totals-end", &entry.TotalsEnd{End: r.end, Chunks: r.chunks}, r.board)
	for _, i := range []uint64{1, 3} {
		r.share(i)
	}
	result := &entry.Result{}
	for i, p := range r.totals {
		result.Parts = append(result.Parts, r.resultPart(i, p))
	}
	r.post("result 0", result, r.authority)
	r.post("result-end", &entry.ResultEnd{End: r.end, Trustees: []uint64{1, 3}, Chunks: r.lastLeaf()}, r.authority)
	r.openAudit()
}

// part adds up the cast ballots of some units.
func (r *record) part(contest uint64, units []uint64) entry.Part {
	p := entry.Part{Contest: contest, Units: units}
	n := r.manifest.Contests[contest].Ciphertexts()
	sums, votes := make([]elgamal.Ciphertext, n), make([]uint64, n)
	for k := range sums {
		sums[k] = elgamal.Zero()
	}
	for _, b := range r.casts {
		if !slices.Contains(units, b.voter.unit) {
			continue
		}
		p.Ballots++
		for i, sealed := range b.body.Contests {
			if sealed.Contest != contest {
				continue
			}
			cs, err := elgamal.ParseCiphertexts(sealed.Ciphertexts, n)
			r.must(err)
			for k := range cs {
				sums[k] = sums[k].Add(cs[k])
				votes[k] += b.votes[i][k]
			}
		}
	}
	if p.Ballots >= r.manifest.Minimum || r.tamper.small && p.Ballots > 0 {
		p.Sums = elgamal.Encode(sums)
	}
	r.votes = append(r.votes, votes)
	return p
}

func (r *record) share(i uint64) {
	st := &threshold.Statement{ElectionHash: r.hash, Key: r.enc.Key(), End: r.end, Root: r.root, Trustee: i,
		VerificationShare: r.shares[i-1].Public.VerificationShares[i-1]}
	for _, p := range r.totals {
		cs, err := elgamal.ParseSums(p.Sums, len(p.Sums)/64)
		r.must(err)
		for _, c := range cs {
			st.Alphas = append(st.Alphas, c.Alpha)
		}
	}
	honest := r.honestShare(st)
	points, proof := honest.points, slices.Clone(honest.proof)
	var chunks []byte
	for c, part := range [][]*group.Point{points[:5], points[5:]} {
		var b []byte
		for _, p := range part {
			b = append(b, p.Bytes()...)
		}
		r.post(fmt.Sprintf("share %d.%d", i, c), &entry.Share{Trustee: i, Chunk: uint64(c), Points: b}, r.signing[i-1])
		chunks = append(chunks, r.lastLeaf()...)
	}
	r.post(fmt.Sprintf("share-end %d", i), &entry.ShareEnd{Trustee: i, End: r.end, Root: r.root[:], Chunks: chunks, Proof: proof}, r.signing[i-1])
}

func (r *record) resultPart(i int, p entry.Part) entry.ResultPart {
	c := &r.manifest.Contests[p.Contest]
	out := entry.ResultPart{Contest: c.ID, Ballots: p.Ballots}
	for _, u := range p.Units {
		out.Units = append(out.Units, r.manifest.Units[u].ID)
	}
	if p.Ballots > 0 && len(p.Sums) == 0 {
		return out
	}
	ids := []string{}
	for _, o := range c.Options {
		ids = append(ids, o.ID)
	}
	out.Undervotes = c.Limit * p.Ballots
	if c.Limit == 1 {
		ids = append(ids, entry.NoneID)
		out.Undervotes = r.votes[i][len(ids)-1]
	}
	for k, id := range ids {
		out.Options = append(out.Options, entry.OptionCount{Option: id, Votes: r.votes[i][k]})
		if c.Limit > 1 {
			out.Undervotes -= r.votes[i][k]
		}
	}
	return out
}
