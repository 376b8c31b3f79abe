package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

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
	return voter.Line{Addr: addr, Dictionary: dictionary, Speed: speed}, err
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

// letters writes some lines of an election's letters into a file as auditors get
// them, without cast codes: letters DIR FILE LINE...
func letters(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: letters DIR FILE LINE...")
	}
	list, err := voter.ReadLetters(filepath.Join(ts.MkAbs(args[0]), "letters.csv"))
	ts.Check(err)
	var b strings.Builder
	b.WriteString("voter_number,pin,cast_code,ballot_number,unit,language\n")
	for _, n := range args[2:] {
		i, err := strconv.Atoi(n)
		ts.Check(err)
		if i < 1 || i > len(list) {
			ts.Fatalf("there is no letter %d", i)
		}
		l := list[i-1]
		fmt.Fprintf(&b, "%s,%s,,%s,%s,%s\n", l.Number, l.PIN, l.BallotNumber, l.Unit, l.Language)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}
