package export

// The classes of NIST SP 1500-100 v2 that a report has, with the attributes
// that are known here. Names and their meaning are the specification's; fields
// without omitempty are written always.

const cdf = "ElectionResults." // before every @type

type cdfReport struct {
	Type                string          `json:"@type"`
	Format              string          `json:"Format"`
	GeneratedDate       string          `json:"GeneratedDate"`
	Issuer              string          `json:"Issuer"`
	IssuerAbbreviation  string          `json:"IssuerAbbreviation"`
	IsTest              bool            `json:"IsTest"`
	TestType            string          `json:"TestType,omitempty"`
	SequenceStart       int             `json:"SequenceStart"`
	SequenceEnd         int             `json:"SequenceEnd"`
	Status              string          `json:"Status"`
	VendorApplicationID string          `json:"VendorApplicationId"`
	ExternalIdentifier  []cdfIdentifier `json:"ExternalIdentifier"`
	GpUnit              []cdfUnit       `json:"GpUnit"`
	Election            []cdfElection   `json:"Election"`
}

type cdfElection struct {
	Type               string            `json:"@type"`
	Name               cdfText           `json:"Name"`
	ElectionType       string            `json:"Type"`
	OtherType          string            `json:"OtherType"`
	StartDate          string            `json:"StartDate"`
	EndDate            string            `json:"EndDate"`
	ElectionScopeID    string            `json:"ElectionScopeId"`
	ExternalIdentifier []cdfIdentifier   `json:"ExternalIdentifier"`
	CountStatus        []cdfCountStatus  `json:"CountStatus"`
	BallotCounts       []cdfBallotCounts `json:"BallotCounts"`
	Candidate          []cdfCandidate    `json:"Candidate"`
	Contest            []cdfContest      `json:"Contest"`
}

type cdfContest struct {
	ID                 string           `json:"@id"`
	Type               string           `json:"@type"`
	Name               string           `json:"Name"`
	BallotTitle        cdfText          `json:"BallotTitle"`
	SequenceOrder      int              `json:"SequenceOrder"`
	ElectionDistrictID string           `json:"ElectionDistrictId"`
	VoteVariation      string           `json:"VoteVariation"`
	VotesAllowed       uint64           `json:"VotesAllowed"`
	TotalSubUnits      int              `json:"TotalSubUnits"`
	SubUnitsReported   int              `json:"SubUnitsReported"`
	ExternalIdentifier []cdfIdentifier  `json:"ExternalIdentifier"`
	ContestSelection   []cdfSelection   `json:"ContestSelection"`
	OtherCounts        []cdfOtherCounts `json:"OtherCounts,omitempty"`
}

type cdfCandidate struct {
	ID                 string          `json:"@id"`
	Type               string          `json:"@type"`
	BallotName         cdfText         `json:"BallotName"`
	ExternalIdentifier []cdfIdentifier `json:"ExternalIdentifier"`
}

type cdfSelection struct {
	ID            string          `json:"@id"`
	Type          string          `json:"@type"`
	CandidateIDs  []string        `json:"CandidateIds"`
	SequenceOrder int             `json:"SequenceOrder"`
	VoteCounts    []cdfVoteCounts `json:"VoteCounts"`
}

type cdfVoteCounts struct {
	Type                   string `json:"@type"`
	GpUnitID               string `json:"GpUnitId"`
	CountType              string `json:"Type"`
	OtherType              string `json:"OtherType"`
	Count                  uint64 `json:"Count"`
	IsSuppressedForPrivacy bool   `json:"IsSuppressedForPrivacy,omitempty"`
}

type cdfOtherCounts struct {
	Type       string `json:"@type"`
	GpUnitID   string `json:"GpUnitId"`
	Overvotes  uint64 `json:"Overvotes"`
	Undervotes uint64 `json:"Undervotes"`
}

type cdfBallotCounts struct {
	Type        string `json:"@type"`
	GpUnitID    string `json:"GpUnitId"`
	CountType   string `json:"Type"`
	OtherType   string `json:"OtherType"`
	BallotsCast uint64 `json:"BallotsCast"`
}

type cdfCountStatus struct {
	Type      string `json:"@type"`
	CountType string `json:"Type"`
	OtherType string `json:"OtherType"`
	Status    string `json:"Status"`
}

type cdfUnit struct {
	ID                 string          `json:"@id"`
	Type               string          `json:"@type"`
	Name               cdfText         `json:"Name"`
	UnitType           string          `json:"Type"`
	OtherType          string          `json:"OtherType,omitempty"`
	IsDistricted       bool            `json:"IsDistricted,omitempty"`
	ExternalIdentifier []cdfIdentifier `json:"ExternalIdentifier,omitempty"`
	ComposingGpUnitIDs []string        `json:"ComposingGpUnitIds,omitempty"`
}

type cdfIdentifier struct {
	Type           string `json:"@type"`
	IdentifierType string `json:"Type"`
	OtherType      string `json:"OtherType"`
	Value          string `json:"Value"`
}

type cdfText struct {
	Type string      `json:"@type"`
	Text []cdfString `json:"Text"`
}

type cdfString struct {
	Type     string `json:"@type"`
	Content  string `json:"Content"`
	Language string `json:"Language"`
}
