package verifier

import (
	"errors"
	"fmt"

	"rollcall/bulletin/entry"
)

// auditState is what the record says of audit credentials.
type auditState struct {
	posted *entry.Audit // nil if there are none
	list   *entry.AuditList
}

// count returns the declared audit credentials of a unit.
func (s *auditState) count(unit int) uint64 {
	if s.posted == nil || unit >= len(s.posted.Counts) {
		return 0
	}
	return s.posted.Counts[unit]
}

// auditors returns the declared audit credentials of all units. The sum can wrap
// only where V21 has failed.
func (s *auditState) auditors() uint64 {
	sum := uint64(0)
	if s.posted != nil {
		for _, n := range s.posted.Counts {
			sum += n
		}
	}
	return sum
}

// takeAudit keeps the commitment to audit credentials.
func (j *judge) takeAudit(p *prepared, a *entry.Audit) {
	fault := func(err error) { j.fail(v21, fmt.Errorf("entry %d: audit: %w", p.index, err)) }
	if j.audit.posted != nil {
		fault(errors.New("there was one before"))
		return
	}
	j.audit.posted = a
	if j.roll.end == nil {
		fault(errors.New("comes before the end of the roll"))
		return
	}
	if err := a.Check(j.roll.end.Counts); err != nil {
		fault(err)
	}
}

// takeAuditList opens the commitment. All casts are judged by now.
func (j *judge) takeAuditList(p *prepared, l *entry.AuditList) {
	fault := func(format string, args ...any) {
		j.fail(v21, fmt.Errorf("entry %d: audit-list: %w", p.index, fmt.Errorf(format, args...)))
	}
	switch {
	case j.audit.posted == nil:
		fault("no audit credentials were committed to")
		return
	case j.audit.list != nil:
		fault("there was one before")
		return
	}
	j.audit.list = l
	list, err := l.Credentials()
	if err != nil {
		fault("%w", err)
		return
	}
	if err := l.Opens(j.audit.posted.Commitment, j.hash, list); err != nil {
		fault("%w", err)
	}
	counts := make([]uint64, len(j.manifest.Units))
	for i := range list {
		at := j.roll.find(j.prints.of(list[i][:]))
		if at < 0 {
			fault("keys: number %d is not on the roll", i)
			continue
		}
		v := &j.roll.list[at]
		counts[v.unit]++
		if v.cast {
			fault("keys: a ballot of number %d, ballot number %s, is counted", i, formatBallotNumber(v.number()))
		}
	}
	for u, n := range counts {
		if declared := j.audit.count(u); n != declared {
			fault("keys: %d of unit %q, declared are %d", n, j.manifest.Units[u].ID, declared)
		}
	}
}

// finishV21 says whether the audit credentials are opened.
func (j *judge) finishV21() {
	n := j.audit.auditors()
	switch {
	case j.phase == phaseSetup:
		j.skip("the election is not open yet", v21)
	case j.audit.posted == nil:
		j.pass(v21)
		j.note(v21, "no audit credentials")
	case j.audit.list == nil:
		j.skip(fmt.Sprintf("which %d credentials are auditors' is not opened yet", n), v21)
	default:
		j.pass(v21)
		j.note(v21, "%d audit credentials", n)
	}
}
