package entry

import (
	"reflect"
	"strings"
	"testing"
)

// TestEveryFieldBounded walks the types of all bodies and of the envelope:
// every text, byte string, list and map must have an upper bound, and so must
// what they hold.
func TestEveryFieldBounded(t *testing.T) {
	fields := 0
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		if typ.NumField() > maxPairs {
			t.Errorf("%s: %d keys, the decoder makes room for %d", path, typ.NumField(), maxPairs)
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Name == "_" {
				continue
			}
			at, b := path+"."+f.Name, boundsOf(f)
			fields++
			switch f.Type.Kind() {
			case reflect.Uint64, reflect.Bool:
				continue
			case reflect.Struct:
				walk(at, f.Type)
				continue
			case reflect.String, reflect.Slice, reflect.Map:
			default:
				t.Errorf("%s: a %v is not in the schema", at, f.Type.Kind())
				continue
			}
			if b.max < 0 || b.max > MaxSize || b.min > b.max {
				t.Errorf("%s: bounds %d to %d", at, b.min, b.max)
			}
			if f.Type.Kind() == reflect.String {
				continue
			}
			if f.Type.Elem().Kind() != reflect.Uint8 && b.max > maxElements {
				t.Errorf("%s: up to %d elements, the decoder makes room for %d", at, b.max, maxElements)
			}
			switch elem := f.Type.Elem(); elem.Kind() {
			case reflect.Uint8, reflect.Uint64:
			case reflect.Struct:
				walk(at+"[]", elem)
			case reflect.String, reflect.Slice:
				if b.each < 1 {
					t.Errorf("%s: its elements have no bound", at)
				}
			default:
				t.Errorf("%s: a list of %v is not in the schema", at, elem.Kind())
			}
		}
	}
	walk("entry", reflect.TypeFor[envelope]())
	for _, b := range sampleBodies() {
		walk(string(b.Kind()), reflect.TypeOf(b).Elem())
	}
	if fields < 80 {
		t.Errorf("the walk has seen %d fields only", fields)
	}
}

// TestEveryKeyNamed holds that every field of a map has its key in a tag: Go's
// name is never the wire's.
func TestEveryKeyNamed(t *testing.T) {
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		marker, ok := typ.FieldByName("_")
		array := ok && marker.Tag.Get("cbor") == ",toarray"
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Name == "_" {
				continue
			}
			if tag := f.Tag.Get("cbor"); !array && (tag == "" || strings.ContainsAny(tag, ",") || tag != strings.ToLower(tag)) {
				t.Errorf("%s.%s: tag %q", path, f.Name, tag)
			}
			elem := f.Type
			if elem.Kind() == reflect.Slice {
				elem = elem.Elem()
			}
			if elem.Kind() == reflect.Struct {
				walk(path+"."+f.Name, elem)
			}
		}
	}
	for _, b := range sampleBodies() {
		walk(string(b.Kind()), reflect.TypeOf(b).Elem())
	}
}

// TestBoundsRefused goes one beyond bounds of each sort and expects the path.
func TestBoundsRefused(t *testing.T) {
	long := strings.Repeat("x", 41)
	many := func(n int) []uint64 { return make([]uint64, n) }
	for _, c := range []struct {
		name string
		body Body
		want string
	}{
		{"hash too short", &Commitment{Hash: fill(0, 63)}, "dkg-commitment.hash: 63 bytes, want 64"},
		{"hash too long", &Commitment{Hash: fill(0, 65)}, "dkg-commitment.hash: 65 bytes, want 64"},
		{"hash missing", &Commitment{}, "dkg-commitment.hash: 0 bytes, want 64"},
		{"message too long", &Round1{Message: fill(0, 60001)}, "dkg-message.message: 60001 bytes, want at most 60000"},
		{"evidence too long", &Complaint{Evidence: fill(0, 1001)}, "dkg-complaint.evidence: 1001 bytes, want at most 1000"},
		{"confirmation too long", &Confirm{Signature: fill(0, 201)}, "dkg-confirm.signature: 201 bytes, want at most 200"},
		{"roll empty", &Roll{}, "roll.voters: 0 bytes, want at least 66"},
		{"roll too long", &Roll{Voters: fill(0, 63361)}, "roll.voters: 63361 bytes, want at most 63360"},
		{"counts missing", &RollEnd{}, "roll-end.counts: 0 elements, want at least 1"},
		{"counts too many", &RollEnd{Counts: many(1001)}, "roll-end.counts: 1001 elements, want at most 1000"},
		{"audit without counts", &Audit{Commitment: fill(0, 64)}, "audit.counts: 0 elements, want at least 1"},
		{"audit of too many units", &Audit{Counts: many(1001), Commitment: fill(0, 64)}, "audit.counts: 1001 elements, want at most 1000"},
		{"commitment too short", &Audit{Counts: many(1), Commitment: fill(0, 63)}, "audit.commitment: 63 bytes, want 64"},
		{"salt too long", &AuditList{Salt: fill(0, 33)}, "audit-list.salt: 33 bytes, want 32"},
		{"audit credentials too many", &AuditList{Salt: fill(0, 32), Keys: fill(0, 57632)}, "audit-list.keys: 57632 bytes, want at most 57600"},
		{"root too short", &Open{JointKey: fill(0, 32), Voters: many(1), Root: fill(0, 31)}, "open.root: 31 bytes, want 32"},
		{"cosignatures too many", &Tick{Root: fill(0, 32), Random: fill(0, 32), Cosignatures: make([]Cosignature, 33)}, "tick.cosignatures: 33 elements, want at most 32"},
		{"cosignature value", &Tick{Root: fill(0, 32), Random: fill(0, 32), Cosignatures: []Cosignature{{Value: fill(0, 63)}}}, "tick.cosignatures[0].Value: 63 bytes, want 64"},
		{"ballot without contests", &Ballot{}, "ballot.contests: 0 elements, want at least 1"},
		{"test without openings", &Test{Leaf: fill(0, 32)}, "test.openings: 0 elements, want at least 1"},
		{"test selects too many", &Test{Leaf: fill(0, 32), Openings: []Opening{{}, {Selected: many(202)}}}, "test.openings[1].selected: 202 elements, want at most 201"},
		{"totals without parts", &Totals{}, "totals.parts: 0 elements, want at least 1"},
		{"totals part without units", &Totals{Parts: []Part{{}}}, "totals.parts[0].units: 0 elements, want at least 1"},
		{"share without points", &Share{}, "share.points: 0 bytes, want at least 32"},
		{"share proof", &ShareEnd{Root: fill(0, 32), Proof: fill(0, 127)}, "share-end.proof: 127 bytes, want 128"},
		{"result label too long", &Result{Parts: []ResultPart{{Contest: long, Units: []string{"u"}}}}, "result.parts[0].contest: 41 bytes of text, want at most 40"},
		{"result label empty", &Result{Parts: []ResultPart{{Units: []string{"u"}}}}, "result.parts[0].contest: 0 bytes of text, want at least 1"},
		{"result unit empty", &Result{Parts: []ResultPart{{Contest: "c", Units: []string{"u", ""}}}}, "result.parts[0].units[1]: 0 bytes of text, want at least 1"},
		{"result unit too long", &Result{Parts: []ResultPart{{Contest: "c", Units: []string{long}}}}, "result.parts[0].units[0]: 41 bytes of text, want at most 40"},
		{"result option", &Result{Parts: []ResultPart{{Contest: "c", Units: []string{"u"}, Options: []OptionCount{{Option: long}}}}}, "result.parts[0].options[0].Option: 41 bytes of text, want at most 40"},
		{"booth key short", withManifest(func(m *Manifest) { m.Booths[0] = fill(0, 31) }), "manifest.booths[0]: 31 bytes, want 32"},
		{"oprf key long", withManifest(func(m *Manifest) { m.OPRFKeys[0] = fill(0, 33) }), "manifest.oprf_keys[0]: 33 bytes, want 32"},
		{"language empty", withManifest(func(m *Manifest) { m.Languages[1] = "" }), "manifest.languages[1]: 0 bytes of text, want at least 1"},
		{"text too long", withManifest(func(m *Manifest) { m.Title["es"] = strings.Repeat("x", 201) }), "manifest.title.es: 201 bytes of text, want at most 200"},
		{"text empty", withManifest(func(m *Manifest) { m.Units[2].Name["en"] = "" }), "manifest.units[2].name.en: 0 bytes of text, want at least 1"},
		{"program's name", withManifest(func(m *Manifest) { m.Software[0].Name = strings.Repeat("x", 101) }), "manifest.software[0].name: 101 bytes of text, want at most 100"},
		{"program's hash", withManifest(func(m *Manifest) { m.Software[1].SHA256 = fill(0, 20) }), "manifest.software[1].sha256: 20 bytes, want 32"},
		{"programs too many", withManifest(func(m *Manifest) { m.Software = make([]Software, 17) }), "manifest.software: 17 elements, want at most 16"},
		{"log key", withManifest(func(m *Manifest) { m.Log.Key = nil }), "manifest.log.key: 0 bytes, want 32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Sign(c.body, sampleHash(), signers(c.body.Kind())...)
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func withManifest(change func(*Manifest)) *Manifest {
	m := sampleManifest()
	change(m)
	return m
}
