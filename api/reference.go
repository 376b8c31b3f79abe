package api

import (
	"cmp"
	_ "embed" // for the specification
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"rollcall/api/page"
)

// specification is what everything here is generated from and held against.
//
//go:embed openapi.yaml
var specification []byte

// serveSpecification serves it to programs.
func (s *Server) serveSpecification(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/yaml", specification)
}

// operations are those of the specification, for the page that lists them, in the
// order of their addresses.
func operations(spec *openapi3.T) (list []page.Operation) {
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			o := page.Operation{Method: method, Path: path, Summary: op.Summary, Text: strings.TrimSpace(op.Description)}
			for _, p := range op.Parameters {
				o.Parameters = append(o.Parameters, page.Parameter{Name: p.Value.Name, In: p.Value.In, Text: p.Value.Description})
			}
			o.Answers = answers(op)
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b page.Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return list
}

// answers lists what an operation answers with, but for problems, which all share.
func answers(op *openapi3.Operation) (list []page.Answer) {
	for status, response := range op.Responses.Map() {
		if status == "default" || status == "304" {
			continue
		}
		var kinds []string
		for kind := range response.Value.Content {
			kinds = append(kinds, kind)
		}
		slices.Sort(kinds)
		list = append(list, page.Answer{Status: status, Kinds: strings.Join(kinds, ", "), Text: *response.Value.Description})
	}
	slices.SortFunc(list, func(a, b page.Answer) int { return cmp.Compare(a.Status, b.Status) })
	return list
}
