package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// NeedBaresip skips the test unless baresip is installed.
func NeedBaresip(t testing.TB) {
	t.Helper()
	Need(t, "baresip", "baresip-core")
	if _, err := os.Stat(filepath.Join(moduleDir, "sndfile.so")); err != nil {
		missing(t, "baresip has no module sndfile (Debian package baresip-core)")
	}
}

// moduleDir is where the Debian package puts baresip's modules.
const moduleDir = "/usr/lib/baresip/modules"

// Baresip is a running baresip, steered through its module ctrl_tcp, with one call at a time. Its methods must not be
// called at the same time, except Closed.
type Baresip struct {
	dir     string
	cmd     *exec.Cmd
	exited  chan struct{}
	control net.Conn
	replies chan reply
	events  chan string // types of the events since Dial
	closed  chan struct{}
}

type reply struct {
	OK   bool   `json:"ok"`
	Data string `json:"data"`
}

// StartBaresip starts baresip with its configuration and recordings in dir, which must be empty. codec is the one it
// offers, PCMU or PCMA.
func StartBaresip(ctx context.Context, dir, codec string) (*Baresip, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if err := configure(dir, codec, port); err != nil {
		return nil, fmt.Errorf("baresip: %w", err)
	}
	b := &Baresip{
		dir: dir, cmd: exec.CommandContext(ctx, "baresip", "-4", "-f", dir, "-n", "127.0.0.1"), exited: make(chan struct{}),
		replies: make(chan reply, 16), events: make(chan string, 256), closed: make(chan struct{}),
	}
	b.cmd.Dir = dir
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, fmt.Errorf("baresip: %w", err)
	}
	defer log.Close()
	b.cmd.Stdout, b.cmd.Stderr = log, log
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("baresip: %w", err)
	}
	go func() {
		_ = b.cmd.Wait() // it is killed when its work is done
		close(b.exited)
	}()
	if b.control, err = b.connect(ctx, port); err != nil {
		b.Stop()
		return nil, err
	}
	go b.listen()
	return b, nil
}

// freePort returns a TCP port that is free now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("baresip: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// configure writes baresip's files: it speaks G.711, records, and obeys ctrl_tcp.
func configure(dir, codec string, port int) error {
	config := []string{
		"poll_method epoll",
		"sip_listen 127.0.0.1:0",
		"audio_player aubridge,heard", // what it hears goes into its microphone, which nobody listens to
		"audio_source aubridge,heard",
		"audio_alert aubridge,alert",
		"module_path " + moduleDir,
		"module g711.so",
		"module aubridge.so",
		"module sndfile.so",
		"module_tmp account.so",
		"module_app menu.so",
		"module_app ctrl_tcp.so",
		"snd_path " + dir,
		"ctrl_tcp_listen 127.0.0.1:" + strconv.Itoa(port),
	}
	account := fmt.Sprintf("<sip:caller@127.0.0.1>;regint=0;audio_codecs=%s/8000/1\n", codec)
	for name, content := range map[string][]byte{
		"config":   []byte(strings.Join(config, "\n") + "\n"),
		"accounts": []byte(account),
		"contacts": nil,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// connect waits until ctrl_tcp listens.
func (b *Baresip) connect(ctx context.Context, port int) (net.Conn, error) {
	for {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return conn, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("baresip: %w", ctx.Err())
		case <-b.exited:
			return nil, b.failure("it ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// failure returns an error with the end of baresip's log.
func (b *Baresip) failure(what string) error {
	log, _ := os.ReadFile(filepath.Join(b.dir, "log")) // an empty tail says enough
	return fmt.Errorf("baresip: %s\n%s", what, tail(log))
}

// listen reads what ctrl_tcp sends: netstrings of JSON, events and replies to commands.
func (b *Baresip) listen() {
	defer close(b.closed)
	r := bufio.NewReader(b.control)
	for {
		data, err := readNetstring(r)
		if err != nil {
			return
		}
		var m struct {
			reply
			Event bool   `json:"event"`
			Type  string `json:"type"`
		}
		if json.Unmarshal(data, &m) != nil {
			continue
		}
		if !m.Event {
			b.replies <- m.reply
			continue
		}
		select {
		case b.events <- m.Type:
		default: // nobody asks for events after the call is up
		}
		if m.Type == "CALL_CLOSED" {
			return
		}
	}
}

// readNetstring reads "5:bytes,".
func readNetstring(r *bufio.Reader) ([]byte, error) {
	head, err := r.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(head, ":"))
	if err != nil || n < 0 || n > 1<<20 {
		return nil, errors.New("baresip: bad netstring")
	}
	data := make([]byte, n+1)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	return data[:n], nil
}

// command runs one of baresip's commands.
func (b *Baresip) command(ctx context.Context, name, params string) error {
	if err := b.send(name, params); err != nil {
		return err
	}
	select {
	case r := <-b.replies:
		if !r.OK {
			return fmt.Errorf("baresip: %s: %s", name, r.Data)
		}
		return nil
	case <-b.closed:
		return b.failure(name + ": the call has ended")
	case <-ctx.Done():
		return fmt.Errorf("baresip: %s: %w", name, ctx.Err())
	}
}

// send sends a command as a netstring.
func (b *Baresip) send(name, params string) error {
	data, err := json.Marshal(map[string]string{"command": name, "params": params})
	if err != nil {
		return fmt.Errorf("baresip: %w", err)
	}
	if _, err := fmt.Fprintf(b.control, "%d:%s,", len(data), data); err != nil {
		return fmt.Errorf("baresip: %s: %w", name, err)
	}
	return nil
}

// Dial calls target and returns when the call is established.
func (b *Baresip) Dial(ctx context.Context, target netip.AddrPort) error {
	if err := b.command(ctx, "dial", fmt.Sprintf("sip:rollcall@%v", target)); err != nil {
		return err
	}
	for {
		select {
		case e := <-b.events:
			if e == "CALL_ESTABLISHED" {
				return nil
			}
		case <-b.closed:
			return b.failure("call refused")
		case <-ctx.Done():
			return fmt.Errorf("baresip: dial: %w", ctx.Err())
		}
	}
}

// Press presses keys by RFC 4733, one after the other, a third of a second each.
func (b *Baresip) Press(ctx context.Context, keys string) error {
	for _, key := range keys {
		if err := b.command(ctx, "sndcode", string(key)); err != nil {
			return err
		}
		select {
		case <-time.After(350 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("baresip: press: %w", ctx.Err())
		}
	}
	return nil
}

// Hangup ends the call and returns when it has ended.
func (b *Baresip) Hangup(ctx context.Context) error {
	if err := b.send("hangup", ""); err != nil {
		return err
	}
	select {
	case <-b.closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("baresip: hangup: %w", ctx.Err())
	}
}

// Closed is closed when the call has ended, whoever ended it.
func (b *Baresip) Closed() <-chan struct{} { return b.closed }

// Stop ends baresip. It may be called more than once.
func (b *Baresip) Stop() {
	if b.control != nil {
		_ = b.control.Close()
	}
	_ = b.cmd.Process.Kill() // it may have ended by itself
	<-b.exited
}

// Recording returns what baresip heard in its call so far, 8000 samples a second.
func (b *Baresip) Recording() ([]int16, error) {
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil || len(files) != 1 {
		return nil, b.failure(fmt.Sprintf("%d recordings, want 1", len(files)))
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return nil, fmt.Errorf("baresip: %w", err)
	}
	return DecodeWAV(data)
}
