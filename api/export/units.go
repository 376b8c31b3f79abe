package export

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"rollcall/bulletin/entry"
)

// units are the GpUnits of a report: first those of the manifest, in its order,
// then sets of them that parts and contests need, as they come up.
type units struct {
	m      *entry.Manifest
	list   []cdfUnit
	leaves [][]uint64 // of every unit of the manifest, ascending; a leaf is its own
	known  map[string]bool
}

func unitID(position int) string { return "unit-" + strconv.Itoa(position) }

func newUnits(m *entry.Manifest) *units {
	u := &units{m: m, list: make([]cdfUnit, len(m.Units)), leaves: make([][]uint64, len(m.Units)), known: map[string]bool{}}
	for i := len(m.Units) - 1; i >= 0; i-- { // children before parents
		unit := cdfUnit{
			ID: unitID(i), Type: cdf + "ReportingUnit", Name: text(m, m.Units[i].Name), UnitType: "precinct",
			ExternalIdentifier: []cdfIdentifier{identifier("rollcall-unit", m.Units[i].ID)},
		}
		if parts := u.list[i].ComposingGpUnitIDs; len(parts) > 0 {
			slices.Reverse(parts)
			unit.UnitType, unit.OtherType, unit.ComposingGpUnitIDs = other, "reporting-unit", parts
			slices.Sort(u.leaves[i])
		} else {
			u.leaves[i] = []uint64{uint64(i)}
		}
		u.list[i] = unit
		if i > 0 {
			p := m.Units[i].Parent
			u.list[p].ComposingGpUnitIDs = append(u.list[p].ComposingGpUnitIDs, unit.ID)
			u.leaves[p] = append(u.leaves[p], u.leaves[i]...)
		}
	}
	return u
}

// of returns the id of the GpUnit for the units of a part. Several units are a
// group even where they are all there are below a unit of the manifest: that they
// were counted together is what a reader has to know.
func (u *units) of(part []int) string {
	if len(part) == 1 {
		return unitID(part[0])
	}
	return u.group("reporting-group", part)
}

// area returns the id of the GpUnit in whose leaves a contest is asked: the
// topmost unit of the manifest with just these, or a set made for it.
func (u *units) area(asked []uint64) string {
	for i := range u.leaves {
		if slices.Equal(u.leaves[i], asked) {
			return unitID(i)
		}
	}
	set := make([]int, len(asked))
	for i := range asked {
		set[i] = int(asked[i])
	}
	return u.group("contest-area", set)
}

// group returns the id of the set of units for a purpose, which is the OtherType
// of its GpUnit.
func (u *units) group(purpose string, set []int) string {
	var raw []byte
	for _, i := range set {
		raw = binary.BigEndian.AppendUint64(raw, uint64(i))
	}
	hash := sha256.Sum256(raw)
	id := purpose + "-" + hex.EncodeToString(hash[:16])
	if u.known[id] {
		return id
	}
	u.known[id] = true
	unit := cdfUnit{
		ID: id, Type: cdf + "ReportingUnit", Name: text(u.m, u.joined(set)), UnitType: other, OtherType: purpose,
		// The specification wants this of a district that no type of its own tells.
		IsDistricted: purpose == "contest-area",
	}
	for _, i := range set {
		unit.ComposingGpUnitIDs = append(unit.ComposingGpUnitIDs, unitID(i))
	}
	u.list = append(u.list, unit)
	return id
}

// joined is the names of a set of units.
func (u *units) joined(set []int) entry.Text {
	t := entry.Text{}
	for _, l := range u.m.Languages {
		names := make([]string, len(set))
		for i := range set {
			names[i] = u.m.Units[set[i]].Name[l]
		}
		t[l] = strings.Join(names, " + ")
	}
	return t
}
