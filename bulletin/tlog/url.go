package tlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"rollcall/bulletin/checkpoint"
)

const (
	fetchTimeout  = 60 * time.Second // of one attempt, body included
	fetchAttempts = 4
	fetchPause    = 250 * time.Millisecond // before the second attempt; doubles
)

// urlReader reads a board that a web server serves.
type urlReader struct {
	base   *url.URL
	client *http.Client
	pause  time.Duration
}

// OpenURL returns a Reader of the board below an http or https URL. Network
// errors, 429 and 5xx answers are tried again a few times. client may be nil.
func OpenURL(rawURL string, client *http.Client) (Reader, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("board: %q is not an http or https URL", rawURL)
	}
	if client == nil {
		client = &http.Client{}
	}
	return &urlReader{base: u, client: client, pause: fetchPause}, nil
}

func (u *urlReader) Checkpoint(ctx context.Context) ([]byte, error) {
	return u.read(ctx, CheckpointPath, checkpoint.MaxSize)
}

func (u *urlReader) Tile(ctx context.Context, t Tile) ([]byte, error) {
	return u.read(ctx, t.Path(), t.MaxSize())
}

// Hints implements HintReader. It tries once: what is missing costs less to
// compute than to wait for.
func (u *urlReader) Hints(ctx context.Context, index uint64) ([]byte, error) {
	b, _, err := u.get(ctx, HintPath(index), TileWidth*MaxEntry)
	return b, err
}

func (u *urlReader) read(ctx context.Context, path string, limit int) ([]byte, error) {
	pause := u.pause
	for attempt := 1; ; attempt++ {
		b, again, err := u.get(ctx, path, limit)
		if err == nil || !again || attempt == fetchAttempts {
			return b, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w %s: %w", ErrFetch, path, ctx.Err())
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// get makes one attempt; again says whether another may do better.
func (u *urlReader) get(ctx context.Context, path string, limit int) (b []byte, again bool, err error) {
	attempt, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(attempt, http.MethodGet, u.base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, false, fmt.Errorf("%w %s: %w", ErrFetch, path, err)
	}
	req.Header.Set("User-Agent", "rollcall-verify")
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, true, fmt.Errorf("%w %s: %w", ErrFetch, path, err)
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		return nil, false, fmt.Errorf("%w %s: %s: %w", ErrFetch, path, resp.Status, fs.ErrNotExist)
	case code == http.StatusTooManyRequests || code >= 500:
		return nil, true, fmt.Errorf("%w %s: %s", ErrFetch, path, resp.Status)
	case code != http.StatusOK:
		return nil, false, fmt.Errorf("%w %s: %s", ErrFetch, path, resp.Status)
	}
	b, err = readLimited(resp.Body, path, limit, resp.ContentLength)
	return b, errors.Is(err, ErrFetch), err
}
