package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rollcall/internal/election"
)

// served is an open election whose board is served by `rollcall serve`, in a
// process of its own.
type served struct {
	program  string             // rollcall
	election *election.Election // closed here: what is left are its keys
	codes    []string           // receipt codes of cast ballots
	next     int                // the first voter who has not voted
}

// The simulated day of a served election has begun so long ago, as its ballots
// take some minutes of it, and is open for the rest of any run.
const (
	servedBegan = 10 * time.Minute
	servedOpen  = 24 * time.Hour
)

// serve makes an election of so many cast ballots, in which others can still be
// sealed, and builds the program that serves it.
func serve(ctx context.Context, root, dir string, ballots, more int, say func(string)) (*served, error) {
	s := &served{program: filepath.Join(dir, "rollcall"), next: ballots}
	if _, _, err := run(ctx, root, nil, nil, "go", "build", "-buildvcs=false", "-o", s.program, "./cmd/rollcall"); err != nil {
		return nil, err
	}
	var err error
	s.election, err = openElection(ctx, filepath.Join(dir, "served"), ballots+more, time.Now().Add(-servedBegan), servedOpen)
	if err != nil {
		return nil, err
	}
	err = cast(ctx, s.election, ballots, func(done int) { say(fmt.Sprintf("making an election to serve: %d of %d ballots", done, ballots)) })
	if err == nil {
		err = s.election.WriteKeys()
	}
	state := s.election.Door.State()
	for i := range state.Size() {
		if b, ok := state.Ballot(i); ok && b.Code != "" {
			s.codes = append(s.codes, b.Code)
		}
	}
	if err == nil && len(s.codes) != ballots {
		err = fmt.Errorf("%d ballots have %d codes", ballots, len(s.codes))
	}
	return s, errors.Join(err, s.election.Close())
}

// server is a running server.
type server struct {
	process *exec.Cmd
	url     string
	said    *tail
	silent  chan struct{} // closed when it says no more; then said may be read
}

// start starts the server and waits until it answers and is at rest. Every address of this
// machine is taken for a web server in front, as readers who all ask from here
// have to be told from each other.
func (s *served) start(ctx context.Context) (*server, error) {
	c := exec.CommandContext(ctx, s.program, "serve", "--dir", s.election.Dir, "--role", "board", "--listen", "127.0.0.1:0", "--proxy", "127.0.0.0/8")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	stderr, err := c.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	r := &server{process: c, said: &tail{}, silent: make(chan struct{})}
	lines := bufio.NewScanner(io.TeeReader(stderr, r.said))
	for r.url == "" && lines.Scan() {
		if m := announced.FindStringSubmatch(lines.Text()); m != nil {
			r.url = m[1]
		}
	}
	go func() { // or the server would wait for a reader of what it says
		defer close(r.silent)
		_, _ = io.Copy(r.said, stderr)
	}()
	if r.url == "" {
		<-r.silent
		return nil, fmt.Errorf("rollcall serve ended: %w\n%s", c.Wait(), r.said.b)
	}
	return r, r.rest(ctx)
}

// A server that has just started adds up the ballots that are cast. It is at rest
// when it has used little of its processor for some time.
const (
	restWindow = 500 * time.Millisecond
	restMost   = 30 * time.Millisecond
)

// rest waits until the server is at rest.
func (r *server) rest(ctx context.Context) error {
	for {
		before, err := r.processorTime()
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(restWindow):
		}
		after, err := r.processorTime()
		if err != nil || after-before <= restMost {
			return err
		}
	}
}

// announced is how the server says where it listens.
var announced = regexp.MustCompile(`^Board, pages and API:\s+(http://\S+)$`)

// tail keeps the end of what a program says.
type tail struct{ b []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-4096):]
	return len(b), nil
}

// stop ends the server. It has to end in good order.
func (r *server) stop() error {
	if err := r.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-r.silent
	if err := r.process.Wait(); err != nil {
		return fmt.Errorf("rollcall serve: %w\n%s", err, r.said.b)
	}
	return nil
}

// processorTime returns how much of it the server has used, in steps of 10 ms.
func (r *server) processorTime() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	return parseStat(b)
}

// ticksASecond are those of the clock in /proc, which is the same on all
// machines that Go runs on.
const ticksASecond = 100

// parseStat reads the processor time, user and system, of /proc/PID/stat.
func parseStat(stat []byte) (time.Duration, error) {
	// The name of the program, in parentheses, may hold anything.
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(f) < 13 {
		return 0, errors.New("/proc/PID/stat is not as Linux has it")
	}
	user, err1 := strconv.ParseUint(f[11], 10, 63)
	system, err2 := strconv.ParseUint(f[12], 10, 63)
	return time.Duration(user+system) * (time.Second / ticksASecond), errors.Join(err1, err2)
}

// public returns the directory of its public files.
func (s *served) public() string { return s.election.Public() }

// post seals a ballot of the next voter and posts it.
func (s *served) post(ctx context.Context, url string) error {
	if s.next == len(s.election.Voters) {
		return errors.New("no voter is left who has not voted")
	}
	v := s.election.Voters[s.next]
	s.next++
	ballot, sealed, err := s.election.Booth.Make(v.Ballot, v.Unit, [][]int{{3}})
	if err != nil {
		return err
	}
	sealed.Wipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/entries", bytes.NewReader(ballot.Bytes()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/cbor")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("posting a ballot: %s: %s", res.Status, said)
	}
	return err
}
