package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rollcall/bulletin/tlog"
	"rollcall/internal/operate"
	"rollcall/internal/software"
	"rollcall/internal/trustee"
)

// ceremonyPoll is how often a waiting trustee looks at the board.
const ceremonyPoll = 500 * time.Millisecond

func newTrustee(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "trustee",
		Short: "Hold a share of the election key (each trustee, on its own machine)",
		Long: "A trustee holds one share of the key that decrypts the totals. It runs these commands on its own\n" +
			"machine and talks to others through the board only:\n\n" +
			"  rollcall trustee init       make keys; send the public file to the authority\n" +
			"  rollcall trustee ceremony   take part in the key ceremony\n" +
			"  rollcall trustee decrypt    verify the ended election and post a share of the result",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newTrusteeInit(e), newTrusteeCeremony(e), newTrusteeDecrypt(e))
	return c
}

func newTrusteeInit(e *env) *cobra.Command {
	var dir, name, file string
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a trustee's keys",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if name == "" {
				return usagef("give the trustee's name with --name: it is published in the manifest")
			}
			pass, err := e.passphrase(file, true)
			if err != nil {
				return err
			}
			public, err := trustee.Create(dir, name, pass, trustee.DefaultWork)
			if err != nil {
				return err
			}
			return e.print(public, func(w io.Writer) {
				fmt.Fprintf(w, "Keys made in %s.\n", dir)
				fmt.Fprintf(w, "Send %s to the authority, by a way on which both recognise each other.\n", filepath.Join(dir, "trustee.public"))
				fmt.Fprintf(w, "Keep the directory and the passphrase: without them this share is lost.\n")
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", "trustee", "where the keys are kept")
	c.Flags().StringVar(&name, "name", "", "the trustee's name, for the manifest")
	c.Flags().StringVar(&file, "passphrase-file", "", "file that holds the passphrase (mode 0600)")
	return c
}

// trusteeFlags are what ceremony and decrypt share.
type trusteeFlags struct{ dir, file, board, policy, election string }

func (f *trusteeFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.dir, "dir", "trustee", "where the keys are kept")
	c.Flags().StringVar(&f.file, "passphrase-file", "", "file that holds the passphrase (mode 0600)")
	c.Flags().StringVar(&f.policy, "policy", "policy", "witness policy file, from the authority")
	c.Flags().StringVar(&f.election, "election", "", "election id, all 27 characters")
	boardFlag(c, &f.board)
}

// atBoard is a trustee in front of a board.
type atBoard struct {
	*operate.Remote
	trustee *trustee.Trustee
	running software.Running
}

// open connects to the board and opens the key file. It warns of a program that the
// manifest does not name.
func (f *trusteeFlags) open(ctx context.Context, e *env) (*atBoard, error) {
	if f.election == "" {
		return nil, usagef("give the election id with --election")
	}
	pass, err := e.passphrase(f.file, false)
	if err != nil {
		return nil, err
	}
	t, err := trustee.Open(f.dir, pass)
	if err != nil {
		return nil, err
	}
	at := &atBoard{trustee: t}
	if at.Remote, err = operate.Connect(ctx, f.board, f.policy, f.election); err == nil {
		at.running, err = software.Compare(at.State().Manifest())
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	if !at.running.Named {
		e.say("This program is %v: ask the authority why another one is in use.", at.running)
	}
	return at, nil
}

// Ceremonied is what trustee ceremony tells.
type Ceremonied struct {
	trustee.Progress
	Software software.Running `json:"software"`
}

// Decrypted is what trustee decrypt tells.
type Decrypted struct {
	Posted   bool             `json:"posted"`
	Software software.Running `json:"software"`
}

func newTrusteeCeremony(e *env) *cobra.Command {
	var f trusteeFlags
	var once bool
	c := &cobra.Command{
		Use:   "ceremony",
		Short: "Take part in the key ceremony, to its end",
		Long: "Takes this trustee's steps as soon as the others have taken theirs, and waits in between. It can be\n" +
			"interrupted and started again. A ceremony that fails stops here and names who is at fault.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := f.open(c.Context(), e)
			if err != nil {
				return err
			}
			defer at.trustee.Close()
			p, err := runCeremony(c.Context(), e, at.Remote, at.trustee, once)
			if err != nil {
				return err
			}
			return e.print(Ceremonied{p, at.running}, func(w io.Writer) {
				if p.Done {
					fmt.Fprintf(w, "The key ceremony is complete (attempt %d). This machine holds its share of the key.\n", p.Attempt)
				} else {
					fmt.Fprintf(w, "Waiting for %s.\n", p.Waiting)
				}
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&once, "once", false, "take what steps can be taken now and do not wait for others")
	return c
}

// runCeremony steps until the ceremony is done, or, with once, until somebody
// else has to act.
func runCeremony(ctx context.Context, e *env, r *operate.Remote, t *trustee.Trustee, once bool) (trustee.Progress, error) {
	said := ""
	for {
		p, err := t.Ceremony(ctx, r.State(), r, time.Now())
		if err != nil || p.Done || (once && p.Waiting != "") {
			return p, err
		}
		if p.Waiting != "" && p.Waiting != said {
			said = p.Waiting
			e.say("Waiting for %s ...", said)
		}
		if p.Waiting != "" {
			select {
			case <-ctx.Done():
				return p, ctx.Err()
			case <-time.After(ceremonyPoll):
			}
		}
		if _, err := r.Follower.Update(ctx); err != nil && !errors.Is(err, tlog.ErrFetch) {
			return p, err
		}
	}
}

func newTrusteeDecrypt(e *env) *cobra.Command {
	var f trusteeFlags
	var restored bool
	c := &cobra.Command{
		Use:   "decrypt",
		Short: "Verify the ended election and post this trustee's share of the result",
		Long: "Verifies the whole record first, recomputes the sums, and binds the key file to this record for ever.\n" +
			"Then it posts the partial decryptions of the sums. Single ballots are never decrypted.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := f.open(c.Context(), e)
			if err != nil {
				return err
			}
			defer at.trustee.Close()
			bar := newBar(e, "verifying")
			src := trustee.Source{Reader: at.Reader, Policy: at.Policy, ID: at.ID, Progress: bar.set}
			err = at.trustee.Decrypt(c.Context(), src, at.Remote, restored)
			bar.done()
			if err != nil {
				return err
			}
			posted := anythingToDecrypt(at.State())
			return e.print(Decrypted{posted, at.running}, func(w io.Writer) {
				if posted {
					fmt.Fprintln(w, "The record is verified, and this trustee's share is on the board.")
				} else {
					fmt.Fprintln(w, "The record is verified. It holds nothing to decrypt, so no share is needed.")
				}
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&restored, "restored", false, "the key file is a copy from a backup: decrypt only after enough others have")
	return c
}
