package api

import "github.com/gin-gonic/gin"

// eventsPath is the operation getEvents of openapi.yaml, which is not among the
// generated ones: a stream has no end.
const eventsPath = "/api/v1/events"

// events follows the election with a client.
func (s *Server) events(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Access-Control-Expose-Headers", "Retry-After")
	if !s.lookups.allow(s.client(c)) {
		s.fail(c, errLimited)
		return
	}
	if err := s.hub.Follow(c.Writer, c.Request, prefix(s.client(c))); err != nil {
		s.fail(c, err)
	}
}
