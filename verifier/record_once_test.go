package verifier

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"rollcall/bulletin/entry"
	"rollcall/crypto/dkg"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/threshold"
)

// Hundreds of records of these tests are one honest election with one thing wrong.
// What the honest parties draw and compute is therefore made once for all of
// them: records are built sooner, and a verifier that remembers what it has
// computed, as the one in Node does in these tests, has little to do for each.

// made is what once has returned, by its inputs.
var made sync.Map

// once returns what make returned when it was first called with inputs, which are
// all that it rests on but randomness. It is shared: nobody may write to it.
func once[T any](make func() T, inputs ...any) T {
	f, _ := made.LoadOrStore(fmt.Sprintf("%x", inputs), sync.OnceValue(make))
	return f.(func() T)()
}

// key returns the key of somebody in the election.
func (r *record) key(name string) *schnorr.SecretKey {
	return once(schnorr.GenerateKey, "key", r.tamper.keys, name)
}

// sign signs an entry without posting it.
func (r *record) sign(body entry.Body, keys ...*schnorr.SecretKey) *entry.Entry {
	r.t.Helper()
	return r.signFor(r.hash[:], body, keys)
}

func (r *record) signFor(hash []byte, body entry.Body, keys []*schnorr.SecretKey) *entry.Entry {
	r.t.Helper()
	b, err := json.Marshal(body)
	r.must(err)
	inputs := []any{"entry", string(body.Kind()), b, hash}
	for _, k := range keys {
		inputs = append(inputs, k.Public().Bytes())
	}
	raw := once(func() []byte {
		e, err := entry.Sign(body, hash, keys...)
		r.must(err)
		return e.Bytes()
	}, inputs...)
	e, err := entry.Decode(slices.Clone(raw))
	r.must(err)
	return e
}

// honestCeremony is what trustees say in a key ceremony, and what they have then.
type honestCeremony struct {
	messages, confirmations [][]byte
	shares                  []*dkg.KeyShare
	enc                     *elgamal.Encryptor
}

func (r *record) honestCeremony(attempt uint64) honestCeremony {
	return once(func() (h honestCeremony) {
		var keys [][]byte
		for _, t := range r.manifest.Trustees {
			keys = append(keys, t.Ceremony)
		}
		params, err := dkg.NewParams(dkg.SessionID(r.hash, attempt), 2, keys)
		r.must(err)
		var trustees []*dkg.Trustee
		for i := range keys {
			trustee, err := dkg.NewTrustee(params, i+1, r.ceremony[i])
			r.must(err)
			m, err := trustee.Round1(rand.Reader, nil)
			r.must(err)
			trustees, h.messages = append(trustees, trustee), append(h.messages, m)
		}
		c, err := dkg.VerifyMessages(params, h.messages)
		r.must(err)
		var rounds []*dkg.Round2
		for i, t := range trustees {
			round, err := t.Round2(c, h.messages[i])
			r.must(err)
			rounds, h.confirmations = append(rounds, round), append(h.confirmations, round.Signature())
		}
		for _, round := range rounds {
			share, err := round.Finish(h.confirmations)
			r.must(err)
			h.shares = append(h.shares, share)
		}
		h.enc, err = elgamal.NewEncryptor(c.Result().JointKey)
		r.must(err)
		return h
	}, "ceremony", r.hash[:], attempt)
}

// testContest is a contest of a ballot, and what only its voter knows.
type testContest struct {
	contest entry.SealedContest
	nonces  []*group.Scalar
}

// sealOnce seals a contest with seal, or returns what it was sealed as before for
// the same voter. Within one record no contest is sealed the same way twice.
func (r *record) sealOnce(v *testVoter, c uint64, choices []uint64, seal func() testContest) testContest {
	if r.seals == nil {
		r.seals = map[string]int{}
	}
	key := fmt.Sprintf("%x %d", v.ballot.Public().Bytes(), c)
	r.seals[key]++
	s := once(seal, "contest", r.hash[:], r.enc.Key().Bytes(), key, v.unit, choices, r.seals[key])
	return testContest{
		entry.SealedContest{Contest: c, Ciphertexts: slices.Clone(s.contest.Ciphertexts), Proof: slices.Clone(s.contest.Proof)},
		slices.Clone(s.nonces),
	}
}

// honestShare is a trustee's partial decryptions and their proof.
type honestShare struct {
	points []*group.Point
	proof  []byte
}

func (r *record) honestShare(st *threshold.Statement) honestShare {
	inputs := []any{"share", st.ElectionHash[:], st.Key.Bytes(), st.End, st.Root[:], st.Trustee}
	for _, p := range st.Alphas {
		inputs = append(inputs, p.Bytes())
	}
	return once(func() (h honestShare) {
		var err error
		h.points, h.proof, err = threshold.Prove(st, r.shares[st.Trustee-1].Secret)
		r.must(err)
		return h
	}, inputs...)
}

// random returns 32 bytes that no other tick of this record has.
func (r *record) random() []byte {
	r.randoms++
	return slices.Clone(once(func() []byte {
		b := make([]byte, 32)
		rand.Read(b)
		return b
	}, "random", r.hash[:], r.randoms))
}
