package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "testdata/nist-1500-100-v2.0.3.schema.json"

// schema is NIST's, compiled, and its references: which types the ids in a
// property of a type may be of. The schema says so by a keyword of its own,
// refTypes, which no validator knows.
type schema struct {
	*jsonschema.Schema
	references map[string]map[string][]string
}

var loadSchema = sync.OnceValues(func() (*schema, error) {
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("nist.json", doc); err != nil {
		return nil, err
	}
	s := &schema{references: map[string]map[string][]string{}}
	if s.Schema, err = c.Compile("nist.json"); err != nil {
		return nil, err
	}
	type property struct {
		RefTypes []string
		Items    struct{ RefTypes []string }
	}
	var parsed struct {
		Definitions map[string]struct{ Properties map[string]json.RawMessage }
	}
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return nil, err
	}
	n := 0
	for name, d := range parsed.Definitions {
		s.references[name] = map[string][]string{}
		for key, raw := range d.Properties {
			var p property
			if err := json.Unmarshal(raw, &p); err != nil {
				return nil, err
			}
			if types := slices.Concat(p.RefTypes, p.Items.RefTypes); len(types) > 0 {
				s.references[name][key] = types
				n++
			}
		}
	}
	if n < 20 {
		return nil, fmt.Errorf("only %d references in the schema", n)
	}
	return s, nil
})

var ncName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9._-]*$`)

// verify holds a report against the schema, and what the schema can not say: ids
// are unique NCNames, every reference resolves to a type that may stand there, no
// unit is composed of itself, and each "other" has its word.
func verify(raw []byte) error {
	s, err := loadSchema()
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if err := s.Validate(doc); err != nil {
		return err
	}
	ids := map[string]string{}
	composed := map[string][]string{}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	walk(doc, func(o map[string]any) {
		kind, _ := o["@type"].(string)
		if o["Type"] == "other" && o["OtherType"] == nil {
			fail("%s of type other without OtherType", kind)
		}
		id, ok := o["@id"].(string)
		if !ok {
			return
		}
		if _, known := ids[id]; known {
			fail("id %q is used twice", id)
		}
		if !ncName.MatchString(id) {
			fail("id %q is no NCName", id)
		}
		ids[id] = kind
	})
	walk(doc, func(o map[string]any) {
		kind, _ := o["@type"].(string)
		for key, types := range s.references[kind] {
			for _, ref := range stringsOf(o[key]) {
				switch target, ok := ids[ref]; {
				case !ok:
					fail("%s.%s: %q is nowhere", kind, key, ref)
				case !slices.Contains(types, target):
					fail("%s.%s: %q is a %s, want one of %q", kind, key, ref, target, types)
				}
			}
		}
		if id, ok := o["@id"].(string); ok {
			composed[id] = stringsOf(o["ComposingGpUnitIds"])
		}
	})
	var below func(id string, above []string)
	below = func(id string, above []string) {
		if slices.Contains(above, id) {
			fail("unit %q is composed of itself", id)
			return
		}
		for _, next := range composed[id] {
			below(next, append(above, id))
		}
	}
	for id := range composed {
		below(id, nil)
	}
	return errors.Join(errs...)
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, x := range v {
			walk(x, visit)
		}
	case []any:
		for _, x := range v {
			walk(x, visit)
		}
	}
}

// stringsOf returns a text, or the texts of a list.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, x := range v {
			list = append(list, x.(string))
		}
		return list
	}
	return nil
}

// TestVerifyCanFail breaks a good report in each way that verify is there for.
func TestVerifyCanFail(t *testing.T) {
	raw, err := NIST(small())
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(raw); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"Format": "precinct-level"`, `"Format": "precinct"`, "value must be one of"},
		{`"GeneratedDate": "2026-11-05T14:00:00Z"`, `"GeneratedDate": "2026-11-05T14:00:00.5Z"`, "does not match pattern"},
		{`"StartDate": "2026-11-03"`, `"StartDate": "2026-11-33"`, "is not valid date"},
		{`"Issuer": `, `"Publisher": `, "missing property 'Issuer'"},
		{`"VotesAllowed": 2`, `"VotesAllowed": "2"`, "want integer"},
		{`"@id": "unit-3"`, `"@id": "unit-2"`, `id "unit-2" is used twice`},
		{`"@id": "unit-3"`, `"@id": "3"`, `id "3" is no NCName`},
		{`"CandidateIds": [
                "candidate-0-1"`, `"CandidateIds": [
                "candidate-0-9"`, `CandidateSelection.CandidateIds: "candidate-0-9" is nowhere`},
		{`"ElectionScopeId": "unit-0"`, `"ElectionScopeId": "contest-0"`, `ElectionScopeId: "contest-0" is a ElectionResults.CandidateContest`},
		{`"unit-3"
      ]`, `"unit-0"
      ]`, `unit "unit-0" is composed of itself`},
		{`"OtherType": "telephone",`, ``, "CountStatus of type other without OtherType"},
	} {
		broken := strings.Replace(string(raw), c.old, c.new, 1)
		if broken == string(raw) {
			t.Errorf("no %s in the report", c.old)
		}
		if err := verify([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.new, err, c.want)
		}
	}
}
