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
	"unicode"
)

// maxAnswer bounds the answer to a post in bytes.
const maxAnswer = 64 << 10

// timeout bounds one post: the board answers once the entry is durable.
const timeout = 30 * time.Second

// ErrRefused says that the board answered and did not take the entry.
var ErrRefused = errors.New("the board refused the entry")

// maxText bounds what is shown of a board's answer in bytes.
const maxText = 1000

// printable makes words of a board fit for a terminal, which they could
// otherwise command: a board is trusted with nothing.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + " ..."
	}
	return s
}

// Client posts to one board.
type Client struct {
	url  string
	http *http.Client
}

// New returns a client of the board at a base URL such as
// http://127.0.0.1:8080.
func New(base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the address of a board: want a URL such as http://127.0.0.1:8080", base)
	}
	return &Client{url: strings.TrimRight(base, "/"), http: &http.Client{Timeout: timeout}}, nil
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
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return 0, fmt.Errorf("posting to the board: %w", err)
	}
	if len(b) > maxAnswer {
		return 0, fmt.Errorf("posting to the board: its answer is over %d bytes", maxAnswer)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		var problem struct {
			Title  string `json:"title"`
			Detail string `json:"detail"`
		}
		if json.Unmarshal(b, &problem) != nil || problem.Title == "" {
			return 0, fmt.Errorf("%w: HTTP status %d", ErrRefused, resp.StatusCode)
		}
		return 0, fmt.Errorf("%w: %s: %s", ErrRefused, printable(problem.Title), printable(problem.Detail))
	}
	var answer struct {
		Index *uint64 `json:"index"`
	}
	if err := json.Unmarshal(b, &answer); err != nil || answer.Index == nil {
		return 0, errors.New("posting to the board: its answer names no index")
	}
	return *answer.Index, nil
}
