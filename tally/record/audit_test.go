package record_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/tally/record"
)

// auditOf is a right commitment to voters of a board, and the list that opens it.
func (b *board) auditOf(voters ...voter) (*entry.Audit, *entry.AuditList) {
	var keys [][32]byte
	a, l := &entry.Audit{Counts: make([]uint64, 3)}, &entry.AuditList{Salt: fill(32)}
	for _, v := range voters {
		keys = append(keys, line(v).BallotKey)
		a.Counts[v.unit]++
	}
	slices.SortFunc(keys, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	for i := range keys {
		l.Keys = append(l.Keys, keys[i][:]...)
	}
	c := entry.AuditCommitment(b.hash, l.Salt, keys)
	a.Commitment = c[:]
	return a, l
}

func TestAuditRules(t *testing.T) {
	b := newBoard(t)
	reg := b.registrar
	b.ceremony(1)
	a, _ := b.auditOf(b.voters[0], b.voters[2])
	b.refused("before the roll", b.sign(a, reg), record.ErrPhase, "the roll is not complete")
	b.roll()
	change := func(do func(a *entry.Audit)) *entry.Entry {
		other := *a
		other.Counts = slices.Clone(a.Counts)
		do(&other)
		return b.sign(&other, reg)
	}
	b.refused("by the authority", b.sign(a, b.authority), record.ErrSignature, "signature 0")
	b.refused("more than there are", change(func(a *entry.Audit) { a.Counts[north] = 3 }), record.ErrContent, "counts: 3 audit credentials in unit 1, the roll has 2 voters there")
	b.refused("a number that wraps", change(func(a *entry.Audit) { a.Counts[south] = ^uint64(0) }), record.ErrContent, "audit credentials in unit 2")
	b.refused("a unit too few", change(func(a *entry.Audit) { a.Counts = a.Counts[:2] }), record.ErrContent, "counts of 2 units, want 3")
	b.refused("a list before the end", b.sign(&entry.AuditList{Salt: fill(32)}, reg), record.ErrPhase, "the election is setup")
	if counts, opened := b.s.Audits(); counts != nil || opened != 0 || fmt.Sprint(b.s.VoterCounts()) != "[0 2 2]" {
		t.Errorf("without auditors: %v, %d, voters %v", counts, opened, b.s.VoterCounts())
	}
	b.post(a, reg)
	b.refused("again", b.sign(a, reg), record.ErrDuplicate, "audit credentials were committed to before")
	if counts, opened := b.s.Audits(); fmt.Sprint(counts) != "[0 1 1]" || opened != 0 {
		t.Errorf("audit credentials %v, opened by %d", counts, opened)
	}
	if sum := b.s.Summary(); sum.Voters != 2 || sum.Auditors != 2 || fmt.Sprint(b.s.VoterCounts(), b.s.RollCounts()) != "[0 1 1] [0 2 2]" {
		t.Errorf("%d voters and %d auditors: %v of %v", sum.Voters, sum.Auditors, b.s.VoterCounts(), b.s.RollCounts())
	}
	b.post(b.openBody(), b.authority)
	b.refused("after opening", b.sign(a, reg), record.ErrPhase, "the election is open")
	b.refused("a list while open", b.sign(&entry.AuditList{Salt: fill(32)}, reg), record.ErrPhase, "the election is open")
}

// auditedEnd is a board whose election has ended, with two cast southern ballots and
// some auditors.
func auditedEnd(t *testing.T, auditors ...int) (*board, *entry.AuditList) {
	t.Helper()
	b := newBoard(t)
	b.ceremony(1)
	b.roll()
	var list *entry.AuditList
	if auditors != nil {
		var a *entry.Audit
		var of []voter
		for _, i := range auditors {
			of = append(of, b.voters[i])
		}
		a, list = b.auditOf(of...)
		b.post(a, b.registrar)
	}
	b.post(b.openBody(), b.authority)
	b.tick(firstTick)
	for _, v := range b.voters[2:] {
		b.take(b.castOf(b.seal(v), v))
	}
	closed := b.post(b.closeBody(b.s.Size()), b.authority)
	b.tick(1100)
	b.refused("a list before the end", b.sign(&entry.AuditList{Salt: fill(32)}, b.registrar), record.ErrPhase, "the election is closing")
	b.tick(1160)
	b.post(&entry.End{Close: closed}, b.own)
	return b, list
}

func TestAuditListRules(t *testing.T) {
	b, list := auditedEnd(t, 0, 1)
	change := func(do func(l *entry.AuditList)) *entry.Entry {
		other := entry.AuditList{Salt: bytes.Clone(list.Salt), Keys: bytes.Clone(list.Keys)}
		do(&other)
		return b.sign(&other, b.registrar)
	}
	b.refused("by the authority", b.sign(list, b.authority), record.ErrSignature, "signature 0")
	b.refused("another salt", change(func(l *entry.AuditList) { l.Salt[0] ^= 1 }), record.ErrContent, "not the credentials and salt that were committed to")
	b.refused("one left out", change(func(l *entry.AuditList) { l.Keys = l.Keys[:32] }), record.ErrContent, "not the credentials and salt")
	b.refused("half a credential", change(func(l *entry.AuditList) { l.Keys = l.Keys[:40] }), record.ErrContent, "keys: 40 bytes are no multiple of 32")
	b.refused("the same twice", change(func(l *entry.AuditList) { copy(l.Keys[32:], l.Keys[:32]) }), record.ErrContent, "keys: number 1 is not above")
	b.refused("somebody else", change(func(l *entry.AuditList) { l.Keys = bytes.Repeat([]byte{9}, 32) }), record.ErrContent, "not the credentials and salt")
	at := b.post(list, b.registrar)
	b.refused("again", b.sign(list, b.registrar), record.ErrDuplicate, "opened already")
	if counts, opened := b.s.Audits(); fmt.Sprint(counts) != "[0 2 0]" || opened != at {
		t.Errorf("%v, opened by %d, want %d", counts, opened, at)
	}
	for _, chunk := range totals() {
		b.post(chunk, b.own)
	}

	// What only a commitment to something else can bring about.
	key := schnorr.GenerateKey
	for name, c := range map[string]struct {
		of      []voter
		counts  []uint64
		refused string
	}{
		"not on the roll": {[]voter{b.voters[0], {key(), key(), north}}, nil, "is not on the roll"},
		"of another unit": {nil, []uint64{0, 1, 1}, "keys: 2 of unit 1, declared are 1"},
		"fewer than that": {nil, []uint64{0, 2, 1}, "keys: 0 of unit 2, declared are 1"},
	} {
		other := newBoard(t)
		other.ceremony(1)
		other.roll()
		of := c.of
		if of == nil {
			of = other.voters[:2]
		} else {
			of[0] = other.voters[0]
		}
		a, l := other.auditOf(of...)
		if c.counts != nil {
			a.Counts = c.counts
		}
		other.post(a, other.registrar)
		other.finish()
		other.refused(name, other.sign(l, other.registrar), record.ErrContent, c.refused)
	}
}

// finish opens an election with nothing in it and ends it.
func (b *board) finish() {
	b.t.Helper()
	b.post(b.openBody(), b.authority)
	b.tick(firstTick)
	closed := b.post(b.closeBody(b.s.Size()), b.authority)
	b.tick(1100)
	b.tick(1160)
	b.post(&entry.End{Close: closed}, b.own)
}

// TestCountedAuditorIsShown: a list that shows a counted ballot of an auditor is
// taken, for all to see.
func TestCountedAuditorIsShown(t *testing.T) {
	b, list := auditedEnd(t, 0, 2)
	at := b.post(list, b.registrar)
	if _, opened := b.s.Audits(); opened != at {
		t.Errorf("opened by %d, want %d", opened, at)
	}
}

func TestAuditListOfNothing(t *testing.T) {
	b, _ := auditedEnd(t)
	b.refused("no commitment", b.sign(&entry.AuditList{Salt: fill(32)}, b.registrar), record.ErrPhase, "no audit credentials were committed to")
}
