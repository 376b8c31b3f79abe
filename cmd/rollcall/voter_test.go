package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"rollcall/internal/caller"
	"rollcall/internal/service"
	"rollcall/internal/text"
	"rollcall/internal/workspace"
	"rollcall/phone/polling"
)

// line is a phone line, and what its callers know by heart.
type line struct {
	addr       netip.AddrPort
	dictionary *caller.Dictionary
	words      *text.Catalogue
}

// newLine knows the phrases of the election in dir. address is HOST:PORT.
func newLine(address, dir string) (*line, error) {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	m, _, err := service.ReadManifest(workspace.Dir(dir))
	if err != nil {
		return nil, err
	}
	phrases, err := polling.Phrases(m)
	if err != nil {
		return nil, err
	}
	library, err := service.NewLibrary(workspace.Dir(dir))
	if err != nil {
		return nil, err
	}
	sounds, err := library.Dictionary(phrases)
	if err != nil {
		return nil, err
	}
	l := &line{addr: addr}
	if l.dictionary, err = caller.NewDictionary(sounds); err != nil {
		return nil, err
	}
	l.words, err = text.For("en")
	return l, err
}

// letter is what a voter got by mail, by the names of the columns.
type letter map[string]string

func readLetters(file string) ([]letter, error) {
	lines, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		return nil, err
	}
	var list []letter
	for _, cells := range lines[1:] {
		l := letter{}
		for i, c := range cells {
			l[lines[0][i]] = strings.ReplaceAll(c, " ", "")
		}
		list = append(list, l)
	}
	return list, nil
}

// errUncast says that a call ended before its ballot was cast.
var errUncast = errors.New("the call ended, and nothing was cast")

// cast calls in English, takes the first name that each contest offers, casts,
// and returns the receipt code that it heard.
func (l *line) cast(ctx context.Context, voter letter) (code string, err error) {
	call, err := caller.Dial(ctx, l.addr, caller.Options{Dictionary: l.dictionary, Speed: speed})
	if err != nil {
		return "", err
	}
	defer call.Hangup()
	keys := map[text.ID]string{
		text.Language: "1", text.AskNumber: voter["voter_number"], text.AskPIN: voter["pin"],
		text.ContestOne: "1#", text.ContestUpTo: "1#", text.KeepOrChange: "1", text.Decide: voter["cast_code"] + "#",
	}
	var heard []string
	var said []text.ID
	for {
		id, err := call.WaitFor(ctx, func(string) bool { return true })
		if errors.Is(err, caller.ErrEnded) {
			return "", fmt.Errorf("%w; heard %v", errUncast, said)
		}
		if err != nil {
			return "", err
		}
		heard = append(heard, id)
		message, ok := l.words.Announces(id)
		if !ok {
			continue
		}
		said = append(said, message)
		if message == text.Cast {
			code, ok := text.CodeFromPhrases(heard)
			if !ok {
				return "", errors.New("no receipt code was heard")
			}
			return code, nil
		}
		if message == text.Language && slices.Contains(said[:len(said)-1], text.Language) {
			continue // the other language
		}
		if k, ok := keys[message]; ok {
			if err := call.Press(ctx, k); err != nil {
				return "", err
			}
		}
	}
}
