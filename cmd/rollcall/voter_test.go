package main

import (
	"context"
	"fmt"
	"net/netip"

	"rollcall/internal/caller"
	"rollcall/internal/service"
	"rollcall/internal/voter"
	"rollcall/internal/workspace"
	"rollcall/phone/polling"
)

// newLine is the phone line at an address, for callers who know the phrases of
// the election in dir by heart.
func newLine(address, dir string) (voter.Line, error) {
	none := voter.Line{}
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return none, err
	}
	m, _, err := service.ReadManifest(workspace.Dir(dir))
	if err != nil {
		return none, err
	}
	phrases, err := polling.Phrases(m)
	if err != nil {
		return none, err
	}
	library, err := service.NewLibrary(workspace.Dir(dir))
	if err != nil {
		return none, err
	}
	sounds, err := library.Dictionary(phrases)
	if err != nil {
		return none, err
	}
	dictionary, err := caller.NewDictionary(sounds)
	return voter.Line{Addr: addr, Dictionary: dictionary}, err
}

// cast calls in English, votes for Amara Okafor where the council is on the
// ballot and for a new library, casts, and returns the receipt code that it
// heard.
func cast(ctx context.Context, line voter.Line, l voter.Letter) (code string, err error) {
	call, err := voter.Dial(ctx, line, "en")
	if err != nil {
		return "", err
	}
	defer call.Hangup()
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w; heard %v", err, call.Said())
		}
	}()
	if err := call.Identify(ctx, l); err != nil {
		return "", err
	}
	if l.Unit != "gull-island" {
		if err := call.Vote(ctx, "City Council, Ward 4", "Amara Okafor"); err != nil {
			return "", err
		}
	}
	if err := call.Vote(ctx, "What to build first", "a new library"); err != nil {
		return "", err
	}
	if code, err = call.Keep(ctx); err != nil {
		return "", err
	}
	return code, call.Cast(ctx, l.CastCode)
}
