package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// trace makes a span of a request: of which kind it is, and what was answered.
//
// It is always the first of a trace of its own. What a client sends of traces
// (traceparent, tracestate, baggage) is not read: nobody outside decides what is
// kept, or has an id of theirs stand in the operator's books. A stream of events
// has none, for its length is how long somebody was there.
func (s *Server) trace(c *gin.Context) {
	if s.tracer == nil || c.FullPath() == eventsPath {
		return
	}
	method, route := kind(c)
	ctx, span := s.tracer.Start(c.Request.Context(), method+" "+route, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route)))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}
