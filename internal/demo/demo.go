// Package demo runs a complete election on this machine, from the trustees'
// keys to the verified result, over real SIP calls on loopback: what `rollcall
// demo` shows. It uses the same parts as a real election and changes nothing in
// them but the speed of sound.
package demo

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/internal/caller"
	"rollcall/internal/demo/names"
	"rollcall/internal/operate"
	"rollcall/internal/service"
	"rollcall/internal/trustee"
	"rollcall/internal/voter"
	"rollcall/internal/workspace"
	"rollcall/phone/polling"
	"rollcall/tally/manifest"
	"rollcall/tally/record"
	"rollcall/verifier"
)

// Options of the demo.
type Options struct {
	Voters, Calls       int
	Trustees, Threshold int
	Dir                 string // kept if named; else temporary
	Serve               bool
	JSON                bool
	Out, Err            io.Writer
	// Self is the command that runs rollcall, for the trustees' processes; this
	// program if empty.
	Self []string
	// HTTP and SIP are where to listen; the usual ports, or the next free
	// ones, if empty.
	HTTP, SIP string
	// Seed of what the callers choose.
	Seed uint64
}

// speed is how much faster than real time the demo's calls are.
const speed = 20

// atOnce is how many callers call at the same time.
const atOnce = 15

// workFactor of the demo's trustees' key files: the passphrases are random.
const workFactor = 12

// demo is one run.
type demo struct {
	Options
	dir     workspace.Dir
	service *service.Service
	remote  *operate.Remote
	people  []*person
	letters []voter.Letter
	start   time.Time
}

func (o *Options) check() error {
	switch {
	case o.Calls < 1 || o.Voters < o.Calls+1:
		return fmt.Errorf("%d calls need at least %d voters", o.Calls, o.Calls+1)
	case o.Threshold < 1 || o.Trustees < o.Threshold || o.Trustees > 32:
		return fmt.Errorf("the threshold is from 1 to the number of trustees, of which there are at most 32")
	}
	return nil
}

// Run runs the demo. It returns an error if anything is not as it must be.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	d := &demo{Options: o, dir: workspace.Dir(o.Dir), start: time.Now()}
	if o.Dir == "" {
		tmp, err := os.MkdirTemp("", "rollcall-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		d.dir = workspace.Dir(tmp)
	} else if _, err := os.Stat(d.dir.ManifestEntry()); err == nil {
		return fmt.Errorf("there is an election in %s already: take another directory", o.Dir)
	}
	defer func() {
		if d.service != nil {
			err = errors.Join(err, d.service.Close())
		}
	}()
	for _, step := range []func(context.Context) error{d.setUp, d.ceremony, d.open, d.calls} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if o.Serve {
		if err := d.serve(ctx); err != nil {
			return err
		}
		ctx = context.WithoutCancel(ctx) // the interrupt that ended serving is not to end the count
	}
	for _, step := range []func(context.Context) error{d.close, d.decrypt, d.check} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if o.Serve {
		d.linger()
	}
	return nil
}

// say tells what is being done.
func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.Err, "%5.1f s  %s\n", time.Since(d.start).Seconds(), fmt.Sprintf(format, args...))
}

// setUp makes the trustees' keys and the election, and starts board,
// registrar and phone line.
func (d *demo) setUp(ctx context.Context) error {
	d.say("Making an election: %s", names.Title["en"])
	var public []entry.Trustee
	for i := 1; i <= d.Trustees; i++ {
		pass := crand.Text()
		if err := workspace.WriteSecret(d.passphrase(i), []byte(pass+"\n")); err != nil {
			return err
		}
		if _, err := trustee.Create(d.dir.Trustee(i), fmt.Sprintf("Trustee %d", i), pass, workFactor); err != nil {
			return err
		}
		t, err := trustee.ReadPublic(filepath.Join(d.dir.Trustee(i), "trustee.public"))
		if err != nil {
			return err
		}
		public = append(public, t)
	}
	text := manifestYAML(d.Threshold, time.Now())
	if err := os.WriteFile(d.dir.ManifestFile(), []byte(text), 0o644); err != nil {
		return err
	}
	file, err := manifest.Parse(strings.NewReader(text))
	if err != nil {
		return err
	}
	id, err := operate.Init(ctx, d.dir, file, public)
	if err != nil {
		return err
	}
	if err := d.startService(ctx, orElse(d.HTTP, "127.0.0.1:8080"), orElse(d.SIP, "127.0.0.1:5070"), speed); err != nil {
		return err
	}
	if d.remote, err = operate.ConnectDir(ctx, d.service.URL(), d.dir); err != nil {
		return err
	}
	line, _ := d.service.SIP()
	d.say("Election id %s", id)
	d.say("Board and pages at %s, phone line at sip:rollcall@%s", d.service.URL(), line)
	return nil
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// startService starts board, registrar and phone line.
func (d *demo) startService(ctx context.Context, http, sip string, speed float64) (err error) {
	d.service, err = service.Start(ctx, service.Config{Dir: string(d.dir), HTTP: http, SIP: sip, NextPort: true, Speed: speed,
		Logger: slog.New(slog.NewTextHandler(d.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	return err
}

func (d *demo) passphrase(i int) string { return filepath.Join(d.dir.Trustee(i), "passphrase") }

// trustee runs a trustee's command as a process of its own.
func (d *demo) trustee(ctx context.Context, i int, command string) error {
	self := d.Self
	if len(self) == 0 {
		path, err := os.Executable()
		if err != nil {
			return err
		}
		self = []string{path}
	}
	args := append(self[1:len(self):len(self)], "trustee", command, "--dir", d.dir.Trustee(i), "--passphrase-file", d.passphrase(i),
		"--policy", d.dir.Policy(), "--election", string(d.remote.ID), "--board", d.service.URL())
	out, err := exec.CommandContext(ctx, self[0], args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("trustee %d, %s: %w\n%s", i, command, err, out)
	}
	return nil
}

func (d *demo) ceremony(ctx context.Context) error {
	d.say("%d trustees make the election key, each in a process of its own; %d of them will be needed", d.Trustees, d.Threshold)
	g, ctx := errgroup.WithContext(ctx)
	for i := 1; i <= d.Trustees; i++ {
		g.Go(func() error { return d.trustee(ctx, i, "ceremony") })
	}
	return g.Wait()
}

func (d *demo) open(ctx context.Context) error {
	roll := filepath.Join(string(d.dir), "roll.csv")
	if err := os.WriteFile(roll, []byte(rollCSV(d.Voters)), 0o644); err != nil {
		return err
	}
	if _, err := d.remote.Follower.Update(ctx); err != nil {
		return err
	}
	rolled, err := operate.Roll(ctx, d.remote, d.dir, roll, operate.RollOptions{})
	if err != nil {
		return err
	}
	d.say("%d letters written; %d public keys on the board, without names", rolled.Voters, rolled.Voters)
	if _, err := d.remote.Follower.Update(ctx); err != nil {
		return err
	}
	if _, err := operate.Open(ctx, d.remote, d.dir); err != nil {
		return err
	}
	d.letters, err = voter.ReadLetters(d.dir.Letters())
	return err
}

// calls places all calls, some at a time.
func (d *demo) calls(ctx context.Context) error {
	phrases, err := polling.Phrases(d.remote.State().Manifest())
	if err != nil {
		return err
	}
	library, err := service.NewLibrary(d.dir)
	if err != nil {
		return err
	}
	sounds, err := library.Dictionary(phrases)
	if err != nil {
		return err
	}
	dictionary, err := caller.NewDictionary(sounds)
	if err != nil {
		return err
	}
	addr, _ := d.service.SIP()
	line := voter.Line{Addr: addr, Dictionary: dictionary, Speed: speed}
	d.people = plan(d.letters, d.Calls, rand.New(rand.NewPCG(d.Seed, 2)))
	d.say("%d voters call, %d at a time, %d times faster than people talk", len(d.people), atOnce, speed)
	var g errgroup.Group
	g.SetLimit(atOnce)
	var mu sync.Mutex
	done := 0
	for _, p := range d.people {
		g.Go(func() error {
			p.act(ctx, line)
			mu.Lock()
			defer mu.Unlock()
			if done++; done%20 == 0 || done == len(d.people) {
				d.say("%d of %d callers are through", done, len(d.people))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	redials := 0
	for i, p := range d.people {
		if p.err != nil {
			return fmt.Errorf("caller %d, who %s: %w", i+1, conductName(p.conduct), p.err)
		}
		redials += p.redials
	}
	if redials > 0 {
		d.say("%d calls were made again, for the machine was too busy to speak that fast", redials)
	}
	return ctx.Err()
}

func (d *demo) close(ctx context.Context) error {
	if _, err := operate.Close(ctx, d.remote, d.dir); err != nil {
		return err
	}
	d.say("Closed; ballots that are sealed may be decided for %d more seconds", decisionSeconds)
	return d.remote.Follower.Wait(ctx, func(s *record.State) bool {
		_, ok := s.Totals()
		return ok
	})
}

// decrypt has as many trustees decrypt as are needed; the others are missing.
func (d *demo) decrypt(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	// The last ones: where one is missing, it is the first.
	for i := d.Trustees - d.Threshold + 1; i <= d.Trustees; i++ {
		g.Go(func() error { return d.trustee(gctx, i, "decrypt") })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	d.say("%d of %d trustees verified the record and decrypted the totals; %d missing", d.Threshold, d.Trustees, d.Trustees-d.Threshold)
	if _, err := d.remote.Follower.Update(ctx); err != nil {
		return err
	}
	if _, err := operate.Tally(ctx, d.remote, d.dir); err != nil {
		return err
	}
	_, err := d.remote.Follower.Update(ctx)
	return err
}

// verify verifies the board as an outsider does, from its public files.
func (d *demo) verify(ctx context.Context) (*verifier.Report, error) {
	reader, err := tlog.OpenURL(d.service.URL(), nil)
	if err != nil {
		return nil, err
	}
	return verifier.Verify(ctx, reader, verifier.Options{ElectionID: d.remote.ID, Policy: d.remote.Policy})
}
