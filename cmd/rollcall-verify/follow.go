package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rollcall/verifier"
	"rollcall/verifier/monitor"
)

// follow is what --follow and its flags ask for.
type follow struct {
	on, once, exit bool
	every          time.Duration
	mirrors        []string
	evidence       string
	tickSlack      time.Duration
	unreachable    time.Duration
	undecided      int
	window         time.Duration
	webhooks       []string
	webhookSecret  string
	listen         string

	// now and wait are the clock's, but for tests. wait returns ctx's error if it
	// ends before.
	now  func() time.Time
	wait func(ctx context.Context, d time.Duration) error
}

// leastExpired is how many ballots must have run out before their share says
// anything.
const leastExpired = 20

// maxWait is the longest pause before a board that can not be read is tried
// again, unless --every is longer.
const maxWait = time.Minute

func (o *follow) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.on, "follow", false, "keep verifying as the board grows, and raise alarms, until interrupted")
	f.DurationVar(&o.every, "every", 10*time.Second, "with --follow: the pause between two looks, at least 1s")
	f.StringArrayVar(&o.mirrors, "mirror", nil, "with --follow: another address of the same board, whose checkpoints are compared; may be\ngiven often")
	f.BoolVar(&o.once, "once", false, "with --follow: look once and stop")
	f.BoolVar(&o.exit, "exit-on-alarm", false, "with --follow: stop at the first alarm")
	f.StringVar(&o.evidence, "evidence-dir", ".", "with --follow: where files of evidence are written")
	f.DurationVar(&o.tickSlack, "tick-slack", time.Minute, "with --follow: how much later than a minute after the last a tick may come, and how far\nahead of this clock its time may be")
	f.DurationVar(&o.unreachable, "unreachable-after", 5*time.Minute, "with --follow: for how long a board may not be readable before that is an alarm")
	f.IntVar(&o.undecided, "undecided", 50, fmt.Sprintf("with --follow: percent of ballots whose time ran out undecided above which that is an alarm,\nonce %d have run out", leastExpired))
	f.StringArrayVar(&o.webhooks, "webhook", nil, "with --follow: post each alarm, its end and the verdict to this https URL, signed; may be given often")
	f.StringVar(&o.webhookSecret, "webhook-secret", "", "with --webhook: file of mode 0600 with the secret, whsec_ and what openssl rand -base64 32 gives")
	f.StringVar(&o.listen, "status-listen", "", "with --follow: serve a page of what is known, /status.json and /healthz at this host:port")
	f.DurationVar(&o.window, "undecided-window", time.Hour, "with --follow: over which time of the board that is counted")
}

// check holds that the flags make sense together.
func (c *command) checkFollow(changed func(string) bool) error {
	o := &c.follow
	if !o.on {
		for _, name := range []string{"every", "mirror", "once", "exit-on-alarm", "evidence-dir", "tick-slack", "unreachable-after", "undecided", "undecided-window",
			"webhook", "webhook-secret", "status-listen"} {
			if changed(name) {
				return fmt.Errorf("--%s is for --follow", name)
			}
		}
		return nil
	}
	switch {
	case c.election == "" || c.policy == "":
		return errors.New("--follow needs --election and --policy: a record that vouches only for itself proves nothing")
	case c.since != "":
		return errors.New("--follow goes on from the file of --save by itself: leave --since out")
	case o.every < time.Second:
		return errors.New("--every: at least 1s")
	case o.tickSlack < 0 || o.unreachable < 0 || o.window < time.Minute:
		return errors.New("--tick-slack and --unreachable-after are not negative, --undecided-window is at least 1m")
	case (len(o.webhooks) > 0) != (o.webhookSecret != ""):
		return errors.New("--webhook and --webhook-secret go together")
	case o.undecided < 0 || o.undecided > 100:
		return errors.New("--undecided: 0 to 100")
	}
	return nil
}

// watch follows a board until ctx ends.
func (c *command) watch(ctx context.Context, address string) error {
	o := &c.follow
	if o.now == nil {
		o.now, o.wait = time.Now, sleep
	}
	record, err := c.options()
	if err != nil {
		return err
	}
	t, err := c.tell(record.ElectionID)
	if err != nil {
		return err
	}
	defer t.close()
	m, store, err := c.monitor(address, record, t)
	if err != nil {
		return err
	}
	defer store.close()
	for lost := 0; ; {
		events := m.Round(ctx)
		t.round(m, events)
		for _, e := range events {
			if err := c.event(e); err != nil {
				return err
			}
		}
		c.code = followCode(m)
		if o.once || o.exit && m.Raised() || ctx.Err() != nil {
			break
		}
		if lost++; !m.Lost() {
			lost = 0
		}
		if o.wait(ctx, pause(o.every, lost)) != nil {
			break
		}
	}
	t.end(m, o.now(), c.code)
	return nil
}

// monitor makes what watches, and where it keeps what it finds.
func (c *command) monitor(address string, record verifier.Options, t *told) (*monitor.Monitor, *followStore, error) {
	if err := c.chooseArithmetic(); err != nil {
		return nil, nil, err
	}
	o := &c.follow
	options := monitor.Options{
		Record: record, Now: o.now, TickSlack: o.tickSlack, Unreachable: o.unreachable,
		Undecided: float64(o.undecided) / 100, Window: o.window, Least: leastExpired,
		Keep: func(b []byte) (string, error) { return keepEvidence(o.evidence, b) },
	}
	for i, a := range append([]string{address}, o.mirrors...) {
		r, err := c.open(a)
		if err != nil {
			return nil, nil, err
		}
		if b := (monitor.Board{Name: boardName(a), Reader: r}); i == 0 {
			options.Main = b
		} else {
			options.Mirrors = append(options.Mirrors, b)
		}
	}
	bar := newProgress(c.stderr)
	options.Record.Progress = t.progress(func(done, total uint64) {
		if bar.update(done, total); done == total {
			bar.finish()
			bar.bar = nil // the next round has one of its own
		}
	})
	if c.progress != nil {
		options.Record.Progress = c.progress(options.Record.Progress)
	}
	if info, err := os.Stat(o.evidence); err != nil || !info.IsDir() {
		return nil, nil, fmt.Errorf("--evidence-dir %s: not a directory", o.evidence)
	}
	store, err := newFollowStore(c.save, record.ElectionID)
	if err != nil {
		return nil, nil, err
	}
	options.Store = store
	m, err := monitor.New(options)
	return m, store, err
}

// boardName is what a board is called where others read it: its address, without
// a password in it.
func boardName(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return address
}

// followCode is the exit code if nothing more happens.
func followCode(m *monitor.Monitor) int {
	switch {
	case m.Raised():
		return exitAlarm
	case m.Verdict() == verifier.Pass:
		return exitVerified
	case m.Verdict() == verifier.Fail:
		return exitNotVerified
	}
	return exitIncomplete
}

// event writes one line.
func (c *command) event(e monitor.Event) error {
	if c.json {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "%s\n", b)
		return err
	}
	level := map[string]string{monitor.Alarm: "ALARM ", monitor.Over: "over ", monitor.Note: ""}[e.Level]
	line := fmt.Sprintf("%s %s%s: %s: %s", e.Time.UTC().Format(time.RFC3339), level, e.Kind, e.Board, e.Text)
	if e.Evidence != "" {
		line += "; evidence: " + e.Evidence
	}
	line = strings.Join(strings.Fields(verifier.Printable(line)), " ") // one line, whatever a board says
	_, err := fmt.Fprintln(c.stdout, line)
	return err
}

// pause is every, give or take a tenth, and twice as long each time that the
// board could not be read.
func pause(every time.Duration, lost int) time.Duration {
	d := every
	for range min(lost, 20) {
		d = min(2*d, max(every, maxWait))
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return d - d/10 + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(d/5+1))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
