package page

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Operation is one operation of the interface for programs. Its texts are the
// specification's, in English.
type Operation struct {
	Method, Path  string
	Summary, Text string
	Parameters    []Parameter
	Answers       []Answer
}

// Parameter is a parameter of an operation.
type Parameter struct {
	Name, In string // In is path, query or header
	Text     string
}

// Answer is what an operation answers with.
type Answer struct {
	Status, Kinds, Text string
}

// referencePage lists the operations.
type referencePage struct {
	*frame
	Operations []Operation
}

// showReference shows what programs can ask.
func (p *Pages) showReference(c *gin.Context) {
	v := p.start(c.Request, "api", c.Query("lang"))
	p.show(c, "api", http.StatusOK, "no-cache", v, referencePage{v, p.Operations})
}
