package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"rollcall/bulletin"
	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness"
	"rollcall/internal/workspace"
	"rollcall/tally/door"
)

// readWitnesses returns the witnesses of a directory's policy, with where they are
// asked, or nil if it has none.
func readWitnesses(dir workspace.Dir, logger *slog.Logger) (*witness.Group, error) {
	text, err := os.ReadFile(dir.Policy())
	if err != nil {
		return nil, err
	}
	policy, err := checkpoint.ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Policy(), err)
	}
	if len(policy.Witnesses) == 0 {
		return nil, nil
	}
	text, err = os.ReadFile(dir.Witnesses())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	urls := map[string]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || urls[fields[0]] != "" {
			return nil, fmt.Errorf("%s: line %d: want a witness's verifier key and its address, each witness once", dir.Witnesses(), n)
		}
		urls[fields[0]] = fields[1]
	}
	var members []witness.Member
	for _, w := range policy.Witnesses {
		url := urls[w.Key.String()]
		if url == "" {
			return nil, fmt.Errorf("%s: there is no address of witness %s", dir.Witnesses(), w.Name)
		}
		members = append(members, witness.Member{Key: w.Key, MLDSA: policy.MLDSAOf(w.Key.Name()), URL: url})
		delete(urls, w.Key.String())
	}
	for key := range urls {
		return nil, fmt.Errorf("%s: %s is no witness of the policy", dir.Witnesses(), key)
	}
	return witness.NewGroup(members, policy.Quorum, logger)
}

// cosigned is what a door asks its board for.
func cosigned(log func() *bulletin.Board) func(context.Context, uint64, time.Time) (door.Cosigned, error) {
	return func(ctx context.Context, size uint64, since time.Time) (door.Cosigned, error) {
		p, err := log().Cosigned(ctx, size, since)
		if err != nil {
			return door.Cosigned{}, err
		}
		return door.Cosigned{Size: p.Size, Root: p.Root, Cosignatures: p.Cosignatures}, nil
	}
}
