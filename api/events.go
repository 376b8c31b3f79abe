package api

import (
	"errors"

	"github.com/gin-gonic/gin"

	"rollcall/api/live"
)

// eventsPath is the operation getEvents of openapi.yaml, which is not among the
// generated ones: a stream has no end.
const eventsPath = "/api/v1/events"

// events follows the election with a client.
func (s *Server) events(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	if !s.lookups.allow(s.client(c)) {
		s.fail(c, errLimited)
		return
	}
	err := s.hub.Follow(c.Writer, c.Request)
	if errors.Is(err, live.ErrFull) || errors.Is(err, live.ErrClosed) {
		s.fail(c, errors.Join(errNoRoom, err))
	} else if err != nil {
		s.fail(c, err)
	}
}
