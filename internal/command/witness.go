package command

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/witness/server"
	"rollcall/internal/workspace"
)

// The files of a witness, in a directory of its own.
const (
	witnessKey    = "witness.key"
	witnessMLDSA  = "witness.mldsa.key" // not in directories made before there were such keys
	witnessMemory = "witness.db"
	witnessLogs   = "logs"
)

// noLogs is the file of logs of a new witness.
const noLogs = `# The logs that this witness cosigns, one a line: the line "log ..." of each election's policy file.
`

// WitnessMade is what witness init tells.
type WitnessMade struct {
	Name string `json:"name"`
	Key  string `json:"key"` // the verifier key, Ed25519
	// MLDSAKey is the second verifier key, ML-DSA-44.
	MLDSAKey string `json:"mldsa_key"`
	Dir      string `json:"dir"`
}

func newWitness(e *env) *cobra.Command {
	var dir, listen string
	var verbose bool
	c := &cobra.Command{
		Use:   "witness",
		Short: "Run a witness: cosign the checkpoints of boards as they grow",
		Long: "A witness belongs to somebody who is not the operator: a campaign, a newspaper, a university. For each log of\n" +
			"its file DIR/logs it cosigns a checkpoint if the log still holds all that it held before, and never two\n" +
			"histories. It speaks C2SP tlog-witness, and needs no trust in the board and no copy of it.\n\n" +
			"Make its keys with rollcall witness init. What it has signed stands in DIR/witness.db, on the disk before each\n" +
			"answer. Never put an old copy of that file in its place, and never run one key in two places: either would\n" +
			"sign what it exists to prevent. If the file is lost, the keys have had their day.\n\n" +
			"Speak TLS to the world by a web server in front of it.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			level := slog.LevelWarn
			if verbose {
				level = slog.LevelInfo
			}
			return runWitness(c, e, dir, listen, slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: level})))
		},
	}
	c.Flags().StringVar(&dir, "dir", defaultDir, "the witness's directory")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "where boards ask for cosignatures")
	c.Flags().BoolVar(&verbose, "verbose", false, "log more")
	c.AddCommand(newWitnessInit(e))
	return c
}

func newWitnessInit(e *env) *cobra.Command {
	var dir, name string
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a witness's keys, and print what elections must know of them",
		Long: "Makes DIR/witness.key and DIR/witness.mldsa.key (mode 0600; not encrypted, for a witness starts by itself),\n" +
			"DIR/witness.db and an empty DIR/logs. The name is that of the keys, such as herald.example/witness; people\n" +
			"see it in policies.\n\n" +
			"The first key is Ed25519: quorums count it. The second is ML-DSA-44, which is made to stand against quantum\n" +
			"computers, and signs whatever the first one signs.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if name == "" {
				return usagef("give the witness a name with --name, such as herald.example/witness")
			}
			key, err := checkpoint.GenerateCosigner(name, rand.Reader)
			if err != nil {
				return usageError{err}
			}
			mldsa, err := checkpoint.GenerateMLDSACosigner(name, rand.Reader)
			if err != nil {
				return err
			}
			for _, file := range []string{witnessKey, witnessMLDSA, witnessMemory, witnessLogs} {
				if _, err := os.Lstat(filepath.Join(dir, file)); !errors.Is(err, fs.ErrNotExist) {
					return errors.Join(fmt.Errorf("there is a witness in %s already, or a part of one (%s): take another directory", dir, file), err)
				}
			}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			vkey, mldsaKey := key.Verifier().String(), mldsa.Verifier().String()
			if err := server.CreateMemory(c.Context(), filepath.Join(dir, witnessMemory), vkey, mldsaKey); err != nil {
				return err
			}
			if err := workspace.WriteNew(filepath.Join(dir, witnessLogs), []byte(noLogs)); err != nil {
				return err
			}
			// The key that must be there comes last: without it there is no witness.
			if err := writeCosigner(filepath.Join(dir, witnessMLDSA), mldsa); err != nil {
				return err
			}
			if err := writeCosigner(filepath.Join(dir, witnessKey), key); err != nil {
				return err
			}
			return e.print(WitnessMade{name, vkey, mldsaKey, dir}, func(w io.Writer) {
				fmt.Fprintf(w, "Verifier key: %s\n", vkey)
				fmt.Fprintf(w, "ML-DSA-44 verifier key: %s\n", mldsaKey)
				fmt.Fprintf(w, "Give both to whoever makes the election. Put the log's line of the election's policy file into %s.\n", filepath.Join(dir, witnessLogs))
				fmt.Fprintf(w, "Then: rollcall witness --dir %s\n", dir)
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", defaultDir, "the witness's directory")
	c.Flags().StringVar(&name, "name", "", "the name of the witness")
	return c
}

// writeCosigner writes a private key to a new file of its own.
func writeCosigner(path string, key *checkpoint.Cosigner) error {
	text := []byte(key.Marshal() + "\n")
	defer clear(text)
	return workspace.WriteSecret(path, text)
}

// readCosigner reads a private key.
func readCosigner(path string, parse func(string) (*checkpoint.Cosigner, error)) (*checkpoint.Cosigner, error) {
	text, err := workspace.ReadSecret(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	key, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

func runWitness(c *cobra.Command, e *env, dir, listen string, logger *slog.Logger) error {
	ctx := c.Context()
	key, err := readCosigner(filepath.Join(dir, witnessKey), checkpoint.ParseCosigner)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no witness in %s: rollcall witness init makes one", dir)
	}
	if err != nil {
		return err
	}
	mldsa, err := readCosigner(filepath.Join(dir, witnessMLDSA), checkpoint.ParseMLDSACosigner)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if mldsa != nil && mldsa.Verifier().Name() != key.Verifier().Name() {
		return fmt.Errorf("%s is the key of another witness, %s", filepath.Join(dir, witnessMLDSA), mldsa.Verifier().Name())
	}
	file := filepath.Join(dir, witnessLogs)
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	logs, err := server.ParseLogs(b)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(logs) == 0 {
		return fmt.Errorf("%s names no log: put in the line \"log ...\" of the policy file of an election", file)
	}
	s, err := server.Open(ctx, server.Config{Key: key, MLDSA: mldsa, Memory: filepath.Join(dir, witnessMemory), Logs: logs, Logger: logger})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	e.say("Witness:               http://%s", l.Addr())
	e.say("Verifier key:          %s", key.Verifier())
	if mldsa != nil {
		e.say("ML-DSA-44 key:         %s", mldsa.Verifier())
	}
	for _, log := range logs {
		e.say("Cosigns:               %s", log.Name())
	}
	e.say("Stop with Ctrl-C.")
	return errors.Join(s.Serve(ctx, l), s.Close())
}
