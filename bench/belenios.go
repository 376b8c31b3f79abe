package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Belenios' elections are made with its own tool, as its documentation does
// (tool.md and demo.sh of the Debian package): one question of ten answers, none
// or one of which may be chosen, in the group that its web server takes by
// default.
const (
	beleniosGroup   = "BELENIOS-2048"
	beleniosAnswers = 10
)

// beleniosElection is one election in a directory of its own.
type beleniosElection struct{ dir string }

func (b beleniosElection) tool(ctx context.Context, input []byte, args ...string) ([]byte, usage, error) {
	return run(ctx, b.dir, []string{"BELENIOS_USE_URANDOM=1"}, bytes.NewReader(input), "belenios-tool", args...)
}

// beleniosTemplate is the question. With blank, "none of them" is an answer of
// its own with a proof of its own, and is counted, as in Rollcall.
func beleniosTemplate(blank bool) ([]byte, error) {
	var answers []string
	for i := range beleniosAnswers {
		answers = append(answers, fmt.Sprintf("Candidate %d", i+1))
	}
	least := 0
	if blank {
		least = 1
	}
	return json.Marshal(map[string]any{
		"name": "Bench", "description": "Bench", "administrator": "A", "credential_authority": "C",
		"questions": []any{map[string]any{"question": "Who?", "answers": answers, "blank": blank, "min": least, "max": 1}},
	})
}

// beleniosChoices is a ballot for one of the answers, or for none.
func beleniosChoices(blank bool, voter int) ([]byte, error) {
	n := beleniosAnswers
	choices := make([]int, n)
	if blank {
		choices = make([]int, n+1) // the first is for none
	}
	if at := voter % (n + 1); at < len(choices) {
		choices[at] = 1
	}
	return json.Marshal([][]int{choices})
}

// newBelenios makes an election up to its opening and returns the voters'
// secret credentials.
func newBelenios(ctx context.Context, dir string, voters int, blank bool) (b beleniosElection, credentials []string, err error) {
	b = beleniosElection{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return b, nil, err
	}
	template, err := beleniosTemplate(blank)
	if err != nil {
		return b, nil, err
	}
	var people strings.Builder
	for i := range voters {
		fmt.Fprintf(&people, "voter%d@example.com\n", i+1)
	}
	write := func(name string, data []byte) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
	}
	var out []byte
	tool := func(args ...string) {
		if err == nil {
			out, _, err = b.tool(ctx, nil, args...)
		}
	}
	tool("setup", "generate-token", "--length", "14")
	uuid := strings.TrimSpace(string(out))
	write("template.json", template)
	write("voters.txt", []byte(people.String()))
	tool("setup", "generate-credentials", "--uuid", uuid, "--group", beleniosGroup, "--file", "voters.txt")
	b.rename(&err, "*.pubcreds", "public_creds.json")
	b.rename(&err, "*.privcreds", "private_creds.txt")
	tool("setup", "generate-trustee-key", "--group", beleniosGroup)
	b.rename(&err, "*.pubkey", "public_keys.jsons")
	tool("setup", "make-trustees")
	tool("setup", "make-election", "--uuid", uuid, "--group", beleniosGroup, "--template", "template.json")
	tool("archive", "init")
	for _, name := range []string{"election.json", "trustees.json", "public_creds.json"} { // the archive has them now
		if err == nil {
			err = os.Remove(filepath.Join(dir, name))
		}
	}
	if err != nil {
		return b, nil, err
	}
	private, err := os.ReadFile(filepath.Join(dir, "private_creds.txt"))
	for line := range strings.Lines(string(private)) {
		if _, credential, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			credentials = append(credentials, credential)
		}
	}
	if err == nil && len(credentials) != voters {
		err = fmt.Errorf("belenios-tool made %d credentials for %d voters", len(credentials), voters)
	}
	return b, credentials, err
}

// rename renames the one file that a pattern matches.
func (b beleniosElection) rename(err *error, pattern, name string) {
	if *err != nil {
		return
	}
	found, globErr := filepath.Glob(filepath.Join(b.dir, pattern))
	if globErr != nil || len(found) != 1 {
		*err = fmt.Errorf("belenios-tool left %d files %s, want one", len(found), pattern)
		return
	}
	*err = os.Rename(found[0], filepath.Join(b.dir, name))
}

// ballot makes one ballot.
func (b beleniosElection) ballot(ctx context.Context, credential string, choices []byte) ([]byte, usage, error) {
	if err := os.WriteFile(filepath.Join(b.dir, "credential"), []byte(credential), 0o600); err != nil {
		return nil, usage{}, err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "choices.json"), choices, 0o600); err != nil {
		return nil, usage{}, err
	}
	return b.tool(ctx, nil, "election", "generate-ballot", "--privcred", "credential", "--ballot", "choices.json")
}

// wholeBelenios makes an election to its result, in which everybody votes.
func wholeBelenios(ctx context.Context, dir string, voters int, blank bool, say func(string)) (beleniosElection, error) {
	b, credentials, err := newBelenios(ctx, dir, voters, blank)
	if err != nil {
		return b, err
	}
	for i, c := range credentials {
		say(fmt.Sprintf("Belenios: making ballot %d of %d", i+1, voters))
		choices, err := beleniosChoices(blank, i)
		if err != nil {
			return b, err
		}
		ballot, _, err := b.ballot(ctx, c, choices)
		if err != nil {
			return b, err
		}
		if _, _, err := b.tool(ctx, ballot, "archive", "add-event", "--type=Ballot"); err != nil {
			return b, err
		}
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*.privkey"))
	if err != nil || len(keys) != 1 {
		return b, fmt.Errorf("belenios-tool left %d trustees' keys, want one", len(keys))
	}
	if _, _, err := b.tool(ctx, nil, "archive", "add-event", "--type=EndBallots"); err != nil {
		return b, err
	}
	for _, step := range []struct {
		event string
		args  []string
	}{
		{"EncryptedTally", []string{"election", "compute-encrypted-tally"}},
		{"PartialDecryption", []string{"election", "decrypt", "--privkey", filepath.Base(keys[0]), "--trustee-id", "1"}},
		{"Result", []string{"election", "compute-result"}},
	} {
		out, _, err := b.tool(ctx, nil, step.args...)
		if err != nil {
			return b, err
		}
		if _, _, err := b.tool(ctx, out, "archive", "add-event", "--type="+step.event); err != nil {
			return b, err
		}
	}
	return b, nil
}

// verify verifies the whole election.
func (b beleniosElection) verify(ctx context.Context) (usage, error) {
	_, u, err := b.tool(ctx, nil, "election", "verify")
	return u, err
}

// measureBelenios makes two elections, of few and of many voters, and returns
// the measurement of what one voter more costs to verify.
func measureBelenios(ctx context.Context, dir, key string, few, many int, blank bool, say func(string)) (measurement, error) {
	small, err := wholeBelenios(ctx, filepath.Join(dir, fmt.Sprintf("%s-%d", filepath.Base(key), few)), few, blank, say)
	if err != nil {
		return measurement{}, err
	}
	large, err := wholeBelenios(ctx, filepath.Join(dir, fmt.Sprintf("%s-%d", filepath.Base(key), many)), many, blank, say)
	if err != nil {
		return measurement{}, err
	}
	return measurement{"Belenios, verifying", func(ctx context.Context) (samples, error) {
		a, err := small.verify(ctx)
		if err != nil {
			return nil, err
		}
		b, err := large.verify(ctx)
		if err != nil {
			return nil, err
		}
		return samples{
			key:                (b.processor - a.processor).Seconds() / float64(many-few),
			sizeKey(key, few):  a.processor.Seconds(),
			sizeKey(key, many): b.processor.Seconds(),
		}, nil
	}}, nil
}

// measureBeleniosSealing returns the measurement of what one ballot costs to
// make. What the tool takes to start and to read the election is subtracted:
// it is what a summary of an election without ballots takes.
func measureBeleniosSealing(ctx context.Context, dir string, times int) (measurement, error) {
	b, credentials, err := newBelenios(ctx, dir, 2, false)
	if err != nil {
		return measurement{}, err
	}
	choices, err := beleniosChoices(false, 3)
	if err != nil {
		return measurement{}, err
	}
	return measurement{"Belenios, sealing", func(ctx context.Context) (samples, error) {
		var took float64
		for range times {
			_, u, err := b.ballot(ctx, credentials[0], choices)
			if err != nil {
				return nil, err
			}
			_, start, err := b.tool(ctx, nil, "election", "compute-ballot-summary")
			if err != nil {
				return nil, err
			}
			took += (u.processor - start.processor).Seconds()
		}
		return samples{keyBeleniosSeal: took / float64(times)}, nil
	}}, nil
}
