package script_test

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/elgamal"
	"rollcall/crypto/group"
	"rollcall/crypto/schnorr"
	"rollcall/crypto/sigma"
)

// by keeps the body and has others sign it.
func by(signers func(b *board) []*schnorr.SecretKey) forge {
	return func(b *board, _ entry.Body, _ []*schnorr.SecretKey) []*schnorr.SecretKey { return signers(b) }
}

// body changes the body and keeps the signers.
func body[T entry.Body](change func(b *board, body T)) forge {
	return func(b *board, e entry.Body, signers []*schnorr.SecretKey) []*schnorr.SecretKey {
		change(b, e.(T))
		return signers
	}
}

// reseal makes contest 0 of the caster's ballot anew, with any numbers in its
// four ciphertexts and a proof as if choice were the one that is 1.
func reseal(t *testing.T, ballot *entry.Ballot, b *board, numbers []uint64, choice int, nonces []*group.Scalar, change func(*sigma.Statement)) {
	t.Helper()
	enc, err := elgamal.NewEncryptor(b.joint)
	if err != nil {
		t.Fatal(err)
	}
	st := &sigma.Statement{ElectionHash: b.hash, Key: b.joint, Credential: [32]byte(b.voters[3].ballot.Public().Bytes()),
		Contest: 0, Unit: 1, Limit: 1, Ciphertexts: enc.EncryptAll(numbers, nonces)}
	change(st)
	proof, err := sigma.ProveUnitVector(enc, st, choice, nonces)
	if err != nil {
		t.Fatal(err)
	}
	ballot.Contests[0] = entry.SealedContest{Contest: 0, Ciphertexts: elgamal.Encode(st.Ciphertexts), Proof: proof}
}

// newNonces are those of four ciphertexts.
func newNonces() []*group.Scalar {
	return []*group.Scalar{group.RandomScalar(), group.RandomScalar(), group.RandomScalar(), group.RandomScalar()}
}

// swap exchanges two parts of n bytes.
func swap(b []byte, i, j, n int) {
	part := slices.Clone(b[i : i+n])
	copy(b[i:], b[j:j+n])
	copy(b[j:], part)
}

// TestForgedBallots holds that a ballot which is signed and on the board fails
// where it is wrong, and nowhere else.
func TestForgedBallots(t *testing.T) {
	as := func(*sigma.Statement) {}
	of := func(change func(b *board, e *entry.Ballot)) forge { return body(change) }
	anew := func(numbers []uint64, choice int, change func(*sigma.Statement)) forge {
		return of(func(b *board, e *entry.Ballot) { reseal(t, e, b, numbers, choice, newNonces(), change) })
	}
	form := outcomes{"ballot-form": bad}
	for _, c := range []struct {
		name  string
		forge forge
		want  outcomes
	}{
		{"made anew, right", anew([]uint64{0, 1, 0, 0}, 1, as), outcomes{}},
		{"two ones", anew([]uint64{1, 1, 0, 0}, 0, as), form},
		{"no one", anew([]uint64{0, 0, 0, 0}, 0, as), form},
		{"a two", anew([]uint64{2, 0, 0, 0}, 0, as), form},
		{"two and minus one", anew([]uint64{2, 1<<64 - 1, 0, 0}, 0, as), form},
		{"proved for another election", anew([]uint64{0, 1, 0, 0}, 1, func(s *sigma.Statement) { s.ElectionHash[0] ^= 1 }), form},
		{"proved for another contest", anew([]uint64{0, 1, 0, 0}, 1, func(s *sigma.Statement) { s.Contest = 1 }), form},
		{"proved for another unit", anew([]uint64{0, 1, 0, 0}, 1, func(s *sigma.Statement) { s.Unit = 3 }), form},
		{"proved for another voter", anew([]uint64{0, 1, 0, 0}, 1, func(s *sigma.Statement) { s.Credential[0] ^= 1 }), form},
		{"branches swapped", of(func(_ *board, e *entry.Ballot) { swap(e.Contests[0].Proof, 0, 128, 128) }), form},
		{"commitments swapped", of(func(_ *board, e *entry.Ballot) { swap(e.Contests[0].Proof, 0, 32, 32) }), form},
		{"challenges swapped", of(func(_ *board, e *entry.Ballot) { swap(e.Contests[0].Proof, 64, 192, 32) }), form},
		{"responses swapped", of(func(_ *board, e *entry.Ballot) { swap(e.Contests[0].Proof, 96, 224, 32) }), form},
		{"disjunctions swapped", of(func(_ *board, e *entry.Ballot) { swap(e.Contests[1].Proof, 0, 256, 256) }), form},
		{"the response of the sum", of(func(_ *board, e *entry.Ballot) { flip(32)(e.Contests[1].Proof) }), form},
		{"a response of the first option", of(func(_ *board, e *entry.Ballot) { e.Contests[1].Proof[96] ^= 1 }), form},
		{"ciphertexts swapped", of(func(_ *board, e *entry.Ballot) { swap(e.Contests[0].Ciphertexts, 0, 64, 64) }), form},
		{"one alpha twice, proved", of(func(b *board, e *entry.Ballot) {
			nonces := newNonces()
			nonces[3] = nonces[0]
			reseal(t, e, b, []uint64{0, 1, 0, 0}, 1, nonces, as)
		}), form},
		{"a ciphertext twice", of(func(_ *board, e *entry.Ballot) { copy(e.Contests[1].Ciphertexts, e.Contests[0].Ciphertexts[:64]) }), form},
		{"alpha is the identity", of(func(_ *board, e *entry.Ballot) { clear(e.Contests[0].Ciphertexts[:32]) }), form},
		{"alpha is no point", of(func(_ *board, e *entry.Ballot) { e.Contests[0].Ciphertexts[31] |= 0x80 }), form},
		{"a challenge above the order", of(func(_ *board, e *entry.Ballot) {
			copy(e.Contests[0].Proof[64:], bytes.Repeat([]byte{0xff}, 32))
		}), form},
		{"a proof too short", of(func(_ *board, e *entry.Ballot) { e.Contests[0].Proof = e.Contests[0].Proof[128:] }), form},
		{"half a branch more", of(func(_ *board, e *entry.Ballot) {
			e.Contests[0].Proof = append(e.Contests[0].Proof, make([]byte, 64)...)
		}), form},
		{"a ciphertext more", of(func(_ *board, e *entry.Ballot) {
			e.Contests[0].Ciphertexts = append(e.Contests[0].Ciphertexts, e.Contests[1].Ciphertexts[:64]...)
		}), form},
		{"a contest less", of(func(_ *board, e *entry.Ballot) { e.Contests = e.Contests[:1] }), form},
		{"contests in another order", of(func(_ *board, e *entry.Ballot) { slices.Reverse(e.Contests) }), form},
		{"a contest that there is not", of(func(_ *board, e *entry.Ballot) { e.Contests[1].Contest = 1 << 63 }), form},
		{"sealed by no booth", by(func(b *board) []*schnorr.SecretKey { return []*schnorr.SecretKey{b.voters[3].ballot, b.authority} }),
			outcomes{"ballot-signed": bad, "decision-signed": bad}},
		{"of nobody on the roll", func(b *board, _ entry.Body, s []*schnorr.SecretKey) []*schnorr.SecretKey {
			return []*schnorr.SecretKey{schnorr.GenerateKey(), s[1]}
		}, outcomes{"roll": bad, "ballot-form": bad, "decision-signed": unknown}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBoard(t, map[int]forge{atCast: c.forge})
			check(t, serve(t, b.answers), b.claim(t, atCast), "", c.want)
		})
	}
}

// TestForgedRest does the same for everything else that a ballot rests on.
func TestForgedRest(t *testing.T) {
	signers := func(keys ...func(b *board) *schnorr.SecretKey) forge {
		return by(func(b *board) []*schnorr.SecretKey {
			var list []*schnorr.SecretKey
			for _, k := range keys {
				list = append(list, k(b))
			}
			return list
		})
	}
	boothKey := func(b *board) *schnorr.SecretKey { return b.keys.booth }
	otherBooth := func(b *board) *schnorr.SecretKey { return b.booth2 }
	castKey := func(b *board) *schnorr.SecretKey { return b.voters[3].cast }
	ballotKey := func(b *board) *schnorr.SecretKey { return b.voters[3].ballot }
	boardKey := func(b *board) *schnorr.SecretKey { return b.board }
	noKey := outcomes{"key": bad, "roll": unknown, "ballot-form": unknown, "decision-signed": unknown}
	// A tick that is void is passed by, and the next gives another code.
	void := outcomes{"code": bad}
	tick := func(change func(b *board, e *entry.Tick)) map[int]forge { return map[int]forge{atTick: body(change)} }
	for _, c := range []struct {
		name   string
		forged map[int]forge
		want   outcomes
	}{
		{"a cast of another ballot", map[int]forge{atCastEntry: body(func(_ *board, e *entry.Cast) { e.Ballot++ })}, outcomes{"decision": bad}},
		{"a cast of another leaf", map[int]forge{atCastEntry: body(func(_ *board, e *entry.Cast) { e.Leaf[0] ^= 1 })}, outcomes{"decision": bad}},
		{"a cast of a ballot beyond 2^53", map[int]forge{atCastEntry: body(func(_ *board, e *entry.Cast) { e.Ballot = 1<<64 - 1 })},
			outcomes{"decision": bad}},
		{"a cast by the ballot key", map[int]forge{atCastEntry: signers(ballotKey, boothKey)}, outcomes{"decision-signed": bad}},
		{"a cast by another voter", map[int]forge{atCastEntry: signers(func(b *board) *schnorr.SecretKey { return b.voters[4].cast }, boothKey)},
			outcomes{"decision-signed": bad}},
		{"a cast at another booth", map[int]forge{atCastEntry: signers(castKey, otherBooth)}, outcomes{"decision-signed": bad}},
		{"open by another", map[int]forge{atOpen: signers(boardKey)}, noKey},
		{"open for another place", map[int]forge{atOpen: body(func(_ *board, e *entry.Open) { e.Size-- })}, noKey},
		{"another joint key", map[int]forge{atOpen: body(func(b *board, e *entry.Open) { e.JointKey = group.MulBase(group.RandomScalar()).Bytes() })},
			outcomes{"ballot-form": bad}},
		{"a joint key that is none", map[int]forge{atOpen: body(func(b *board, e *entry.Open) { clear(e.JointKey) })}, outcomes{"ballot-form": bad}},
		{"a roll by another", map[int]forge{atRoll: signers(boardKey)}, outcomes{"roll": bad, "decision-signed": unknown}},
		{"a roll of another unit", map[int]forge{atRoll: body(func(_ *board, e *entry.Roll) { e.Voters[65] = 3 })}, outcomes{"ballot-form": bad}},
		{"a roll of a unit that is not there", map[int]forge{atRoll: body(func(_ *board, e *entry.Roll) { e.Voters[64] = 0xff })},
			outcomes{"ballot-form": bad}},
		{"a roll with another cast key", map[int]forge{atRoll: body(func(_ *board, e *entry.Roll) { e.Voters[32] ^= 1 })},
			outcomes{"decision-signed": bad}},
		{"a roll with a part of a voter", map[int]forge{atRoll: body(func(_ *board, e *entry.Roll) { e.Voters = append(e.Voters, 0) })},
			outcomes{"roll": bad, "decision-signed": unknown}},
		{"a tick by another", map[int]forge{atTick: signers(ballotKey)}, void},
		{"a tick without its witness", tick(func(_ *board, e *entry.Tick) { e.Cosignatures = nil }), void},
		{"a tick with a wrong cosignature", tick(func(_ *board, e *entry.Tick) { e.Cosignatures[0].Value[0] ^= 1 }), void},
		{"a tick with S above the order", tick(func(_ *board, e *entry.Tick) {
			copy(e.Cosignatures[0].Value[32:], bytes.Repeat([]byte{0xff}, 32))
		}), void},
		{"a tick cosigned at another time", tick(func(b *board, e *entry.Tick) { e.Time++ }), void},
		{"a tick with a witness that is not there", tick(func(_ *board, e *entry.Tick) { e.Cosignatures[0].Witness = 1 }), void},
		{"a tick with a witness twice", tick(func(_ *board, e *entry.Tick) { e.Cosignatures = append(e.Cosignatures, e.Cosignatures[0]) }), void},
		{"a tick over what is not there yet", tick(func(b *board, e *entry.Tick) {
			e.Size = atTick + 1
			b.cosign(t, e)
		}), void},
		{"a tick that covers nothing new", tick(func(b *board, e *entry.Tick) {
			e.Size = atCast
			b.cosign(t, e)
		}), void},
		{"a tick with other randomness", tick(func(_ *board, e *entry.Tick) { e.Random[0] ^= 1 }), outcomes{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBoard(t, c.forged)
			check(t, serve(t, b.answers), b.claim(t, atCast), "", c.want)
		})
	}
}

// TestForgedOpenings holds that a test must show what its ballot holds.
func TestForgedOpenings(t *testing.T) {
	wrong := outcomes{"opening": bad}
	for _, c := range []struct {
		name   string
		change func(*entry.Test)
		want   outcomes
	}{
		{"another option", func(e *entry.Test) { e.Openings[0].Selected[0] = 0 }, wrong},
		{"an option less", func(e *entry.Test) { e.Openings[1].Selected = nil }, wrong},
		{"an option more", func(e *entry.Test) { e.Openings[1].Selected = []uint64{1, 2} }, wrong},
		{"options out of order", func(e *entry.Test) { e.Openings[1].Selected = []uint64{2, 1} }, wrong},
		{"an option twice", func(e *entry.Test) { e.Openings[1].Selected = []uint64{1, 1} }, wrong},
		{"an option that there is not", func(e *entry.Test) { e.Openings[1].Selected = []uint64{1 << 60} }, wrong},
		{"too many options", func(e *entry.Test) { e.Openings[1].Selected = []uint64{0, 1, 2} }, wrong},
		{"two in a vote for one", func(e *entry.Test) { e.Openings[0].Selected = []uint64{0, 3} }, wrong},
		{"another nonce", func(e *entry.Test) { e.Openings[0].Nonces[32] ^= 1 }, wrong},
		{"a nonce above the order", func(e *entry.Test) { copy(e.Openings[0].Nonces, bytes.Repeat([]byte{0xff}, 32)) }, wrong},
		{"a nonce plus the order", func(e *entry.Test) { plusOrder(e.Openings[0].Nonces, 0) }, wrong},
		{"a nonce less", func(e *entry.Test) { e.Openings[0].Nonces = e.Openings[0].Nonces[32:] }, wrong},
		{"a byte less", func(e *entry.Test) { e.Openings[0].Nonces = e.Openings[0].Nonces[1:] }, wrong},
		{"a contest less", func(e *entry.Test) { e.Openings = e.Openings[:1] }, wrong},
		{"another contest", func(e *entry.Test) { e.Openings[0].Contest = 1 }, wrong},
		{"a contest that there is not", func(e *entry.Test) { e.Openings[0].Contest = 1 << 62 }, wrong},
		{"another ballot", func(e *entry.Test) { e.Ballot = atCast }, outcomes{"decision": bad}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBoard(t, map[int]forge{atTestEntry: body(func(_ *board, e *entry.Test) { c.change(e) })})
			claim := b.claim(t, atTested)
			delete(claim, "opened")
			check(t, serve(t, b.answers), claim, "", c.want)
		})
	}
	b := newBoard(t, map[int]forge{atTestEntry: by(func(b *board) []*schnorr.SecretKey {
		return []*schnorr.SecretKey{b.voters[0].cast, b.keys.booth}
	})})
	check(t, serve(t, b.answers), b.claim(t, atTested), "", outcomes{"decision-signed": bad})
}
