package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"
)

// policy lets a page load its own style, icon and scripts, ask and send its form
// here, and nothing else: no script in the page itself, no frame, no other origin.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// insist has browsers ask over HTTPS alone, for a year (RFC 6797).
const insist = "max-age=31536000"

// headers go with every answer.
func (s *Server) headers(c *gin.Context) {
	if s.https || c.Request.TLS != nil {
		c.Header("Strict-Transport-Security", insist)
	}
	c.Header("Content-Security-Policy", policy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
}

// preflight lets scripts of every origin read with conditions, which browsers ask
// about before (Fetch, section 3.2): nothing here is for one origin alone. Posting
// an entry is not for scripts of others.
func preflight(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Access-Control-Allow-Methods", "GET, HEAD")
	c.Header("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since, Last-Event-ID")
	c.Header("Access-Control-Max-Age", "86400")
	c.Status(http.StatusNoContent)
}

// deadline bounds the time a handler may wait for the election. A stream of events
// has no end.
func deadline(c *gin.Context) {
	if c.FullPath() == eventsPath {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), handleTimeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// recover turns a panic into a problem. Gin's own prints the whole request.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v)
		}
		s.fail(c, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
	}()
	c.Next()
}

// notFound answers with a page where a person seems to look.
func (s *Server) notFound(c *gin.Context) {
	if !strings.HasPrefix(c.Request.URL.Path, "/api/") && strings.Contains(c.GetHeader("Accept"), "text/html") {
		s.pages.NotFound(c)
		return
	}
	s.fail(c, errNoRoute)
}

// headAsGet answers HEAD as GET: gin would say that HEAD is not allowed.
// net/http drops the body by itself, and knows its length.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && r.URL.Path != eventsPath { // which never ends
			r = r.WithContext(r.Context())
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
