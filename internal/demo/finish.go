package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"rollcall/bulletin/entry"
	"rollcall/internal/demo/names"
	"rollcall/internal/resulttable"
	"rollcall/internal/voter"
	"rollcall/verifier"
)

// check verifies the record, has callers look up their codes, holds the count
// against what they keyed, and prints it all.
func (d *demo) check(ctx context.Context) error {
	report, err := d.verify(ctx)
	if err != nil {
		return err
	}
	parts, _, _, ok := d.remote.State().Result()
	if !ok {
		return errors.New("there is no result on the board")
	}
	lookups, err := d.lookUp(ctx)
	if err != nil {
		return err
	}
	var count error
	if !d.Serve { // a guest's vote is not known to the demo
		count = d.compare(parts)
	}
	if d.JSON {
		err = json.NewEncoder(d.Out).Encode(report)
	} else {
		d.print(report, parts, lookups)
	}
	switch {
	case err != nil:
		return err
	case !report.Verified():
		return errors.New("the record is not verified")
	}
	return count
}

// lookUp asks the board's public page for every receipt code heard, as voters
// do, and counts those in the final count.
func (d *demo) lookUp(ctx context.Context) (int, error) {
	found := 0
	for i, p := range d.people {
		if !p.cast {
			continue
		}
		code := p.codes[len(p.codes)-1]
		state, err := d.receipt(ctx, code, p.letter.BallotNumber)
		if err != nil {
			return found, fmt.Errorf("caller %d looks up its receipt code: %w", i+1, err)
		}
		if state != "cast" {
			return found, fmt.Errorf("caller %d heard that its ballot was cast, and the board says %q", i+1, state)
		}
		found++
	}
	return found, nil
}

// maxAnswer bounds what the API may answer.
const maxAnswer = 1 << 20

// receipt returns the state of the ballot with a receipt code and ballot
// number. Lookups beyond the API's rate are tried again.
func (d *demo) receipt(ctx context.Context, code, number string) (string, error) {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.service.URL()+"/api/v1/receipts/"+code, nil)
		if err != nil {
			return "", err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		resp.Body.Close()
		if err != nil {
			return "", err
		}
		if resp.StatusCode == http.StatusTooManyRequests {
			select {
			case <-time.After(200 * time.Millisecond):
				continue
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		var answer struct {
			Matches []struct {
				BallotNumber string `json:"ballot_number"`
				State        string `json:"state"`
			} `json:"matches"`
		}
		if resp.StatusCode != http.StatusOK {
			return "", fmt.Errorf("HTTP status %d", resp.StatusCode)
		}
		if err := json.Unmarshal(b, &answer); err != nil {
			return "", err
		}
		for _, ballot := range answer.Matches {
			if voter.Plain(ballot.BallotNumber) == number {
				return ballot.State, nil
			}
		}
		return "not found", nil
	}
}

// compare holds the published counts against what the callers keyed.
func (d *demo) compare(parts []entry.ResultPart) error {
	want, got := map[string]uint64{}, map[string]uint64{}
	for _, p := range d.people {
		if !p.cast {
			continue
		}
		for i, chosen := range p.choices {
			contest := fmt.Sprintf("contest-%d/", i+1)
			if len(chosen) == 0 && names.Contests[i].Limit == 1 {
				want[contest+entry.NoneID]++
			}
			for _, o := range chosen {
				want[fmt.Sprintf("%soption-%d", contest, o+1)]++
			}
		}
	}
	for _, p := range parts {
		for _, o := range p.Options {
			got[p.Contest+"/"+o.Option] += o.Votes
		}
	}
	for k, n := range got {
		if want[k] != n {
			return fmt.Errorf("%s: the board counts %d votes, the callers keyed %d", k, n, want[k])
		}
	}
	return nil
}

func (d *demo) print(report *verifier.Report, parts []entry.ResultPart, lookups int) {
	w := d.Out
	fmt.Fprintf(w, "\n%s: the result\n", names.Title["en"])
	resulttable.Write(w, d.remote.State().Manifest(), "en", parts)
	fmt.Fprintf(w, "\nVerified from the public board alone\n\n")
	for _, c := range report.Checks {
		line := fmt.Sprintf("  %s  %-7s %s", c.ID, c.Status, c.Title)
		if c.Error != "" {
			line += ": " + c.Error
		}
		if c.Note != "" {
			line += " (" + c.Note + ")"
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\nThe callers\n\n")
	for c := votes; c <= votesTwice; c++ {
		n, heard := 0, ""
		for _, p := range d.people {
			if p.conduct == c {
				n++
				if c >= wrongPIN {
					heard = fmt.Sprintf(", and heard: %q", said(p.heard))
				}
			}
		}
		if n > 0 {
			fmt.Fprintf(w, "  %3d %s%s\n", n, conductName(c), heard)
		}
	}
	fmt.Fprintf(w, "  %3d looked up the receipt code they had heard: every one is in the final count\n", lookups)
	verdict := "VERIFIED"
	if !report.Verified() {
		verdict = "NOT VERIFIED"
	}
	fmt.Fprintf(w, "\n%s: %d ballots cast, %d tested, %d undecided, %d void; %.0f seconds in all.\n", verdict,
		report.Ballots.Cast, report.Ballots.Tested, report.Ballots.Undecided, report.Ballots.Void, time.Since(d.start).Seconds())
	if d.Dir != "" {
		fmt.Fprintf(w, "Verify it again: rollcall-verify %s --election '%s' --policy %s\n", d.dir.Public(), d.remote.ID, d.dir.Policy())
	}
}
