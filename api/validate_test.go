package api

import (
	"encoding/json"
	"slices"
	"testing"

	"rollcall/api/gen"
)

// TestParametersAreOfBothVersions: parameters are held against their schemas as
// OpenAPI 3.0 has them. Every keyword in them means the same in 3.1.
func TestParametersAreOfBothVersions(t *testing.T) {
	spec, err := gen.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	same := []string{"type", "format", "minimum", "maximum", "minLength", "maxLength", "pattern", "enum", "default", "x-go-type"}
	seen := 0
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			for _, p := range append(slices.Clone(item.Parameters), op.Parameters...) {
				seen++
				b, err := json.Marshal(p.Value.Schema.Value)
				if err != nil {
					t.Fatal(err)
				}
				var keywords map[string]any
				if err := json.Unmarshal(b, &keywords); err != nil {
					t.Fatal(err)
				}
				for k, v := range keywords {
					if _, one := v.(string); !slices.Contains(same, k) || k == "type" && !one {
						t.Errorf("%s %s, parameter %s: %s is %v", method, path, p.Value.Name, k, v)
					}
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d parameters found", seen)
	}
}
