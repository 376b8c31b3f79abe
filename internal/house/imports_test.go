// Package house holds the rules of the repository as tests: which package may
// import which, and why; and how long a file may be. Test files are not bound
// by them.
package house

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// pkg is a package with its direct imports and everything it is linked with.
type pkg struct {
	path          string
	imports, deps []string
}

// rule binds the packages at or below who. Paths of this module are written
// without its name: "crypto" is rollcall/crypto and what lies below.
type rule struct {
	who    string
	only   []string // direct imports outside the standard library must be at or below one of these
	never  []string // direct imports must not be exactly one of these
	linked []string // nothing at or below one of these may be linked in, however far down
	reason string
}

var rules = []rule{
	// Layers point down.
	{who: "crypto", only: []string{"crypto", "filippo.io/edwards25519", "github.com/cloudflare/circl", "golang.org/x/crypto"},
		reason: "whoever reviews the mathematics reviews this folder and three libraries, nothing else"},
	{who: "bulletin", linked: []string{"tally", "registrar", "phone", "api", "verifier", "internal", "cmd"},
		reason: "the board is a log: it knows nothing of votes, voters or calls"},
	{who: "tally", linked: []string{"api", "phone", "verifier", "registrar", "internal", "cmd"},
		reason: "the rules of an election do not depend on who asks; a verifier that shares them would share their faults"},
	{who: "registrar", linked: []string{"tally", "bulletin", "phone", "api", "verifier", "internal", "cmd"},
		reason: "who knows the people sees no ballots"},
	{who: "verifier", linked: []string{"tally", "registrar", "phone", "api", "internal", "cmd", "bulletin/store"},
		reason: "it judges what they made, so it shares no rule with them"},
	{who: "api", linked: []string{"phone", "registrar", "verifier", "cmd"},
		reason: "who serves the public neither hears calls nor knows the people"},
	{who: "api", linked: []string{"bulletin/store", "database/sql", "modernc.org/sqlite"},
		reason: "readers are answered from the published files and the state in memory, never from the database"},
	{who: "phone", linked: []string{"api", "verifier", "cmd"},
		reason: "a call does not pass through the public's server"},
	{who: "buildinfo", only: []string{"buildinfo"},
		reason: "both programs say what they are by it, and the verifier's auditors read it: the standard library and nothing else"},
	{who: "webhook", only: []string{"webhook", "github.com/standard-webhooks"},
		reason: "the board's server and the verifier's monitor both send by it: it signs and posts, and knows of neither"},
	{who: "internal", linked: []string{"cmd"},
		reason: "programs are the top: nothing stands on them"},

	// Inside a layer.
	{who: "bulletin/entry", linked: []string{"bulletin/store", "bulletin/tlog"},
		reason: "an entry means the same wherever it is kept"},
	{who: "bulletin/hint", only: []string{"bulletin/entry", "bulletin/tlog", "crypto/group", "golang.org/x/sync"},
		reason: "a mirror makes hints of published files alone, and a verifier that reads hints gets nothing else with them"},
	{who: "bulletin/store", linked: []string{"bulletin/entry", "crypto"},
		reason: "the store keeps bytes and claims, of whatever kind"},
	{who: "phone/callflow", only: []string{"internal/text", "phone/callflow"},
		reason: "the conversation is a pure machine that a script of digits can drive"},
	{who: "phone/sip", linked: []string{"tally", "registrar", "bulletin", "crypto", "phone/callflow"},
		reason: "the line carries sound and keys and does not know what they mean"},
	{who: "internal/caller", linked: []string{"tally", "registrar", "bulletin", "phone/callflow", "phone/sip", "phone/polling"},
		reason: "a test caller knows what it has heard, and nothing else"},
	{who: "internal/hearing", only: []string{"phone/media", "gonum.org/v1/gonum/dsp/fourier"},
		reason: "it compares sound with sound: what a phrase means, or who says it, can not bend what is heard"},
	{who: "internal/audit", linked: []string{"internal/service", "internal/operate", "phone/sip", "verifier", "api"},
		reason: "an auditor stands outside: it has a letter, a telephone and the public files, and shares nothing with who answers"},
	{who: "internal/peers", linked: []string{"phone", "tally", "bulletin", "internal/caller"},
		reason: "outside telephones prove nothing if our own code speaks for them"},
	{who: "internal/browser", only: []string{"internal/peers", "github.com/chromedp"},
		reason: "it looks at pages as a stranger does: what they should hold stands in the tests of those who make them"},
	{who: "cmd", linked: []string{"internal/browser", "internal/peers", "internal/collector", "internal/badline", "github.com/chromedp"},
		reason: "browsers, telephones and collectors are for tests"},
	{who: "cmd/rollcall-verify", linked: []string{"internal", "tally", "registrar", "phone", "api"},
		reason: "the verifier's program is the verifier and a command line"},

	// Libraries that only some may have.
	{who: "verifier", linked: []string{"database/sql", "modernc.org/sqlite", "github.com/gin-gonic/gin", "github.com/emiago/sipgo"},
		reason: "a verifier reads public files: no database, no server, no telephone"},
	{who: "cmd/rollcall-verify", linked: []string{"database/sql", "modernc.org/sqlite", "github.com/gin-gonic/gin", "github.com/emiago/sipgo"},
		reason: "a verifier reads public files: no database, no server, no telephone"},
	{who: "crypto", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "bulletin", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "tally", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "registrar", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "phone", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "verifier", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "cmd/rollcall-verify", linked: []string{"go.opentelemetry.io"}, reason: noTraces},
	{who: "api", linked: []string{"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "go.opentelemetry.io/contrib", "google.golang.org/grpc"},
		reason: "the public's server says that a request begins and ends; what of it leaves the process is decided in internal/tracing alone"},
	{who: "tally", linked: []string{"github.com/gin-gonic/gin", "github.com/emiago/sipgo", "net/http/httputil"},
		reason: "the rules of an election are no server"},
	{who: "phone", linked: []string{"github.com/gin-gonic/gin"},
		reason: "a call needs no web framework"},

	// Purity.
	{who: "crypto", never: []string{"os", "net", "net/http", "time", "log", "log/slog", "database/sql", "io/fs", "encoding/json"},
		reason: "pure functions: no input and output, no clock, no log that could hold a secret"},
	{who: "phone/callflow", never: []string{"os", "net", "net/http", "database/sql", "log", "log/slog"},
		reason: "a pure machine; and no log line may hold a keyed digit"},
	{who: "verifier", never: []string{"os", "os/exec"},
		reason: "it is handed a reader and touches no file of its own accord"},
}

// noTraces is why most packages know nothing of OpenTelemetry.
const noTraces = "what holds secrets tells no traces: time is measured around it, in internal/service"

// edwards25519 decodes what ristretto255 refuses; only the package that wraps
// it may touch it.
func TestOnlyGroupImportsEdwards25519(t *testing.T) {
	for _, p := range list(t) {
		for _, i := range p.imports {
			if under(i, "filippo.io/edwards25519") && p.path != "rollcall/crypto/group" {
				t.Errorf("%s imports %s: its decoding is laxer than ristretto255's, so crypto/group alone may use it", p.path, i)
			}
		}
	}
}

// What leaves the process in traces passes one place.
func TestOnlyTracingExports(t *testing.T) {
	for _, p := range list(t) {
		if under(p.path, module("internal/tracing")) {
			continue
		}
		for _, i := range p.imports {
			if under(i, "go.opentelemetry.io/otel/sdk") || under(i, "go.opentelemetry.io/otel/exporters") || under(i, "go.opentelemetry.io/contrib") || i == "go.opentelemetry.io/otel" {
				t.Errorf("%s imports %s: internal/tracing alone sends spans, for it decides what they tell", p.path, i)
			}
		}
	}
}

// Randomness that can be predicted may drive demonstrations, never a secret.
func TestOnlyDemonstrationsImportMathRand(t *testing.T) {
	allowed := []string{"internal/demo", "internal/election", "internal/command"}
	for _, p := range list(t) {
		for _, i := range p.imports {
			if under(i, "math/rand") && !slices.ContainsFunc(allowed, func(a string) bool { return under(p.path, module(a)) }) {
				t.Errorf("%s imports %s: secrets are drawn from crypto/rand", p.path, i)
			}
		}
	}
}

func TestImports(t *testing.T) {
	packages := list(t)
	for _, r := range rules {
		bound := 0
		for _, p := range packages {
			if !under(p.path, module(r.who)) {
				continue
			}
			bound++
			for _, fault := range r.faults(p) {
				t.Errorf("%s: %s", fault, r.reason)
			}
		}
		if bound == 0 {
			t.Errorf("the rule on %s binds no package: was it renamed?", r.who)
		}
	}
}

// A rule that can not fail is none.
func TestRulesCanFail(t *testing.T) {
	p := pkg{path: "rollcall/crypto/elgamal", imports: []string{"os", "golang.org/x/text/width", "rollcall/crypto/group"},
		deps: []string{"os", "rollcall/tally/door", "database/sql/driver"}}
	for _, test := range []struct {
		name string
		rule rule
		want int
	}{
		{"only, broken", rule{only: []string{"crypto"}}, 1},
		{"only, kept", rule{only: []string{"crypto", "golang.org/x/text"}}, 0},
		{"never, broken", rule{never: []string{"os"}}, 1},
		{"never, the name is a beginning", rule{never: []string{"o"}}, 0},
		{"linked, broken", rule{linked: []string{"tally"}}, 1},
		{"linked, the name is a beginning", rule{linked: []string{"tal", "tally/doo"}}, 0},
		{"linked, only the interfaces of a database", rule{linked: []string{"database/sql"}}, 0},
	} {
		if got := test.rule.faults(p); len(got) != test.want {
			t.Errorf("%s: faults %q, want %d", test.name, got, test.want)
		}
	}
}

// faults returns what a package does against a rule that binds it.
func (r rule) faults(p pkg) []string {
	var faults []string
	for _, i := range p.imports {
		if len(r.only) > 0 && !standard(i) && !slices.ContainsFunc(r.only, func(o string) bool { return under(i, module(o)) }) {
			faults = append(faults, fmt.Sprintf("%s imports %s", p.path, i))
		}
		if slices.Contains(r.never, i) {
			faults = append(faults, fmt.Sprintf("%s imports %s", p.path, i))
		}
	}
	for _, d := range p.deps {
		// database/sql/driver is interfaces, which libraries implement for users of databases.
		if d != "database/sql/driver" && slices.ContainsFunc(r.linked, func(l string) bool { return under(d, module(l)) }) {
			faults = append(faults, fmt.Sprintf("%s is linked with %s", p.path, d))
		}
	}
	return faults
}

// under reports whether a path is another or lies below it.
func under(path, top string) bool { return path == top || strings.HasPrefix(path, top+"/") }

// module writes a folder of this repository as an import path; other paths
// stay.
func module(path string) string {
	switch top, _, _ := strings.Cut(path, "/"); top {
	case "crypto", "bulletin", "tally", "registrar", "verifier", "phone", "api", "internal", "cmd", "buildinfo", "webhook":
		return "rollcall/" + path
	}
	return path
}

// standard reports whether an import path is the standard library's, whose
// first elements have no dot.
func standard(path string) bool {
	top, _, _ := strings.Cut(path, "/")
	return top != "rollcall" && !strings.Contains(top, ".")
}

// list returns the packages of this module.
func list(t *testing.T) []pkg {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}};{{join .Imports ","}};{{join .Deps ","}}`, "rollcall/...")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []pkg
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), ";")
		if len(f) != 3 {
			t.Fatalf("go list: line %q", line)
		}
		packages = append(packages, pkg{f[0], strings.Split(f[1], ","), strings.Split(f[2], ",")})
	}
	if len(packages) < 20 {
		t.Fatalf("go list: only %d packages", len(packages))
	}
	return packages
}
