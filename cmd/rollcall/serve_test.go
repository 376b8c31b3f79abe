package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rollcall/internal/service"
	"rollcall/internal/voter"
)

// server is a rollcall serve that a script has started.
type server struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	log  strings.Builder // what it said on standard error
	done chan struct{}   // closed when standard error has ended
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// servers are those of one script, by its working directory.
var servers = struct {
	sync.Mutex
	of map[string][]*server
}{of: map[string][]*server{}}

// announced are the addresses that serve tells, and the variable for each.
var announced = []struct{ line, variable string }{
	{"Board, pages and API:", "BOARD"}, {"Registrar:", "REGISTRAR"}, {"Witness:", "WITNESS"},
}

// serve starts rollcall serve with its arguments, on free ports, and waits
// until it is ready. It sets BOARD and REGISTRAR to what it tells.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("serve can not be negated")
	}
	launch(ts, append([]string{"serve", "--listen", "127.0.0.1:0", "--registrar-listen", "127.0.0.1:0", "--sip-listen", "127.0.0.1:0"}, args...))
}

// witness starts rollcall witness with its arguments as serve does, on a free
// port unless they say where. It sets WITNESS.
func witness(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("witness can not be negated")
	}
	launch(ts, append([]string{"witness", "--listen", "127.0.0.1:0"}, args...))
}

// launch starts a program that runs until stop, and waits until it is ready.
func launch(ts *testscript.TestScript, args []string) {
	s := &server{cmd: exec.Command(find(ts, "rollcall"), args...), done: make(chan struct{})}
	s.cmd.Dir = ts.Getenv("WORK")
	stderr, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() { _ = s.cmd.Process.Kill() })
	servers.Lock()
	servers.of[ts.Getenv("WORK")] = append(servers.of[ts.Getenv("WORK")], s)
	servers.Unlock()
	ready := make(chan struct{})
	go func() {
		defer close(s.done)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			s.mu.Lock()
			fmt.Fprintln(&s.log, lines.Text())
			s.mu.Unlock()
			if strings.HasPrefix(lines.Text(), "Stop with") {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-s.done:
		ts.Fatalf("%s ended:\n%s", args[0], s.text())
	}
	for line := range strings.Lines(s.text()) {
		for _, a := range announced {
			if rest, ok := strings.CutPrefix(line, a.line); ok {
				ts.Setenv(a.variable, strings.TrimSpace(rest))
			}
		}
	}
}

// stop interrupts all servers of the script, the last one first, and wants them
// to end well.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: stop")
	}
	servers.Lock()
	list := servers.of[ts.Getenv("WORK")]
	delete(servers.of, ts.Getenv("WORK"))
	servers.Unlock()
	for _, s := range slices.Backward(list) {
		ts.Check(s.cmd.Process.Signal(os.Interrupt))
		<-s.done
		if err := s.cmd.Wait(); err != nil {
			ts.Fatalf("serve: %v\n%s", err, s.text())
		}
		ts.Logf("%s", s.text())
	}
}

// logged waits until a server of the script has said something: logged REGEXP.
func logged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: logged REGEXP")
	}
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	servers.Lock()
	list := servers.of[ts.Getenv("WORK")]
	servers.Unlock()
	for {
		for _, s := range list {
			if re.MatchString(s.text()) {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// find returns a program of the script's PATH.
func find(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	ts.Fatalf("there is no %s in PATH", name)
	return ""
}

// booth starts a phone booth that runs alone, on BOARD and REGISTRAR, with the
// key in a directory, and talks so many times faster than people: booth DIR SPEED.
// Only the demo and tests can do that, so it runs in this process. It sets LINE and
// SPEED.
func booth(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: booth DIR SPEED")
	}
	speed, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	s, err := service.Start(context.Background(), service.Config{Dir: ts.MkAbs(args[0]), Roles: []service.Role{service.Booth},
		BoardURL: ts.Getenv("BOARD"), RegistrarURL: ts.Getenv("REGISTRAR"), SIP: "127.0.0.1:0", Lines: 8, Speed: speed})
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	addr, _ := s.SIP()
	ts.Setenv("LINE", addr.String())
	ts.Setenv("SPEED", args[1])
}

// callTime bounds the calls of a script.
const callTime = 5 * time.Minute

// calls places a call to LINE for each of some lines of an election's letters,
// all at once, each to cast a ballot: calls DIR LINE... It sets CODE to the first
// one's receipt code.
func calls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: calls DIR LINE...")
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	line, err := newLine(ts.Getenv("LINE"), ts.MkAbs(args[0]))
	ts.Check(err)
	line.Speed, err = strconv.ParseFloat(ts.Getenv("SPEED"), 64)
	ts.Check(err)
	letters, err := voter.ReadLetters(filepath.Join(ts.MkAbs(args[0]), "letters.csv"))
	ts.Check(err)
	codes, errs := make([]string, len(args)-1), make([]error, len(args)-1)
	var wg sync.WaitGroup
	for i, n := range args[1:] {
		wg.Go(func() {
			var number int
			if _, errs[i] = fmt.Sscan(n, &number); errs[i] == nil && (number < 1 || number > len(letters)) {
				errs[i] = fmt.Errorf("there is no letter %d", number)
			}
			if errs[i] == nil {
				codes[i], errs[i] = cast(ctx, line, letters[number-1])
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			ts.Fatalf("call for letter %s: %v", args[1+i], err)
		}
	}
	ts.Setenv("CODE", codes[0])
}
