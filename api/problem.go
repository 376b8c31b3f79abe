package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/api/gen"
	"rollcall/api/live"
	"rollcall/api/public"
)

const problemType = "application/problem+json"

// Errors of this package's own, beside those of package public.
var (
	errUndecodable = errors.New("not an entry")
	errRequest     = errors.New("request does not follow the specification")
	errNoRoute     = errors.New("nothing is served here")
	errMethod      = errors.New("method not allowed here")
	errMedia       = errors.New("content type not taken here")
	errLimited     = errors.New("too many requests from this address")
)

// earlyError says that there is no result yet, and when there can be one.
type earlyError struct {
	phase     public.Phase
	notBefore time.Time
}

func (e *earlyError) Error() string {
	return fmt.Sprintf("there is no result yet: the phase is %s, and ballots can be sealed until %s", e.phase, e.notBefore.Format(time.RFC3339))
}

// A problem is one kind of error as clients see it (RFC 9457).
type problem struct {
	status int
	name   string // last part of its type
	retry  int    // seconds for Retry-After, or 0
}

// classify is the one place where errors become answers. The second result is
// false for an internal error, whose text is not for clients.
func classify(err error) (problem, bool) {
	var tooLarge *http.MaxBytesError
	var early *earlyError
	switch {
	case errors.As(err, &tooLarge):
		return problem{http.StatusRequestEntityTooLarge, "too-large", 0}, true
	case errors.Is(err, errUndecodable):
		return problem{http.StatusBadRequest, "undecodable", 0}, true
	case errors.Is(err, public.ErrNumber):
		return problem{http.StatusBadRequest, "number", 0}, true
	case errors.Is(err, errRequest):
		return problem{http.StatusBadRequest, "request", 0}, true
	case errors.Is(err, errMedia):
		return problem{http.StatusUnsupportedMediaType, "content-type", 0}, true
	case errors.Is(err, errMethod):
		return problem{http.StatusMethodNotAllowed, "method", 0}, true
	case errors.As(err, &early):
		return problem{http.StatusNotFound, "no-result", 0}, true
	case errors.Is(err, public.ErrNotFound), errors.Is(err, errNoRoute):
		return problem{http.StatusNotFound, "not-found", 0}, true
	case errors.Is(err, public.ErrInvalid):
		return problem{http.StatusUnprocessableEntity, "invalid", 0}, true
	case errors.Is(err, public.ErrRefused):
		return problem{http.StatusConflict, "refused", 0}, true
	case errors.Is(err, errLimited):
		return problem{http.StatusTooManyRequests, "rate", 1}, true
	case errors.Is(err, live.ErrCrowded):
		return problem{http.StatusTooManyRequests, "streams", 30}, true
	case errors.Is(err, live.ErrFull), errors.Is(err, live.ErrClosed):
		return problem{http.StatusServiceUnavailable, "busy", 30}, true
	case errors.Is(err, public.ErrBusy):
		return problem{http.StatusServiceUnavailable, "busy", 1}, true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problem{http.StatusServiceUnavailable, "busy", 1}, false
	}
	return problem{http.StatusInternalServerError, "internal", 0}, false
}

// fail answers with the problem of err, and ends the request. An internal
// error is logged, with the route's pattern and never its parameters.
func (s *Server) fail(c *gin.Context, err error) {
	c.Abort()
	p, shown := classify(err)
	if p.status == http.StatusInternalServerError {
		s.log.Error("request failed", "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	if c.Writer.Written() {
		return // the status is gone already, and the connection most likely too
	}
	body := gen.Problem{
		Type:   "urn:rollcall:problem:" + p.name,
		Title:  http.StatusText(p.status),
		Status: p.status,
	}
	if shown {
		detail := err.Error()
		body.Detail = &detail
	}
	var early *earlyError
	if errors.As(err, &early) {
		body.NotBefore = &early.notBefore
	}
	// An encoder, not Marshal: nothing here is HTML, and "<" is plainer than \u003c.
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic("api: " + err.Error()) // strings and a number always encode
	}
	if p.retry > 0 {
		c.Header("Retry-After", strconv.Itoa(p.retry))
	}
	c.Header("Cache-Control", "no-store")
	c.Data(p.status, problemType, text.Bytes())
}

// failParameter is fail for what the generated code could not read.
func (s *Server) failParameter(c *gin.Context, err error, _ int) {
	s.fail(c, fmt.Errorf("%w: %w", errRequest, err))
}
