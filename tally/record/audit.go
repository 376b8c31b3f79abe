package record

import (
	"rollcall/bulletin/entry"
)

// audit is what is known of audit credentials. Guarded by State.mu.
type audit struct {
	posted *entry.Audit // nil if the election has none
	opened uint64       // index of the audit-list; 0 before it
}

// judgeAudit takes one commitment, of a roll that is complete.
func (s *State) judgeAudit(b *entry.Audit) ([]string, error) {
	k := b.Kind()
	switch {
	case !s.setup.rollEnded:
		return nil, refuse(k, ErrPhase, "the roll is not complete")
	case s.audit.posted != nil:
		return nil, refuse(k, ErrDuplicate, "audit credentials were committed to before")
	}
	if err := b.Check(s.setup.counts); err != nil {
		return nil, refuse(k, ErrContent, "%v", err)
	}
	return []string{"audit"}, nil
}

// judgeAuditList takes the list that was committed to. That one of its credentials
// has cast is no reason to refuse it: everybody is to see that.
func (s *State) judgeAuditList(b *entry.AuditList) ([]string, error) {
	k := b.Kind()
	switch {
	case s.audit.posted == nil:
		return nil, refuse(k, ErrPhase, "no audit credentials were committed to")
	case s.audit.opened != 0:
		return nil, refuse(k, ErrDuplicate, "the audit credentials are opened already")
	}
	list, err := b.Credentials()
	if err != nil {
		return nil, refuse(k, ErrContent, "%v", err)
	}
	if err := b.Opens(s.audit.posted.Commitment, s.hash, list); err != nil {
		return nil, refuse(k, ErrContent, "%v", err)
	}
	counts := make([]uint64, len(s.manifest.Units))
	for i, key := range list {
		v := s.setup.voters[key]
		if v == nil {
			return nil, refuse(k, ErrContent, "keys: number %d is not on the roll", i)
		}
		counts[v.Unit]++
	}
	for u, n := range counts {
		if declared := s.audit.posted.Counts[u]; n != declared {
			return nil, refuse(k, ErrContent, "keys: %d of unit %d, declared are %d", n, u, declared)
		}
	}
	return []string{"audit/list"}, nil
}

// Audits returns how many audit credentials each unit has, nil if none were
// committed to, and the index of the entry that opens them, 0 before it.
func (s *State) Audits() (counts []uint64, opened uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.audit.posted == nil {
		return nil, 0
	}
	return s.audit.posted.Counts, s.audit.opened
}

// VoterCounts returns the voters of every unit once the roll is complete: its
// credentials, less those that are declared to be auditors'.
func (s *State) VoterCounts() []uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	counts := append([]uint64(nil), s.setup.counts...)
	if s.audit.posted != nil {
		for u, n := range s.audit.posted.Counts {
			counts[u] -= n // judgeAudit has seen that it is no more
		}
	}
	return counts
}

// auditors is the number of all audit credentials.
func (a *audit) auditors() uint64 {
	n := uint64(0)
	if a.posted != nil {
		for _, c := range a.posted.Counts {
			n += c
		}
	}
	return n
}
