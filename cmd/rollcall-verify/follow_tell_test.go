package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollcall/bulletin/entry"
)

// secretFile writes a file of secrets, each of 32 bytes of a letter.
func secretFile(t *testing.T, mode os.FileMode, letters string) (path string, secrets []string) {
	t.Helper()
	for _, l := range letters {
		secrets = append(secrets, "whsec_"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(string(l)), 32)))
	}
	path = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(strings.Join(secrets, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path, secrets
}

// subscriber is a server that takes webhooks.
type subscriber struct {
	*httptest.Server
	status int
	mu     sync.Mutex
	got    []string // under mu: type and kind or status of what was signed right
}

func newSubscriber(t *testing.T, secret string, status int) *subscriber {
	s := &subscriber{status: status}
	key, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if err := key.Verify(body, r.Header); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		var m struct {
			Type string
			Data struct{ Kind, Status string }
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.got = append(s.got, m.Type+" "+m.Data.Kind+m.Data.Status)
		s.mu.Unlock()
		w.WriteHeader(s.status)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestWebhooks holds that an alarm, its end and the verdict reach each
// subscriber, signed with both secrets; and that one who takes nothing is told
// on standard error, without the secret or what is in its address, and changes
// nothing else.
func TestWebhooks(t *testing.T) {
	f := newForger(t)
	path, secrets := secretFile(t, 0o600, "ab")
	first, second := newSubscriber(t, secrets[0], 204), newSubscriber(t, secrets[1], 200)
	gone := newSubscriber(t, secrets[0], http.StatusGone)
	good := f.publish(1, 2, 3)
	board, rounds := good, 0
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs bytes.Buffer
	cmd := &command{stdout: &out, stderr: &errs}
	cmd.follow.now = func() time.Time { return time.Unix(1e9, 0) }
	cmd.follow.wait = func(ctx context.Context, _ time.Duration) error {
		switch rounds++; rounds {
		case 1:
			board = f.publish(1, 2)
		case 2:
			board = good
		case 3:
			stop()
		}
		return ctx.Err()
	}
	code := cmd.run(ctx, []string{"--follow", serve(t, &board), "--policy", f.policy, "--election", string(entry.NewElectionID(f.hash)),
		"--evidence-dir", t.TempDir(), "--webhook", first.URL + "/hook?key=token", "--webhook", second.URL, "--webhook", gone.URL + "/token", "--webhook-secret", path})
	if code != exitAlarm {
		t.Errorf("exit code %d\n%s%s", code, &out, &errs)
	}
	want := []string{"alarm rollback", "over rollback", "verdict skipped"}
	for _, s := range []*subscriber{first, second} {
		if !slices.Equal(s.got, want) {
			t.Errorf("told %q, want %q", s.got, want)
		}
	}
	if len(gone.got) != 1 || !strings.Contains(errs.String(), "the endpoint is gone (410)") {
		t.Errorf("told %q; stderr %s", gone.got, &errs)
	}
	for _, secret := range append(secrets, "token", secrets[0][6:]) {
		if all := out.String() + errs.String(); strings.Contains(all, secret) {
			t.Errorf("it says %q: %s", secret, all)
		}
	}
}

// TestWebhookVerified holds that a record of which every check passes is told at
// once, and again when the monitor ends.
func TestWebhookVerified(t *testing.T) {
	e := simulated(t)
	path, secrets := secretFile(t, 0o400, "a")
	s := newSubscriber(t, secrets[0], 200)
	code, out := followOnce(t, time.Unix(int64(e.Now()), 0), append(against(e), e.Public(), "--tick-slack", "24h", "--undecided", "100", "--webhook", s.URL, "--webhook-secret", path)...)
	if want := []string{"verdict pass", "verdict pass"}; code != exitVerified || !slices.Equal(s.got, want) {
		t.Errorf("exit code %d, told %q, want %q\n%s", code, s.got, want, out)
	}
}

// TestStatusPage holds that the page of --status-listen is there before anything
// was looked at, follows what is found, and ends with the program.
func TestStatusPage(t *testing.T) {
	f := newForger(t)
	board, rounds := f.publish(1, 2, 3), 0
	var clock atomic.Int64
	clock.Store(1e9)
	out, errs := &bytes.Buffer{}, &bytes.Buffer{}
	cmd := &command{stdout: out, stderr: errs}
	var address string
	ask := func(path string) (int, string) {
		t.Helper()
		r, err := http.Get(address + path)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		return r.StatusCode, string(b)
	}
	healthy := func(want int, when string) {
		t.Helper()
		if code, _ := ask("healthz"); code != want {
			t.Errorf("%s: healthz %d, want %d", when, code, want)
		}
	}
	cmd.follow.now = func() time.Time { return time.Unix(clock.Load(), 0) }
	cmd.follow.wait = func(context.Context, time.Duration) error {
		clock.Add(10)
		address = regexp.MustCompile(`http://[^ ]*/`).FindString(errs.String())
		switch rounds++; rounds {
		case 1:
			healthy(200, "after a round")
			if _, body := ask(""); !strings.Contains(body, "Incomplete: nothing is wrong") || !strings.Contains(body, "<dd>4</dd>") || !strings.Contains(body, string(entry.NewElectionID(f.hash))) {
				t.Errorf("page: %s", body)
			}
			clock.Add(4 * 60)
			healthy(503, "after minutes without a round")
			board = f.publish(1, 9, 10)
			return nil
		case 2:
			healthy(503, "after a fork")
			if _, body := ask("status.json"); !strings.Contains(body, `"kind":"fork"`) || !strings.Contains(body, `"size":4`) {
				t.Errorf("status.json: %s", body)
			}
		}
		return context.Canceled
	}
	code := cmd.run(t.Context(), []string{"--follow", serve(t, &board), "--policy", f.policy, "--election", string(entry.NewElectionID(f.hash)),
		"--evidence-dir", t.TempDir(), "--status-listen", "127.0.0.1:0"})
	if code != exitAlarm || rounds != 2 {
		t.Errorf("exit code %d after %d rounds\n%s%s", code, rounds, out, errs)
	}
	if r, err := http.Get(address); err == nil {
		r.Body.Close()
		t.Error("the page outlives the program")
	}
}

// TestTellUsage holds what of the flags is refused at once, and that no error
// shows a secret or an address of a webhook.
func TestTellUsage(t *testing.T) {
	e := simulated(t)
	good, _ := secretFile(t, 0o600, "a")
	open, _ := secretFile(t, 0o644, "a")
	three, _ := secretFile(t, 0o600, "abc")
	twice, _ := secretFile(t, 0o600, "aa")
	bad := write(t, "secret", "whsec_token")
	empty := write(t, "secret", "\n")
	long := write(t, "secret", strings.Repeat("\n", maxSecretFile+1))
	for _, path := range []string{bad, empty, long} {
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	busy := httptest.NewServer(http.NotFoundHandler())
	defer busy.Close()
	const hook = "https://example.org/token"
	follow := append(against(e), e.Public(), "--follow", "--once")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"--webhook is for --follow", append(against(e), e.Public(), "--webhook", hook)},
		{"--webhook-secret is for --follow", append(against(e), e.Public(), "--webhook-secret", good)},
		{"--status-listen is for --follow", append(against(e), e.Public(), "--status-listen", "127.0.0.1:0")},
		{"go together", append(follow, "--webhook", hook)},
		{"go together", append(follow, "--webhook-secret", good)},
		{"--webhook 1: url is http", append(follow, "--webhook", "http://example.org/token", "--webhook-secret", good)},
		{"--webhook 2: its url stands there before", append(follow, "--webhook", hook, "--webhook", hook, "--webhook-secret", good)},
		{"--webhook: 33 of them", append(append(follow, slices.Repeat([]string{"--webhook", hook}, 33)...), "--webhook-secret", good)},
		{"no such file", append(follow, "--webhook", hook, "--webhook-secret", good+"x")},
		{"chmod 600", append(follow, "--webhook", hook, "--webhook-secret", open)},
		{"3 secrets, want one", append(follow, "--webhook", hook, "--webhook-secret", three)},
		{"secret 2 stands twice", append(follow, "--webhook", hook, "--webhook-secret", twice)},
		{"secret 1 is not base64", append(follow, "--webhook", hook, "--webhook-secret", bad)},
		{"0 secrets", append(follow, "--webhook", hook, "--webhook-secret", empty)},
		{"over 4096 bytes", append(follow, "--webhook", hook, "--webhook-secret", long)},
		{"--status-listen", append(follow, "--status-listen", busy.Listener.Addr().String())},
		{"--status-listen", append(follow, "--status-listen", "nowhere")},
	} {
		code, stdout, stderr := call(t, c.args...)
		if code != exitUsage || !strings.Contains(stderr, c.says) || strings.Contains(stderr, "token") || strings.Contains(stderr, "YWFh") || stdout != "" {
			t.Errorf("%q: exit code %d, want %q\n%s%s", c.args[4:], code, c.says, stdout, stderr)
		}
	}
}

// FuzzParseSecrets holds that no file makes the reader panic, show what is in it,
// or return what can not be used.
func FuzzParseSecrets(f *testing.F) {
	good := "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("Q"), 24))
	for _, seed := range []string{"", good, good + "\n" + good, good + "\r\nwhsec_", "whsec_" + strings.Repeat("A", 200), "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		secrets, err := parseSecrets(b)
		if err != nil {
			for _, word := range strings.Fields(string(b)) {
				if len(word) > 20 && strings.Contains(err.Error(), word) {
					t.Errorf("the error shows %q: %v", word, err)
				}
			}
			return
		}
		if len(secrets) == 0 || len(secrets) > 2 || len(secrets[0]) < 24 {
			t.Errorf("%d secrets", len(secrets))
		}
	})
}

// TestBoardNames holds that a password in a board's address is told to nobody,
// whatever becomes of the board.
func TestBoardNames(t *testing.T) {
	f := newForger(t)
	board := f.publish(1, 2, 3)
	address := strings.Replace(serve(t, &board), "http://", "http://somebody:hidden@", 1)
	args := []string{address, "--policy", f.policy, "--election", string(entry.NewElectionID(f.hash)), "--unreachable-after", "0s"}
	if code, out := followOnce(t, time.Unix(1e9, 0), args...); code != exitIncomplete || !strings.Contains(out, " grown: http://127.0.0.1:") || strings.Contains(out, "hidden") {
		t.Errorf("exit code %d: %s", code, out)
	}
	board = nil
	if code, out := followOnce(t, time.Unix(1e9, 0), args...); code != exitAlarm || !strings.Contains(out, "ALARM unreachable: http://127.0.0.1:") || strings.Contains(out, "hidden") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if got := boardName("some/directory"); got != "some/directory" {
		t.Errorf("a directory is called %q", got)
	}
}

// TestStateOfFollow holds that the file of --save is read once at the start, and
// that errors about it name that flag.
func TestStateOfFollow(t *testing.T) {
	e := simulated(t)
	path := filepath.Join(t.TempDir(), "state")
	if code, stdout, stderr := call(t, append(against(e), "--save", path, e.Public())...); code != exitVerified {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	s, err := newFollowStore(path, e.ID())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil { // what is needed at the start has been read
		t.Fatal(err)
	}
	if state, err := s.Load(); err != nil || state == nil {
		t.Errorf("first: %v, %v", state, err)
	}
	if state, err := s.Load(); err != nil || state != nil {
		t.Errorf("and then: %v, %v", state, err)
	}
	damaged := write(t, "state", "what was there")
	code, stdout, stderr := call(t, append(against(e), e.Public(), "--follow", "--once", "--save", damaged)...)
	if code != exitUsage || !strings.Contains(stderr, "--save: "+damaged) || !strings.Contains(stderr, "begin anew with another file") || strings.Contains(stderr, "--since") || stdout != "" {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	mustBeAlone(t, damaged)
}
