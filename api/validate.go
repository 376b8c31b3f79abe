package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"
)

// A validator holds requests against openapi.yaml: what oapi-codegen generates
// reads parameters but checks no bounds and no patterns.
type validator struct {
	routes  map[string]*routers.Route // by method and gin's pattern
	options openapi3filter.Options
}

func newValidator(spec *openapi3.T) *validator {
	v := &validator{
		routes: make(map[string]*routers.Route),
		// Bodies are entries: package entry checks them, more strictly.
		options: openapi3filter.Options{ExcludeRequestBody: true},
	}
	// Of version 3.1, kin-openapi makes the schema of a parameter ready anew for every
	// request, which takes as long as all the rest of a look-up. Those of ours mean the
	// same in 3.0: TestParametersAreOfBothVersions.
	earlier := *spec
	earlier.OpenAPI = "3.0.3"
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			v.routes[method+" "+pattern(path)] = &routers.Route{
				Spec: &earlier, Path: path, PathItem: item, Method: method, Operation: op,
			}
		}
	}
	return v
}

// pattern turns /entries/{index} into /entries/:index.
func pattern(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// check returns what is wrong with a request of the specification's.
func (v *validator) check(c *gin.Context) error {
	route := v.routes[c.Request.Method+" "+c.FullPath()]
	if route == nil {
		return fmt.Errorf("no route for %s %s", c.Request.Method, c.FullPath())
	}
	params := make(map[string]string, len(c.Params))
	for _, p := range c.Params {
		params[p.Key] = p.Value
	}
	err := openapi3filter.ValidateRequest(c.Request.Context(), &openapi3filter.RequestValidationInput{
		Request: c.Request, PathParams: params, Route: route, Options: &v.options,
	})
	if err != nil {
		return fmt.Errorf("%w: %s", errRequest, fault(err))
	}
	return checkMedia(c.Request, route.Operation)
}

// fault names the parameter that is wrong and how, without the schema that
// kin-openapi prints along.
func fault(err error) string {
	where := "request"
	var re *openapi3filter.RequestError
	if errors.As(err, &re) && re.Parameter != nil {
		where = fmt.Sprintf("%s parameter %q", re.Parameter.In, re.Parameter.Name)
	}
	why := "does not have the form of the specification"
	var se *openapi3.SchemaError
	if errors.As(err, &se) && se.Reason != "" {
		why, _, _ = strings.Cut(se.Reason, "\n")
	}
	return where + ": " + why
}

// checkMedia refuses a body of a type that the operation does not take.
func checkMedia(r *http.Request, op *openapi3.Operation) error {
	if op.RequestBody == nil {
		return nil
	}
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || op.RequestBody.Value.Content[got] == nil {
		return fmt.Errorf("%w: %q", errMedia, r.Header.Get("Content-Type"))
	}
	return nil
}
