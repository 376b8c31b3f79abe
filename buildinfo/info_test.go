package buildinfo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// A copy of the test program that is started with this variable waits for the
// end of its input and prints its hash.
const child = "BUILDINFO_TEST_PRINTS_ITS_HASH"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	fmt.Println("started")
	io.Copy(io.Discard, os.Stdin)
	i, err := Read()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(i.SHA256)
}

// testProgram returns the file of this test and its hash.
func testProgram(t *testing.T) (content []byte, sum string) {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(name); err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(content)
	return content, hex.EncodeToString(h[:])
}

func TestReadHashesThisProgram(t *testing.T) {
	_, want := testProgram(t)
	i, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	if i.SHA256 != want {
		t.Errorf("SHA256 %s, the file has %s", i.SHA256, want)
	}
	if i.Go != runtime.Version() || i.Platform != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("go %q, platform %q", i.Go, i.Platform)
	}
	// A test is not the documented build, and may not claim to be.
	if i.Rebuild != "" || len(i.Obstacles) == 0 {
		t.Errorf("rebuild %q, obstacles %q", i.Rebuild, i.Obstacles)
	}
}

// A program whose file was replaced while it ran still tells its own hash.
func TestReadIsNotFooledByAReplacedFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux gives a program its own file after that was replaced")
	}
	content, want := testProgram(t)
	name := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), name)
	c.Env = append(os.Environ(), child+"=1")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	started := make([]byte, len("started\n"))
	if _, err := io.ReadFull(out, started); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".new", []byte("another program"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
	in.Close()
	got, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if strings.TrimSpace(string(got)) != want {
		t.Errorf("the replaced program says %q, it is %s", got, want)
	}
}

// published is what the go command writes into a program that is built as
// README.md says.
func published() *debug.BuildInfo {
	return &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Path:      "rollcall/cmd/rollcall-verify",
		Main:      debug.Module{Path: "rollcall", Version: "v1.2.3"},
		Deps: []*debug.Module{
			{Path: "example.org/a", Version: "v1.0.0", Sum: "h1:a="},
			{Path: "example.org/B/v2", Version: "v2.0.0+incompatible", Sum: "h1:b="},
		},
		Settings: []debug.BuildSetting{
			{Key: "-buildmode", Value: "exe"}, {Key: "-compiler", Value: "gc"}, {Key: "-trimpath", Value: "true"},
			{Key: "DefaultGODEBUG", Value: "x=1"},
			{Key: "CGO_ENABLED", Value: "0"}, {Key: "GOARCH", Value: "amd64"}, {Key: "GOOS", Value: "linux"}, {Key: "GOAMD64", Value: "v1"},
			{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "2ec8412"}, {Key: "vcs.time", Value: "2026-11-27T16:00:00Z"},
			{Key: "vcs.modified", Value: "false"},
		},
	}
}

func set(b *debug.BuildInfo, key, value string) {
	for n := range b.Settings {
		if b.Settings[n].Key == key {
			b.Settings[n].Value = value
			return
		}
	}
	b.Settings = append(b.Settings, debug.BuildSetting{Key: key, Value: value})
}

func TestRebuild(t *testing.T) {
	const want = "GOTOOLCHAIN=go1.26.8 CGO_ENABLED=0 GOAMD64=v1 GOARCH=amd64 GOOS=linux " +
		"go build -trimpath -buildvcs=true -o . ./cmd/rollcall-verify"
	i := describe(published(), "00ff")
	if i.Rebuild != want || len(i.Obstacles) > 0 {
		t.Errorf("rebuild %q, want %q; obstacles %q", i.Rebuild, want, i.Obstacles)
	}
	b := published()
	b.GoVersion = "go1.26.8 X:nodwarf5"
	set(b, "GOEXPERIMENT", "a,b c'd")
	i = describe(b, "00ff")
	if !strings.Contains(i.Rebuild, "GOTOOLCHAIN=go1.26.8 ") || !strings.Contains(i.Rebuild, ` GOEXPERIMENT='a,b c'\''d' `) {
		t.Errorf("rebuild %q", i.Rebuild)
	}
}

// Whatever makes other bytes than the documented command is told.
func TestObstacles(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(*debug.BuildInfo)
		want string
	}{
		{"no repository", func(b *debug.BuildInfo) {
			b.Settings = slices.DeleteFunc(b.Settings, func(s debug.BuildSetting) bool { return strings.HasPrefix(s.Key, "vcs") })
		}, "does not name its revision"},
		{"changed sources", func(b *debug.BuildInfo) { set(b, "vcs.modified", "true") }, "sources were changed"},
		{"paths of the builder", func(b *debug.BuildInfo) { set(b, "-trimpath", "false") }, "without -trimpath=true"},
		{"C", func(b *debug.BuildInfo) { set(b, "CGO_ENABLED", "1"); set(b, "CGO_CFLAGS", "-O2") }, "without CGO_ENABLED=0"},
		{"a plugin", func(b *debug.BuildInfo) { set(b, "-buildmode", "plugin") }, "without -buildmode=exe"},
		{"tags", func(b *debug.BuildInfo) { set(b, "-tags", "x y") }, "with -tags='x y'"},
		{"race detector", func(b *debug.BuildInfo) { set(b, "-race", "true") }, "with -race=true"},
		{"another module", func(b *debug.BuildInfo) { b.Deps[0].Replace = &debug.Module{Path: "../a"} }, "example.org/a is replaced by ../a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := published()
			test.edit(b)
			i := describe(b, "00ff")
			if i.Rebuild != "" || len(i.Obstacles) != 1 || !strings.Contains(i.Obstacles[0], test.want) {
				t.Errorf("rebuild %q, obstacles %q, want one with %q", i.Rebuild, i.Obstacles, test.want)
			}
			var text strings.Builder
			if err := i.WriteText(&text); err != nil || !strings.Contains(text.String(), test.want) || strings.Contains(text.String(), "git checkout") {
				t.Errorf("%v: text %q, want %q and no command", err, text.String(), test.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	var got strings.Builder
	if err := describe(published(), "00ff").WriteText(&got); err != nil {
		t.Fatal(err)
	}
	const want = `rollcall-verify v1.2.3
  revision   2ec8412 of 2026-11-27T16:00:00Z
  go         go1.26.8, linux/amd64, 2 modules (--sbom lists them)
  settings   -buildmode=exe -compiler=gc -trimpath=true CGO_ENABLED=0 DefaultGODEBUG=x=1 GOAMD64=v1 GOARCH=amd64 GOOS=linux
  sha256     00ff

Anyone can build the same file and compare its hash. In a clean clone of the sources:

  git checkout 2ec8412
  GOTOOLCHAIN=go1.26.8 CGO_ENABLED=0 GOAMD64=v1 GOARCH=amd64 GOOS=linux go build -trimpath -buildvcs=true -o . ./cmd/rollcall-verify
  sha256sum rollcall-verify

A false program can print any hash: where it matters, take the hash of the file yourself.
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestPrintJSON(t *testing.T) {
	var out bytes.Buffer
	if err := Print(&out, JSON); err != nil {
		t.Fatal(err)
	}
	var got Info
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if _, sum := testProgram(t); got.SHA256 != sum || got.Program != "buildinfo.test" || got.Settings["GOOS"] != runtime.GOOS {
		t.Errorf("got %+v", got)
	}
}
