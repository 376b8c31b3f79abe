// Package boardclient posts entries to a board over HTTP, for those who run on
// another machine or in another process than the board: the authority's
// commands, trustees, a booth of its own. Reading needs no client: see
// bulletin/tlog and tally/follow.
package boardclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// maxAnswer bounds the answer to a post in bytes.
const maxAnswer = 64 << 10

// ErrRefused says that the board answered and did not take the entry.
var ErrRefused = errors.New("the board refused the entry")

// Client posts to one board.
type Client struct {
	url  string
	http *http.Client
}

// New returns a client of the board at a base URL such as
// http://127.0.0.1:8080.
func New(base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%q is not the address of a board: want a URL such as http://127.0.0.1:8080", base)
	}
	return &Client{url: strings.TrimSuffix(base, "/"), http: &http.Client{Timeout: 30 * time.Second}}, nil
}

// URL returns the board's base URL.
func (c *Client) URL() string { return c.url }

// Post appends an entry and returns its index once it is durable. Posting the
// same bytes again is safe.
func (c *Client) Post(ctx context.Context, raw []byte) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/api/v1/entries", bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/cbor")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("posting to the board: %w (is rollcall serve running?)", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, fmt.Errorf("posting to the board: %w", err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		var problem struct {
			Title  string `json:"title"`
			Detail string `json:"detail"`
		}
		if json.Unmarshal(b, &problem) != nil || problem.Title == "" {
			return 0, fmt.Errorf("%w: HTTP status %d", ErrRefused, resp.StatusCode)
		}
		return 0, fmt.Errorf("%w: %s: %s", ErrRefused, problem.Title, problem.Detail)
	}
	var answer struct {
		Index *uint64 `json:"index"`
	}
	if err := json.Unmarshal(b, &answer); err != nil || answer.Index == nil {
		return 0, errors.New("posting to the board: its answer names no index")
	}
	return *answer.Index, nil
}

// Board is booth.Board over HTTP: it posts with a client and learns receipt
// codes from the board's public files, which it verifies.
type Board struct {
	*Client
	Follower *follow.Follower
}

// Code implements booth.Board.
func (b *Board) Code(ctx context.Context, ballot uint64) (string, error) {
	var code string
	err := b.Follower.Wait(ctx, func(s *record.State) bool {
		sealed, ok := s.Ballot(ballot)
		code = sealed.Code
		return ok && code != ""
	})
	return code, err
}

// Covered implements booth.Board.
func (b *Board) Covered(ctx context.Context, index uint64) error {
	return b.Follower.Wait(ctx, func(s *record.State) bool {
		tick, _ := s.LastTick()
		return tick != nil && tick.Size > index
	})
}
