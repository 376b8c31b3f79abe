package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/bulletin/checkpoint"
	"rollcall/verifier"
	"rollcall/verifier/evidence"
)

// evidenceCommand is `rollcall-verify evidence`, which reads one file and
// nothing else.
func (c *command) evidenceCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "evidence FILE",
		Short: "Say what a file of evidence proves, offline",
		Long: "Say what a file proves that --follow wrote: two signed checkpoints of one log that contradict each\n" +
			"other. Nothing but the file and the log's key is needed; take that from the policy, or from wherever the\n" +
			"election was announced, and not from whoever gave you the file.\n\n" +
			"Exit code 0: it is proven that the log signed two histories. 1: the file is damaged, is not of this log, or\n" +
			"proves nothing. 3: two checkpoints of different sizes without what ties them, which alone prove nothing.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			policy, err := c.logKey(key)
			if err != nil {
				return err
			}
			return c.proveEvidence(args[0], policy)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.policy, "policy", "", "file that names the log's key and its witnesses (C2SP tlog-policy)")
	f.StringVar(&key, "key", "", "the log's key alone, as a policy has it after \"log\": name+id+base64")
	f.BoolVar(&c.json, "json", false, "write JSON to standard output")
	cmd.MarkFlagsOneRequired("policy", "key")
	cmd.MarkFlagsMutuallyExclusive("policy", "key")
	return cmd
}

// logKey returns the policy that the flags name, which has no witnesses if
// there is only a key.
func (c *command) logKey(key string) (*checkpoint.Policy, error) {
	if key == "" {
		o, err := c.options()
		return o.Policy, err
	}
	v, err := checkpoint.ParseLogVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return &checkpoint.Policy{Log: v}, nil
}

// evidenceJSON is what --json writes.
type evidenceJSON struct {
	Proven bool   `json:"proven"`
	Log    string `json:"log"`
	Error  string `json:"error,omitempty"`
	// Sizes and Roots (hexadecimal) are of the smaller and the larger one.
	Sizes []uint64 `json:"sizes,omitempty"`
	Roots []string `json:"roots,omitempty"`
	// Prefix is the root of as many entries of the larger tree as the smaller
	// one has.
	Prefix string `json:"prefix,omitempty"`
	// Witnesses are those of the policy who signed both.
	Witnesses []string `json:"witnesses,omitempty"`
}

func (c *command) proveEvidence(path string, policy *checkpoint.Policy) error {
	file, err := readFile(path)
	if err != nil {
		return err // wrong usage: there is no such file
	}
	c.code = exitNotVerified
	e, err := evidence.Parse(file)
	var p *evidence.Proof
	if err == nil {
		p, err = e.Prove(policy.Log)
	}
	out := evidenceJSON{Proven: err == nil, Log: policy.Log.String()}
	switch {
	case err == nil:
		c.code = exitVerified
		out.Sizes = []uint64{p.Small.Size, p.Large.Size}
		out.Roots = []string{fmt.Sprintf("%x", p.Small.Root), fmt.Sprintf("%x", p.Large.Root)}
		out.Prefix = fmt.Sprintf("%x", p.Prefix)
		out.Witnesses = signedBoth(e, policy)
	case errors.Is(err, evidence.ErrOpen):
		c.code = exitIncomplete
	}
	if err != nil {
		out.Error = verifier.Printable(err.Error())
	}
	if c.json {
		return c.writeJSON(out)
	}
	return c.sayEvidence(&out)
}

// sayEvidence says it in plain words.
func (c *command) sayEvidence(out *evidenceJSON) error {
	var b strings.Builder
	if !out.Proven {
		fmt.Fprintf(&b, "NOT PROVEN against the log %s\n%s\n", verifier.Printable(out.Log), out.Error)
	} else {
		fmt.Fprintf(&b, "PROVEN: the log signed two histories that contradict each other.\nThe log: %s\n", verifier.Printable(out.Log))
		if out.Sizes[0] == out.Sizes[1] {
			fmt.Fprintf(&b, "It signed, of its first %d entries, the root %s\nand also the root %s.\n", out.Sizes[0], out.Roots[0], out.Roots[1])
		} else {
			fmt.Fprintf(&b, "It signed, of its first %d entries, the root %s,\nand a tree of %d entries whose first %d have the root %s.\n",
				out.Sizes[0], out.Roots[0], out.Sizes[1], out.Sizes[0], out.Prefix)
		}
		b.WriteString("One list of entries can not have both: whoever holds the log's key has shown, or made, two.\n")
		for _, w := range out.Witnesses {
			fmt.Fprintf(&b, "The witness %s signed both, too.\n", verifier.Printable(w))
		}
		b.WriteString("The file does not say which of the two is the right one, nor who was shown which.\n")
	}
	_, err := c.stdout.Write([]byte(b.String()))
	return err
}

// signedBoth returns the witnesses of a policy whose cosignatures stand under
// both checkpoints.
func signedBoth(e *evidence.Evidence, policy *checkpoint.Policy) []string {
	var names []string
	for _, w := range policy.Witnesses {
		alone := checkpoint.Policy{Log: policy.Log, Witnesses: []checkpoint.Witness{w}, Quorum: 1}
		_, a := alone.Open(e.Small)
		_, b := alone.Open(e.Large)
		if a == nil && b == nil {
			names = append(names, w.Name)
		}
	}
	return names
}
