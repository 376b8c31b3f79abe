package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/internal/audit"
	"rollcall/internal/voter"
	"rollcall/phone/media"
	"rollcall/phone/prompt"
)

// auditing is what the flags of audit-calls ask for.
type auditing struct {
	letters, line, board, election, policy, dir, recordings, codec string
	calls, lines                                                   int
	spread                                                         time.Duration
	now                                                            bool
	abandon, speed                                                 float64
}

func newAuditCalls(e *env) *cobra.Command {
	var o auditing
	c := &cobra.Command{
		Use:   "audit-calls LETTERS.csv",
		Short: "Call like voters, have the ballots tested, and compare: mystery callers",
		Long: "Makes calls at random times within the calling windows, with letters that were made for auditors. Each call\n" +
			"chooses at random, hears its receipt code over the line, has its ballot tested, and holds what the board then\n" +
			"shows opened against what it keyed. Some calls abandon their ballot instead; none ever casts one. A booth that\n" +
			"alters votes can not tell such a call from a voter's before test is pressed. A call whose code stays unclear\n" +
			"tests all the same. Calls that left a ballot and never tested it are told, with a bound in which all are altered.\n\n" +
			"LETTERS.csv has the columns of the registrar's letters; cast codes are not needed. One letter is good for 10\n" +
			"calls an hour and 30 in all. The plan is drawn and written to DIR before the first call, every key before it is\n" +
			"pressed. After a break the same command goes on where it was. Voter numbers and PINs are never written.\n\n" +
			"What the line says is known by the published prompts: those that rollcall ships, those of --recordings, and\n" +
			"espeak-ng where it is installed, in this order, as on the line itself.\n\n" +
			"Exit codes: 0 no mismatch, 1 a mismatch (its evidence is in DIR/evidence), 2 wrong usage, 3 not complete: calls\n" +
			"are left, or something kept the audit from beginning or from going on. The same command goes on.",
		Example: "  rollcall audit-calls audit-letters.csv --line sip:vote.example:5060 --board https://vote.example \\\n" +
			"    --election ID --policy policy --dir audit --calls 75 --spread 8h",
		Args: exactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.letters = args[0]
			// A network that fails must not look like a mismatch.
			err := auditCalls(c, e, &o)
			if found := (*mismatches)(nil); err == nil || errors.Is(err, errUsage) || errors.As(err, &found) {
				return err
			}
			return incomplete{err}
		},
	}
	f := c.Flags()
	f.StringVar(&o.line, "line", "", "the election's line, as sip:HOST:PORT (UDP)")
	f.StringVar(&o.board, "board", defaultBoard, "address of the board, or the directory of a copy that is kept up to date")
	f.StringVar(&o.election, "election", "", "the election id, as printed on letters")
	f.StringVar(&o.policy, "policy", "", "file with the witness policy: whom a checkpoint must be signed by")
	f.StringVar(&o.dir, "dir", "audit", "directory of the audit: plan, journals, evidence")
	f.StringVar(&o.recordings, "recordings", "", "directory of the recorded prompts that the line plays, if it has any")
	f.StringVar(&o.codec, "codec", "PCMU", "PCMU or PCMA")
	f.IntVar(&o.calls, "calls", 75, "number of calls, of which 60 test with the --abandon of 0.2; 59 that test find a booth that alters one ballot in 20 with 95 % confidence")
	f.IntVar(&o.lines, "lines", 1, "calls at a time, at most")
	f.DurationVar(&o.spread, "spread", 8*time.Hour, "time from now over which the calls are spread")
	f.BoolVar(&o.now, "now", false, "make the calls at once, one after the other")
	f.Float64Var(&o.abandon, "abandon", 0.2, "share of calls that abandon their ballot instead of testing it, to the nearest whole call")
	f.Float64Var(&o.speed, "speed", 1, "of a rehearsal's line that speaks faster than people")
	return c
}

// config reads what the flags name.
func (o *auditing) config(c *cobra.Command) (cfg audit.Config, err error) {
	switch {
	case o.line == "":
		return cfg, usagef("say where to call with --line sip:HOST:PORT")
	case o.election == "" || o.policy == "":
		return cfg, usagef("a board is believed by the election id and the witness policy alone: give --election and --policy")
	case o.calls < 1 || o.lines < 1:
		return cfg, usagef("--calls and --lines must be at least 1")
	case o.abandon < 0 || o.abandon >= 1:
		return cfg, usagef("--abandon is a share, from 0 to below 1")
	case !(o.speed > 0 && o.speed <= media.MaxSpeed):
		return cfg, usagef("--speed must be above 0 and at most %d", media.MaxSpeed)
	case o.spread <= 0:
		return cfg, usagef("--spread must be above 0; --now makes the calls at once")
	case o.now && c.Flags().Changed("spread"):
		return cfg, usagef("--now and --spread both say when to call: give one of them")
	}
	cfg = audit.Config{Dir: o.dir, AtOnce: o.lines, Plan: audit.PlanOptions{Calls: o.calls, Spread: o.spread, Abandon: o.abandon}}
	if o.now {
		cfg.Plan.Spread = 0
	}
	switch strings.ToUpper(o.codec) {
	case "PCMU":
		cfg.Line.Codec = media.PCMU
	case "PCMA":
		cfg.Line.Codec = media.PCMA
	default:
		return cfg, usagef("--codec is PCMU or PCMA")
	}
	cfg.Line.Speed = o.speed
	if cfg.Line.Addr, err = sipAddress(c.Context(), o.line); err != nil {
		return cfg, err
	}
	if cfg.Election, err = entry.ParseElectionID(o.election); err != nil {
		return cfg, usageError{err}
	}
	text, err := os.ReadFile(o.policy)
	if err != nil {
		return cfg, err
	}
	policy, err := checkpoint.ParsePolicy(text)
	if err != nil {
		return cfg, usageError{fmt.Errorf("%s: %w", o.policy, err)}
	}
	if cfg.Letters, err = voter.ReadLetters(o.letters); err != nil {
		return cfg, err
	}
	for i := range cfg.Letters {
		cfg.Letters[i].CastCode = "" // whatever the file has: audits never cast
	}
	sources := prompt.Config{Recordings: o.recordings}
	if espeak, ok := prompt.FindEspeak(); ok {
		sources.Espeak = espeak
	}
	if cfg.Library, err = prompt.New(sources); err != nil {
		return cfg, err
	}
	cfg.Board, err = audit.OpenBoard(c.Context(), o.board, policy, cfg.Election)
	return cfg, err
}

// sipAddress reads sip:HOST:PORT and looks the host up.
func sipAddress(ctx context.Context, line string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(strings.TrimPrefix(line, "sip:"))
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if err != nil || host == "" || !strings.HasPrefix(line, "sip:") {
		return netip.AddrPort{}, usagef("%q is no line: want sip:HOST:PORT", line)
	}
	n, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
	if err != nil {
		return netip.AddrPort{}, usagef("%q is no line: %v", line, err)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(ips[0].Unmap(), uint16(n)), nil
}

func auditCalls(c *cobra.Command, e *env, o *auditing) error {
	cfg, err := o.config(c)
	if err != nil {
		return err
	}
	bar := newBar(e, "calls")
	cfg.Progress = func(done, total int) { bar.set(uint64(done), uint64(total)) }
	a, err := audit.Open(cfg)
	if err != nil {
		return err
	}
	if left := a.Left(); len(left) > 0 {
		e.say("%d calls to make, the last at %s.", len(left), left[len(left)-1].At.Local().Format("2006-01-02 15:04:05"))
	}
	report, err := a.Run(c.Context())
	bar.done()
	if report == nil {
		return err
	}
	if err := e.print(report, func(w io.Writer) { report.Write(w) }); err != nil {
		return err
	}
	switch {
	case report.Mismatch():
		return &mismatches{len(report.Mismatches), o.dir}
	case err != nil && c.Context().Err() == nil:
		return err
	case report.Board != "":
		return errors.New("the board could not be read to its end")
	case !report.Complete:
		return errors.New("not all calls are made")
	}
	return nil
}

// mismatches are what an audit found.
type mismatches struct {
	n   int
	dir string
}

func (m *mismatches) Error() string {
	return fmt.Sprintf("%d mismatches: their evidence is in %s", m.n, m.dir)
}
