package verifier

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
)

func TestTamperedEntries(t *testing.T) {
	by := func(step string, key func(r *record) *schnorr.SecretKey) tamper {
		return signed(step, func(r *record) []*schnorr.SecretKey { return []*schnorr.SecretKey{key(r)} })
	}
	authority := func(r *record) *schnorr.SecretKey { return r.authority }
	registrar := func(r *record) *schnorr.SecretKey { return r.registrar }
	beforeClose := func(do func(r *record)) tamper {
		return at("tick 4", func(r *record, _ entry.Body) { do(r) })
	}
	list := []corruption{{
		name: "junk", check: "V06", reason: "entry",
		tamper: beforeClose(func(r *record) { r.append([]byte("junk")) }),
	}, {
		name: "unknown kind", check: "V06", reason: `kind "bollot": unknown kind`,
		tamper: tamper{raw: func(_ *record, step string, raw []byte) []byte {
			if step == "ballot n3" {
				return bytes.Replace(raw, []byte("fballot"), []byte("fbollot"), 1)
			}
			return raw
		}},
	}, {
		name: "trailing byte", check: "V06", reason: "entry",
		tamper: tamper{raw: func(_ *record, step string, raw []byte) []byte {
			if step == "tick 4" {
				return append(slices.Clone(raw), 0)
			}
			return raw
		}},
	}, {
		name: "signature of another election", check: "V06", reason: "roll: signature 0: signature does not verify",
		tamper: tamper{raw: func(r *record, step string, raw []byte) []byte {
			if step != "roll 1" {
				return raw
			}
			e, err := entry.Decode(raw)
			r.must(err)
			e, err = entry.Sign(e.Body, make([]byte, 64), r.registrar)
			r.must(err)
			// The end of the roll names the chunk as it would have been.
			r.rollRaw = e.Bytes()
			return e.Bytes()
		}, before: func(r *record, step string, body entry.Body) bool {
			if end, ok := body.(*entry.RollEnd); ok && step == "roll-end" {
				leaf := entry.LeafHash(r.rollRaw)
				copy(end.Chunks[32:], leaf[:])
			}
			return true
		}},
	}, {
		name: "second open", check: "V06", reason: "kind open has no place in phase",
		tamper: beforeClose(func(r *record) {
			r.insert(&entry.Open{JointKey: r.enc.Key().Bytes(), Attempt: 1, Voters: []uint64{0}, Root: make([]byte, 32)}, r.authority)
		}),
	}, {
		name: "second manifest", check: "V06", reason: "kind manifest has no place in phase",
		tamper: beforeClose(func(r *record) { r.insert(r.manifest, r.authority) }),
	}, {
		name: "ceremony after open", check: "V06", reason: "kind ceremony has no place in phase",
		tamper: beforeClose(func(r *record) { r.insert(&entry.Ceremony{Attempt: 2}, r.authority) }),
	}, {
		name: "trustee who does not exist", check: "V06", reason: "trustee 4 is not one of the 3",
		tamper: at("roll 0", func(r *record, _ entry.Body) {
			r.insert(&entry.Commitment{Attempt: 1, Trustee: 4, Hash: make([]byte, 64)}, r.signing[0])
		}),
	}, {
		name: "one close for two histories", check: "V06", reason: "close is signed for index",
		tamper: at("close", func(_ *record, body entry.Body) { body.(*entry.Close).Index-- }),
	}, {
		name: "two closes", check: "V06", reason: "kind close has no place in phase",
		tamper: at("tick 5", func(r *record, _ entry.Body) { r.insert(r.makeClose(), r.authority) }),
	}, {
		name: "totals before the end", check: "V06", reason: "kind totals has no place in phase",
		tamper: at("end", func(r *record, _ entry.Body) {
			r.insert(&entry.Totals{Parts: []entry.Part{{Units: []uint64{1}}}}, r.board)
		}),
	}, {
		name: "totals after their end", check: "V06", reason: "kind totals has no place in phase",
		tamper: at("share 1.0", func(r *record, _ entry.Body) {
			r.insert(&entry.Totals{Chunk: 2, Parts: []entry.Part{{Units: []uint64{1}}}}, r.board)
		}),
	}, {
		name: "result before the totals", check: "V06", reason: "kind result has no place in phase",
		tamper: at("totals 1", func(r *record, _ entry.Body) {
			r.insert(&entry.Result{Parts: []entry.ResultPart{{Contest: "mayor", Units: []string{"north"}}}}, r.authority)
		}),
	}, {
		name: "second result", check: "V06", reason: "kind result has no place in phase",
		tamper: tamper{raw: func(r *record, step string, raw []byte) []byte {
			if step == "result-end" {
				r.append(raw)
				e := r.sign(&entry.Result{Parts: []entry.ResultPart{{Contest: "mayor", Units: []string{"north"}}}}, r.authority)
				return e.Bytes()
			}
			return raw
		}},
	}}
	for step, key := range map[string]func(*record) *schnorr.SecretKey{
		"ceremony": registrar, "commitment 1": func(r *record) *schnorr.SecretKey { return r.signing[1] },
		"message 1": authority, "confirm 1": authority, "roll 0": authority, "roll-end": authority, "open": registrar,
		"close": registrar, "totals 0": authority, "totals-end": authority, "result 0": registrar, "result-end": registrar,
	} {
		list = append(list, corruption{
			name: step + " by another", check: "V06", reason: "signature 0: signed by another key", tamper: by(step, key),
		})
	}
	mustFail(t, list)
	mustVoid(t, []corruption{{
		name: "ballot after close", check: "V06", reason: "kind ballot has no place in phase",
		tamper: at("tick 5", func(r *record, _ entry.Body) {
			b := r.makeBallot("n3")
			r.insert(b.body, b.voter.ballot, r.booth)
		}),
	}, {
		name: "tick before open", check: "V06", reason: "kind tick has no place in phase",
		tamper: at("roll 0", func(r *record, _ entry.Body) { r.insert(r.makeTick(r.size(), 0, 1), r.board) }),
	}, {
		name: "second end", check: "V06", reason: "kind end has no place in phase",
		tamper: at("totals 0", func(r *record, _ entry.Body) { r.insert(&entry.End{Close: r.close}, r.board) }),
	}, {
		name: "cast after the end", check: "V06", reason: "kind cast has no place in phase",
		tamper: at("totals 0", func(r *record, _ entry.Body) {
			b := r.ballots["ballot n3"]
			r.insert(&entry.Cast{Ballot: b.index, Leaf: b.leaf[:]}, b.voter.cast, r.booth)
		}),
	}, {
		name: "share before the totals", check: "V06", reason: "kind share has no place in phase",
		tamper: at("totals-end", func(r *record, _ entry.Body) {
			r.insert(&entry.Share{Trustee: 2, Points: make([]byte, 32)}, r.signing[1])
		}),
	}})
}

// TestTamperedBallots inserts bad ballots of n3, whose own is not cast, and of
// a voter who stays at home.
func TestTamperedBallots(t *testing.T) {
	// insert posts a ballot that was changed, before a step.
	insert := func(step, voter string, change func(r *record, b *testBallot)) tamper {
		return at(step, func(r *record, _ entry.Body) {
			b := r.makeBallot(voter)
			change(r, b)
			r.insert(b.body, b.voter.ballot, r.booth)
		})
	}
	signedBy := func(keys func(r *record, v *testVoter) []*schnorr.SecretKey) tamper {
		return at("tick 2", func(r *record, _ entry.Body) {
			b := r.makeBallot("n3")
			r.insert(b.body, keys(r, b.voter)...)
		})
	}
	contest := func(b *testBallot, i int) *entry.SealedContest { return &b.body.Contests[i] }
	mustVoid(t, []corruption{{
		name: "stranger", check: "V08", reason: "signature 0: the key is not on the roll",
		tamper: signedBy(func(r *record, _ *testVoter) []*schnorr.SecretKey {
			return []*schnorr.SecretKey{schnorr.GenerateKey(), r.booth}
		}),
	}, {
		name: "cast key instead of ballot key", check: "V08", reason: "signature 0: the key is not on the roll",
		tamper: signedBy(func(r *record, v *testVoter) []*schnorr.SecretKey { return []*schnorr.SecretKey{v.cast, r.booth} }),
	}, {
		name: "no booth", check: "V08", reason: "signature 1: the key is not a booth's",
		tamper: signedBy(func(r *record, v *testVoter) []*schnorr.SecretKey { return []*schnorr.SecretKey{v.ballot, r.board} }),
	}, {
		name: "replayed from another election", check: "V08", reason: "signature 0: signature does not verify",
		tamper: at("tick 2", func(r *record, _ entry.Body) {
			b := r.makeBallot("n3")
			e, err := entry.Sign(b.body, make([]byte, 64), b.voter.ballot, r.booth)
			r.must(err)
			r.append(e.Bytes())
		}),
	}, {
		name: "replayed as it was", check: "V09", reason: "an alpha stands in an earlier valid ballot",
		tamper: at("tick 3", func(r *record, _ entry.Body) { r.append(r.raws[r.ballots["ballot n0"].index]) }),
	}, {
		name: "contest left out", check: "V09", reason: `has 1 contests, a voter of unit "north" is asked 2`,
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) { b.body.Contests = b.body.Contests[:1] }),
	}, {
		name: "contest of another unit", check: "V09", reason: "contest 2 stands where",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) { contest(b, 1).Contest = 2 }),
	}, {
		name: "too few ciphertexts", check: "V09", reason: "contest 1",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) {
			contest(b, 1).Ciphertexts = contest(b, 1).Ciphertexts[:128]
		}),
	}, {
		name: "identity as alpha", check: "V09", reason: "contest 0: ciphertext 1: alpha: point is the identity",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) { clear(contest(b, 0).Ciphertexts[64:96]) }),
	}, {
		name: "identity as beta", check: "V09", reason: "contest 0: ciphertext 1: beta: point is the identity",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) { clear(contest(b, 0).Ciphertexts[96:128]) }),
	}, {
		name: "point that is not canonical", check: "V09", reason: "contest 0: ciphertext 0: alpha: not a canonical",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) {
			copy(contest(b, 0).Ciphertexts, bytes.Repeat([]byte{0xff}, 32))
		}),
	}, {
		name: "one alpha twice", check: "V09", reason: "contest 1: ciphertext 0: alpha stands twice in this ballot",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) {
			copy(contest(b, 1).Ciphertexts[:32], contest(b, 0).Ciphertexts[:32])
		}),
	}, {
		name: "another voter's alpha after hers", check: "V09", reason: "an alpha stands in an earlier valid ballot",
		tamper: insert("tick 3", "n3", func(r *record, b *testBallot) {
			copy(contest(b, 0).Ciphertexts[:32], r.ballots["ballot n0"].body.Contests[0].Ciphertexts[:32])
		}),
	}, {
		name: "another voter's alpha before hers, which still counts", check: "V10", reason: "contest 0",
		tamper: at("ballot n0", func(r *record, body entry.Body) {
			junk := r.makeBallot("n3")
			copy(contest(junk, 0).Ciphertexts[:32], body.(*entry.Ballot).Contests[0].Ciphertexts[:32])
			r.insert(junk.body, junk.voter.ballot, r.booth)
		}),
	}, {
		name: "copied under another credential", check: "V10", reason: "contest 0: challenges do not add up",
		tamper: at("ballot n0", func(r *record, body entry.Body) { r.insert(body, r.voters["n3"].ballot, r.booth) }),
	}, {
		name: "re-randomised", check: "V10", reason: "contest 0: challenges do not add up",
		tamper: at("ballot n0", func(r *record, body entry.Body) {
			honest := body.(*entry.Ballot)
			copied := &entry.Ballot{Contests: slices.Clone(honest.Contests)}
			for i := range copied.Contests {
				c := &copied.Contests[i]
				n := len(c.Ciphertexts) / elgamal.CiphertextSize
				cs, err := elgamal.ParseCiphertexts(c.Ciphertexts, n)
				r.must(err)
				for k := range cs {
					cs[k] = cs[k].Add(r.enc.Encrypt(0, group.RandomScalar()))
				}
				c.Ciphertexts = elgamal.Encode(cs)
			}
			r.insert(copied, r.voters["n3"].ballot, r.booth)
		}),
	}, {
		name: "proof for another contest", check: "V10", reason: "contest 1",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) { contest(b, 1).Proof = contest(b, 0).Proof }),
	}, {
		name: "altered response", check: "V10", reason: "contest 0, option 0: response",
		tamper: insert("tick 2", "n3", func(_ *record, b *testBallot) { contest(b, 0).Proof[96] ^= 1 }),
	}, {
		name: "two votes in a vote for one", check: "V10", reason: "contest 0",
		tamper: insert("tick 2", "n3", func(r *record, b *testBallot) {
			votes(r, b, 0, func(k int) uint64 { return uint64(k % 2) })
		}),
	}, {
		name: "a negative vote", check: "V10", reason: "contest 0",
		tamper: insert("tick 2", "n3", func(r *record, b *testBallot) {
			votes(r, b, 0, func(k int) uint64 { return []uint64{2, minusOne, 0, 0}[k] })
		}),
	}})
}
