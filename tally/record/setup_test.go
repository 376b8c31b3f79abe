package record_test

import (
	"bytes"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/tally/record"
)

func TestManifestFirst(t *testing.T) {
	b := newBoard(t)
	again, err := entry.Sign(b.m, nil, b.authority)
	if err != nil {
		t.Fatal(err)
	}
	b.refused("second manifest", again, record.ErrPhase, "only that")

	// An empty board takes nothing else, and no manifest once it has skipped
	// an entry: the manifest is entry 0 or nowhere.
	empty := &board{t: t, s: record.New(), hash: b.hash}
	for _, body := range []entry.Body{
		&entry.Ceremony{Attempt: 1}, &entry.RollEnd{Counts: []uint64{0}}, b.openBody(),
		&entry.Tick{Root: fill(32), Random: fill(32)}, &entry.Close{Root: fill(32)}, &entry.End{},
		&entry.Share{Trustee: 1, Points: fill(32)}, &entry.ResultEnd{Chunks: fill(32)},
	} {
		empty.refused(string(body.Kind()), b.sign(body, b.authority), record.ErrPhase, "no manifest yet")
	}
	empty.refused("cast", b.sign(&entry.Cast{Leaf: fill(32)}, b.authority, b.authority), record.ErrContent, "no ballot")
	empty.s.Skip([32]byte{})
	empty.refused("manifest at index 1", again, record.ErrPhase, "only that")
	if _, err := empty.s.Judge(b.sign(&entry.Ceremony{Attempt: 1}, b.authority)); err == nil {
		t.Error("a ceremony without a manifest is judged well")
	}
}

func TestManifestRefused(t *testing.T) {
	b := newBoard(t)
	empty := &board{t: t, s: record.New()}
	other, err := entry.Sign(b.m, nil, b.registrar)
	if err != nil {
		t.Fatal(err)
	}
	empty.refused("signed by another", other, record.ErrSignature, "signature 0")
	m := *b.m
	m.Minimum = 1
	bad, err := entry.Sign(&m, nil, b.authority)
	if err != nil {
		t.Fatal(err)
	}
	empty.refused("against its rules", bad, record.ErrContent, "manifest.minimum")
	bound, err := entry.Sign(b.m, b.hash[:], b.authority)
	if err != nil {
		t.Fatal(err)
	}
	empty.refused("signed for an election", bound, record.ErrSignature, "signature 0")
}

// TestCeremonyOrder goes through an attempt step by step and tries at each what
// must not come yet, or not again.
func TestCeremonyOrder(t *testing.T) {
	b := newBoard(t)
	one, two := b.trustees[0], b.trustees[1]
	commitment := func(a, i uint64) entry.Body { return &entry.Commitment{Attempt: a, Trustee: i, Hash: fill(64)} }
	message := func(a, i uint64) entry.Body { return &entry.Round1{Attempt: a, Trustee: i} }
	confirm := func(a, i uint64) entry.Body { return &entry.Confirm{Attempt: a, Trustee: i} }
	complaint := func(a, i, j uint64) entry.Body { return &entry.Complaint{Attempt: a, Trustee: i, Against: j} }
	start := func(a uint64) entry.Body { return &entry.Ceremony{Attempt: a} }

	b.refused("commitment before the ceremony", b.sign(commitment(1, 1), one), record.ErrContent, "attempt 1 is not the one under way")
	b.refused("attempt 2 first", b.sign(start(2), b.authority), record.ErrContent, "attempt 2, the next is 1")
	b.refused("attempt 0", b.sign(start(0), b.authority), record.ErrContent, "attempt 0, the next is 1")
	b.refused("started by a trustee", b.sign(start(1), one), record.ErrSignature, "signature 0")
	b.post(start(1), b.authority)
	b.refused("attempt 1 again", b.sign(start(1), b.authority), record.ErrContent, "attempt 1, the next is 2")

	b.refused("trustee 0", b.sign(commitment(1, 0), one), record.ErrContent, "there is no trustee 0")
	b.refused("trustee 3", b.sign(commitment(1, 3), one), record.ErrContent, "there is no trustee 3")
	b.refused("for another trustee", b.sign(commitment(1, 2), one), record.ErrSignature, "signature 0")
	b.post(commitment(1, 1), one)
	b.refused("second commitment", b.sign(commitment(1, 1), one), record.ErrDuplicate, "trustee 1 has posted one")
	b.refused("message before all commitments", b.sign(message(1, 1), one), record.ErrPhase, "1 of 2 trustees have posted their commitment")
	b.post(commitment(1, 2), two)

	b.refused("confirm before any message", b.sign(confirm(1, 1), one), record.ErrPhase, "0 of 2 trustees have posted their message")
	b.post(message(1, 2), two)
	b.refused("second message", b.sign(message(1, 2), two), record.ErrDuplicate, "trustee 2 has posted one")
	b.refused("complaint before all messages", b.sign(complaint(1, 1, 2), one), record.ErrPhase, "1 of 2 trustees have posted their message")
	b.post(message(1, 1), one)
	b.refused("late commitment", b.sign(commitment(1, 1), one), record.ErrDuplicate, "trustee 1 has posted one")

	b.refused("complaint against nobody", b.sign(complaint(1, 1, 0), one), record.ErrContent, "there is no trustee 0")
	b.refused("complaint against trustee 3", b.sign(complaint(1, 1, 3), one), record.ErrContent, "there is no trustee 3")
	b.refused("complaint of another", b.sign(complaint(1, 2, 1), one), record.ErrSignature, "signature 0")
	b.post(confirm(1, 1), one)
	b.refused("second confirm", b.sign(confirm(1, 1), one), record.ErrDuplicate, "trustee 1 has posted one")
	b.refused("complaint after confirming", b.sign(complaint(1, 1, 2), one), record.ErrPhase, "trustee 1 has signed the transcript")
	b.post(complaint(1, 2, 1), two)
	b.refused("complaint again", b.sign(&entry.Complaint{Attempt: 1, Trustee: 2, Against: 1, Evidence: fill(1)}, two), record.ErrDuplicate, "has accused trustee 1")
	b.refused("confirm after a complaint", b.sign(confirm(1, 2), two), record.ErrPhase, "attempt 1 has failed: trustee 2 has complained")

	b.post(start(2), b.authority)
	b.refused("entry of an earlier attempt", b.sign(complaint(1, 2, 1), two), record.ErrContent, "attempt 1 is not the one under way")
	b.post(commitment(2, 1), one)
	if a := b.s.LatestAttempt(); a == nil || a.Number != 2 || len(a.Commitments) != 1 || len(a.Messages) != 0 {
		t.Errorf("latest attempt: %+v", a)
	}
	if a := b.s.Attempt(1); a == nil || len(a.Confirms) != 1 || len(a.Complaints) != 1 {
		t.Errorf("first attempt: %+v", a)
	}
	if b.s.Attempt(3) != nil || b.s.OpenAttempt() != 0 {
		t.Error("there is an attempt that nobody started")
	}
}

func TestRollRules(t *testing.T) {
	b := newBoard(t)
	reg := b.registrar
	v := b.voters
	key := schnorr.GenerateKey
	identity := entry.AppendVoter(nil, entry.Voter{CastKey: line(v[0]).CastKey, Unit: north})
	castIdentity := entry.AppendVoter(nil, entry.Voter{BallotKey: line(v[0]).BallotKey, Unit: north})
	b.refused("chunk 1 first", b.sign(chunk(1, v[0]), reg), record.ErrContent, "chunk 1, the next is 0")
	b.refused("by the authority", b.sign(chunk(0, v[0]), b.authority), record.ErrSignature, "signature 0")
	b.refused("half a voter", b.sign(&entry.Roll{Voters: fill(67)}, reg), record.ErrContent, "67 bytes are no multiple of 66")
	b.refused("voter twice", b.sign(chunk(0, v[0], v[0]), reg), record.ErrDuplicate, "chunk 0, voter 1: a key is on the roll already")
	b.refused("cast key twice", b.sign(chunk(0, v[0], voter{key(), v[0].cast, north}), reg), record.ErrDuplicate, "chunk 0, voter 1")
	b.refused("one key for both", b.sign(chunk(0, voter{v[0].cast, v[0].cast, north}), reg), record.ErrDuplicate, "chunk 0, voter 0")
	b.refused("cast key as ballot key", b.sign(chunk(0, v[0], voter{v[0].cast, key(), north}), reg), record.ErrDuplicate, "chunk 0, voter 1")
	b.refused("ballot key the identity", b.sign(&entry.Roll{Voters: identity}, reg), record.ErrContent, "chunk 0, voter 0: ballot public key")
	b.refused("cast key the identity", b.sign(&entry.Roll{Voters: castIdentity}, reg), record.ErrContent, "chunk 0, voter 0: cast public key")
	b.refused("unit with parts", b.sign(chunk(0, voter{key(), key(), 0}), reg), record.ErrContent, "unit 0 is no unit that voters belong to")
	b.refused("unknown unit", b.sign(chunk(0, voter{key(), key(), 3}), reg), record.ErrContent, "unit 3 is no unit")
	b.refused("end with wrong counts", b.sign(&entry.RollEnd{Counts: []uint64{0, 1, 0}}, reg), record.ErrContent, "counts: [0 1 0], the chunks hold [0 0 0]")

	places := []uint64{b.post(chunk(0, v[:3]...), reg)}
	b.refused("chunk 0 again", b.sign(chunk(0, v[3]), reg), record.ErrContent, "chunk 0, the next is 1")
	b.refused("voter of an earlier chunk", b.sign(chunk(1, v[3], v[0]), reg), record.ErrDuplicate, "chunk 1, voter 1")
	b.refused("cast key of an earlier chunk", b.sign(chunk(1, voter{v[1].cast, key(), south}), reg), record.ErrDuplicate, "chunk 1, voter 0")
	places = append(places, b.post(chunk(1, v[3]), reg))
	for i := range 4 {
		if found, _, ok := b.s.VoterByKey(line(v[i]).BallotKey); !ok || found.RollAt != places[i/3] {
			t.Errorf("voter %d: %+v, want the chunk at %d", i, found, places[i/3])
		}
	}

	end := b.rollEnd()
	swapped := *end
	swapped.Chunks = append(bytes.Clone(end.Chunks[32:]), end.Chunks[:32]...)
	short := *end
	short.Chunks = end.Chunks[:32]
	counts := *end
	counts.Counts = []uint64{0, 2, 3}
	units := *end
	units.Counts = []uint64{0, 2}
	b.refused("chunks swapped", b.sign(&swapped, reg), record.ErrContent, "chunks: not the leaf hashes of the roll's 2 chunks")
	b.refused("chunk left out", b.sign(&short, reg), record.ErrContent, "chunks: not the leaf hashes")
	b.refused("count too high", b.sign(&counts, reg), record.ErrContent, "counts: [0 2 3], the chunks hold [0 2 2]")
	b.refused("unit left out", b.sign(&units, reg), record.ErrContent, "counts: [0 2]")
	b.refused("end by the authority", b.sign(end, b.authority), record.ErrSignature, "signature 0")
	b.post(end, reg)
	b.refused("end again", b.sign(end, reg), record.ErrDuplicate, "the roll is complete")
	b.refused("chunk after the end", b.sign(chunk(2, voter{key(), key(), south}), reg), record.ErrPhase, "the roll is complete")
}

func TestOpenRules(t *testing.T) {
	b := newBoard(t)
	open := func(change func(*entry.Open)) *entry.Entry {
		body := b.openBody()
		change(body)
		return b.sign(body, b.authority)
	}
	same := func(*entry.Open) {}
	b.refused("before everything", open(same), record.ErrPhase, "the roll is not complete")
	b.ceremony(1)
	b.refused("before the roll", open(same), record.ErrPhase, "the roll is not complete")
	b.roll()
	b.refused("by the registrar", b.sign(b.openBody(), b.registrar), record.ErrSignature, "signature 0")
	b.refused("unknown attempt", open(func(o *entry.Open) { o.Attempt = 2 }), record.ErrPhase, "attempt 2, is not complete")
	b.refused("other counts", open(func(o *entry.Open) { o.Voters = []uint64{0, 2, 1} }), record.ErrContent, "voters: [0 2 1], the roll has [0 2 2]")
	b.refused("size 0", open(func(o *entry.Open) { o.Size = 0 }), record.ErrLate, "signed for index 0, the next is 11")
	b.refused("size ahead", open(func(o *entry.Open) { o.Size++ }), record.ErrLate, "signed for index 12, the next is 11")
	b.refused("size behind", open(func(o *entry.Open) { o.Size-- }), record.ErrLate, "signed for index 10, the next is 11")
	b.refused("forged root", open(func(o *entry.Open) { o.Root[0] ^= 1 }), record.ErrContent, "root: not that of the first 11 entries")

	b.post(&entry.Ceremony{Attempt: 2}, b.authority)
	b.refused("attempt under way", open(func(o *entry.Open) { o.Attempt = 2 }), record.ErrPhase, "attempt 2, is not complete")
	b.take(open(same))
	if b.s.Phase() != record.PhaseOpen || b.s.OpenAttempt() != 1 || !b.s.JointKey().Equal(b.joint) {
		t.Errorf("phase %v, attempt %d", b.s.Phase(), b.s.OpenAttempt())
	}
	b.refused("open again", open(same), record.ErrPhase, "the election is open")
	b.refused("roll after opening", b.sign(chunk(2, b.voters[0]), b.registrar), record.ErrPhase, "the election is open")
	b.refused("ceremony after opening", b.sign(&entry.Ceremony{Attempt: 3}, b.authority), record.ErrPhase, "the election is open")
}

// TestComplaintAfterCeremony holds that nobody can spoil a complete ceremony:
// an election opened with its key would fail at V02.
func TestComplaintAfterCeremony(t *testing.T) {
	b := newBoard(t)
	b.ceremony(1)
	b.refused("complaint", b.sign(&entry.Complaint{Attempt: 1, Trustee: 1, Against: 2}, b.trustees[0]), record.ErrPhase, "trustee 1 has signed the transcript")
	b.roll()
	b.post(b.openBody(), b.authority)
}
