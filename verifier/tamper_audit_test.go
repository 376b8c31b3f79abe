package verifier

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
)

// audited are two voters of the test election who cast nothing: of north, who seals
// a ballot and hangs up, and of the unit where nobody calls.
var audited = []string{"n3", "e0"}

// commitAudit posts the commitment to the credentials that a test has chosen.
func (r *record) commitAudit() {
	if r.tamper.audit == nil {
		return
	}
	counts := make([]uint64, len(r.manifest.Units))
	for _, name := range r.tamper.audit {
		v := r.voters[name]
		r.auditors = append(r.auditors, [32]byte(v.ballot.Public().Bytes()))
		counts[v.unit]++
	}
	r.post("audit", &entry.Audit{Counts: counts, Commitment: r.commitment()}, r.registrar)
}

// auditSalt is that of all tests.
var auditSalt = bytes.Repeat([]byte{7}, 32)

// commitment is one to r.auditors in order.
func (r *record) commitment() []byte {
	slices.SortFunc(r.auditors, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	c := entry.AuditCommitment(r.hash, auditSalt, r.auditors)
	return c[:]
}

func (r *record) auditList() *entry.AuditList {
	l := &entry.AuditList{Salt: auditSalt}
	for _, k := range r.auditors {
		l.Keys = append(l.Keys, k[:]...)
	}
	return l
}

// openAudit posts the list.
func (r *record) openAudit() {
	if r.tamper.audit != nil {
		r.post("audit-list", r.auditList(), r.registrar)
	}
}

// audit is a tamper of an election with audit credentials.
func audit(of []string, t tamper) tamper {
	t.audit = of
	return t
}

func TestTamperedAudit(t *testing.T) {
	foreign := [32]byte(schnorr.GenerateKey().Public().Bytes())
	listed := func(do func(l *entry.AuditList)) tamper {
		return audit(audited, at("audit-list", func(_ *record, body entry.Body) { do(body.(*entry.AuditList)) }))
	}
	declared := func(do func(r *record, a *entry.Audit)) tamper {
		return audit(audited, at("audit", func(r *record, body entry.Body) { do(r, body.(*entry.Audit)) }))
	}
	mustFail(t, []corruption{{
		name: "an auditor's ballot is counted", check: "V21", reason: ", is counted",
		tamper: audit([]string{"n0", "e0"}, tamper{}),
	}, {
		name: "another salt", check: "V21", reason: "audit-list: not the credentials and salt that were committed to",
		tamper: listed(func(l *entry.AuditList) { l.Salt = make([]byte, 32) }),
	}, {
		name: "an auditor left out", check: "V21", reason: "audit-list: not the credentials and salt that were committed to",
		tamper: listed(func(l *entry.AuditList) { l.Keys = l.Keys[32:] }),
	}, {
		name: "commitment of another election", check: "V21", reason: "audit-list: not the credentials and salt that were committed to",
		tamper: declared(func(r *record, a *entry.Audit) {
			c := entry.AuditCommitment([64]byte{1}, auditSalt, r.auditors)
			a.Commitment = c[:]
		}),
	}, {
		name: "half a credential", check: "V21", reason: "audit-list: keys: 48 bytes are no multiple of 32",
		tamper: listed(func(l *entry.AuditList) { l.Keys = l.Keys[:48] }),
	}, {
		name: "descending", check: "V21", reason: "audit-list: keys: number 1 is not above the one before it",
		tamper: declared(func(r *record, a *entry.Audit) {
			slices.Reverse(r.auditors)
			c := entry.AuditCommitment(r.hash, auditSalt, r.auditors)
			a.Commitment = c[:]
		}),
	}, {
		name: "one credential twice", check: "V21", reason: "audit-list: keys: number 1 is not above the one before it",
		tamper: declared(func(r *record, a *entry.Audit) {
			r.auditors[1] = r.auditors[0]
			a.Commitment = r.commitment()
		}),
	}, {
		name: "credential that is not on the roll", check: "V21", reason: "is not on the roll",
		tamper: declared(func(r *record, a *entry.Audit) {
			r.auditors = append(r.auditors, foreign)
			a.Commitment = r.commitment()
		}),
	}, {
		name: "cast key for a credential", check: "V21", reason: "is not on the roll",
		tamper: declared(func(r *record, a *entry.Audit) {
			r.auditors = append(r.auditors, [32]byte(r.voters["s0"].cast.Public().Bytes()))
			a.Commitment = r.commitment()
		}),
	}, {
		name: "more of a unit than declared", check: "V21", reason: `audit-list: keys: 1 of unit "north", declared are 0`,
		tamper: declared(func(_ *record, a *entry.Audit) { a.Counts[1] = 0 }),
	}, {
		name: "fewer of a unit than declared", check: "V21", reason: `audit-list: keys: 0 of unit "south", declared are 2`,
		tamper: declared(func(_ *record, a *entry.Audit) { a.Counts[2] = 2 }),
	}, {
		name: "more auditors than there are on the roll", check: "V21", reason: "audit: counts: 2 audit credentials in unit 4, the roll has 1 voters there",
		tamper: declared(func(_ *record, a *entry.Audit) { a.Counts[4] = 2 }),
	}, {
		name: "so many auditors that the sum wraps", check: "V21", reason: "audit: counts: 18446744073709551615 audit credentials in unit 1",
		tamper: declared(func(_ *record, a *entry.Audit) { a.Counts[1] = ^uint64(0) }),
	}, {
		name: "counts of too few units", check: "V21", reason: "audit: counts of 4 units, want 5",
		tamper: declared(func(_ *record, a *entry.Audit) { a.Counts = a.Counts[:4] }),
	}, {
		name: "before the end of the roll", check: "V21", reason: "audit: comes before the end of the roll",
		tamper: audit(audited, tamper{before: func(r *record, step string, body entry.Body) bool {
			if step == "roll-end" {
				r.auditors = [][32]byte{[32]byte(r.voters["e0"].ballot.Public().Bytes())}
				r.insert(&entry.Audit{Counts: []uint64{0, 0, 0, 0, 1}, Commitment: r.commitment()}, r.registrar)
			}
			return step != "audit"
		}}),
	}, {
		name: "two commitments", check: "V21", reason: "audit: there was one before",
		tamper: audit(audited, at("open", func(r *record, body entry.Body) {
			r.insert(&entry.Audit{Counts: make([]uint64, 5), Commitment: make([]byte, 64)}, r.registrar)
			r.reopen(body)
		})),
	}, {
		name: "two lists", check: "V21", reason: "audit-list: there was one before",
		tamper: audit(audited, at("totals 0", func(r *record, _ entry.Body) { r.insert(r.auditList(), r.registrar) })),
	}, {
		name: "list of nothing", check: "V21", reason: "audit-list: no audit credentials were committed to",
		tamper: at("totals 0", func(r *record, _ entry.Body) { r.insert(&entry.AuditList{Salt: auditSalt}, r.registrar) }),
	}, {
		name: "commitment by the authority", check: "V06", reason: "audit: signature 0: signed by another key",
		tamper: audit(audited, signed("audit", func(r *record) []*schnorr.SecretKey { return []*schnorr.SecretKey{r.authority} })),
	}, {
		name: "list by the board", check: "V06", reason: "audit-list: signature 0: signed by another key",
		tamper: audit(audited, signed("audit-list", func(r *record) []*schnorr.SecretKey { return []*schnorr.SecretKey{r.board} })),
	}, {
		name: "commitment after opening", check: "V06", reason: "kind audit has no place in phase open",
		tamper: at("tick 2", func(r *record, _ entry.Body) {
			r.insert(&entry.Audit{Counts: make([]uint64, 5), Commitment: make([]byte, 64)}, r.registrar)
		}),
	}, {
		name: "list before the end", check: "V06", reason: "kind audit-list has no place in phase closing",
		tamper: audit(audited, at("end", func(r *record, _ entry.Body) { r.insert(r.auditList(), r.registrar) })),
	}, {
		name: "voters counted with the auditors", check: "V04", reason: `unit "north" has 5 voters on the roll with 1 audit credentials, expected are 5`,
		tamper:  audit(audited, tamper{}),
		options: expected(5, 0),
	}, {
		name: "auditors for voters who are missing", check: "V04", reason: `unit "north" has 5 voters on the roll with 5 audit credentials, expected are 4`,
		tamper:  declared(func(_ *record, a *entry.Audit) { a.Counts[1] = 5 }),
		options: expected(4, 0),
	}, {
		name: "more auditors than voters", check: "V04", reason: `unit "north" has 5 voters on the roll with 6 audit credentials`,
		tamper:  declared(func(_ *record, a *entry.Audit) { a.Counts[1] = 6 }),
		options: expected(4, 0),
	}})
}

// expected are counts of voters as published elsewhere, with some of north and of
// the unit where nobody calls.
func expected(north, empty uint64) func(*record, *Options) {
	return func(_ *record, o *Options) {
		o.ExpectedCounts = map[string]uint64{"north": north, "south": 3, "isle": 1, "empty": empty}
	}
}

// reopen names the tree as it is now in an open.
func (r *record) reopen(body entry.Body) {
	root := r.tree.Root()
	open := body.(*entry.Open)
	open.Size, open.Root = r.size(), root[:]
}

// TestAudit: the list may come at any time after the end, the record is not
// verified without it, and voters are counted without auditors.
func TestAudit(t *testing.T) {
	early := func(step string) tamper {
		return audit(audited, tamper{before: func(r *record, s string, _ entry.Body) bool {
			if s == step {
				r.insert(r.auditList(), r.registrar)
			}
			return s != "audit-list"
		}})
	}
	for _, c := range []struct {
		name   string
		tamper tamper
		want   Status
		note   string
	}{
		{"none", tamper{}, Pass, "no audit credentials"},
		{"committed to nobody", audit([]string{}, tamper{}), Pass, "0 audit credentials"},
		{"after the result", audit(audited, tamper{}), Pass, "2 audit credentials"},
		{"before the totals", early("totals 0"), Pass, "2 audit credentials"},
		{"between the totals", early("totals 1"), Pass, "2 audit credentials"},
		{"between the shares", early("share 3.0"), Pass, "2 audit credentials"},
		{"before the end of the result", early("result-end"), Pass, "2 audit credentials"},
		{"never", audit(audited, without("audit-list")), Skipped, "which 2 credentials are auditors' is not opened yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, report := (&corruption{tamper: c.tamper, options: func(r *record, o *Options) {
				if len(c.tamper.audit) > 0 {
					expected(4, 0)(r, o)
				} else {
					expected(5, 1)(r, o)
				}
			}}).verify(t)
			v := report.Check("V21")
			if v.Status != c.want || v.Note != c.note || report.Failed() || report.Verified() != (c.want == Pass) {
				dump(t, report)
				t.Errorf("V21 is %s (%s), want %s (%s)", v.Status, v.Note, c.want, c.note)
			}
			if note := report.Check("V04").Note; strings.Contains(note, "8 voters, beside 2 audit credentials") != (len(c.tamper.audit) > 0) {
				t.Errorf("V04 notes %q", note)
			}
		})
	}
}

// TestExpectedCountsBeforeAudit: a record may end before audit, when those who are
// more than expected may still turn out to be auditors.
func TestExpectedCountsBeforeAudit(t *testing.T) {
	for _, c := range []struct {
		name         string
		tamper       tamper
		north, empty uint64
		failed       bool
	}{
		{"audit may still come", audit(audited, tamper{stop: "audit"}), 4, 0, false},
		{"audit is there", audit(audited, tamper{stop: "open"}), 4, 0, false},
		{"audit is there, and of others", audit(audited, tamper{stop: "open"}), 5, 0, true},
		{"no audit so far", tamper{stop: "open"}, 4, 0, false},
		{"fewer than expected", tamper{stop: "open"}, 6, 1, true},
		{"opened without an audit", tamper{stop: "tick 1"}, 4, 0, true},
		{"opened with one", audit(audited, tamper{stop: "tick 1"}), 4, 0, false},
		{"the roll has no end", tamper{stop: "roll-end"}, 6, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, report := (&corruption{tamper: c.tamper, options: expected(c.north, c.empty)}).verify(t)
			if v := report.Check("V04"); report.Failed() != c.failed || (v.Status == Fail) != c.failed || report.Verified() {
				dump(t, report)
				t.Errorf("V04 is %s, want a failure: %v", v.Status, c.failed)
			}
		})
	}
}
