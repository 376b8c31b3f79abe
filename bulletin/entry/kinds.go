package entry

// Kind names what an entry is; it is part of what is signed.
type Kind string

// The kinds, in the order in which an election uses them.
const (
	KindManifest   Kind = "manifest"
	KindCeremony   Kind = "ceremony"
	KindCommitment Kind = "dkg-commitment"
	KindRound1     Kind = "dkg-message"
	KindComplaint  Kind = "dkg-complaint"
	KindConfirm    Kind = "dkg-confirm"
	KindRoll       Kind = "roll"
	KindRollEnd    Kind = "roll-end"
	KindAudit      Kind = "audit"
	KindOpen       Kind = "open"
	KindTick       Kind = "tick"
	KindBallot     Kind = "ballot"
	KindCast       Kind = "cast"
	KindTest       Kind = "test"
	KindClose      Kind = "close"
	KindEnd        Kind = "end"
	KindTotals     Kind = "totals"
	KindTotalsEnd  Kind = "totals-end"
	KindShare      Kind = "share"
	KindShareEnd   Kind = "share-end"
	KindResult     Kind = "result"
	KindResultEnd  Kind = "result-end"
	KindAuditList  Kind = "audit-list"
)

// newBody returns an empty body of a kind and how many signatures its entries
// carry, or nil for an unknown kind.
func newBody(k Kind) (Body, int) {
	switch k {
	case KindManifest:
		return new(Manifest), 1
	case KindCeremony:
		return new(Ceremony), 1
	case KindCommitment:
		return new(Commitment), 1
	case KindRound1:
		return new(Round1), 1
	case KindComplaint:
		return new(Complaint), 1
	case KindConfirm:
		return new(Confirm), 1
	case KindRoll:
		return new(Roll), 1
	case KindRollEnd:
		return new(RollEnd), 1
	case KindAudit:
		return new(Audit), 1
	case KindOpen:
		return new(Open), 1
	case KindTick:
		return new(Tick), 1
	case KindBallot:
		return new(Ballot), 2
	case KindCast:
		return new(Cast), 2
	case KindTest:
		return new(Test), 2
	case KindClose:
		return new(Close), 1
	case KindEnd:
		return new(End), 1
	case KindTotals:
		return new(Totals), 1
	case KindTotalsEnd:
		return new(TotalsEnd), 1
	case KindShare:
		return new(Share), 1
	case KindShareEnd:
		return new(ShareEnd), 1
	case KindResult:
		return new(Result), 1
	case KindResultEnd:
		return new(ResultEnd), 1
	case KindAuditList:
		return new(AuditList), 1
	}
	return nil, 0
}
