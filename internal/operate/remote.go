// Package operate does what election staff do from the command line: make an
// election, issue letters and post the roll, open, close and count. It works on
// an election's directory and on a board that is served somewhere, and asks
// nobody anything: see internal/command for that.
package operate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
	"rollcall/internal/boardclient"
	"rollcall/internal/workspace"
	"rollcall/tally/follow"
	"rollcall/tally/record"
)

// Remote is a board as its operators see it: read from its public files under a
// policy, and posted to.
type Remote struct {
	*boardclient.Client
	Follower *follow.Follower
	Reader   tlog.Reader
	Policy   *checkpoint.Policy
	ID       entry.ElectionID
}

// Connect opens a board by the policy and election files at given paths, and
// reads it.
func Connect(ctx context.Context, url, policyFile, election string) (*Remote, error) {
	text, err := os.ReadFile(policyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the witness policy: %w", err)
	}
	r := &Remote{}
	if r.Policy, err = checkpoint.ParsePolicy(text); err != nil {
		return nil, fmt.Errorf("%s: %w", policyFile, err)
	}
	if r.ID, err = entry.ParseElectionID(election); err != nil {
		return nil, err
	}
	if r.Client, err = boardclient.New(url); err != nil {
		return nil, err
	}
	if r.Reader, err = tlog.OpenURL(r.URL(), nil); err != nil {
		return nil, err
	}
	r.Follower = follow.New(r.Reader, r.Policy, r.ID)
	if _, err := r.Follower.Update(ctx); err != nil {
		if errors.Is(err, tlog.ErrFetch) {
			return nil, fmt.Errorf("reading the board at %s: %w (is rollcall serve running there?)", url, err)
		}
		return nil, fmt.Errorf("reading the board at %s: %w", url, err)
	}
	return r, nil
}

// ConnectDir is Connect with the files of an election's directory.
func ConnectDir(ctx context.Context, url string, dir workspace.Dir) (*Remote, error) {
	id, err := os.ReadFile(dir.Election())
	if err != nil {
		return nil, fmt.Errorf("%w (is %s an election's directory? rollcall init makes one)", err, filepath.Clean(string(dir)))
	}
	return Connect(ctx, url, dir.Policy(), strings.TrimSpace(string(id)))
}

// post signs an entry body and posts it.
func (r *Remote) post(ctx context.Context, body entry.Body, key *schnorr.SecretKey) (*entry.Entry, uint64, error) {
	hash := r.Follower.State().Hash()
	e, err := entry.Sign(body, hash[:], key)
	if err != nil {
		return nil, 0, err
	}
	index, err := r.Post(ctx, e.Bytes())
	return e, index, err
}

// State returns the record as of the last update.
func (r *Remote) State() *record.State { return r.Follower.State() }
