package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/bulletin/tlog"
)

// forever is for what never changes under its name.
const forever = "public, max-age=31536000, immutable"

// file serves one of the board's public files (c2sp.org/tlog-tiles). Only the
// checkpoint and exact tile paths are names of files here; os.Root keeps links
// inside the directory, too.
func (s *Server) file(c *gin.Context) {
	name := strings.TrimPrefix(c.Request.URL.Path, "/")
	kind, cache := "text/plain; charset=utf-8", "no-cache"
	if name != tlog.CheckpointPath {
		tile, err := tlog.ParseTilePath(name)
		if err != nil {
			s.fail(c, errNoRoute)
			return
		}
		kind, cache = "application/octet-stream", "public, max-age=60"
		if tile.Width == tlog.TileWidth {
			cache = forever
		}
	}
	f, err := s.board.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		s.fail(c, fmt.Errorf("%w: %s", ErrNotFound, name))
		return
	}
	if err != nil {
		s.fail(c, fmt.Errorf("file of the board: %w", err))
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		s.fail(c, fmt.Errorf("file of the board: %w", err))
		return
	}
	if !info.Mode().IsRegular() {
		s.fail(c, fmt.Errorf("%w: %s", ErrNotFound, name))
		return
	}
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Content-Type", kind)
	c.Header("Cache-Control", cache)
	http.ServeContent(c.Writer, c.Request, "", info.ModTime(), f)
}
