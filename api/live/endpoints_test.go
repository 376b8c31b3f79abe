package live

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secretOf is a secret of n bytes as a file has it.
func secretOf(n int) string {
	return secretPrefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("S3", n))[:n])
}

var goodSecret = secretOf(32)

func entryOf(address, secrets, events string) string {
	if !strings.HasPrefix(secrets, "[") {
		secrets = "[" + secrets + "]"
	}
	return fmt.Sprintf("- url: %s\n  secrets: %s\n  events: %s\n", address, secrets, events)
}

func write(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "webhooks.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // umask does not count
		t.Fatal(err)
	}
	return path
}

func TestReadEndpoints(t *testing.T) {
	const address = "https://example.org:8443/hooks/a?b=c"
	path := write(t, "# subscribers\n"+entryOf(address, secretOf(24), "[phase, result]")+
		entryOf("http://127.0.0.1:9000", secretOf(64), "[board]")+entryOf("http://[::1]/x", "["+goodSecret+", "+secretOf(33)+"]", "\n  - phase")+
		entryOf("http://localhost:1", "'"+goodSecret+"'", "[result]"), 0o600)
	got, err := ReadEndpoints(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || got[0].url.String() != address || len(got[0].secrets) != 1 || string(got[0].secrets[0]) != strings.Repeat("S3", 12) ||
		len(got[2].secrets) != 2 || len(got[2].secrets[0]) != 32 || len(got[2].secrets[1]) != 33 ||
		!slices.Equal(got[0].kinds, []kind{phase, result}) || !slices.Equal(got[1].kinds, []kind{board}) {
		t.Errorf("%#v", got)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadEndpoints(path); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}

// TestEndpointPrints holds that no way of printing shows more than the host.
func TestEndpointPrints(t *testing.T) {
	e, err := newEndpoint("https://example.org/token", []string{goodSecret, secretOf(24)}, []string{"phase"})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, e); got != "example.org" {
			t.Errorf("%s: %s", verb, got)
		}
		if got := fmt.Sprintf(verb, []Endpoint{e}); strings.Contains(got, "token") || strings.Contains(got, "S3") {
			t.Errorf("%s of a list: %s", verb, got)
		}
	}
	log := new(logbook)
	log.logger().Info("endpoint", "endpoint", e)
	log.check(t, 1, "endpoint=example.org")
	if got := fmt.Sprint(Endpoint{}); got != "" {
		t.Errorf("the zero endpoint prints %q", got)
	}
}

func TestEndpointFaults(t *testing.T) {
	good := entryOf("https://example.org/token", goodSecret, "[phase]")
	many := ""
	for i := range maxEndpoints + 1 {
		many += entryOf(fmt.Sprintf("https://example.org/%d", i), goodSecret, "[phase]")
	}
	for _, test := range []struct {
		name, file, want string
	}{
		{"empty", "", "file is empty"},
		{"comment", "# nothing\n", "empty"},
		{"null", "null\n", "no endpoint in it"},
		{"no endpoints", "[]\n", "no endpoint in it"},
		{"too many", many, "33 endpoints, more than 32"},
		{"too long", good + "#" + strings.Repeat("x", maxEndpointFile), "over 16384 bytes"},
		{"two documents", good + "---\n" + good, "more than one document"},
		{"no list", "url: https://example.org/token\n", "not a list of endpoints"},
		{"a text", "hello\n", "line 1: not a list of endpoints"},
		{"unknown key", good + "  token: " + goodSecret + "\n", "line 4: unknown key; an endpoint has url, secrets and events"},
		{"a secret as key", good + "  " + goodSecret + ": x\n", "line 4: unknown key"},
		{"key twice", good + "  secrets: [" + goodSecret + "]\n", "line 4: not YAML, or a key stands twice"},
		{"one secret without a list", "- url: https://example.org/token\n  secrets: " + goodSecret + "\n  events: [phase]\n", "line 2: not a list"},
		{"the key of one secret", "- url: https://example.org/token\n  secret: " + goodSecret + "\n  events: [phase]\n", "line 2: unknown key"},
		{"lists as secrets", entryOf("https://example.org/token", "[["+goodSecret+"]]", "[phase]"), "line 2: not a list"},
		{"malformed", good + "  secrets: '" + goodSecret + "\n", "not YAML"},
		{"deep", strings.Repeat("[", maxEndpointFile), "not YAML"},
		{"deep and closed", strings.Repeat("[", maxEndpointFile/2) + strings.Repeat("]", maxEndpointFile/2), "not a list"},
		{"deep maps", strings.Repeat("{a: ", maxEndpointFile/4), "not YAML"},
		{"deep lists", strings.Repeat("- ", maxEndpointFile/2), "not a list"},
		{"aliases", "- &a [x, x]\n- &b [*a, *a]\n- &c [*b, *b]\n", "not a list"},
		{"itself", "- &a {url: *a}\n", "not"},
		{"a tag on which the library panics", "!0000 0", "not a list"},
		{"brace", "key:\n}", "not a list"},
		{"tab", "-\turl: {\n", "not YAML"},
		{"no url", "- secrets: [" + goodSecret + "]\n  events: [phase]\n", "endpoint 1: url has no host"},
		{"second", good + entryOf("ftp://example.org/token", goodSecret, "[phase]"), "endpoint 2: url is not https"},
		{"twice", good + good, "endpoint 2: its url is another's too"},
		{"http", entryOf("http://example.org/token", goodSecret, "[phase]"), "url is http, which only the loopback may be"},
		{"http to a name that looks near", entryOf("http://localhost.example.org/token", goodSecret, "[phase]"), "url is http"},
		{"http to any address", entryOf("http://0.0.0.0/token", goodSecret, "[phase]"), "url is http"},
		{"user", entryOf("https://me:token@example.org/", goodSecret, "[phase]"), "url holds a user"},
		{"fragment", entryOf("https://example.org/#token", goodSecret, "[phase]"), "url has a fragment"},
		{"no scheme", entryOf("example.org/token", goodSecret, "[phase]"), "url has no host"},
		{"opaque", entryOf("https:example.org", goodSecret, "[phase]"), "url has no host"},
		{"bad escape", entryOf("https://example.org/%zztoken", goodSecret, "[phase]"), "url is malformed"},
		{"long url", entryOf("https://example.org/"+strings.Repeat("token", 500), goodSecret, "[phase]"), "url is over 2048 bytes"},
		{"no key of secrets", "- url: https://example.org/token\n  events: [phase]\n", "no secrets; want one, and a second only while"},
		{"no secrets", entryOf("https://example.org/token", "[]", "[phase]"), "no secrets; want one"},
		{"null secrets", entryOf("https://example.org/token", "[~]", "[phase]"), "secret 1 does not begin with whsec_"},
		{"too many secrets", entryOf("https://example.org/token", "["+goodSecret+", "+secretOf(33)+", "+secretOf(34)+"]", "[phase]"), "3 secrets, more than 2: the one in use"},
		{"secret twice", entryOf("https://example.org/token", "["+goodSecret+", "+goodSecret+"]", "[phase]"), "secret 2 stands twice"},
		{"bare secret", entryOf("https://example.org/token", goodSecret[6:], "[phase]"), "secret 1 does not begin with whsec_"},
		{"short secret", entryOf("https://example.org/token", secretOf(23), "[phase]"), "secret 1 has 23 bytes, want 24 to 64"},
		{"short new secret", entryOf("https://example.org/token", "["+goodSecret+", "+secretOf(23)+"]", "[phase]"), "secret 2 has 23 bytes, want 24 to 64"},
		{"long secret", entryOf("https://example.org/token", secretOf(65), "[phase]"), "secret 1 has 65 bytes, want 24 to 64"},
		{"no base64", entryOf("https://example.org/token", goodSecret+"!", "[phase]"), "secret 1 is not base64"},
		{"split secret", entryOf("https://example.org/token", `["`+goodSecret[:20]+`\n`+goodSecret[20:]+`"]`, "[phase]"), "secret 1 is not base64"},
		{"no events", entryOf("https://example.org/token", goodSecret, "[]"), "no events"},
		{"unknown event", entryOf("https://example.org/token", goodSecret, "[phase, votes]"), "events are of phase, result and board"},
		{"event twice", entryOf("https://example.org/token", goodSecret, "[phase, phase]"), "event phase stands twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadEndpoints(write(t, test.file, 0o600))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			checkError(t, err)
		})
	}
}

// checkError holds that an error shows nothing of a secret or a url.
func checkError(t testing.TB, err error) {
	t.Helper()
	for _, secret := range []string{"token", "UzNT", "S3S3"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("error shows %q: %v", secret, err)
		}
	}
}

func TestEndpointFiles(t *testing.T) {
	good := entryOf("https://example.org/token", goodSecret, "[phase]")
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o620, 0o601} {
		path := write(t, good, mode)
		_, err := ReadEndpoints(path)
		if want := fmt.Sprintf("mode of %s is %04o: others can read its secrets; run chmod 600 on it", path, mode); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	dir := t.TempDir()
	if _, err := ReadEndpoints(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: %v", err)
	}
	if _, err := ReadEndpoints(filepath.Join(dir, "none")); !os.IsNotExist(unwrap(err)) {
		t.Errorf("no file: %v", err)
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return err
}

// FuzzParseEndpoints holds that no file makes the decoder panic, tell a secret,
// or return what can not be used.
func FuzzParseEndpoints(f *testing.F) {
	good := entryOf("https://example.org/token", goodSecret, "[phase, board]")
	for _, seed := range []string{
		"", good, good + entryOf("http://[::1]:1/", secretOf(64), "[result]"), "[]", "- &a {url: *a}", "- {url: https://a, secrets: [" + goodSecret + ", " + secretOf(24) + "], events: [phase]}",
		"- url: 'https://a\n", "- ? a\n  : b\n", "--- |\n x\n", strings.Repeat("[", 300), "- !!binary x", "%YAML 1.2\n---\n" + good, "<<: *x", good + "---\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := parseEndpoints(raw)
		if err != nil {
			if !strings.Contains(err.Error(), "\n") {
				return
			}
			t.Errorf("error of many lines: %v", err)
		}
		if len(list) == 0 || len(list) > maxEndpoints {
			t.Errorf("%d endpoints", len(list))
		}
		for _, e := range list {
			if _, err := newDelivery(e, nil, defaultPace, nil); err != nil {
				t.Error(err)
			}
			var secrets []string
			for _, b := range e.secrets {
				secrets = append(secrets, secretPrefix+base64.StdEncoding.EncodeToString(b))
			}
			again, err := newEndpoint(e.url.String(), secrets, []string{"phase"})
			if err != nil || !slices.EqualFunc(again.secrets, e.secrets, bytes.Equal) || len(e.kinds) == 0 {
				t.Errorf("%v: %v", e, err)
			}
		}
	})
}
