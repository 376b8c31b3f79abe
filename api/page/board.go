package page

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"rollcall/api/public"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// boardPage is a stretch of the board, the newest entry first.
type boardPage struct {
	*frame
	Size         uint64 // published
	Signers      []string
	Rows         []boardRow
	Newer, Older string // addresses, or ""
	Newest       bool   // no entry is newer than those shown
	Live         bool   // a script can show newer ones as they come
}

type boardRow struct {
	Index uint64
	Kind  string // in the words of the page
	Text  string // what it means
}

// boardStretch is how many entries a page shows. It divides the width of a bundle,
// so that a page reads one file.
const boardStretch = 32

// showBoard shows the newest entries, or those from ?from= on.
func (p *Pages) showBoard(c *gin.Context) {
	v := p.start(c.Request, "board", c.Query("lang"))
	view := &boardPage{frame: v}
	status, err := p.Election.Status(c.Request.Context())
	if err != nil {
		p.failed(c, v, fmt.Errorf("status: %w", err))
		return
	}
	v.addOutage(status.Witnesses)
	if err := p.addCheckpoint(c, view); err != nil {
		p.failed(c, v, err)
		return
	}
	if view.Size == 0 {
		p.show(c, "board", http.StatusOK, "no-cache", v, view)
		return
	}
	last := (view.Size - 1) / boardStretch * boardStretch
	from := last
	if typed := c.Query("from"); typed != "" {
		n, err := strconv.ParseUint(typed, 10, 64)
		if err != nil || n >= view.Size {
			p.NotFound(c)
			return
		}
		from = n / boardStretch * boardStretch
	}
	entries, err := p.Election.Entries(c.Request.Context(), from, boardStretch)
	if err != nil {
		p.failed(c, v, err)
		return
	}
	for i := min(len(entries), int(view.Size-from)) - 1; i >= 0; i-- {
		e, err := entry.Decode(entries[i])
		if err != nil {
			p.failed(c, v, fmt.Errorf("entry %d: %w", from+uint64(i), err))
			return
		}
		view.Rows = append(view.Rows, boardRow{from + uint64(i), v.kind(e), v.meaning(e)})
	}
	view.Newest = from == last
	view.Live = view.Newest && c.Query("from") == "" && p.Live
	if from > 0 {
		view.Older = v.boardURL(from - boardStretch)
	}
	if !view.Newest {
		view.Newer = v.boardURL(from + boardStretch)
	}
	p.show(c, "board", http.StatusOK, "no-cache", v, view)
}

func (v *frame) boardURL(from uint64) string {
	return fmt.Sprintf("/board?from=%d&lang=%s", from, v.Lang)
}

// addCheckpoint adds how many entries are published, and who signed that.
func (p *Pages) addCheckpoint(c *gin.Context, view *boardPage) error {
	signed, err := p.Election.Checkpoint(c.Request.Context())
	if errors.Is(err, public.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	text, signatures, _ := strings.Cut(string(signed), "\n\n")
	parsed, err := checkpoint.ParseText([]byte(text + "\n"))
	if err != nil {
		return err
	}
	view.Size = parsed.Size
	for line := range strings.Lines(signatures) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "— "), " "); ok && name != parsed.Origin && !slices.Contains(view.Signers, name) { // a witness may have two keys
			view.Signers = append(view.Signers, name)
		}
	}
	return nil
}

// entryPage is one entry of the board.
type entryPage struct {
	*frame
	Index    uint64
	Kind     string
	Text     string
	Leaf     string
	Bytes    uint64
	About    uint64 // the ballot that a cast or test names
	HasAbout bool
	Opened   []openedCard
}

// showEntry shows what one entry means.
func (p *Pages) showEntry(c *gin.Context) {
	index, err := strconv.ParseUint(c.Param("index"), 10, 63)
	if err != nil {
		p.NotFound(c)
		return
	}
	v := p.start(c.Request, "entry", c.Query("lang"))
	entries, err := p.Election.Entries(c.Request.Context(), index, 1)
	if errors.Is(err, public.ErrNotFound) {
		p.NotFound(c)
		return
	}
	if err != nil {
		p.failed(c, v, err)
		return
	}
	e, err := entry.Decode(entries[0])
	if err != nil {
		p.failed(c, v, fmt.Errorf("entry %d: %w", index, err))
		return
	}
	view := &entryPage{
		frame: v, Index: index, Kind: v.kind(e), Text: v.meaning(e),
		Leaf: fmt.Sprintf("%x", tlog.LeafHash(entries[0])), Bytes: uint64(len(entries[0])),
	}
	v.Title = v.t("entry_title", "index", index) + " - " + v.Election
	switch body := e.Body.(type) {
	case *entry.Cast:
		view.About, view.HasAbout = body.Ballot, true
	case *entry.Test:
		view.About, view.HasAbout = body.Ballot, true
		var opened []public.Opened
		for _, o := range body.Openings {
			opened = append(opened, public.Opened{Contest: o.Contest, Selected: o.Selected})
		}
		if view.Opened, err = v.opened(opened); err != nil {
			view.Opened = nil // an opening that fits no contest is void, and shows nothing
		}
	}
	p.show(c, "entry", http.StatusOK, "no-cache", v, view)
}
