package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/api/public"
	"rollcall/bulletin/tlog"
)

// forever is for what never changes under its name.
const forever = "public, max-age=31536000, immutable"

// typeOf returns the content type and the caching of one of the board's public
// files, and false for what is none: only the checkpoint and the exact paths of
// tiles (c2sp.org/tlog-tiles) and hints (SPEC.md, section 19) are names of files.
func typeOf(name string) (kind, cache string, ok bool) {
	const octets = "application/octet-stream"
	if name == tlog.CheckpointPath {
		return "text/plain; charset=utf-8", "no-cache", true
	}
	if _, err := tlog.ParseHintPath(name); err == nil {
		return octets, forever, true
	}
	tile, err := tlog.ParseTilePath(name)
	if err == nil && tile.Width == tlog.TileWidth {
		return octets, forever, true
	}
	return octets, "public, max-age=60", err == nil
}

// file serves one of the board's public files, as it is: hashes, ciphertexts and
// roots do not get smaller by compression. os.Root keeps links inside the
// directory, too.
func (s *Server) file(c *gin.Context) {
	name := strings.TrimPrefix(c.Request.URL.Path, "/")
	kind, cache, ok := typeOf(name)
	if !ok {
		s.fail(c, errNoRoute)
		return
	}
	f, err := s.board.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		s.fail(c, fmt.Errorf("%w: %s", public.ErrNotFound, name))
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
		s.fail(c, fmt.Errorf("%w: %s", public.ErrNotFound, name))
		return
	}
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Content-Type", kind)
	c.Header("Cache-Control", cache)
	http.ServeContent(c.Writer, c.Request, "", info.ModTime(), f)
}
